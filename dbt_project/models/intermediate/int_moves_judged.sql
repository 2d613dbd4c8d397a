-- Sightings that the ones before and after make implausible. A device is in one cell at a time: of
-- several in one second one stays (`int_seconds_shared`), the others are impossible. A move from
-- one second to the next that is too far and too fast on both sides is impossible; on one side it
-- is suspicious, unless the other end of it is the impossible one.
{{ config(database='memory', contract={'enforced': false}) }}

-- null where nobody knows in which of several cells the device was
with seconds as (
    select
        device_no,
        after_s,
        max(case when is_kept then cell_no end) as cell_no
    from {{ ref('int_seconds_shared') }}
    group by device_no, after_s
),

marked as (
    {{ with_the_one_before('device_no is not null') }}
),

-- of few devices, which have such a second
theirs as (
    {{ with_the_one_before('device_no in (select seconds.device_no from seconds)') }}
),

-- from one second with rows to the next, by the cells that the rows have
steps as (
    select *
    from marked
    where device_no = previous_device_no and after_s > previous_after_s
),

far as {{ made_once() }} (
    {{ too_far_of('steps') }}
),

-- from or to a second with several cells, by the one that stays
resolved as (
    select
        theirs.device_no,
        theirs.previous_after_s,
        theirs.after_s,
        case
            when leaves.device_no is null then theirs.previous_cell_no else leaves.cell_no
        end as previous_cell_no,
        case when reaches.device_no is null then theirs.cell_no else reaches.cell_no end as cell_no
    {{ from_or_to('seconds') }}
),

-- few, and in no order from here on
moves as {{ made_once() }} (
    select far.*
    from far
    left join seconds as leaves
        on far.device_no = leaves.device_no and far.previous_after_s = leaves.after_s
    left join seconds as reaches
        on far.device_no = reaches.device_no and far.after_s = reaches.after_s
    where leaves.device_no is null and reaches.device_no is null
    union all
    {{ too_far_of('resolved') }}
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
