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

-- what is set aside keeps nothing but its place and the reason
in_few_bytes as (
    select
        file_id,
        line,
        reason,
        case when reason is null then device_no end as device_no,
        case when reason is null then cast(after_s as integer) end as after_s,
        case when reason is null then cell_no end as cell_no,
        case when reason is null then type_no end as type_no,
        case when reason is null then observed_at end as observed_at,
        case when reason is null then kind_no end as kind_no,
        case when reason is null then cast(timing_advance as smallint) end as timing_advance
    from judged
),

packed as (
    {{ packed('in_few_bytes') }}
),

sorted as (
    select *
    from packed
    {{ sorted_once() }}
)

{{ unpacked('sorted') }}
