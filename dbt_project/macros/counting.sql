{# Distinct devices per cell and hour: each device at most once an hour, in the cell of its event
   nearest hh:30 (ties to the earlier, then by cell), only if within 30 minutes. Presence rests on
   this alone. An hour's own events are never farther than 30 minutes from its half. #}
{% macro devices_by_cell_hour(events) %}
    select
        cell_id,
        hour_at,
        count(*) as n_devices
    from (
        select
            device_id,
            hour_at,
            arg_min(cell_id, ({{ off_half_hour_us('observed_at') }}, observed_at, cell_id)) as cell_id
        from {{ events }}
        group by device_id, hour_at
    ) as nearest
    group by cell_id, hour_at
{% endmacro %}
