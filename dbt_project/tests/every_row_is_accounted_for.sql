-- delivered = staged + quarantined + opted out, exactly, per file
select
    files.file_id,
    files.n_rows,
    coalesce(sum(accounted.n_rows), 0) as n_accounted
from {{ source('raw', 'files') }} as files
left join {{ ref('int_rows_accounted__by_file_reason') }} as accounted
    on files.file_id = accounted.file_id
group by files.file_id, files.n_rows
having files.n_rows != coalesce(sum(accounted.n_rows), 0)
