-- For every hour: devices seen = devices counted + devices withheld. Seen is told by runs of one
-- device and hour in the ordered day, not by the placing that is asked about.
with rows_here as (
    select
        events.device_no,
        {{ divided(
            microseconds_between('batch.day_start_at', 'events.observed_at'), 3600000000
        ) }} as hour_no
    from {{ ref('int_events_classified') }} as events
    cross join {{ source('raw', 'batch') }} as batch
    where
        events.device_no is not null
        and coalesce(events.kind_no, 0) not in (
            select kinds.kind_no
            from {{ ref('int_kinds_kept') }} as kinds
            where kinds.is_outbound
        )
),

runs as (
    select
        device_no,
        hour_no,
        {{ previous('device_no') }} as previous_device_no,
        {{ previous('hour_no') }} as previous_hour_no
    from rows_here
),

seen as (
    select
        {{ start_of_hour('batch.day_start_at', 'runs.hour_no') }} as hour_at,
        count(*) as n_devices
    from runs
    cross join {{ source('raw', 'batch') }} as batch
    where {{ is_repeated(['device_no', 'hour_no']) }} is not true
    group by runs.hour_no, batch.day_start_at
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
