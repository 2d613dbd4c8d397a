{#- What differs between SQL dialects, in that of Spark: the macros of `dialects/duckdb/dialect.sql`,
    where it says what each is. -#}

{#- `pseudonym_of` is registered with the session; it reads the key where it runs. -#}
{% macro pseudonym(subscriber_id) -%}
pseudonym_of({{ canonical_id(subscriber_id) }})
{%- endmacro %}

{% macro canonical_id(subscriber_id) -%}
case
    when {{ is_wholly(subscriber_id, ' *[+]?[0-9][0-9 .-]*') }}
        then regexp_replace({{ subscriber_id }}, '[^0-9]', '')
    when {{ subscriber_id }} rlike '[0-9A-Za-z]' then trim({{ subscriber_id }})
end
{%- endmacro %}

{% macro part_of(device_id, n_parts) -%}
(cast(conv(substr({{ device_id }}, 1, 4), 16, 10) as integer) * {{ n_parts }} div 65536)
{%- endmacro %}

{% macro microseconds_between(earlier, later) -%}
(unix_micros({{ later }}) - unix_micros({{ earlier }}))
{%- endmacro %}

{% macro hour_of_local_day(day_start_at, moment) -%}
timestamp_micros(
    unix_micros({{ day_start_at }})
    + {{ divided(microseconds_between(day_start_at, moment), 3600000000) }} * 3600000000
)
{%- endmacro %}

{% macro start_of_hour(day_start_at, hour_no) -%}
timestamp_micros(unix_micros({{ day_start_at }}) + {{ hour_no }} * 3600000000)
{%- endmacro %}

{#- No moment of Spark's is infinite: an open end is null, and landed as DuckDB has it. -#}
{% macro periods(valid_from, valid_to) -%}
array_sort(collect_list(named_struct('starts', {{ valid_from }}, 'ends', {{ valid_to }})))
{%- endmacro %}

{% macro is_in_any(moment, periods) -%}
exists(
    {{ periods }},
    period -> {{ moment }} >= coalesce(period.starts, {{ moment }})
    and coalesce({{ moment }} < period.ends, true)
)
{%- endmacro %}

{% macro divided(number, by) -%}
({{ number }} div {{ by }})
{%- endmacro %}

{% macro is_wholly(text, pattern) -%}
({{ text }} rlike r'\A(?:{{ pattern }})\z')
{%- endmacro %}

{% macro has_within(text, pattern) -%}
({{ text }} rlike '{{ pattern }}')
{%- endmacro %}

{% macro text() -%} string {%- endmacro %}

{#- Spark has no such type; what is landed is held to it. -#}
{% macro as_enum(words) -%} string {%- endmacro %}

{% macro point(x_m, y_m, z_m) -%}
named_struct('at_x_m', {{ x_m }}, 'at_y_m', {{ y_m }}, 'at_z_m', {{ z_m }})
{%- endmacro %}

{% macro of_the_earliest(value, moment) -%}
min_by({{ value }}, coalesce({{ moment }}, timestamp '0001-01-01 00:00:00'))
{%- endmacro %}

{#- Who hands the raw tables over gives them all columns. -#}
{% macro with_columns(table, columns) -%}
select * from {{ table }}
{%- endmacro %}
