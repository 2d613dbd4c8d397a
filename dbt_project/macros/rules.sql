{#- The rules of cleaning, each by its name. They know columns, not tables. -#}

{#- What a row can be set aside for. The order is that of the list; it means nothing. -#}
{% macro reason_type() -%}
{{ as_enum([
    'cannot_parse', 'null_value', 'identifier_in_wrong_column', 'out_of_range', 'late',
    'no_network', 'no_location', 'unknown_cell', 'cell_not_valid', 'duplicate',
    'impossible_move', 'suspicious_move'
]) }}
{%- endmacro %}

{#- A country code of three digits, a network code of two or three, a visited network of five or
    six (a network code of three digits makes six), a timing advance that a standard allows. -#}
{% macro is_network_out_of_range(mcc, mnc, plmn) -%}
(
    ({{ mcc }} between 100 and 999) is false
    or {{ is_wholly(mnc, '[0-9]{2,3}') }} is false
    or ({{ plmn }} between 10000 and 999999) is false
)
{%- endmacro %}

{% macro is_timing_out_of_range(timing_advance) -%}
(({{ timing_advance }} between 0 and 3846) is false)
{%- endmacro %}

{#- The country of a network by its code of five or six digits. -#}
{% macro country_of(plmn) -%}
(case when {{ plmn }} >= 100000 then {{ divided(plmn, 1000) }} else {{ divided(plmn, 100) }} end)
{%- endmacro %}

{#- Foreign subscriber in our network; our subscriber in a foreign network. Null when the country
    of the operator, or of the network, is not known. A domestic row is neither. -#}
{% macro is_inbound(mcc, home_mcc) -%}
({{ mcc }} <> {{ home_mcc }})
{%- endmacro %}

{% macro is_outbound(mcc, plmn, home_mcc) -%}
({{ mcc }} = {{ home_mcc }} and {{ country_of(plmn) }} <> {{ home_mcc }})
{%- endmacro %}

{#- Same device, second, cell and kind of event as the row before, in the order of the day; of two
    rows abroad there is no cell in either. -#}
{% macro is_repeated(columns) -%}
(
    {%- for column in columns %}
    {{ column }} is not distinct from previous_{{ column }}{{ " and" if not loop.last }}
    {%- endfor %}
)
{%- endmacro %}

{#- From one sighting of a device to its next: farther than cells can explain, and faster than
    anything on the ground. Arguments may be sums: each stands in its own parentheses. -#}
{% macro is_too_far(distance_m, duration_s) -%}
(
    ({{ distance_m }}) > cleaning.far_m
    and ({{ distance_m }}) > cleaning.fastest_m_per_s * ({{ duration_s }})
)
{%- endmacro %}

{#- An order by these columns, which is the same on every engine: a null comes after any value. -#}
{% macro nulls_last(columns) -%}
{{ columns | join(' nulls last, ') }} nulls last
{%- endmacro %}

{#- The order of the day: device, second, cell, kind (a row abroad has no cell and comes after those
    of its second), then file and line. Argument: a table and its dot, or nothing. -#}
{% macro order_of_the_day(prefix='') -%}
{%- set columns = [] -%}
{%- for column in ['device_no', 'after_s', 'cell_no', 'type_no', 'file_id', 'line'] -%}
{%- do columns.append(prefix ~ column) -%}
{%- endfor -%}
{{ nulls_last(columns) }}
{%- endmacro %}

{#- A number as long as an IMSI or IMEI, and nothing else. -#}
{% macro is_identifier(text) -%}
(length({{ text }}) between 14 and 16 and {{ is_wholly(text, '[0-9]+') }})
{%- endmacro %}

{#- Text in which a number as long as a telephone number hides. -#}
{% macro holds_identifier(text) -%}
(length({{ text }}) >= 9 and {{ has_within(text, '[0-9]{9}') }})
{%- endmacro %}

{#- More cells than any plan has: where a cell's number is packed behind another whole number. -#}
{% macro most_cells() -%} 16777216 {%- endmacro %}

{#- What another table says of a row by its key, or null; it has one row of each key. A subquery, not
    a join: of each batch DuckDB's joins give the rows first that have a partner, out of the order. -#}
{% macro looked_up(column, table, key, of_row) -%}
(
    select {{ only('there.' ~ column) }}
    from {{ table }} as there
    where
        {%- for name in key %}
        there.{{ name }} = {{ of_row }}.{{ name }}{{ " and" if not loop.last }}
        {%- endfor %}
)
{%- endmacro %}
