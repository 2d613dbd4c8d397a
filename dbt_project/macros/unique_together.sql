{# A key of several columns; null counts as a value, so that a null key cannot repeat unseen. #}
{% test unique_together(model, columns) %}
    select count(*) as n_rows
    from {{ model }}
    group by {{ columns | join(', ') }}
    having count(*) > 1
{% endtest %}
