{#- One row per file and line, asked with a bit per line: exact, and cheap at a hundred million. -#}
{% test unique_key_of_lines(model) %}
    select file_id
    from {{ model }}
    group by file_id
    having count(*) <> bit_count(bitstring_agg(line))
{% endtest %}
