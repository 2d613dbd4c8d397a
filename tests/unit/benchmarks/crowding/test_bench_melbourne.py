"""Errors of hours whose week before is known, beside the figure that was asked for."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from benchmarks.crowding import melbourne, page


def rows(first: str, values: list[float | None], **more: Any) -> pd.DataFrame:
    """Hours of one sensor."""
    at = pd.date_range(first, periods=len(values), freq="h", tz=melbourne.TIME_ZONE)
    return pd.DataFrame({"zone_id": "a", "hour_at": at, "value": values, **more})


def test_only_hours_count_whose_week_before_is_known_by_the_clock() -> None:
    # clocks go forward on 6 October at two: 01, 03 of that day follow 01, 03 of the week before
    history = rows("2019-09-29T01:00", [5.0, None, 7.0])
    scored = rows("2019-10-06T01:00", [1.0, 1.0, 1.0], pinball=[2.0, 4.0, 8.0])
    assert [at.hour for at in scored["hour_at"]] == [1, 3, 4]
    both = {"boosting": scored, "seasonal naive": scored.assign(pinball=[3.0, 5.0, 9.0])}
    known = melbourne.of_known_weeks(both, history)
    assert known == {"n_values": 2, "pinball": {"boosting": 3.0, "seasonal naive": 4.0}}


@pytest.mark.parametrize(("pinball", "is_reached"), [(27.02, True), (27.04, False)])
def test_the_page_holds_them_to_what_was_asked(pinball: float, is_reached: bool) -> None:
    method = {"pinball": 20.0, "by_month": {"2019-10": 20.0}}
    cover = {"coverage_80": 0.8, "coverage_95": 0.95}
    cover["coverage_80_by_zone"] = {"least": 0.8, "most": 0.8, "n_outside": 0}  # type: ignore[assignment]
    figures = {
        "methods": {"boosting": {**method, **cover}, "seasonal naive": method},
        "week_before_known": {
            "n_values": 92_672,
            "pinball": {"boosting": pinball, "seasonal naive": 37.14},
        },
        "surges": {"episodes_per_sensor_month": 0.5, "found": []},
    }
    (row,) = [row for row in page.asked({"melbourne": figures}) if "week before" in row[0]]
    assert row[1] == "≤ 27.03, 28 % under 37.54" and row[3] is is_reached
