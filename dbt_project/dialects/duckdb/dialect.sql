{#- What differs between SQL dialects, in that of DuckDB. `dialects/spark/dialect.sql` has the same
    macros; dbt reads the file of its target, and no other file knows a dialect. -#}

{#- Pseudonym of a subscriber: first 128 bits of HMAC-SHA-256(key, 'imsi|' || canonical id), as
    UUID. `pseudonym_of` is registered by the plugin, which alone holds the key. -#}
{% macro pseudonym(subscriber_id) -%}
cast(pseudonym_of({{ canonical_id(subscriber_id) }}) as uuid)
{%- endmacro %}

{#- One spelling of an identifier: a number without plus sign, blanks, dots and dashes; any other
    text as it is. Null when there is no letter and no digit in it. -#}
{% macro canonical_id(subscriber_id) -%}
case
    when regexp_full_match({{ subscriber_id }}, ' *[+]?[0-9][0-9 .-]*')
        then regexp_replace({{ subscriber_id }}, '[^0-9]', '', 'g')
    when regexp_matches({{ subscriber_id }}, '[[:alnum:]]') then trim({{ subscriber_id }})
end
{%- endmacro %}

{#- In which of how many parts of a day a device is: in order of pseudonyms, about as many in each,
    since they are as good as drawn at random. -#}
{% macro part_of(device_id, n_parts) -%}
(cast('0x' || substr(cast({{ device_id }} as varchar), 1, 4) as integer) * {{ n_parts }} // 65536)
{%- endmacro %}

{#- Whole microseconds from one moment to the other; negative when the other is earlier. -#}
{% macro microseconds_between(earlier, later) -%}
(epoch_us({{ later }}) - epoch_us({{ earlier }}))
{%- endmacro %}

{#- Start of the hour of the local day in which a moment falls. Counted from local midnight, so
    that it is right in a time zone of half hours and on a day of 23 or 25 hours, and in whole
    numbers, since adding an interval to a moment asks for the time zone row by row. -#}
{% macro hour_of_local_day(day_start_at, moment) -%}
make_timestamptz(
    epoch_us({{ day_start_at }})
    + {{ microseconds_between(day_start_at, moment) }} // 3600000000 * 3600000000
)
{%- endmacro %}

{#- Start of an hour of the local day by its number, 0 at local midnight. -#}
{% macro start_of_hour(day_start_at, hour_no) -%}
make_timestamptz(epoch_us({{ day_start_at }}) + {{ hour_no }} * 3600000000)
{%- endmacro %}

{#- All validity periods of a cell in one value, and whether a moment falls in one of them: an
    empty start or end is open, an end is not in the period. -#}
{% macro periods(valid_from, valid_to) -%}
list(struct_pack(
    starts := coalesce({{ valid_from }}, '-infinity'::timestamptz),
    ends := coalesce({{ valid_to }}, 'infinity'::timestamptz)
))
{%- endmacro %}

{% macro is_in_any(moment, periods) -%}
list_bool_or(list_transform(
    {{ periods }}, lambda period: {{ moment }} >= period.starts and {{ moment }} < period.ends
))
{%- endmacro %}

{#- A whole number by another, to a whole number. -#}
{% macro divided(number, by) -%}
({{ number }} // {{ by }})
{%- endmacro %}

{#- A text is all of a pattern; a pattern is somewhere in a text. -#}
{% macro is_wholly(text, pattern) -%}
regexp_full_match({{ text }}, '{{ pattern }}')
{%- endmacro %}

{% macro has_within(text, pattern) -%}
regexp_matches({{ text }}, '{{ pattern }}')
{%- endmacro %}

{#- Types: text, and one of a few words. -#}
{% macro text() -%} varchar {%- endmacro %}

{% macro as_enum(words) -%}
enum('{{ words | join("', '") }}')
{%- endmacro %}

{#- A place in one value. -#}
{% macro point(x_m, y_m, z_m) -%}
struct_pack(at_x_m := {{ x_m }}, at_y_m := {{ y_m }}, at_z_m := {{ z_m }})
{%- endmacro %}

{#- Of the rows of a group the value of the earliest; no moment is before any. -#}
{% macro of_the_earliest(value, moment) -%}
first({{ value }} order by {{ moment }} nulls first)
{%- endmacro %}

{#- A table with these columns of numbers, empty where it does not have them. -#}
{% macro with_columns(table, columns) -%}
select * from {{ table }}
    union all by name
    select
        {%- for column in columns %}
        cast(null as double) as {{ column }}{{ "," if not loop.last }}
        {%- endfor %}
    where false
{%- endmacro %}
