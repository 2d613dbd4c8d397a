"""Intervals by attraction, over a day and from hour to hour, on tables made by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from peil.score.presence_parts import CHANGES, DAY_SUMS, by_attraction, of_draws

HOURS = pd.date_range("2026-03-02T07:00Z", periods=4, freq="h")
ZONES = [f"Z{n}" for n in range(10)]
CHOICES = {"level": 0.9, "fixed_share": 0.1}


def truth(scale: float = 1.0) -> pd.DataFrame:
    rows = [(zone, hour, scale * 100.0 * (n + 1)) for n, zone in enumerate(ZONES) for hour in HOURS]
    return pd.DataFrame(rows, columns=["zone_id", "hour_at", "n_true"])


def test_fifths_are_by_persons_by_day_over_residents_and_each_has_its_own_coverage() -> None:
    true = truth()
    table = pd.DataFrame({"REF_AREA": true["zone_id"], "TIME_PERIOD": true["hour_at"]})
    table["OBS_VALUE"] = true["n_true"]
    is_wrong = table["REF_AREA"].isin(["Z8", "Z9"])  # two most attractive of ten
    table["OBS_LOWER"] = true["n_true"].where(~is_wrong, true["n_true"] + 1)
    table["OBS_UPPER"] = true["n_true"] + 2
    rows = by_attraction(table, true, pd.Series(100.0, index=ZONES), CHOICES)
    assert [row["part"][:7] for row in rows] == [f"fifth {n}" for n in range(1, 6)]
    assert [row["coverage"] for row in rows] == [1.0, 1.0, 1.0, 1.0, 0.0]
    assert (
        by_attraction(table[table["REF_AREA"] < "Z3"], true, pd.Series(1.0, ZONES), CHOICES) == []
    )


def draws(shared: float, own: float) -> pd.DataFrame:
    random = np.random.default_rng(1)
    day = truth()[["zone_id", "hour_at"]].copy()
    zone = np.exp(shared * random.standard_normal((len(ZONES), 400))).repeat(len(HOURS), axis=0)
    hour = np.exp(own * random.standard_normal((len(day), 400)))
    drawn = truth()["n_true"].to_numpy()[:, None] * zone * hour
    names = [f"draw_{n}" for n in range(400)]
    return pd.concat([day, pd.DataFrame(drawn, columns=names)], axis=1)


@pytest.mark.parametrize(
    ("shared", "own", "scale", "sums", "changes"),
    [
        (0.05, 0.02, 1.0, 1.0, 1.0),
        (0.05, 0.02, 1.06, 1.0, 1.0),  # an error of all hours: in the sum's interval, no change
        (0.0, 0.02, 1.06, 0.0, 1.0),  # hours as if independent: the sum is too sure
    ],
)
def test_errors_that_hours_share_are_in_sums_and_not_in_changes(
    shared: float, own: float, scale: float, sums: float, changes: float
) -> None:
    rows = {row["part"]: row for row in of_draws([draws(shared, own)], truth(scale), CHOICES)}
    assert rows[DAY_SUMS]["coverage"] == sums and rows[DAY_SUMS]["n_entries"] == 10
    assert rows[CHANGES]["coverage"] == changes and rows[CHANGES]["n_entries"] == 30


def test_without_draws_there_is_nothing_to_say() -> None:
    assert of_draws([], truth(), CHOICES) == []
