"""The two tests that look along time: a clock that is off, and a slow loss."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peil.quality.choices import Choices, choices_of
from peil.quality.clocks import shift_of
from peil.quality.loss import deviations, noise_of, slow_loss

HOURS = np.arange(24)
PROFILE = 0.25 + np.exp(-((HOURS - 9) ** 2) / 18) + np.exp(-((HOURS - 18) ** 2) / 14)
PROFILE /= PROFILE.sum()
CHOICES = choices_of("demo")


@pytest.fixture(scope="module")
def choices() -> Choices:
    return CHOICES


def day(rng: np.random.Generator, n_rows: int = 12_000) -> np.ndarray:
    return rng.multinomial(n_rows, PROFILE).astype(float)


@settings(max_examples=60, deadline=None)
@given(st.integers(-11, 11), st.booleans(), st.integers(0, 1000))
def test_a_clock_is_off_by_as_much_as_it_was_moved(hours: int, is_filled: bool, seed: int) -> None:
    rng = np.random.default_rng(seed)
    history = np.column_stack([day(rng) for _ in range(56)])
    moved = np.roll(day(rng), hours)
    if not is_filled and hours > 0:
        moved[:hours] = 0
    if not is_filled and hours < 0:
        moved[hours:] = 0
    shift = shift_of(moved, history, CHOICES)
    assert (shift.hours if shift else 0) == hours


def test_an_hour_without_rows_or_a_loud_evening_is_no_shift(choices: Choices) -> None:
    rng = np.random.default_rng(1)
    history = np.column_stack([day(rng) for _ in range(56)])
    gap, loud = day(rng), day(rng)
    gap[10] = 0
    loud[20:23] *= 3
    assert shift_of(gap, history, choices) is None
    assert shift_of(loud, history, choices) is None


def test_the_night_of_23_hours_is_no_shift(choices: Choices) -> None:
    rng = np.random.default_rng(2)
    history = np.column_stack([day(rng) for _ in range(56)])
    spring = day(rng)
    spring[2] = np.nan
    assert shift_of(spring, history, choices) is None
    late = np.concatenate([[0.0], day(rng)[:-1]])
    late[2] = np.nan
    shift = shift_of(late, history, choices)
    assert shift is not None and shift.hours == 1


def test_a_short_history_or_an_empty_day_says_nothing_of_the_clock(choices: Choices) -> None:
    rng = np.random.default_rng(3)
    history = np.full((24, 56), np.nan)
    history[:, 6] = day(rng)
    assert shift_of(np.roll(day(rng), 1), history, choices) is None
    full = np.column_stack([day(rng) for _ in range(56)])
    assert shift_of(np.zeros(24), full, choices) is None


def weeks_of_rows(rng: np.random.Generator, n_days: int = 57) -> np.ndarray:
    """The latest day first, with a week's pattern and 3 % noise."""
    pattern = np.array([1.0, 1.06, 1.03, 1.02, 1.0, 0.76, 0.84])
    rows = 12_000 * pattern[np.arange(n_days) % 7] * np.exp(rng.normal(0, 0.03, n_days))
    return np.asarray(rows)


def test_a_loss_of_3_percent_is_seen_by_its_fourth_day_and_noise_is_not(
    choices: Choices,
) -> None:
    """100 runs: at least 93 losses are seen, and at most one clean day in 100 is told of."""
    rng = np.random.default_rng(4)
    n_seen = n_false = 0
    for _ in range(100):
        rows = weeks_of_rows(rng)
        n_false += slow_loss(rows[0], rows[1:], choices) is not None
        for n_days in (1, 2, 3, 4):
            falling = weeks_of_rows(rng) if n_days == 1 else falling  # noqa: F821
            now = falling[4 - n_days :].copy()
            now[:n_days] *= 0.97 ** np.arange(n_days, 0, -1)
            if slow_loss(now[0], np.resize(now[1:], 56), choices) is not None:
                n_seen += 1
                break
    assert n_seen >= 93
    assert n_false <= 1


def test_a_single_low_day_is_no_ramp(choices: Choices) -> None:
    rng = np.random.default_rng(5)
    for back in range(3):
        rows = weeks_of_rows(rng)
        rows[back] *= 0.5
        assert slow_loss(rows[0], rows[1:], choices) is None


def test_days_after_a_low_day_are_no_ramp(choices: Choices) -> None:
    """A fifth or more is missing on one day: as seldom told of later as clean weeks are."""
    rng = np.random.default_rng(8)
    n_false = 0
    for number in range(240):
        rows = weeks_of_rows(rng)
        rows[1 + number % 4] *= (0.8, 0.7, 0.5)[number % 3]
        n_false += slow_loss(rows[0], rows[1:], choices) is not None
    assert n_false <= 7


def test_without_a_week_of_differences_nothing_is_said(choices: Choices) -> None:
    rng = np.random.default_rng(6)
    rows = weeks_of_rows(rng)
    rows[:5] *= 0.9 ** np.arange(5, 0, -1)
    assert slow_loss(rows[0], rows[1:], choices) is not None
    rows[12:] = np.nan
    assert slow_loss(rows[0], rows[1:], choices) is None


def test_deviations_are_free_of_the_weeks_pattern() -> None:
    pattern = np.array([100.0, 50, 60, 70, 80, 90, 95])[np.arange(57) % 7]
    pattern[0] *= 0.9
    away = deviations(pattern[0], pattern[1:])
    assert away[0] == pytest.approx(np.log(91 / 101))
    assert away[1:] == pytest.approx(np.zeros(56), abs=1e-12)


def test_noise_is_that_of_normal_noise_and_wild_values_do_not_move_it() -> None:
    rng = np.random.default_rng(7)
    drawn = rng.normal(0, 0.03, 10_000)
    assert noise_of(drawn) == pytest.approx(0.03, rel=0.03)
    drawn[:500] = 5.0
    assert noise_of(drawn) == pytest.approx(0.03, rel=0.25)
    assert noise_of(np.zeros(9)) == 0
