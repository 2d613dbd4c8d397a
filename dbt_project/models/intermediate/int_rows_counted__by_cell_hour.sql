-- How much each cell was heard, for gates and quality: rows, not devices.
with counted as (
    select
        events.cell_no,
        {{ divided(
            microseconds_between('batch.day_start_at', 'events.observed_at'), 3600000000
        ) }} as hour_no,
        count(*) as n_rows
    from {{ ref('int_events_classified') }} as events
    cross join {{ source('raw', 'batch') }} as batch
    where events.device_no is not null
    group by events.cell_no, hour_no
)

select
    cells.cell_id,
    {{ start_of_hour('batch.day_start_at', 'counted.hour_no') }} as hour_at,
    counted.n_rows
from counted
inner join {{ ref('int_cells_numbered') }} as cells on counted.cell_no = cells.cell_no
cross join {{ source('raw', 'batch') }} as batch
