select
    cast(zone_id as varchar) as zone_id,
    cast(hour_at as timestamptz) as hour_at,
    cast(origin_kind as varchar) as origin_kind,
    cast(origin_id as varchar) as origin_id,
    cast(estimator as varchar) as estimator,
    cast(n_devices as bigint) as n_devices,
    cast(n_persons as double) as n_persons,
    cast(n_persons_lower as double) as n_persons_lower,
    cast(n_persons_upper as double) as n_persons_upper,
    cast(run_id as varchar) as run_id
from {{ source('estimated', 'est_visitors__by_zone_hour_origin') }}
