{#- Order of rows, and how often a part of a statement is made, in the dialect of DuckDB. -#}

{#- The value of the row before, in the order in which the rows of a table come. The order is made
    once a day (`int_events_ordered`), and DuckDB keeps it where `preserve_insertion_order` is on,
    as the plugin has it; a data test asks whether it did. Of a table's rows only, or of rows that
    were filtered from it: branches of a UNION ALL would share one state. -#}
{% macro previous(column) -%}
lag({{ column }}) over ()
{%- endmacro %}

{#- The order of the day: `sorted_once` ends `int_events_ordered`, `sorted_again` what is made of it,
    row by row, which has the order already. -#}
{% macro sorted_once() -%}
order by {{ order_of_the_day() }}
{%- endmacro %}

{% macro sorted_again() -%}
{%- endmacro %}

{#- How often a part of a statement is made that is read more than once. -#}
{% macro made_once() -%} materialized {%- endmacro %}

{% macro made_again() -%} not materialized {%- endmacro %}
