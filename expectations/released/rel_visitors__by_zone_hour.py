"""Released visitors: no entry of few devices, withheld ones empty."""

from __future__ import annotations

from expectations.belief import Belief
from expectations.limits import Limits
from expectations.linked import beliefs, entries, whole_day

TABLE = "rel_visitors__by_zone_hour"
MEASURES = {
    "released_visitors": entries(
        TABLE,
        "est_visitors__by_zone_hour_origin",
        "estimated.zone_id = released.REF_AREA AND estimated.origin_id = released.ORIGIN",
    ),
}


def suite(_: Limits) -> list[Belief]:
    """Beliefs about `rel_visitors__by_zone_hour`: none has a limit of its own."""
    return [*beliefs(TABLE, "released_visitors"), *whole_day(TABLE, "released_visitors")]
