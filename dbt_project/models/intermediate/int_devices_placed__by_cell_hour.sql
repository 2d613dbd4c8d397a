-- A device is in one cell an hour: that of its event nearest hh:30, the earlier of two at the same
-- distance, the first by name of two at the same moment. An event falls in one hour, so none is
-- farther than 30 minutes. A device of ours abroad is in no cell of ours. In memory only: entries
-- under the threshold are never written.
{{ config(database='memory', contract={'enforced': false}) }}

with nearest as (
    select
        device_id,
        hour_at,
        -- twice the distance, and one more after the half hour: whole numbers sort fast
        min(struct_pack(
            distance := 2 * {{ distance_from_half_hour('hour_at', 'observed_at') }}
            + cast({{ microseconds_between('hour_at', 'observed_at') }} > 1800000000 as bigint),
            cell_id := cell_id
        )).cell_id as cell_id
    from {{ ref('stg_operator__events') }}
    where is_outbound is not true
    group by device_id, hour_at
)

select
    cell_id,
    hour_at,
    count(*) as n_devices
from nearest
group by cell_id, hour_at
