-- Network codes and kinds of event, each combination once: a day has hundreds, not millions, so
-- their texts are judged here and rows carry a number.
{{ config(database='memory') }}

with kinds as (
    select distinct
        mcc,
        mnc,
        plmn,
        event_type
    from {{ source('raw', 'events') }}
)

select
    cast(row_number() over (order by mcc, mnc, plmn, event_type) as integer) as kind_no,
    cast(dense_rank() over (order by event_type) as integer) as type_no,
    mcc,
    mnc,
    plmn,
    event_type,
    coalesce({{ holds_identifier('event_type') }} or {{ holds_identifier('mnc') }}, false)
        as has_identifier,
    coalesce({{ is_network_out_of_range('mcc', 'mnc', 'plmn') }}, false) as is_out_of_range
from kinds
