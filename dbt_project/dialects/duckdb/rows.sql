{#- Order of rows, and how often a part of a statement is made, in the dialect of DuckDB. -#}

{#- The value of the row before, in the order in which the rows of a table come. The order is made
    once a day (`int_events_ordered`), and DuckDB keeps it where `preserve_insertion_order` is on,
    as the plugin has it; a data test asks whether it did. Of a table's rows only, or of rows that
    were filtered from it: branches of a UNION ALL would share one state. -#}
{% macro previous(column) -%}
lag({{ column }}) over ()
{%- endmacro %}

{#- The rows of a day in the few bytes that a sort carries, and out of them again; beside a `batch`.
    What is set aside keeps nothing but its place and the reason. DuckDB sorts rows that are nothing
    but their keys, of 32 bytes at most, without looking anything up, and spills nothing else; so
    all of a row is in four numbers: 31 bits of the device, 17 of the second (a day of 25 hours has
    90 000), 24 of the cell, 28 each of type, file and kind, 32 of the line, 4 of the reason, 12 of
    the timing advance (3846 is the largest), and 20 of the microseconds after the second. What is
    null is the largest number that there is room for. -#}
{% macro packed(rows_from) -%}
select
    case
        when reason is null
            then
                (device_no::ubigint << 33)
                | (after_s::ubigint << 16)
                | (coalesce(cell_no, {{ most_cells() }} - 1)::ubigint >> 8)
        else {{ 2 ** 64 - 1 }}::ubigint
    end as by_device,
    case
        when reason is null
            then
                ((coalesce(cell_no, {{ most_cells() }} - 1)::ubigint & 255) << 56)
                | (type_no::ubigint << 28)
        else {{ 2 ** 64 - 2 ** 28 }}::ubigint
    end
    | file_id::ubigint as by_type,
    line::uinteger as line,
    case
        when reason is null
            then
                {{ 15 * 2 ** 60 }}::ubigint
                | (kind_no::ubigint << 32)
                | (coalesce(timing_advance, 4095)::ubigint << 20)
                | (
                    {{ microseconds_between('day_start_at', 'observed_at') }}
                    - after_s::bigint * 1000000
                )::ubigint
        else (enum_code(reason)::ubigint << 60) | {{ 2 ** 60 - 1 }}::ubigint
    end as rest
from {{ rows_from }}
cross join batch
{%- endmacro %}

{% macro unpacked(rows_from) -%}
select
    (by_type & 268435455)::integer as file_id,
    line::bigint as line,
    case
        when (rest >> 60) < 15
            then enum_range(null::{{ reason_type() }})[(rest >> 60)::bigint + 1]::{{ reason_type() }}
    end as reason,
    nullif((by_device >> 33)::integer, 2147483647) as device_no,
    nullif(((by_device >> 16) & 131071)::integer, 131071) as after_s,
    nullif((((by_device & 65535) << 8) | (by_type >> 56))::integer, {{ most_cells() }} - 1)
        as cell_no,
    nullif(((by_type >> 28) & 268435455)::integer, 268435455) as type_no,
    case
        when (by_device >> 33) < 2147483647
            then make_timestamptz(
                epoch_us(day_start_at)
                + ((by_device >> 16) & 131071)::bigint * 1000000
                + (rest & 1048575)::bigint
            )
    end as observed_at,
    nullif(((rest >> 32) & 268435455)::integer, 268435455) as kind_no,
    nullif(((rest >> 20) & 4095)::smallint, 4095) as timing_advance
from {{ rows_from }}
cross join batch
{%- endmacro %}

{#- The order of the day (`order_of_the_day`): `sorted_once` is that of packed rows, `sorted_again`
    ends what is made of them, row by row, which has the order already. -#}
{% macro sorted_once() -%}
order by by_device, by_type, line, rest
{%- endmacro %}

{% macro sorted_again() -%}
{%- endmacro %}

{#- The value of the only row that there is; an error where there are several. -#}
{% macro only(column) -%} {{ column }} {%- endmacro %}

{#- How often a part of a statement is made that is read more than once. -#}
{% macro made_once() -%} materialized {%- endmacro %}

{% macro made_again() -%} not materialized {%- endmacro %}
