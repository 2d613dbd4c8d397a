-- Where a quarantined row stands and why; never the row.
{{ config(materialized='view') }}

select
    file_id,
    line,
    cast(reason as {{ text() }}) as reason
from {{ ref('int_events_classified') }}
where reason is not null
