-- Neighbours in the table are neighbours in the day: rules that look at the row before rest on it.
with rows_in_order as (
    {{ with_the_one_before('device_no is not null') }}
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
