{#- Order of rows, and how often a part of a statement is made, in the dialect of Spark. -#}

{#- Spark's tables have no order of rows: each time it is told. -#}
{% macro previous(column) -%}
lag({{ column }}) over (
    partition by device_no
    order by {{ order_of_the_day() }}
)
{%- endmacro %}

{#- What is set aside keeps nothing but its place and the reason. -#}
{% macro packed(rows_from) -%}
select
    file_id,
    line,
    reason,
    case when reason is null then device_no end as device_no,
    case when reason is null then cast(after_s as integer) end as after_s,
    case when reason is null then cell_no end as cell_no,
    case when reason is null then type_no end as type_no,
    case when reason is null then observed_at end as observed_at,
    case when reason is null then kind_no end as kind_no,
    case when reason is null then cast(timing_advance as smallint) end as timing_advance
from {{ rows_from }}
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

{#- Spark takes no subquery for a value that has no aggregate. -#}
{% macro only(column) -%} max({{ column }}) {%- endmacro %}

{% macro made_once() -%}
{%- endmacro %}

{% macro made_again() -%}
{%- endmacro %}
