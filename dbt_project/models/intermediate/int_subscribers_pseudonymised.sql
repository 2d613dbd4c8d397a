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

-- nobody's name has no pseudonym, and comes last: left out after the rank, not before it, which
-- would have every pseudonym made twice
numbered as (
    select
        subscriber_id,
        device_id,
        cast(dense_rank() over (order by device_id nulls last) as integer) as device_no
    from named
),

-- every part numbers all devices of the day, so that a number means the same in each
parts as (
    select coalesce(max(n_parts), 1) as n_parts
    from {{ source('given', 'part') }}
)

select
    numbered.subscriber_id,
    numbered.device_id,
    numbered.device_no,
    {{ part_of('numbered.device_id', 'parts.n_parts') }} as part_no
from numbered
cross join parts
where numbered.device_id is not null
