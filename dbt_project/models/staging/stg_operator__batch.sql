-- The day that the staged file is of: what its views must know once the raw file is gone.
select
    batch.day as local_date,
    batch.time_zone,
    batch.day_start_at,
    batch.day_end_at
from {{ source('raw', 'batch') }} as batch
