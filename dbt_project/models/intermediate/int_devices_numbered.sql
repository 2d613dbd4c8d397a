-- The pseudonym of each number that a kept row bears; of nobody else.
with kept as (
    select distinct device_no
    from {{ ref('int_events_classified') }}
    where device_no is not null
),

-- of one number, however many spellings
named as (
    select
        device_no,
        any_value(device_id) as device_id
    from {{ ref('int_subscribers_pseudonymised') }}
    group by device_no
)

select
    named.device_no,
    named.device_id
from named
inner join kept on named.device_no = kept.device_no
