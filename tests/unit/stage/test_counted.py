"""The plan that is used is the one that holds in the hour."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from peil.stage.counted import Counted, _plans, versions_at

MIDNIGHT = datetime(2026, 3, 1, 23, tzinfo=UTC)
HOURS = [MIDNIGHT + timedelta(hours=n) for n in range(24)]


def plan(*rows: tuple[str, float, float | None, float | None]) -> pd.DataFrame:
    """Versions of cells: name, x_m, and start and end in hours after midnight."""
    made = pd.DataFrame(rows, columns=["cell_id", "x_m", "start", "end"])
    for name, hours in (("valid_from", made.pop("start")), ("valid_to", made.pop("end"))):
        moments = [None if pd.isna(h) else MIDNIGHT + timedelta(hours=float(h)) for h in hours]
        made[name] = pd.to_datetime(pd.Series(moments, dtype="object"), utc=True)
    return made.sort_values(["cell_id", "valid_from"], na_position="first", ignore_index=True)


@pytest.mark.parametrize(
    ("hour", "places"),
    [(0, [1.0, 9.0]), (11, [1.0, 9.0]), (12, [2.0, 9.0]), (13, [2.0, 9.0]), (23, [2.0])],
)
def test_a_moved_cell_has_the_place_it_had_in_the_hour(hour: int, places: list[float]) -> None:
    versions = plan(("a", 1.0, None, 12.25), ("a", 2.0, 12.25, None), ("b", 9.0, None, 23.0))
    assert [versions.loc[row, "x_m"] for row in versions_at(versions, HOURS[hour])] == places


def test_of_two_places_in_one_hour_the_one_at_the_half_hour_counts() -> None:
    late = plan(("a", 1.0, None, 12.75), ("a", 2.0, 12.75, None))
    assert [versions_at(late, HOURS[hour]) for hour in (12, 13)] == [[0], [1]]


def test_a_cell_that_serves_a_part_of_the_hour_is_in_its_plan() -> None:
    """Otherwise its devices, whose event nearest hh:30 came before it went, would have no cell."""
    versions = plan(("ends_early", 1.0, None, 8.1), ("starts_late", 2.0, 8.9, None))
    assert versions_at(versions, HOURS[8]) == [0, 1]
    assert versions_at(versions, HOURS[7]) == [0]
    assert versions_at(versions, HOURS[9]) == [1]


def test_hours_of_one_plan_are_estimated_together_and_no_device_is_lost() -> None:
    versions = plan(("a", 1.0, None, 12.0), ("a", 2.0, 12.0, None), ("b", 9.0, None, None))
    counts = {("a", 0): 15, ("a", 12): 20, ("b", 23): 30}
    found = Counted(_plans(versions, HOURS, counts), np.zeros(24), HOURS, np.zeros((2, 24)))
    assert [one.hours.tolist() for one in found.plans] == [list(range(12)), list(range(12, 24))]
    assert [one.cells["x_m"].tolist() for one in found.plans] == [[1.0, 9.0], [2.0, 9.0]]
    assert found.n_devices == 65
    assert found.plans[1].devices[:, 0].tolist() == [20, 0]


def test_a_night_is_judged_under_the_plan_of_most_of_its_hours() -> None:
    versions = plan(("a", 1.0, None, 2.0), ("a", 2.0, 2.0, None))
    counts = {("a", number): number + 100 for number in range(24)}
    found = Counted(_plans(versions, HOURS, counts), np.zeros(24), HOURS, np.zeros((2, 24)))
    night = found.of_hours([0, 1, 2, 3, 4, 5])
    assert night.hours.tolist() == [2, 3, 4, 5]
    assert night.devices.tolist() == [[102.0, 103.0, 104.0, 105.0]]
    assert night.cells["x_m"].tolist() == [2.0]
