-- The rows of the day in the one order that everything else rests on: device, second, cell, kind;
-- rows that were set aside already come last. Sorted once, in memory (spilled encrypted).
{{ config(database='memory', contract={'enforced': false}) }}

select
    case when reason is null then device_no end as device_no,
    epoch_s,
    cell_no,
    type_no,
    file_id,
    line,
    device_id,
    observed_at,
    kind_no,
    timing_advance,
    at_x_m,
    at_y_m,
    at_z_m,
    reason
from {{ ref('int_events_judged') }}
order by device_no nulls last, epoch_s, cell_no, type_no, file_id, line
