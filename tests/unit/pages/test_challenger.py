"""The operator's page shows how far a challenger is from the champion, day by day."""

from __future__ import annotations

from typing import Any

from peil import status
from peil.pages import operator_reading
from peil.store.atomic import write_json


def test_days_with_a_challenger_have_a_row_and_others_none(tiny: Any) -> None:
    charter, store = tiny.charter, tiny.store
    apart = {"difference_share": 0.021, "outside_share": 0.04}
    facts = [
        {"challenger": "presence@2", "estimator": "em", **apart},
        {"challenger": "presence@2", "failed": "ValueError"},
        None,
    ]
    for day, shadow in zip(charter.days(), facts, strict=False):
        record = {"facts": {}, **({"shadow": shadow} if shadow else {})}
        write_json(store.estimated_record("tiny", day), record)
    data = operator_reading.collected(charter, store, status.of_pilot(charter, store))
    first, second = data.shadows
    assert (first.day, first.challenger, first.difference_share) == (
        "2026-03-02",
        "presence@2",
        0.021,
    )
    assert (second.day, second.failed, second.outside_share) == ("2026-03-03", "ValueError", None)
