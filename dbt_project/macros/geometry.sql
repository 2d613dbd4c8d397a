{#- Places of cells: on the globe as a point in space, so that no trigonometry is needed per row;
    on a plane as they are. Unit: metres, in 4 bytes (half a metre at the radius of the earth). -#}

{% macro earth_radius_m() -%} 6371008.8 {%- endmacro %}

{% macro place(latitude, longitude, x_m, y_m) -%}
case
    when {{ x_m }} is not null and {{ y_m }} is not null
        then {{ point(
            'cast(' ~ x_m ~ ' as float)', 'cast(' ~ y_m ~ ' as float)', 'cast(null as float)'
        ) }}
    else {{ on_the_globe(latitude, longitude) }}
end
{%- endmacro %}

{% macro on_the_globe(latitude, longitude) -%}
{%- set x_m -%}
cast({{ earth_radius_m() }} * cos(radians({{ latitude }})) * cos(radians({{ longitude }})) as float)
{%- endset -%}
{%- set y_m -%}
cast({{ earth_radius_m() }} * cos(radians({{ latitude }})) * sin(radians({{ longitude }})) as float)
{%- endset -%}
{%- set z_m -%}
cast({{ earth_radius_m() }} * sin(radians({{ latitude }})) as float)
{%- endset -%}
{{ point(x_m, y_m, z_m) }}
{%- endmacro %}

{#- How far apart the places of a group can be: the diagonal of the box that holds them. -#}
{% macro width_m(place) -%}
sqrt(
    pow(max({{ place }}.at_x_m) - min({{ place }}.at_x_m), 2)
    + pow(max({{ place }}.at_y_m) - min({{ place }}.at_y_m), 2)
    + coalesce(pow(max({{ place }}.at_z_m) - min({{ place }}.at_z_m), 2), 0)
)
{%- endmacro %}

{#- Distance along the great circle between two points of the globe, straight on a plane. Null
    where one is on the globe and the other on a plane. Arguments: prefixes of three columns. -#}
{% macro distance_m(here, there) -%}
case
    when {{ here }}at_z_m is null and {{ there }}at_z_m is null
        then sqrt(
            pow({{ here }}at_x_m - {{ there }}at_x_m, 2) + pow({{ here }}at_y_m - {{ there }}at_y_m, 2)
        )
    else 2 * {{ earth_radius_m() }} * asin(least(1, sqrt(
        pow({{ here }}at_x_m - {{ there }}at_x_m, 2) + pow({{ here }}at_y_m - {{ there }}at_y_m, 2)
        + pow({{ here }}at_z_m - {{ there }}at_z_m, 2)
    ) / (2 * {{ earth_radius_m() }})))
end
{%- endmacro %}
