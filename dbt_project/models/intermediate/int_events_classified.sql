-- Every landed row once, with its pseudonym and the one reason against it. In memory (spilled
-- encrypted), never in the staged file: both staged and quarantined rows are read from it.
-- No text of a row is cast here, since an error would quote it.
{{ config(database='memory') }}

with batch as (
    select * from {{ source('raw', 'batch') }}
),

-- hashed once per subscriber, not per row: a thousand times fewer calls
pseudonyms as materialized (
    select
        subscriber_id,
        {{ pseudonym('subscriber_id') }} as device_id
    from (select distinct subscriber_id from {{ source('raw', 'events') }}) as subscribers
),

known_cells as (
    select distinct cell_id
    from {{ source('raw', 'cells') }}
    where cell_id is not null
),

-- where the plan's own names look like identifiers, a name outside the plan says nothing
naming as (
    select coalesce(bool_or({{ is_identifier('cell_id') }}), false) as is_like_identifiers
    from known_cells
),

plan as (
    select
        cell_id,
        {{ periods('valid_from', 'valid_to') }} as periods
    from {{ ref('stg_operator__cells') }}
    group by cell_id
),

judged as (
    select
        events.file_id,
        events.line,
        pseudonyms.device_id,
        events.observed_at,
        events.cell_id,
        events.event_type,
        events.mcc,
        events.mnc,
        events.timing_advance,
        case
            when events.defect is not null then events.defect
            when pseudonyms.device_id is null or events.observed_at is null then 'null_value'
            when
                (
                    known_cells.cell_id is null
                    and not naming.is_like_identifiers
                    and {{ is_identifier('events.cell_id') }}
                )
                or {{ holds_identifier('events.event_type') }}
                or {{ holds_identifier('events.mnc') }}
                then 'identifier_in_wrong_column'
            when
                events.observed_at >= batch.day_end_at
                or events.observed_at < batch.day_start_at - to_days(366)
                or (events.mcc between 100 and 999) is false
                or regexp_full_match(events.mnc, '[0-9]{2,3}') is false
                or (events.plmn between 10000 and 999999) is false
                or (events.timing_advance between 0 and 3846) is false
                then 'out_of_range'
            when events.observed_at < batch.day_start_at then 'late'
            when events.mcc is null then 'no_network'
            when events.cell_id is null then 'no_location'
            when known_cells.cell_id is null then 'unknown_cell'
            when {{ is_in_any('events.observed_at', 'plan.periods') }} is not true
                then 'cell_not_valid'
        end as reason
    from {{ source('raw', 'events') }} as events
    cross join batch
    cross join naming
    left join pseudonyms on events.subscriber_id = pseudonyms.subscriber_id
    left join known_cells on events.cell_id = known_cells.cell_id
    left join plan on events.cell_id = plan.cell_id
)

-- a repeated row need not be the next one: the first by file and line stays
select
    judged.file_id,
    judged.line,
    judged.device_id,
    judged.observed_at,
    judged.cell_id,
    judged.event_type,
    judged.mcc,
    judged.mnc,
    judged.timing_advance,
    case
        when judged.reason is not null then judged.reason
        when
            row_number() over (
                partition by
                    judged.reason, judged.device_id, {{ second_of('judged.observed_at') }},
                    judged.cell_id, judged.event_type
                order by judged.file_id, judged.line
            ) > 1
            then 'duplicate'
    end as reason
from judged
