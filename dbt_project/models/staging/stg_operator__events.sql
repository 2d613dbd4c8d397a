-- Rows against which nothing speaks, numbers put back into names. The identifier stays behind in
-- raw.
{{ config(materialized='view') }}

select
    devices.device_id,
    events.observed_at,
    {{ hour_of_local_day('batch.day_start_at', 'events.observed_at') }} as hour_at,
    cells.cell_id,
    kinds.event_type,
    kinds.mcc,
    kinds.mnc,
    kinds.is_inbound,
    kinds.is_outbound,
    kinds.visited_mcc,
    cast(events.timing_advance as integer) as timing_advance,
    events.file_id,
    events.line
from {{ ref('int_events_classified') }} as events
cross join {{ ref('stg_operator__batch') }} as batch
left join {{ ref('int_devices_numbered') }} as devices on events.device_no = devices.device_no
left join {{ ref('int_cells_numbered') }} as cells on events.cell_no = cells.cell_no
left join {{ ref('int_kinds_kept') }} as kinds on events.kind_no = kinds.kind_no
where events.reason is null
