-- For every file: delivered = staged + quarantined + opted out. A row of no file counts as broken.
with accounted as (
    select
        file_id,
        sum(n_rows) as n_rows
    from {{ ref('int_rows_accounted__by_file_reason') }}
    group by file_id
),

landed as (
    select
        file_id,
        count(*) as n_rows
    from {{ source('raw', 'events') }}
    group by file_id
)

select coalesce(files.file_id, landed.file_id) as file_id
from {{ source('raw', 'files') }} as files
full join landed on files.file_id = landed.file_id
left join accounted on files.file_id = accounted.file_id
where
    (files.n_rows = accounted.n_rows) is not true
    or files.n_rows <> coalesce(landed.n_rows, 0) + files.n_opted_out
