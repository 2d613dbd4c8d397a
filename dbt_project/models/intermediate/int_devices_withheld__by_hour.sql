-- What the threshold took out of the counted table, summed over cells.
select
    placed.hour_at,
    cast(sum(placed.n_devices) as bigint) as n_devices,
    count(*) as n_entries
from {{ ref('int_devices_placed__by_cell_hour') }} as placed
cross join {{ source('raw', 'batch') }} as batch
where placed.n_devices < batch.threshold
group by placed.hour_at
