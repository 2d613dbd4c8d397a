{#- Order of rows, and how often a part of a statement is made, in the dialect of Spark. -#}

{#- Spark's tables have no order of rows: each time it is told. -#}
{% macro previous(column) -%}
lag({{ column }}) over (
    partition by device_no
    order by after_s nulls last, cell_no nulls last, type_no nulls last, file_id, line
)
{%- endmacro %}

{#- Rows of one device lie together, so that none moves when they are looked at in their order. -#}
{% macro sorted_once() -%}
distribute by device_no
{%- endmacro %}

{% macro sorted_again() %}
order by
    judged.device_no nulls last, judged.after_s nulls last, judged.cell_no nulls last,
    judged.type_no nulls last, judged.file_id, judged.line
{%- endmacro %}

{% macro made_once() -%}
{%- endmacro %}

{% macro made_again() -%}
{%- endmacro %}
