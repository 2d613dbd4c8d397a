"""Counts that a threshold withheld, read as what lies between none and the threshold."""

from __future__ import annotations

import numpy as np
import pytest

from peil_models.presence import PresenceSB, fill_withheld


def test_the_filled_count_is_the_mean_of_what_would_have_been_withheld() -> None:
    random = np.random.default_rng(1)
    for mean in (2.0, 8.0, 14.0, 20.0):
        drawn = random.poisson(mean, 200_000)
        below = drawn[drawn < 15].mean()
        filled = fill_withheld([[mean]], [[0.0]], threshold=15)[0, 0]
        assert filled == pytest.approx(below, rel=0.01)


def test_counts_stay_and_a_cell_that_expects_nothing_stays_empty() -> None:
    counts = np.array([[40.0, 0.0], [0.0, 0.0]])
    filled = fill_withheld([[30.0, 30.0], [0.0, 5.0]], counts, threshold=15)
    assert filled[0, 0] == 40.0 and filled[1, 0] == 0.0
    assert 0 < filled[1, 1] < filled[0, 1] < 15
    assert (fill_withheld([[9.0]], [[0.0]], threshold=1) == 0.0).all()


def test_devices_withheld_together_are_met_and_a_small_sum_only_bounds() -> None:
    expected, none = np.array([[6.0], [2.0], [30.0]]), np.zeros((3, 1))
    assert fill_withheld(expected, none, threshold=15, totals=[20.0]).sum() == pytest.approx(20.0)
    assert fill_withheld(expected, none, threshold=15, totals=[3.0]).sum() == pytest.approx(14.0)
    small = fill_withheld(expected[:2], none[:2], threshold=15, totals=[3.0])
    assert small.sum() == pytest.approx(fill_withheld(expected[:2], none[:2], threshold=15).sum())


def test_devices_that_one_cell_cannot_have_held_were_with_the_others() -> None:
    """By bisection: the one scale at which entries, none of 15 or more, sum to what is known."""
    random = np.random.default_rng(2)
    expected = random.gamma(0.7, 10.0, (12, 40))
    totals = random.uniform(15.0, 12 * 14.0, 40)
    none = np.zeros_like(expected)
    likely = fill_withheld(expected, none, threshold=15)
    low, high = np.zeros(40), np.full(40, 1e9)
    for _ in range(200):
        middle = (low + high) / 2
        is_less = np.minimum(likely * middle, 14.0).sum(axis=0) < totals
        low, high = np.where(is_less, middle, low), np.where(is_less, high, middle)
    filled = fill_withheld(expected, none, threshold=15, totals=totals)
    assert filled == pytest.approx(np.minimum(likely * high, 14.0))
    assert filled.sum(axis=0) == pytest.approx(totals)
    assert (fill_withheld([[6.0], [2.0]], none[:2, :1], threshold=15, totals=[90.0]) == 14.0).all()


def test_an_emptied_countryside_is_filled_again() -> None:
    """Twenty villages of 10 devices beside a town: read as 0 they are gone."""
    X, true = np.eye(21), np.array([[10.0]] * 20 + [[400.0]])
    counts = np.where(true < 15, 0.0, true)
    prior = true.ravel() / true.sum()
    filled = fill_withheld(430.0 * prior[:, None], counts, threshold=15, totals=[200.0])
    empty, read = (PresenceSB(prior).fit(X, y).devices_.ravel() for y in (counts, filled))
    assert empty[:20].sum() == 0.0
    assert read[:20] == pytest.approx(10.0)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"expected": [[np.nan]]}, "NaN in expected"),
        ({"y": [[-1.0]]}, "Negative values in data passed to y"),
        ({"expected": [[1.0], [2.0]]}, "expected has shape"),
        ({"threshold": 0}, "threshold must be at least 1"),
        ({"totals": [1.0, 2.0]}, "totals has shape"),
    ],
)
def test_what_cannot_be_read_is_refused(arguments: dict[str, object], sentence: str) -> None:
    valid = {"expected": [[1.0]], "y": [[0.0]], "threshold": 15}
    with pytest.raises(ValueError, match=sentence):
        fill_withheld(**(valid | arguments))  # type: ignore[arg-type]
