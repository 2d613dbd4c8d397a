{{ config(tags=["whole_day"]) }}
-- The classified day has the lines of every file, each once, as they were landed. That a line was
-- landed once is asked there with a bit for each; here, where lines come in the order of devices,
-- two lists are the same if their lengths and the sums of 64 bits of every line are.
with landed as (
    select
        file_id,
        count(*) as n_lines,
        sum(hash(line)) as of_lines
    from {{ source('raw', 'events') }}
    group by file_id
),

classified as (
    select
        file_id,
        count(*) as n_lines,
        sum(hash(line)) as of_lines
    from {{ ref('int_events_classified') }}
    group by file_id
)

select coalesce(landed.file_id, classified.file_id) as file_id
from landed
full join classified on landed.file_id = classified.file_id
where
    (landed.n_lines = classified.n_lines and landed.of_lines = classified.of_lines) is not true
