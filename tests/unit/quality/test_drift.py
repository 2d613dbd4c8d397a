"""Each cause by its own signs; one cause takes its consequences with it; clean days are quiet."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
import pytest

from peil.alerts.trouble import Trouble
from peil.quality.causes import KINDS
from peil.quality.drift import found
from tests.unit.quality.figure_weeks import CELLS, LAST, REGIONS, Day, Weeks

Change = Callable[[Day], None]


def told(weeks: Weeks, change: Change | None = None, day: date = LAST) -> dict[str, Trouble]:
    """What is found of the last day, changed; by kind."""

    def of_last(back: int, figures: Day) -> None:
        if change is not None and back == 0:
            change(figures)

    weeks.write(of_last)
    troubles = found(weeks.charter, day, weeks.store)
    assert len({trouble.incident for trouble in troubles}) == len(troubles)
    for trouble in troubles:
        assert trouble.what.endswith(".") and trouble.what_to_do.endswith(".")
        assert trouble.owner == KINDS[trouble.kind][0] and trouble.since <= trouble.day
    return {trouble.kind: trouble for trouble in troubles}


def test_a_clean_day_has_no_trouble(weeks: Weeks) -> None:
    assert told(weeks) == {}


def test_a_day_that_was_not_measured_has_none(weeks: Weeks) -> None:
    assert told(weeks, day=date(2026, 4, 30)) == {}


def doubled(day: Day) -> None:
    day.n_duplicates += day.n_rows
    day.n_rows *= 2


def half_doubled(day: Day) -> None:
    day.n_duplicates += day.n_rows / 4
    day.n_rows *= 1.25


def hour_late(day: Day) -> None:
    day.profile = np.concatenate([[0.0], day.profile[:-1]])


def two_hours_early_filled(day: Day) -> None:
    day.profile = np.roll(day.profile, -2)


def outage(day: Day) -> None:
    """Of 10 to 16 h nothing came: the day has 40 % of its rows less, and no less beside them."""
    day.n_rows -= day.n_rows * float(day.profile[10:16].sum())
    day.profile = np.where(np.isin(np.arange(24), range(10, 16)), 0.0, day.profile)
    day.profile /= day.profile.sum()


def silent(day: Day) -> None:
    day.n_rows -= day.by_region[2] * day.n_rows
    day.by_region = [0.2, 0.2, 0.0, 0.2, 0.2, 0.2]


def silent_by_day(day: Day) -> None:
    day.region_hours_silent[4] = 5.0


def old_plan(day: Day) -> None:
    day.n_unlocated += 600.0  # three cells of 200 rows
    day.n_cells_named += 3


def garbage(day: Day) -> None:
    day.n_unlocated += 600.0
    day.n_cells_named += 600


def another_plan(day: Day) -> None:
    old_plan(day)
    day.plan_mark = 8.0


def low(day: Day) -> None:
    day.n_rows *= 0.7


def high(day: Day) -> None:
    day.n_rows *= 1.4


def rebuilt(day: Day) -> None:
    day.cells = [f"new{n}" for n in range(6)] + CELLS[6:]
    day.plan_mark = 9.0


def chatty(day: Day) -> None:
    day.rows_per_device = 26.0


@pytest.mark.parametrize(
    ("change", "kind", "where", "words"),
    [
        (doubled, "doubled_delivery", "events", "99 % of the rows came twice"),
        (half_doubled, "doubled_delivery", "events", "25 % of the rows came twice"),
        (hour_late, "clock_off", "events", "1 hour too late"),
        (two_hours_early_filled, "clock_off", "events", "2 hours too early"),
        (outage, "unobserved_hours", "10–16 h", "an outage, or files are missing"),
        (silent, "silent_region", REGIONS[2], "10 cells is silent, where 2"),
        (silent_by_day, "silent_region", REGIONS[4], "silent for 5 hours of the day"),
        (old_plan, "old_cell_plan", "cells", "the plan is that of 2026-03-23"),
        (garbage, "unlocated_high", "cells", "at no cell of the plan"),
        (another_plan, "unlocated_high", "cells", "5.4 % of the rows"),
        (rebuilt, "new_cells", "cells", "6 of the 60 cells"),
        (low, "volume_low", "events", "less than the"),
        (high, "volume_high", "events", "more than the"),
        (chatty, "events_per_device", "events", "26.0 rows"),
    ],
)
def test_one_cause_is_told_by_its_name_and_nothing_beside_it(
    weeks: Weeks, change: Change, kind: str, where: str, words: str
) -> None:
    troubles = told(weeks, change)
    assert list(troubles) == [kind]
    trouble = troubles[kind]
    assert trouble.where == where and words in trouble.what, trouble.what
    assert trouble.since == trouble.day == str(LAST)
    assert trouble.observed and all(np.isfinite(value) for value in trouble.observed.values())


def test_two_causes_are_both_told(weeks: Weeks) -> None:
    def both(day: Day) -> None:
        silent(day)
        doubled(day)

    assert list(told(weeks, both)) == ["doubled_delivery", "silent_region"]


def test_a_loss_beyond_a_silent_region_is_told_beside_it(weeks: Weeks) -> None:
    def both(day: Day) -> None:
        day.n_rows *= 0.6
        silent(day)

    assert list(told(weeks, both)) == ["silent_region", "volume_low"]


@pytest.mark.parametrize(("mark", "kind"), [(7.0, "old_cell_plan"), (8.0, "unlocated_high")])
def test_regions_whose_cells_have_other_names_are_not_silent_and_no_row_is_put_back(
    weeks: Weeks, mark: float, kind: str
) -> None:
    def renamed(day: Day) -> None:
        day.by_region = [1 / 6, 1 / 6, 0.0, 0.0, 1 / 6, 1 / 6]
        day.n_unlocated += day.n_rows / 3
        day.n_cells_located, day.plan_mark = 40, mark

    assert list(told(weeks, renamed)) == [kind]


def test_when_most_regions_are_silent_the_delivery_is_a_part(weeks: Weeks) -> None:
    def most(day: Day) -> None:
        day.n_rows *= 0.3
        day.by_region = [0.6, 0.4, 0.0, 0.0, 0.0, 0.0]

    assert list(told(weeks, most)) == ["volume_low"]


def test_hours_that_everybody_lacks_silence_no_region(weeks: Weeks) -> None:
    """Two regions are large enough for hours of silence to mean something."""

    def gap(back: int, day: Day) -> None:
        day.by_region = [0.48, 0.48, 0.01, 0.01, 0.01, 0.01]
        if back == 0:
            day.n_hours_silent = 5.0
            day.region_hours_silent = [5.0] * 6

    weeks.write(gap)
    assert found(weeks.charter, LAST, weeks.store) == []


def test_what_is_doubled_may_be_a_part(weeks: Weeks) -> None:
    def both(day: Day) -> None:
        day.n_rows *= 0.6
        doubled(day)

    assert list(told(weeks, both)) == ["doubled_delivery", "volume_low"]


def test_repeats_in_place_of_records_are_a_loss_and_nothing_doubled(weeks: Weeks) -> None:
    def instead(day: Day) -> None:
        day.n_duplicates += day.n_rows / 4

    assert list(told(weeks, instead)) == ["volume_low"]


def test_rows_for_each_device_are_a_consequence_of_whatever_else_is_wrong(weeks: Weeks) -> None:
    def both(day: Day) -> None:
        silent(day)
        day.rows_per_device = 14.0

    assert list(told(weeks, both)) == ["silent_region"]


def test_a_small_region_may_be_silent_by_chance(weeks: Weeks) -> None:
    def small(back: int, day: Day) -> None:
        day.by_region = [0.003, 0.197, 0.2, 0.2, 0.2, 0.2]
        if back == 0:
            day.by_region[0] = 0.0

    weeks.write(small)
    assert found(weeks.charter, LAST, weeks.store) == []


def test_a_single_low_day_is_no_slow_loss_and_a_slow_loss_no_low_day(weeks: Weeks) -> None:
    assert list(told(weeks, low)) == ["volume_low"]

    def ramp(back: int, day: Day) -> None:
        if back < 7:
            day.n_rows *= 0.97 ** (7 - back)

    weeks.write(ramp)
    troubles = found(weeks.charter, LAST, weeks.store)
    assert [trouble.kind for trouble in troubles] == ["slow_loss"]  # 19 % less, told once
    assert troubles[0].observed["loss_share_per_day"] == pytest.approx(0.03, abs=0.012)
    assert abs((date.fromisoformat(troubles[0].since) - LAST).days + 6) <= 2


def test_a_growing_network_has_no_loss(weeks: Weeks) -> None:
    def growing(back: int, day: Day) -> None:
        day.n_rows *= 1.002 ** (57 - back)

    weeks.write(growing)
    assert found(weeks.charter, LAST, weeks.store) == []


def test_a_trouble_that_lasts_says_since_when(weeks: Weeks) -> None:
    def lasting(back: int, day: Day) -> None:
        if back < 3:
            silent(day)

    weeks.write(lasting)
    (trouble,) = found(weeks.charter, LAST, weeks.store)
    assert trouble.since == str(LAST - timedelta(days=2))
    (before,) = found(weeks.charter, LAST - timedelta(days=1), weeks.store)
    assert before.incident == trouble.incident


def test_a_holiday_is_not_compared_with_working_days(weeks: Weeks) -> None:
    """King's day of 2026 is a Monday; half the rows are no trouble, nor is the week after."""
    weeks.write()
    for number in range(1, 42):
        day = LAST + timedelta(days=number)
        figures = weeks.usual(-number % 7 + 14)
        if day in (date(2026, 4, 27), date(2026, 4, 6), date(2026, 4, 5)):
            figures.n_rows *= 0.5
        weeks.put(day, figures)
    for day in (date(2026, 4, 27), date(2026, 5, 4)):
        assert found(weeks.charter, day, weeks.store) == []
    ordinary = date(2026, 4, 28)
    figures = weeks.usual(7)
    figures.n_rows *= 0.5
    weeks.put(ordinary, figures)
    assert [trouble.kind for trouble in found(weeks.charter, ordinary, weeks.store)] == [
        "volume_low"
    ]


def test_two_weeks_are_needed(weeks: Weeks) -> None:
    for back in range(13):
        figures = weeks.usual(back)
        if back == 0:
            doubled(figures)
            silent(figures)
        weeks.put(LAST - timedelta(days=back), figures)
    assert found(weeks.charter, LAST, weeks.store) == []
