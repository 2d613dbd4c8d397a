select
    cast(hour_at as timestamptz) as hour_at,
    cast(estimator as varchar) as estimator,
    cast(n_devices_unlocated as double) as n_devices_unlocated,
    cast(n_devices_withheld as double) as n_devices_withheld,
    cast(n_devices_censored as double) as n_devices_censored
from {{ source('estimated', 'unlocated') }}
