-- Where every delivered row of every file went. Counted from the tables, never by subtraction.
with staged as (
    select
        file_id,
        count(*) as n_rows
    from {{ ref('stg_operator__events') }}
    group by file_id
),

quarantined as (
    select
        file_id,
        reason,
        count(*) as n_rows
    from {{ ref('int_events_quarantined') }}
    group by file_id, reason
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
