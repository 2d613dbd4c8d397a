-- For every hour: devices seen = devices counted + devices withheld.
with seen as (
    select
        hour_at,
        count(distinct device_id) as n_devices
    from {{ ref('stg_operator__events') }}
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
