{#- What differs between SQL dialects, and nothing else: a second dialect needs this file only. -#}

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

{#- More cells than any plan has: where a cell's number is packed behind another whole number. -#}
{% macro most_cells() -%} 16777216 {%- endmacro %}

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

{#- A number as long as an IMSI or IMEI, and nothing else. -#}
{% macro is_identifier(text) -%}
(length({{ text }}) between 14 and 16 and regexp_full_match({{ text }}, '[0-9]+'))
{%- endmacro %}

{#- Text in which a number as long as a telephone number hides. -#}
{% macro holds_identifier(text) -%}
(length({{ text }}) >= 9 and regexp_matches({{ text }}, '[0-9]{9}'))
{%- endmacro %}

{#- The value of the row before, in the order in which the rows of a table come. The order is made
    once a day (`int_events_ordered`), and DuckDB keeps it where `preserve_insertion_order` is on,
    as the plugin has it; a data test asks whether it did. Of a table's rows only, or of rows that
    were filtered from it: branches of a UNION ALL would share one state. A dialect without an order of rows says
    `over (partition by device_no order by ...)` here. -#}
{% macro previous(column) -%}
lag({{ column }}) over ()
{%- endmacro %}
