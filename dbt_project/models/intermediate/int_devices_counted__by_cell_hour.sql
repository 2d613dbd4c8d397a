-- The counted table: all that presence may know of the devices.
select
    placed.cell_id,
    placed.hour_at,
    placed.n_devices
from {{ ref('int_devices_placed__by_cell_hour') }} as placed
cross join {{ source('raw', 'batch') }} as batch
where placed.n_devices >= batch.threshold
