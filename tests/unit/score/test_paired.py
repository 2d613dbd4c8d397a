"""Estimators beside the released one: planted differences come out in the group they are in."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from peil.score.paired import GROUPS, against, verdict

DAYS = ("2026-03-06", "2026-03-07", "2026-03-08")
CHOICES = {"level": 0.95, "visited_ratio": 1.25}
ZONES = [f"Z{n:02d}" for n in range(16)]


def rows(**errors: Any) -> pd.DataFrame:
    """Scored rows of estimators; an error is a function of what a zone-hour is."""
    random = np.random.default_rng(4)
    entries = []
    for number, zone in enumerate(ZONES):
        # the first four are visited: three times as many by day as at night
        scale, visits = 100.0 * (1 + number), 3.0 if number < 4 else 1.0
        for day in DAYS:
            for hour in range(24):
                is_day = 7 <= hour <= 20
                at = pd.Timestamp(f"{day}T{hour:02d}:00Z")
                true = scale * (visits if is_day else 1.0)
                about = {"number": number, "is_day": is_day, "is_off": day != DAYS[0]}
                for name, error in errors.items():
                    value = true * (1 + error(about) * random.choice([-1.0, 1.0]))
                    entries.append((zone, at, name, value, true, day, hour))
    names = ["zone_id", "hour_at", "estimator", "value", "n_true", "day", "local_hour"]
    frame = pd.DataFrame(entries, columns=names)
    frame["is_off"] = frame["day"] != DAYS[0]
    frame["is_day"] = frame["local_hour"].between(7, 20)
    return frame.assign(is_night=frame["local_hour"] < 5)


def flat(share: float) -> Any:
    return lambda about: share


def test_what_is_better_everywhere_is_told_so() -> None:
    compared = against(rows(old=flat(0.10), new=flat(0.08)), "old", CHOICES)
    assert [row["group"] for row in compared] == list(GROUPS)
    assert all(row["estimator"] == "new" for row in compared)
    assert all(row["gain"] == pytest.approx(0.2, abs=0.001) for row in compared)
    assert verdict(compared, "new", 0.02) == "better"
    assert (compared[0]["n_zones"], compared[0]["n_days"]) == (16, 3)


def test_better_on_average_and_worse_where_people_visit_is_told_with_the_group() -> None:
    def new(about: dict[str, Any]) -> float:
        return 0.13 if about["number"] < 4 and about["is_day"] else 0.05

    compared = against(rows(old=flat(0.10), new=new), "old", CHOICES)
    assert verdict(compared, "new", 0.02) == "better, but worse: visited zones"
    own = {row["group"]: row["gain"] for row in compared}
    assert own["visited zones"] == pytest.approx(-0.3, abs=0.001)
    assert own["at night"] == pytest.approx(0.5, abs=0.001)


def test_days_off_are_a_group_of_their_own() -> None:
    compared = against(
        rows(old=flat(0.10), new=lambda about: 0.12 if about["is_off"] else 0.05), "old", CHOICES
    )
    own = {row["group"]: row for row in compared}
    assert own["days off"]["gain"] == pytest.approx(-0.2, abs=0.001)
    assert own["days off"]["n_days"] == 2
    assert verdict(compared, "new", 0.02) == "no difference shown, but worse: days off"


def test_worse_and_equal_are_told_apart() -> None:
    compared = against(rows(old=flat(0.10), bad=flat(0.2), same=flat(0.10)), "old", CHOICES)
    assert verdict(compared, "bad", 0.02) == "worse"
    assert verdict(compared, "same", 0.02) == "no difference shown"
    assert verdict(compared, "other", 0.02) == "not compared"


def test_hours_that_one_of_them_does_not_know_are_left_out() -> None:
    scored = rows(old=flat(0.10), new=flat(0.08))
    is_gone = (scored["estimator"] == "new") & (scored["zone_id"] != ZONES[0])
    compared = against(scored.assign(value=scored["value"].mask(is_gone)), "old", CHOICES)
    assert compared == []  # one zone is left: nothing to draw from
    exact = scored.assign(value=scored["n_true"])
    assert against(exact, "old", CHOICES) == []
