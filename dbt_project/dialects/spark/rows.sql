{#- Order of rows, and how often a part of a statement is made, in the dialect of Spark. -#}

{#- Spark's tables have no order of rows: each time it is told. -#}
{% macro previous(column) -%}
lag({{ column }}) over (
    partition by device_no
    order by {{ order_of_the_day() }}
)
{%- endmacro %}

{#- Rows are few bytes as they are. -#}
{% macro packed(rows_from) -%}
select * from {{ rows_from }}
{%- endmacro %}

{% macro unpacked(rows_from) -%}
select * from {{ rows_from }}
{%- endmacro %}

{#- Rows of one device lie together, so that none moves when they are looked at in their order. -#}
{% macro sorted_once() -%}
distribute by device_no
{%- endmacro %}

{% macro sorted_again() %}
order by {{ order_of_the_day('judged.') }}
{%- endmacro %}

{% macro made_once() -%}
{%- endmacro %}

{% macro made_again() -%}
{%- endmacro %}
