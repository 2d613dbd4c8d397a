-- Every cell that the plan names, with its place and when it can serve; a cell that the day's
-- plan cannot place has no place and no period, nor has one that serves all day: its rows need not
-- carry one. Numbers follow names, so that ties end alike.
with known as (
    select distinct cell_id
    from {{ source('raw', 'cells') }}
    where cell_id is not null
),

plan as (
    select
        cells.cell_id,
        {{ periods('cells.valid_from', 'cells.valid_to') }} as periods,
        bool_or(
            coalesce(cells.valid_from <= batch.day_start_at, true)
            and coalesce(cells.valid_to >= batch.day_end_at, true)
        ) as is_valid_all_day,
        {{ of_the_earliest(
            place('cells.latitude', 'cells.longitude', 'cells.x_m', 'cells.y_m'), 'cells.valid_from'
        ) }} as place
    from {{ ref('stg_operator__cells') }} as cells
    cross join {{ source('raw', 'batch') }} as batch
    group by cells.cell_id
)

select
    cast(row_number() over (order by known.cell_id) as integer) as cell_no,
    known.cell_id,
    case when plan.is_valid_all_day is not true then plan.periods end as periods,
    coalesce(plan.is_valid_all_day, false) as is_valid_all_day,
    plan.place.at_x_m,
    plan.place.at_y_m,
    plan.place.at_z_m
from known
left join plan on known.cell_id = plan.cell_id
