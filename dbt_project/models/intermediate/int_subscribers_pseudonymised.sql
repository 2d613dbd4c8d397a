-- Hashed once per subscriber, not per row: a thousand times fewer calls. A device has one number,
-- however its subscriber is spelled; rows are ordered by it, since a short key sorts faster. In
-- memory (spilled encrypted), never in the staged file.
{{ config(database='memory') }}

with subscribers as {{ made_once() }} (
    select distinct subscriber_id
    from {{ source('raw', 'events') }}
    where subscriber_id is not null
),

named as {{ made_once() }} (
    select
        subscriber_id,
        {{ pseudonym('subscriber_id') }} as device_id
    from subscribers
),

-- every part numbers all devices of the day, so that a number means the same in each
parts as (
    select coalesce(max(n_parts), 1) as n_parts
    from {{ source('given', 'part') }}
)

select
    named.subscriber_id,
    named.device_id,
    cast(dense_rank() over (order by named.device_id) as integer) as device_no,
    {{ part_of('named.device_id', 'parts.n_parts') }} as part_no
from named
cross join parts
where named.device_id is not null
