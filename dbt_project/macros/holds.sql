{# A condition that holds for every row. #}
{% test holds(model, condition) %}
    select 1 as broken
    from {{ model }}
    where not coalesce({{ condition }}, false)
{% endtest %}
