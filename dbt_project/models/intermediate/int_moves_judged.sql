-- Sightings that the ones before and after make implausible. A move that is too far and too fast
-- on both sides is impossible, as are two far places at one second; on one side it is suspicious,
-- unless the other end of it is the impossible one.
{{ config(database='memory', contract={'enforced': false}) }}

with marked as (
    select
        *,
        {{ previous('device_no') }} as previous_device_no,
        {{ previous('after_s') }} as previous_after_s,
        {{ previous('cell_no') }} as previous_cell_no
    from {{ ref('int_events_ordered') }}
    where device_no is not null
),

-- a device in one cell at one second is one sighting, of however many rows
sightings as (
    select
        device_no,
        after_s,
        cell_no
    from marked
    where {{ is_repeated(['device_no', 'after_s', 'cell_no']) }} is not true
),

neighbours as (
    select
        *,
        {{ previous('device_no') }} as previous_device_no,
        {{ previous('after_s') }} as previous_after_s,
        {{ previous('cell_no') }} as previous_cell_no
    from sightings
),

-- few from here on, and in no order
moves as materialized (
    select
        neighbours.device_no,
        neighbours.previous_after_s,
        neighbours.previous_cell_no,
        neighbours.after_s,
        neighbours.cell_no
    from neighbours
    cross join {{ source('given', 'cleaning') }} as cleaning
    inner join {{ ref('int_cells_numbered') }} as here on neighbours.cell_no = here.cell_no
    inner join {{ ref('int_cells_numbered') }} as there
        on neighbours.previous_cell_no = there.cell_no
    where
        neighbours.device_no = neighbours.previous_device_no
        and neighbours.cell_no <> neighbours.previous_cell_no
        and {{ is_too_far(
            distance_m('here.', 'there.'), 'neighbours.after_s - neighbours.previous_after_s'
        ) }}
),

ends as (
    select
        device_no,
        after_s,
        cell_no,
        previous_after_s as other_after_s,
        previous_cell_no as other_cell_no
    from moves
    union all
    select
        device_no,
        previous_after_s as after_s,
        previous_cell_no as cell_no,
        after_s as other_after_s,
        cell_no as other_cell_no
    from moves
),

impossible as (
    select
        device_no,
        after_s,
        cell_no
    from ends
    group by device_no, after_s, cell_no
    having count(*) > 1 or bool_or(after_s = other_after_s)
)

select distinct
    ends.device_no,
    ends.after_s,
    ends.cell_no,
    cast(
        case when blamed.device_no is null then 'suspicious_move' else 'impossible_move' end
        as {{ reason_type() }}
    ) as reason
from ends
left join impossible as blamed
    on
        ends.device_no = blamed.device_no
        and ends.after_s = blamed.after_s
        and ends.cell_no = blamed.cell_no
left join impossible as opposite
    on
        ends.device_no = opposite.device_no
        and ends.other_after_s = opposite.after_s
        and ends.other_cell_no = opposite.cell_no
where blamed.device_no is not null or opposite.device_no is null
