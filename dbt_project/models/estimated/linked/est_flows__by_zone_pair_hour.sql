select
    cast(from_zone_id as varchar) as from_zone_id,
    cast(to_zone_id as varchar) as to_zone_id,
    cast(hour_at as timestamptz) as hour_at,
    cast(estimator as varchar) as estimator,
    cast(n_devices as bigint) as n_devices,
    cast(n_trips as double) as n_trips,
    cast(n_person_trips as double) as n_person_trips,
    cast(n_person_trips_lower as double) as n_person_trips_lower,
    cast(n_person_trips_upper as double) as n_person_trips_upper,
    cast(run_id as varchar) as run_id
from {{ source('estimated', 'est_flows__by_zone_pair_hour') }}
