"""Local days, hours and the one clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from peil.charter.clock import hours_of, now, today


@pytest.mark.parametrize(
    ("day", "zone", "n_hours"),
    [
        (date(2026, 3, 29), "Europe/Amsterdam", 23),
        (date(2026, 10, 25), "Europe/Amsterdam", 25),
        (date(2026, 3, 2), "Europe/Amsterdam", 24),
        (date(2026, 10, 25), "UTC", 24),
        (date(2026, 4, 5), "Australia/Melbourne", 25),
    ],
)
def test_a_local_day_has_the_hours_that_its_clocks_show(day: date, zone: str, n_hours: int) -> None:
    hours = hours_of(day, zone)
    assert len(hours) == n_hours
    assert {late - early for early, late in pairwise(hours)} == {timedelta(hours=1)}
    assert {hour.tzinfo for hour in hours} == {UTC}


def test_days_in_a_row_share_no_hour_and_leave_none_out() -> None:
    days = [date(2026, 10, 24) + timedelta(days=n) for n in range(3)]
    hours = [hour for day in days for hour in hours_of(day, "Europe/Amsterdam")]
    assert hours[0] == datetime(2026, 10, 23, 22, tzinfo=UTC)
    assert len(hours) == len(set(hours)) == 24 + 25 + 24
    assert hours == sorted(hours)


def test_a_simulated_pilot_lives_at_the_end_of_its_period(tiny: Any) -> None:
    assert today(tiny.charter) == date(2026, 3, 8)
    assert now(tiny.charter) == datetime(2026, 3, 8, 22, 59, 59, tzinfo=UTC)


def test_a_real_pilot_lives_now(tiny: Any) -> None:
    real = tiny.charter.model_copy(update={"legal_basis": "statute"})
    assert abs(now(real) - datetime.now(tz=UTC)) < timedelta(seconds=5)
    assert abs(today(real) - datetime.now(tz=UTC).date()) <= timedelta(days=1)
