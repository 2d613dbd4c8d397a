select
    cast(from_area_id as varchar) as from_area_id,
    cast(to_area_id as varchar) as to_area_id,
    cast(period_at as timestamptz) as period_at,
    cast(freq as varchar) as freq,
    cast(estimator as varchar) as estimator,
    cast(n_devices as bigint) as n_devices,
    cast(n_trips as double) as n_trips,
    cast(n_person_trips as double) as n_person_trips,
    cast(n_person_trips_lower as double) as n_person_trips_lower,
    cast(n_person_trips_upper as double) as n_person_trips_upper,
    cast(run_id as varchar) as run_id
from {{ source('estimated', 'est_flows__by_pair_period') }}
