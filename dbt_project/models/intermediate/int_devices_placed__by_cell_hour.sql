-- A device is in one cell an hour: that of its event nearest hh:30, the earlier of two at the same
-- distance, the first by name of two at the same moment. An event falls in one hour, so none is
-- farther than 30 minutes. Ephemeral: entries under the threshold are never written.
{{ config(materialized='ephemeral', contract={'enforced': false}) }}

with placed as (
    select
        cell_id,
        hour_at
    from {{ ref('stg_operator__events') }}
    qualify row_number() over (
        partition by device_id, hour_at
        order by {{ distance_from_half_hour('hour_at', 'observed_at') }}, observed_at, cell_id
    ) = 1
)

select
    cell_id,
    hour_at,
    count(*) as n_devices
from placed
group by cell_id, hour_at
