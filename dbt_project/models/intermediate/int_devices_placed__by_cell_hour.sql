-- Devices of each cell and hour. In memory only: entries under the threshold are never written.
{{ config(database='memory', contract={'enforced': false}) }}

with counted as (
    select
        cell_no,
        hour_no,
        count(*) as n_devices
    from {{ ref('int_device_hours') }}
    group by cell_no, hour_no
)

select
    cells.cell_id,
    {{ start_of_hour('batch.day_start_at', 'counted.hour_no') }} as hour_at,
    counted.n_devices
from counted
inner join {{ ref('int_cells_numbered') }} as cells on counted.cell_no = cells.cell_no
cross join {{ source('raw', 'batch') }} as batch
