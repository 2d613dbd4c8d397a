-- Every landed row once: with all that is kept of it, or, where something speaks against it, with
-- the reason and nothing else. Numbers stand for names: sorted by device they take few bytes. The
-- views `stg_operator__events` and `int_events_quarantined` show the two halves.
with marked as (
    select
        *,
        {{ previous('device_no') }} as previous_device_no,
        {{ previous('after_s') }} as previous_after_s,
        {{ previous('cell_no') }} as previous_cell_no,
        {{ previous('type_no') }} as previous_type_no
    from {{ ref('int_events_ordered') }}
),

-- a repeated row need not be the next one of its file: the first by file and line stays
repeated as (
    select
        *,
        {{ is_repeated(['device_no', 'after_s', 'cell_no', 'type_no']) }} as is_repeat
    from marked
),

judged as (
    select
        marked.file_id,
        marked.line,
        marked.device_no,
        marked.after_s,
        marked.observed_at,
        marked.cell_no,
        marked.type_no,
        marked.kind_no,
        marked.timing_advance,
        case
            when marked.reason is not null then marked.reason
            when marked.is_repeat then cast('duplicate' as {{ reason_type() }})
            else {{ looked_up(
                'reason', ref('int_moves_judged'), ['device_no', 'after_s', 'cell_no'], 'marked'
            ) }}
        end as reason
    from repeated as marked
)

select
    file_id,
    line,
    reason,
    case when reason is null then device_no end as device_no,
    case when reason is null then observed_at end as observed_at,
    case when reason is null then cell_no end as cell_no,
    case when reason is null then kind_no end as kind_no,
    case when reason is null then timing_advance end as timing_advance
from judged{{ sorted_again() }}
