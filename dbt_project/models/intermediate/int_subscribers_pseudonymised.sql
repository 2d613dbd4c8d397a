-- Hashed once per subscriber, not per row: a thousand times fewer calls. A device has one number,
-- however its subscriber is spelled; rows are ordered by it, since a short key sorts faster. In
-- memory (spilled encrypted), never in the staged file.
{{ config(database='memory') }}

with subscribers as materialized (
    select distinct subscriber_id
    from {{ source('raw', 'events') }}
    where subscriber_id is not null
),

named as materialized (
    select
        subscriber_id,
        {{ pseudonym('subscriber_id') }} as device_id
    from subscribers
)

select
    subscriber_id,
    device_id,
    cast(dense_rank() over (order by device_id) as integer) as device_no
from named
where device_id is not null
