select
    {{ sdmx_entries(['REF_AREA', 'ORIGIN', 'FREQ'], ['N_ENTRIES']) }}
from {{ source('released', 'rel_visitors__by_zone_hour') }}
