-- Where a device is in an hour: in the cell of its event nearest hh:30, the earlier of two at the
-- same distance, the first by name of two at the same moment. An event falls in one hour, so none
-- is farther than 30 minutes. A device of ours abroad is in no cell of ours. In memory only: no
-- product of today needs it written.
{{ config(database='memory', contract={'enforced': false}) }}

with here as (
    select
        events.device_no,
        events.cell_no,
        {{ microseconds_between('batch.day_start_at', 'events.observed_at') }} as after_us
    from {{ ref('int_events_classified') }} as events
    cross join {{ source('raw', 'batch') }} as batch
    left join {{ ref('int_kinds_kept') }} as kinds on events.kind_no = kinds.kind_no
    where events.device_no is not null and kinds.is_outbound is not true
)

select
    device_no,
    cast({{ divided('after_us', 3600000000) }} as integer) as hour_no,
    -- one whole number in which the nearest is the least: twice the distance, one more after the
    -- half hour, then the cell; comparing such numbers is fast
    cast(min(
        (
            2 * abs(after_us % 3600000000 - 1800000000)
            + cast(after_us % 3600000000 > 1800000000 as bigint)
        ) * {{ most_cells() }} + cell_no
    ) % {{ most_cells() }} as integer) as cell_no,
    count(*) as n_events
from here
group by device_no, hour_no
