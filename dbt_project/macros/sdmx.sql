{% macro sdmx_entries(keys, counts=[]) %}
    {#- Columns of a released table: its keys, counts, then what every one of them has. SDMX names are upper
    case, so they are quoted. -#}
    {%- for key in keys %}
    cast("{{ key }}" as varchar) as "{{ key }}",
    {%- endfor %}
    cast("TIME_PERIOD" as varchar) as "TIME_PERIOD",
    {%- for count in counts %}
    cast("{{ count }}" as bigint) as "{{ count }}",
    {%- endfor %}
    cast("OBS_VALUE" as bigint) as "OBS_VALUE",
    cast("OBS_LOWER" as bigint) as "OBS_LOWER",
    cast("OBS_UPPER" as bigint) as "OBS_UPPER",
    cast("OBS_STATUS" as varchar) as "OBS_STATUS",
    cast("CONF_STATUS" as varchar) as "CONF_STATUS",
    cast("UNIT_MEASURE" as varchar) as "UNIT_MEASURE"
{% endmacro %}
