-- noqa: disable=RF06
-- SDMX names are upper case, so they are quoted.
select
    cast("REF_AREA" as varchar) as "REF_AREA",
    cast("ORIGIN" as varchar) as "ORIGIN",
    cast("TIME_PERIOD" as varchar) as "TIME_PERIOD",
    cast("OBS_VALUE" as bigint) as "OBS_VALUE",
    cast("OBS_LOWER" as bigint) as "OBS_LOWER",
    cast("OBS_UPPER" as bigint) as "OBS_UPPER",
    cast("OBS_STATUS" as varchar) as "OBS_STATUS",
    cast("CONF_STATUS" as varchar) as "CONF_STATUS",
    cast("UNIT_MEASURE" as varchar) as "UNIT_MEASURE"
from {{ source('released', 'rel_visitors__by_zone_hour') }}
