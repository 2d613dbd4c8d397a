"""Expected ranges by hand, and what may not move them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peil.quality import ranges
from peil.quality.choices import Choices, choices_of
from peil.quality.ranges import expected_range, median, trend


@pytest.fixture(scope="module")
def choices() -> Choices:
    return choices_of("demo")


def weeks(*values: float) -> np.ndarray:
    """A history in which every day of a week has the week's value; the last week first."""
    return np.repeat(np.array(values), 7)[None, :]


def test_a_count_is_expected_as_by_hand(choices: Choices) -> None:
    """Four weeks of 1000, 1100, 1000, 1100: the middle is 1050. A week differs from the next by
    log(1101/1001) = .0952, so the noise is 1.4826 x .0952 / sqrt 2 = .0998, widened by
    1 + 1.1664 / sqrt 21 = 1.2545, and by sqrt(1 + 1.5708 / 4) = 1.1802 for the middle: .1478."""
    ranged = expected_range(weeks(1000, 1100, 1000, 1100), "count", choices, 2.0)
    assert ranged.expected[0] == 1050
    assert ranged.sd[0] == pytest.approx(0.1478, abs=2e-4)
    assert ranged.lower[0] == pytest.approx(1050 * np.exp(-0.2956), rel=1e-3)
    assert ranged.upper[0] == pytest.approx(1050 * np.exp(0.2956), rel=1e-3)


def test_noise_is_never_less_than_that_of_counting(choices: Choices) -> None:
    """Of 16 expected rows the sd is at least sqrt(4 / 16) = .5, of 10 000 at least .02."""
    few = expected_range(weeks(*[16.0] * 8), "count", choices, 1.0)
    many = expected_range(weeks(*[10_000.0] * 8), "count", choices, 1.0)
    widened = (1 + ranges.MAD_ERROR / 7) * np.sqrt(1 + np.pi / 2 / 8)
    assert few.sd[0] == pytest.approx(0.5 * widened)
    assert many.sd[0] == pytest.approx(0.02 * widened)


def test_a_share_has_the_noise_of_the_rows_behind_it(choices: Choices) -> None:
    """A tenth of 100 rows: sqrt(4 (.09 + .01) / 100) = .0632; of 1e9 rows the floor .002."""
    rows = np.array([100.0, 1e9])
    ranged = expected_range(np.vstack([weeks(*[0.1] * 8)] * 2), "share", choices, 1.0, rows)
    widened = (1 + ranges.MAD_ERROR / 7) * np.sqrt(1 + np.pi / 2 / 8)
    assert ranged.sd == pytest.approx(np.array([np.sqrt(4 * 0.1 / 100), 0.002]) * widened)
    assert (ranged.lower >= 0).all() and (ranged.upper <= 1).all()


def test_two_weeks_are_the_least_history(choices: Choices) -> None:
    single = np.full((1, 56), np.nan)
    single[:, :7] = 100.0
    assert np.isnan(expected_range(single, "count", choices, 3.0).expected).all()
    single[:, 7:14] = 104.0
    assert expected_range(single, "count", choices, 3.0).expected[0] == 102


def test_a_bad_day_moves_neither_the_middle_nor_the_noise(choices: Choices) -> None:
    rng = np.random.default_rng(1)
    good = 1000 * np.exp(rng.normal(0, 0.03, (1, 56)))
    bad = good.copy()
    bad[0, 13] = 2.0  # two weeks ago the same weekday was lost
    a, b = (expected_range(h, "count", choices, 3.0) for h in (good, bad))
    assert b.expected[0] == pytest.approx(a.expected[0], rel=0.03)
    assert b.sd[0] == pytest.approx(a.sd[0], rel=0.15)


def test_a_range_holds_what_it_says(choices: Choices) -> None:
    """At 3 % noise a reach of 3 leaves out 2.7 in 1000; widened, less, but not none."""
    rng = np.random.default_rng(2)
    drawn = 5000 * np.exp(rng.normal(0, 0.03, (20_000, 57)))
    ranged = expected_range(drawn[:, 1:], "count", choices, 3.0)
    out = (drawn[:, 0] < ranged.lower) | (drawn[:, 0] > ranged.upper)
    assert 0.0002 < out.mean() < 0.004


def test_weekly_history_is_the_same_as_the_same_weekdays(choices: Choices) -> None:
    daily = np.full((1, 56), np.nan)
    weekly = np.array([[100.0, 130.0, 100.0, 130.0, 100.0, 130.0, 100.0, 130.0]])
    daily[:, 6::7] = weekly
    a = expected_range(daily, "count", choices, 3.0)
    b = expected_range(weekly, "count", choices, 3.0, is_weekly=True)
    assert (a.expected, a.lower, a.upper) == (b.expected, b.lower, b.upper)


def test_a_trend_is_free_of_the_weeks_pattern() -> None:
    days = np.arange(0.0, -29.0, -1.0)
    pattern = np.array([1.0, 0.7, 0.8, 1.1, 1.2, 1.0, 0.9])[np.arange(29) % 7]
    falling = 1e6 * np.exp(-0.01 * days) * pattern  # older days were higher
    assert trend(falling[:1], falling[None, 1:], "count", 28)[0] == pytest.approx(
        -0.00995, abs=1e-4
    )
    share = 0.1 + 0.001 * days
    assert trend(share[:1], share[None, 1:], "share", 28)[0] == pytest.approx(0.001)
    assert np.isnan(trend(share[:1], np.full((1, 28), np.nan), "share", 28)[0])


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.lists(st.one_of(st.just(float("nan")), st.floats(-1e6, 1e6)), min_size=5, max_size=5),
        min_size=1,
        max_size=8,
    )
)
def test_the_median_is_numpys_where_something_is_known(rows: list[list[float]]) -> None:
    given_rows = np.array(rows)
    for middle, row in zip(median(given_rows), given_rows, strict=True):
        counted = row[~np.isnan(row)]
        assert (np.isnan(middle) and not len(counted)) or middle == pytest.approx(
            np.median(counted)
        )


def test_the_order_of_figures_changes_no_range(choices: Choices) -> None:
    rng = np.random.default_rng(3)
    drawn = rng.poisson(40, (30, 56)).astype(float)
    order = rng.permutation(30)
    a, b = (expected_range(rows, "count", choices, 3.0) for rows in (drawn, drawn[order]))
    assert (a.upper[order] == b.upper).all() and (a.lower[order] == b.lower).all()
