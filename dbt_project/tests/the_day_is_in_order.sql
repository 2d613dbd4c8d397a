-- Neighbours in the table are neighbours in the day: rules that look at the row before rest on it.
with rows_in_order as (
    select
        device_no,
        after_s,
        cell_no,
        {{ previous('device_no') }} as previous_device_no,
        {{ previous('after_s') }} as previous_after_s,
        {{ previous('cell_no') }} as previous_cell_no
    from {{ ref('int_events_ordered') }}
    where device_no is not null
)

select device_no
from rows_in_order
where
    previous_device_no > device_no
    or (
        previous_device_no = device_no
        and (
            previous_after_s > after_s
            or (previous_after_s = after_s and previous_cell_no > cell_no)
        )
    )
