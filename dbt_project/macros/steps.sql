{#- Steps of devices, from one row to the next in the order of the day. -#}

{#- Sightings, each with the one before it; of all devices, or of some, of which all rows must be. -#}
{% macro with_the_one_before(condition) -%}
select
    device_no,
    after_s,
    cell_no,
    {{ previous('device_no') }} as previous_device_no,
    {{ previous('after_s') }} as previous_after_s,
    {{ previous('cell_no') }} as previous_cell_no
from {{ ref('int_events_ordered') }}
where {{ condition }}
{%- endmacro %}

{#- Those of a table of steps that end in another cell, too far away and too soon. -#}
{% macro too_far_of(steps) -%}
select
    {{ steps }}.device_no,
    {{ steps }}.previous_after_s,
    {{ steps }}.previous_cell_no,
    {{ steps }}.after_s,
    {{ steps }}.cell_no
from {{ steps }}
cross join {{ source('given', 'cleaning') }} as cleaning
inner join {{ ref('int_cells_numbered') }} as here on {{ steps }}.cell_no = here.cell_no
inner join {{ ref('int_cells_numbered') }} as there on {{ steps }}.previous_cell_no = there.cell_no
where
    {{ steps }}.cell_no <> {{ steps }}.previous_cell_no
    and {{ is_too_far(
        distance_m('here.', 'there.'), steps ~ '.after_s - ' ~ steps ~ '.previous_after_s'
    ) }}
{%- endmacro %}

{#- The rest of a statement on steps of `theirs` that leave, or reach, one of some seconds. -#}
{% macro from_or_to(seconds) -%}
from theirs
left join {{ seconds }} as leaves
    on theirs.device_no = leaves.device_no and theirs.previous_after_s = leaves.after_s
left join {{ seconds }} as reaches
    on theirs.device_no = reaches.device_no and theirs.after_s = reaches.after_s
where
    theirs.device_no = theirs.previous_device_no
    and theirs.after_s > theirs.previous_after_s
    and (leaves.device_no is not null or reaches.device_no is not null)
{%- endmacro %}
