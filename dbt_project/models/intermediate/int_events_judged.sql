-- What speaks against a row by itself: its first reason, in a fixed order of precedence. What
-- speaks against it beside its neighbours is found later (`int_events_classified`). Ephemeral:
-- it lives inside the statement that orders the day. No text of a row is cast here, since an
-- error would quote it.
{{ config(materialized='ephemeral', contract={'enforced': false}) }}

with batch as (
    select * from {{ source('raw', 'batch') }}
),

-- where the plan's own names look like identifiers, a name outside the plan says nothing
naming as (
    select coalesce(bool_or({{ is_identifier('cell_id') }}), false) as is_like_identifiers
    from {{ ref('int_cells_numbered') }}
),

-- which part of the day is staged here: 0 of 1 is all of it
here as (
    select coalesce(max(part_no), 0) as part_no
    from {{ source('given', 'part') }}
)

select
    events.file_id,
    events.line,
    subscribers.device_no,
    events.observed_at,
    {{ divided(microseconds_between('batch.day_start_at', 'events.observed_at'), 1000000) }}
        as after_s,
    case when kinds.is_outbound is not true then cells.cell_no end as cell_no,
    kinds.kind_no,
    kinds.type_no,
    events.timing_advance,
    cast(case
        when events.defect is not null then events.defect
        when subscribers.device_no is null or events.observed_at is null then 'null_value'
        when
            kinds.has_identifier
            or case
                when cells.cell_no is null and not naming.is_like_identifiers
                    then {{ is_identifier('events.cell_id') }}
                else false
            end
            then 'identifier_in_wrong_column'
        when
            events.observed_at >= batch.day_end_at
            or events.observed_at < batch.day_start_at - interval '366 days'
            or kinds.is_out_of_range
            or {{ is_timing_out_of_range('events.timing_advance') }}
            then 'out_of_range'
        when events.observed_at < batch.day_start_at then 'late'
        when events.mcc is null then 'no_network'
        -- a device of ours abroad is in no cell of ours, whatever the record names
        when kinds.is_outbound then null
        when events.cell_id is null then 'no_location'
        when cells.cell_no is null then 'unknown_cell'
        when
            case
                when cells.is_valid_all_day then false
                else {{ is_in_any('events.observed_at', 'cells.periods') }} is not true
            end
            then 'cell_not_valid'
    end as {{ reason_type() }}) as reason
from {{ source('raw', 'events') }} as events
cross join batch
cross join naming
cross join here
left join {{ ref('int_subscribers_pseudonymised') }} as subscribers
    on events.subscriber_id = subscribers.subscriber_id
left join {{ ref('int_cells_numbered') }} as cells on events.cell_id = cells.cell_id
left join {{ ref('int_kinds_numbered') }} as kinds
    on
        events.mcc is not distinct from kinds.mcc
        and events.mnc is not distinct from kinds.mnc
        and events.plmn is not distinct from kinds.plmn
        and events.event_type is not distinct from kinds.event_type
-- a row of nobody is of the first part
where coalesce(subscribers.part_no, 0) = here.part_no
