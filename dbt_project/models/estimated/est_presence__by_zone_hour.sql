select
    cast(zone_id as varchar) as zone_id,
    cast(hour_at as timestamptz) as hour_at,
    cast(estimator as varchar) as estimator,
    cast(n_devices as double) as n_devices,
    cast(n_devices_counted as double) as n_devices_counted,
    cast(n_persons as double) as n_persons,
    cast(n_persons_lower as double) as n_persons_lower,
    cast(n_persons_upper as double) as n_persons_upper,
    cast(run_id as varchar) as run_id
from {{ source('estimated', 'est_presence__by_zone_hour') }}
