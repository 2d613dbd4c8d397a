-- Rows against which nothing speaks. The identifier stays behind in raw.
{{ config(materialized='view') }}

select
    device_id,
    observed_at,
    hour_at,
    cell_id,
    event_type,
    mcc,
    mnc,
    is_inbound,
    is_outbound,
    timing_advance,
    file_id,
    line
from {{ ref('int_events_classified') }}
where reason is null
