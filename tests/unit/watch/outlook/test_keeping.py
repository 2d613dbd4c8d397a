"""What is kept of hours that are over is named after a hash of them, and of no later one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from peil.watch.outlook.figures import HourlyFigures
from tests.unit.watch.outlook.conftest import LOCAL

HOUR = pd.Timedelta(hours=1)


def figures(**changed: Any) -> HourlyFigures:
    """Two zones and two days; some rows of a column changed."""
    at = pd.date_range("2026-03-02", periods=48, freq="h", tz=LOCAL)
    frame = pd.DataFrame({"zone_id": ["A"] * 48 + ["B"] * 48, "hour_at": [*at, *at]})
    frame = frame.assign(value=np.arange(96.0), sd=np.nan)
    for name, (row, value) in changed.items():
        frame.loc[row, name] = value
    return HourlyFigures(frame, list(at))


def test_a_moments_hash_is_of_the_hours_before_it_and_of_each_of_their_values() -> None:
    read = figures()
    noon, end = read.released[12], read.released[-1] + HOUR
    assert figures(value=(60, 7.0)).hash_until(noon) == read.hash_until(noon)  # B at 12:00
    others = [
        figures(value=(59, 7.0)),
        figures(value=(59, np.nan)),
        figures(sd=(0, 1.0)),
        figures(zone_id=(48, "C")),
        HourlyFigures(read.frame.drop(columns="sd"), read.released),
    ]
    hashes = {each.hash_until(noon) for each in (read, *others)}
    assert len(hashes) == 6 and read.hash_until(end) not in hashes
    assert read.hash_until(read.released[0]) == read.hash_until(read.released[0] - HOUR)


def test_days_before_a_moment_are_counted_from_the_first_figure() -> None:
    read = figures(value=(slice(0, 23), np.nan))
    unknown = HourlyFigures(read.frame[:48], read.released)
    begin, end = read.released[0], read.released[-1] + HOUR
    assert [each.days_before(end) for each in (read, unknown)] == [2, 1]
    assert read.days_before(begin - 30 * HOUR) == 0
    none = HourlyFigures(read.frame.assign(value=np.nan), read.released)
    assert none.days_before(end) == 0
