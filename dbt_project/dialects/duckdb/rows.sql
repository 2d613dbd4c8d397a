{#- Order of rows, and how often a part of a statement is made, in the dialect of DuckDB. -#}

{#- The value of the row before, in the order in which the rows of a table come. The order is made
    once a day (`int_events_ordered`), and DuckDB keeps it where `preserve_insertion_order` is on,
    as the plugin has it; a data test asks whether it did. Of a table's rows only, or of rows that
    were filtered from it: branches of a UNION ALL would share one state. -#}
{% macro previous(column) -%}
lag({{ column }}) over ()
{%- endmacro %}

{#- The order of the day (`order_of_the_day`): `sorted_once` ends `int_events_ordered`,
    `sorted_again` what is made of it, row by row, which has the order already. DuckDB sorts by keys
    of up to 24 bytes a third faster than by longer ones, so that six numbers are packed in three: 31
    bits of the device, 17 of the second (a day of 25 hours has 90 000), 24 of the cell, 28 each of
    kind and file, 32 of the line. A null is the largest number that there is room for. -#}
{% macro sorted_once() -%}
order by
    (coalesce(device_no, 2147483647)::ubigint << 33)
    | (coalesce(after_s, 131071)::ubigint << 16)
    | (coalesce(cell_no, {{ most_cells() }} - 1)::ubigint >> 8),
    ((coalesce(cell_no, {{ most_cells() }} - 1)::ubigint & 255) << 56)
    | (coalesce(type_no, 268435455)::ubigint << 28)
    | file_id::ubigint,
    line::uinteger
{%- endmacro %}

{% macro sorted_again() -%}
{%- endmacro %}

{#- How often a part of a statement is made that is read more than once. -#}
{% macro made_once() -%} materialized {%- endmacro %}

{% macro made_again() -%} not materialized {%- endmacro %}
