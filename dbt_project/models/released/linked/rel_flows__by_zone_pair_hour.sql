-- noqa: disable=RF06
-- SDMX names are upper case, so they are quoted.
select
    cast("REF_AREA_FROM" as varchar) as "REF_AREA_FROM",
    cast("REF_AREA_TO" as varchar) as "REF_AREA_TO",
    cast("TIME_PERIOD" as varchar) as "TIME_PERIOD",
    cast("OBS_VALUE" as bigint) as "OBS_VALUE",
    cast("OBS_LOWER" as bigint) as "OBS_LOWER",
    cast("OBS_UPPER" as bigint) as "OBS_UPPER",
    cast("OBS_STATUS" as varchar) as "OBS_STATUS",
    cast("CONF_STATUS" as varchar) as "CONF_STATUS",
    cast("UNIT_MEASURE" as varchar) as "UNIT_MEASURE"
from {{ source('released', 'rel_flows__by_zone_pair_hour') }}
