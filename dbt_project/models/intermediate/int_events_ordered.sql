-- The rows of the day in the one order that everything else rests on: device, second, cell, kind (a
-- row abroad has no cell and comes after those of its second); rows that were set aside already
-- come last, as nothing but their place. Sorted once, in memory (spilled encrypted), hence in few
-- bytes: numbers for names. `passing` is memory as well, or, for a day that does not fit there, a
-- sealed scratch file, in which rows take a third of what they take in memory.
{{ config(database='passing', contract={'enforced': false}) }}

with judged as (
    select * from {{ ref('int_events_judged') }}
),

batch as (
    select * from {{ source('raw', 'batch') }}
),

packed as (
    {{ packed('judged') }}
),

sorted as (
    select *
    from packed
    {{ sorted_once() }}
)

{{ unpacked('sorted') }}
