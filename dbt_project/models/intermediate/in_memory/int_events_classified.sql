-- Every landed row gets at most one reason, by a fixed order of precedence. The identifier ends
-- here: distinct identifiers are hashed once and joined back, and only the pseudonym goes on.
with batch as (
    select
        day_start_at,
        day_end_at,
        home_mcc
    from {{ source('raw', 'batch') }}
),

pseudonyms as materialized (
    select
        subscriber_id,
        {{ pseudonym('subscriber_id') }} as device_id
    from (
        select distinct subscriber_id
        from {{ source('raw', 'events') }}
        where subscriber_id is not null
    ) as known
),

planned as (
    select
        cell_id,
        min(coalesce(valid_from, '-infinity'::TIMESTAMPTZ)) as valid_from,
        max(coalesce(valid_to, 'infinity'::TIMESTAMPTZ)) as valid_to
    from {{ ref('stg_operator__cells') }}
    group by cell_id
),

judged as (
    select
        events.file_id,
        events.line,
        pseudonyms.device_id,
        events.observed_at,
        events.mcc,
        events.mnc,
        events.mcc != batch.home_mcc as is_inbound,
        events.event_type,
        events.timing_advance,
        -- an identifier in the wrong column must not survive as a cell
        case when {{ is_identifier('events.cell_id') }} then null else events.cell_id end as cell_id,
        case
            when events.defect is not null then events.defect
            when events.subscriber_id is null or events.observed_at is null then 'null_value'
            when {{ is_identifier('events.cell_id') }} then 'identifier_in_wrong_column'
            when events.observed_at < batch.day_start_at then 'late'
            when events.observed_at >= batch.day_end_at then 'out_of_range'
            when events.mcc is null or events.mnc is null then 'no_network'
            when events.mcc not between 200 and 999 then 'out_of_range'
            when not regexp_full_match(events.mnc, '[0-9]{2,3}') then 'out_of_range'
            when events.cell_id is null then 'no_location'
            when planned.cell_id is null then 'unknown_cell'
            when
                events.observed_at < planned.valid_from
                or events.observed_at >= planned.valid_to
                then 'cell_not_valid'
        end as reason
    from {{ source('raw', 'events') }} as events
    cross join batch
    left join pseudonyms on events.subscriber_id = pseudonyms.subscriber_id
    left join planned on events.cell_id = planned.cell_id
)

select
    * exclude (reason),
    case
        when reason is not null then reason
        -- at any distance in the file: the first by file and line stays
        when
            row_number() over (
                partition by reason, device_id, date_trunc('second', observed_at), cell_id, event_type
                order by file_id, line
            ) > 1
            then 'duplicate'
    end as reason
from judged
