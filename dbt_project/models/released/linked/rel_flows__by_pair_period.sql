select
    {{ sdmx_entries(['REF_AREA_FROM', 'REF_AREA_TO', 'FREQ'], ['N_ENTRIES']) }}
from {{ source('released', 'rel_flows__by_pair_period') }}
