select
    {{ sdmx_entries(['REF_AREA', 'ORIGIN']) }}
from {{ source('released', 'rel_visitors__by_zone_hour') }}
