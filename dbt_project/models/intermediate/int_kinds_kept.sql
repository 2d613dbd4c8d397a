-- Network codes and kinds of event of kept rows, and whose devices they are of: a combination that
-- only quarantined rows had may hide an identifier, and is not written.
with kept as (
    select distinct kind_no
    from {{ ref('int_events_classified') }}
    where kind_no is not null
)

select
    kinds.kind_no,
    kinds.mcc,
    kinds.mnc,
    kinds.event_type,
    {{ is_inbound('kinds.mcc', 'batch.home_mcc') }} as is_inbound,
    kinds.is_outbound,
    case when kinds.is_outbound then {{ country_of('kinds.plmn') }} end as visited_mcc
from {{ ref('int_kinds_numbered') }} as kinds
inner join kept on kinds.kind_no = kept.kind_no
cross join {{ source('raw', 'batch') }} as batch
