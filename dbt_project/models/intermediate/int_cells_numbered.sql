-- Every cell that the plan names, with its place and when it can serve; a cell that the day's
-- plan cannot place has no place and no period, nor has one that serves all day: its rows need not
-- carry one. Nor has a cell a place that moves farther in the day than cells explain: no move to or
-- from it is judged. Numbers follow names, so that ties end alike.
with known as (
    select distinct cell_id
    from {{ source('raw', 'cells') }}
    where cell_id is not null
),

placed as (
    select
        cell_id,
        valid_from,
        valid_to,
        {{ place('latitude', 'longitude', 'x_m', 'y_m') }} as place
    from {{ ref('stg_operator__cells') }}
),

plan as (
    select
        cells.cell_id,
        {{ periods('cells.valid_from', 'cells.valid_to') }} as periods,
        bool_or(
            coalesce(cells.valid_from <= batch.day_start_at, true)
            and coalesce(cells.valid_to >= batch.day_end_at, true)
        ) as is_valid_all_day,
        {{ of_the_earliest('cells.place', 'cells.valid_from') }} as place,
        {{ width_m('cells.place') }} <= any_value(cleaning.far_m) as stays
    from placed as cells
    cross join {{ source('raw', 'batch') }} as batch
    cross join {{ source('given', 'cleaning') }} as cleaning
    group by cells.cell_id
)

select
    cast(row_number() over (order by known.cell_id) as integer) as cell_no,
    known.cell_id,
    case when plan.is_valid_all_day is not true then plan.periods end as periods,
    coalesce(plan.is_valid_all_day, false) as is_valid_all_day,
    case when plan.stays then plan.place.at_x_m end as at_x_m,
    case when plan.stays then plan.place.at_y_m end as at_y_m,
    case when plan.stays then plan.place.at_z_m end as at_z_m
from known
left join plan on known.cell_id = plan.cell_id
