select
    {{ sdmx_entries(['REF_AREA_FROM', 'REF_AREA_TO']) }}
from {{ source('released', 'rel_flows__by_zone_pair_hour') }}
