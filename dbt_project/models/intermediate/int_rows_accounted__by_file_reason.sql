-- Where every delivered row of every file went. Counted from the tables, never by subtraction.
with counted as {{ made_once() }} (
    select
        file_id,
        cast(reason as {{ text() }}) as reason,
        count(*) as n_rows
    from {{ ref('int_events_classified') }}
    group by file_id, reason
),

staged as (
    select
        file_id,
        n_rows
    from counted
    where reason is null
),

quarantined as (
    select
        file_id,
        reason,
        n_rows
    from counted
    where reason is not null
)

select
    files.file_id,
    files.file_name,
    'staged' as outcome,
    cast(null as {{ text() }}) as reason,
    coalesce(staged.n_rows, 0) as n_rows
from {{ source('raw', 'files') }} as files
left join staged on files.file_id = staged.file_id
union all
select
    files.file_id,
    files.file_name,
    'quarantined' as outcome,
    quarantined.reason,
    quarantined.n_rows
from {{ source('raw', 'files') }} as files
inner join quarantined on files.file_id = quarantined.file_id
union all
select
    files.file_id,
    files.file_name,
    'opted_out' as outcome,
    cast(null as {{ text() }}) as reason,
    files.n_opted_out as n_rows
from {{ source('raw', 'files') }} as files
