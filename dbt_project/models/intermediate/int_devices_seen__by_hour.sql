-- How many devices were seen in the hour and in how many rows, for gates and quality.
with counted as (
    select
        hour_no,
        count(*) as n_devices,
        cast(sum(n_events) as bigint) as n_rows
    from {{ ref('int_device_hours') }}
    group by hour_no
)

select
    {{ start_of_hour('batch.day_start_at', 'counted.hour_no') }} as hour_at,
    counted.n_devices,
    counted.n_rows
from counted
cross join {{ source('raw', 'batch') }} as batch
