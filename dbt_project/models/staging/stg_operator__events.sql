-- Rows against which nothing speaks. The identifier stays behind in raw.
select
    events.device_id,
    events.observed_at,
    {{ hour_of_local_day('batch.day_start_at', 'events.observed_at') }} as hour_at,
    events.cell_id,
    events.event_type,
    events.mcc,
    events.mnc,
    events.mcc <> batch.home_mcc as is_inbound,
    events.timing_advance,
    events.file_id,
    events.line
from {{ ref('int_events_classified') }} as events
cross join {{ source('raw', 'batch') }} as batch
where events.reason is null
