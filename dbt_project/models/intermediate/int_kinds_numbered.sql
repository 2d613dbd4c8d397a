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
    cast(row_number() over (
        order by
            kinds.mcc nulls last,
            kinds.mnc nulls last,
            kinds.plmn nulls last,
            kinds.event_type nulls last
    ) as integer) as kind_no,
    cast(dense_rank() over (order by kinds.event_type nulls last) as integer) as type_no,
    kinds.mcc,
    kinds.mnc,
    kinds.plmn,
    kinds.event_type,
    coalesce(
        {{ holds_identifier('kinds.event_type') }} or {{ holds_identifier('kinds.mnc') }}, false
    ) as has_identifier,
    coalesce({{ is_network_out_of_range('kinds.mcc', 'kinds.mnc', 'kinds.plmn') }}, false)
        as is_out_of_range,
    {{ is_outbound('kinds.mcc', 'kinds.plmn', 'batch.home_mcc') }} as is_outbound
from kinds
cross join {{ source('raw', 'batch') }} as batch
