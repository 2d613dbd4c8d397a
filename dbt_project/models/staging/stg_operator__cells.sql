-- Cells of the plan that can serve a device on this local day: they have a position, and a
-- validity period that touches the day.
with landed as (
    -- a day that was landed before these columns were has them empty
    {{ with_columns(source('raw', 'cells'), ['midpoint_dbm', 'steepness']) }}
),

usable as (
    select cells.*
    from landed as cells
    cross join {{ source('raw', 'batch') }} as batch
    where
        nullif(trim(cells.cell_id), '') is not null
        and (
            (cells.x_m is not null and cells.y_m is not null)
            or (cells.latitude between -90 and 90 and cells.longitude between -180 and 180)
        )
        and (cells.valid_from is null or cells.valid_from < batch.day_end_at)
        and (cells.valid_to is null or cells.valid_to > batch.day_start_at)
        and (cells.valid_from < cells.valid_to) is not false
)

-- of two versions of one period the order of all columns decides, not the order of delivery
select *
from usable
qualify row_number() over (
    partition by cell_id, valid_from
    order by
        valid_to is not null,
        {{ nulls_last([
            'valid_to', 'x_m', 'y_m', 'latitude', 'longitude', 'crs', 'altitude_m',
            'antenna_height_m', 'is_directional', 'azimuth_deg', 'tilt_deg', 'beam_horizontal_deg',
            'beam_vertical_deg', 'power_w', 'range_m', 'frequency_mhz', 'technology', 'cell_type',
            'path_loss_exponent', 'midpoint_dbm', 'steepness'
        ]) }}
) = 1
