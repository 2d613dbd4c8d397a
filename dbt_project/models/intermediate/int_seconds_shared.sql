-- Seconds in which one device has rows in several cells. It is in one at a time: kept is the cell
-- that asks for the least speed from the second before with rows of it, and to the one after (of
-- several cells there the nearest counts). Of equals the cell that it has there too, then the first
-- by name; where equals lie farther apart than cells explain, nobody knows: none is kept.
-- Second 0: home; 60: home (kept: no speed at all) and a cell 7 km away; 120: home.
{{ config(database='memory', contract={'enforced': false}) }}

with marked as (
    {{ with_the_one_before('device_no is not null') }}
),

-- few from here on, and in no order
shared as {{ made_once() }} (
    select distinct
        device_no,
        after_s
    from marked
    where
        device_no = previous_device_no
        and after_s = previous_after_s
        and cell_no <> previous_cell_no
),

candidates as {{ made_once() }} (
    select distinct
        events.device_no,
        events.after_s,
        events.cell_no,
        cells.at_x_m,
        cells.at_y_m,
        cells.at_z_m
    from {{ ref('int_events_ordered') }} as events
    inner join shared on events.device_no = shared.device_no and events.after_s = shared.after_s
    inner join {{ ref('int_cells_numbered') }} as cells on events.cell_no = cells.cell_no
),

-- of few devices, which have such a second
theirs as (
    {{ with_the_one_before('device_no in (select shared.device_no from shared)') }}
),

steps as {{ made_once() }} (
    select
        theirs.device_no,
        theirs.previous_after_s,
        theirs.previous_cell_no,
        theirs.after_s,
        theirs.cell_no
    {{ from_or_to('shared') }}
),

-- of each second the one before and the one after, by one cell of theirs
beside as (
    select
        device_no,
        after_s,
        previous_after_s as other_after_s,
        previous_cell_no as other_cell_no
    from steps
    union all
    select
        device_no,
        previous_after_s as after_s,
        after_s as other_after_s,
        cell_no as other_cell_no
    from steps
),

speeds as (
    select
        here.device_no,
        here.after_s,
        here.cell_no,
        min({{ distance_m('here.', 'there.') }}) / abs(beside.other_after_s - here.after_s)
            as m_per_s,
        bool_or(there.cell_no = here.cell_no) as is_there_too
    from candidates as here
    inner join beside on here.device_no = beside.device_no and here.after_s = beside.after_s
    left join candidates as rivals
        on beside.device_no = rivals.device_no and beside.other_after_s = rivals.after_s
    inner join {{ ref('int_cells_numbered') }} as there
        on coalesce(rivals.cell_no, beside.other_cell_no) = there.cell_no
    group by here.device_no, here.after_s, here.cell_no, beside.other_after_s
),

ranked as (
    select
        candidates.*,
        coalesce(sum(speeds.m_per_s), 0) as m_per_s,
        count(*) filter (where speeds.is_there_too) as n_there_too
    from candidates
    left join speeds
        on
            candidates.device_no = speeds.device_no
            and candidates.after_s = speeds.after_s
            and candidates.cell_no = speeds.cell_no
    group by all
)

select
    here.device_no,
    here.after_s,
    here.cell_no,
    bool_and(
        (here.m_per_s, -here.n_there_too, here.cell_no)
        <= (there.m_per_s, -there.n_there_too, there.cell_no)
        and (
            here.m_per_s < there.m_per_s
            or coalesce({{ distance_m('here.', 'there.') }} <= cleaning.far_m, true)
        )
    ) as is_kept
from ranked as here
inner join ranked as there on here.device_no = there.device_no and here.after_s = there.after_s
cross join {{ source('given', 'cleaning') }} as cleaning
group by here.device_no, here.after_s, here.cell_no
