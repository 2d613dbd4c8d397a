select
    cast(tile_id as bigint) as tile_id,
    cast(x_m as double) as x_m,
    cast(y_m as double) as y_m,
    cast(hour_at as timestamptz) as hour_at,
    cast(estimator as varchar) as estimator,
    cast(n_devices as double) as n_devices,
    cast(run_id as varchar) as run_id
from {{ source('estimated', 'est_presence__by_tile_hour') }}
