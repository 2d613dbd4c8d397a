{#- One row per combination of these columns; nulls are equal. -#}
{% test unique_key(model, columns) %}
    select count(*) as n_rows
    from {{ model }}
    group by {{ columns | join(', ') }}
    having count(*) > 1
{% endtest %}
