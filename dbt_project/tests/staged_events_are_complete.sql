-- A kept row has its device, its moment in the local day, the network of its device, and either a
-- cell or a country abroad. Asked of all rows of one kind together, of each device and cell once.
with kept as {{ made_again() }} (
    select *
    from {{ ref('int_events_classified') }}
    where reason is null
),

by_kind as (
    select
        kind_no,
        count(*) as n_rows,
        count(observed_at) as n_moments,
        count(cell_no) as n_cells,
        min(observed_at) as first_at,
        max(observed_at) as last_at
    from kept
    group by kind_no
),

incomplete as (
    select by_kind.kind_no as number
    from by_kind
    cross join {{ ref('stg_operator__batch') }} as batch
    left join {{ ref('int_kinds_kept') }} as kinds on by_kind.kind_no = kinds.kind_no
    where
        (
            by_kind.n_moments = by_kind.n_rows
            and by_kind.first_at >= batch.day_start_at
            and by_kind.last_at < batch.day_end_at
            and kinds.mcc is not null
            and by_kind.n_cells = case when kinds.is_outbound then 0 else by_kind.n_rows end
            and (kinds.visited_mcc is not null) = coalesce(kinds.is_outbound, false)
        ) is not true
),

kept_devices as (
    select distinct device_no
    from kept
),

nobodys as (
    select kept_devices.device_no as number
    from kept_devices
    left join {{ ref('int_devices_numbered') }} as devices
        on kept_devices.device_no = devices.device_no
    where devices.device_id is null
),

kept_cells as (
    select distinct cell_no
    from kept
    where cell_no is not null
),

nowhere as (
    select kept_cells.cell_no as number
    from kept_cells
    left join {{ ref('int_cells_numbered') }} as cells on kept_cells.cell_no = cells.cell_no
    where cells.cell_id is null
)

select number from incomplete
union all
select number from nobodys
union all
select number from nowhere
