-- every device-hour is counted once: published mass plus withheld mass
with expected as (
    select
        hour_at,
        count(distinct device_id) as n_devices
    from {{ ref('stg_operator__events') }}
    group by hour_at
),

found as (
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
    from found
    group by hour_at
)

select expected.hour_at
from expected
left join summed on expected.hour_at = summed.hour_at
where expected.n_devices is distinct from summed.n_devices
