select
    {{ sdmx_entries(['REF_AREA']) }}
from {{ source('released', 'rel_presence__by_zone_hour') }}
