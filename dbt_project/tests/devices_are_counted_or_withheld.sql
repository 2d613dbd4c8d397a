-- For every hour: devices seen = devices counted + devices withheld. Seen is told by runs of one
-- device and hour in the ordered day, not by the placing that is asked about.
with runs as (
    select
        device_id,
        hour_at,
        {{ previous('device_id') }} as previous_device_id,
        {{ previous('hour_at') }} as previous_hour_at
    from {{ ref('stg_operator__events') }}
    where is_outbound is not true
),

seen as (
    select
        hour_at,
        count(*) as n_devices
    from runs
    where (device_id = previous_device_id and hour_at = previous_hour_at) is not true
    group by hour_at
),

told as (
    select
        hour_at,
        n_devices
    from {{ ref('int_devices_counted__by_cell_hour') }}
    union all
    select
        hour_at,
        n_devices
    from {{ ref('int_devices_withheld__by_hour') }}
),

summed as (
    select
        hour_at,
        sum(n_devices) as n_devices
    from told
    group by hour_at
)

select coalesce(seen.hour_at, summed.hour_at) as hour_at
from seen
full join summed on seen.hour_at = summed.hour_at
where (seen.n_devices = summed.n_devices) is not true
