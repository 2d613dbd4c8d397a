"""Released flows: no entry of few devices, withheld ones empty."""

from __future__ import annotations

from expectations.belief import Belief
from expectations.limits import Limits
from expectations.linked import beliefs, entries

TABLE = "rel_flows__by_zone_pair_hour"
MEASURES = {
    "released_flows": entries(
        TABLE,
        "est_flows__by_zone_pair_hour",
        "estimated.from_zone_id = released.REF_AREA_FROM"
        " AND estimated.to_zone_id = released.REF_AREA_TO",
    ),
}


def suite(_: Limits) -> list[Belief]:
    """Beliefs about `rel_flows__by_zone_pair_hour`: none has a limit of its own."""
    return beliefs(TABLE, "released_flows")
