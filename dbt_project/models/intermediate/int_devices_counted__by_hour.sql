-- The counted table of the whole network: devices of each hour, and those of visitors from abroad.
-- The threshold holds as for a cell: fewer devices than it are not written.
with inbound as (
    select
        cast(
            {{ divided(
                microseconds_between('batch.day_start_at', 'events.observed_at'), 3600000000
            ) }}
            as integer
        ) as hour_no,
        count(distinct events.device_no) as n_devices
    from {{ ref('int_events_classified') }} as events
    inner join {{ ref('int_kinds_kept') }} as kinds on events.kind_no = kinds.kind_no
    cross join {{ source('raw', 'batch') }} as batch
    where events.device_no is not null and kinds.is_inbound and kinds.is_outbound is not true
    group by hour_no
),

everybody as (
    select
        hour_no,
        count(*) as n_devices
    from {{ ref('int_device_hours') }}
    group by hour_no
)

select
    {{ start_of_hour('batch.day_start_at', 'everybody.hour_no') }} as hour_at,
    everybody.n_devices,
    case when inbound.n_devices >= batch.threshold then inbound.n_devices end as n_devices_inbound
from everybody
cross join {{ source('raw', 'batch') }} as batch
left join inbound on everybody.hour_no = inbound.hour_no
where everybody.n_devices >= batch.threshold
