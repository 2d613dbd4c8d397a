-- Sightings that the ones before and after make implausible. A device is in one cell at a time: of
-- several in one second one stays (`int_seconds_shared`), the others are impossible. A move from
-- one second to the next that is too far and too fast on both sides is impossible; on one side it
-- is suspicious, unless the other end of it is the impossible one.
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

-- null where nobody knows in which of several cells the device was
seconds as (
    select
        device_no,
        after_s,
        max(case when is_kept then cell_no end) as cell_no
    from {{ ref('int_seconds_shared') }}
    group by device_no, after_s
),

-- from one second with rows to the next
steps as (
    select
        marked.device_no,
        marked.previous_after_s,
        marked.after_s,
        case
            when leaves.device_no is null then marked.previous_cell_no else leaves.cell_no
        end as previous_cell_no,
        case when reaches.device_no is null then marked.cell_no else reaches.cell_no end as cell_no
    from marked
    left join seconds as leaves
        on marked.device_no = leaves.device_no and marked.previous_after_s = leaves.after_s
    left join seconds as reaches
        on marked.device_no = reaches.device_no and marked.after_s = reaches.after_s
    where marked.device_no = marked.previous_device_no and marked.after_s > marked.previous_after_s
),

-- few from here on, and in no order
moves as {{ made_once() }} (
    select
        steps.device_no,
        steps.previous_after_s,
        steps.previous_cell_no,
        steps.after_s,
        steps.cell_no
    from steps
    cross join {{ source('given', 'cleaning') }} as cleaning
    inner join {{ ref('int_cells_numbered') }} as here on steps.cell_no = here.cell_no
    inner join {{ ref('int_cells_numbered') }} as there
        on steps.previous_cell_no = there.cell_no
    where
        steps.cell_no <> steps.previous_cell_no
        and {{ is_too_far(
            distance_m('here.', 'there.'), 'steps.after_s - steps.previous_after_s'
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
    having count(*) > 1
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
union all
select
    device_no,
    after_s,
    cell_no,
    cast('impossible_move' as {{ reason_type() }}) as reason
from {{ ref('int_seconds_shared') }}
where not is_kept
