{#- A table of a run is a view of the session, kept in memory; what does not fit is spilled encrypted
    (`spark.io.encryption`). So no table is ever written to a warehouse, sealed or not. The views of
    all sessions share one schema that is always there, and is not asked about. -#}
{% materialization table, adapter='spark' %}
    {%- set made = api.Relation.create(identifier=model['alias'], schema=schema, type='view') -%}
    {%- call statement('main') -%}
        create or replace global temporary view {{ made.identifier }} as
        {{ sql }}
    {%- endcall -%}
    {%- call statement('kept') -%}
        cache table {{ made }}
    {%- endcall -%}
    {{ return({'relations': [made]}) }}
{% endmaterialization %}

{% macro spark__create_schema(relation) -%}
{%- endmacro %}
