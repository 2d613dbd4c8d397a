{#- A condition is true in every row; null is not true. -#}
{% test holds(model, condition) %}
    select 1 as is_broken
    from {{ model }}
    where ({{ condition }}) is not true
{% endtest %}
