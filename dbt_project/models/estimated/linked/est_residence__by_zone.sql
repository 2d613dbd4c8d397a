select
    cast(zone_id as varchar) as zone_id,
    cast(window_start_date as date) as window_start_date,
    cast(window_end_date as date) as window_end_date,
    cast(estimator as varchar) as estimator,
    cast(n_devices as bigint) as n_devices,
    cast(n_persons as double) as n_persons,
    cast(market_share as double) as market_share,
    cast(market_share_lower as double) as market_share_lower,
    cast(market_share_upper as double) as market_share_upper,
    cast(run_id as varchar) as run_id
from {{ source('estimated', 'est_residence__by_zone') }}
