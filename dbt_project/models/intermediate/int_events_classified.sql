-- Every landed row once: with all that is kept of it, or, where something speaks against it, with
-- the reason and nothing else. The views `stg_operator__events` and `int_events_quarantined` show
-- the two halves.
with marked as (
    select
        *,
        {{ previous('device_no') }} as previous_device_no,
        {{ previous('epoch_s') }} as previous_epoch_s,
        {{ previous('cell_no') }} as previous_cell_no,
        {{ previous('type_no') }} as previous_type_no
    from {{ ref('int_events_ordered') }}
),

-- a repeated row need not be the next one of its file: the first by file and line stays
repeated as (
    select
        *,
        {{ is_repeated(['device_no', 'epoch_s', 'cell_no', 'type_no']) }} as is_repeat
    from marked
),

judged as (
    select
        marked.* exclude (reason),
        case
            when marked.reason is not null then marked.reason
            when marked.is_repeat then cast('duplicate' as {{ reason_type() }})
            else moves.reason
        end as reason
    from repeated as marked
    left join {{ ref('int_moves_judged') }} as moves
        on
            marked.device_no = moves.device_no
            and marked.epoch_s = moves.epoch_s
            and marked.cell_no = moves.cell_no
)

select
    judged.file_id,
    judged.line,
    cast(judged.reason as varchar) as reason,
    case when judged.reason is null then judged.device_id end as device_id,
    case when judged.reason is null then judged.observed_at end as observed_at,
    case
        when judged.reason is null
            then {{ hour_of_local_day('batch.day_start_at', 'judged.observed_at') }}
    end as hour_at,
    case when judged.reason is null then cells.cell_id end as cell_id,
    case when judged.reason is null then kinds.event_type end as event_type,
    case when judged.reason is null then kinds.mcc end as mcc,
    case when judged.reason is null then kinds.mnc end as mnc,
    case when judged.reason is null then {{ is_inbound('kinds.mcc', 'batch.home_mcc') }} end
        as is_inbound,
    case
        when judged.reason is null
            then {{ is_outbound('kinds.mcc', 'kinds.plmn', 'batch.home_mcc') }}
    end as is_outbound,
    case when judged.reason is null then judged.timing_advance end as timing_advance
from judged
cross join {{ source('raw', 'batch') }} as batch
left join {{ ref('int_cells_numbered') }} as cells on judged.cell_no = cells.cell_no
left join {{ ref('int_kinds_numbered') }} as kinds on judged.kind_no = kinds.kind_no
