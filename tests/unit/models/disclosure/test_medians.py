"""What a median tells of the values that are withheld."""

from __future__ import annotations

import numpy as np
import pytest

from peil_models.disclosure.medians import median_bounds


@pytest.mark.parametrize("seed", range(20))
def test_bounds_hold_the_truth_and_no_value_outside_them_gives_the_median(seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = rng.integers(0, 12, rng.integers(1, 8)).astype(float)
    n_withheld = int(rng.integers(1, len(values) + 1))
    withheld, published = values[:n_withheld], values[n_withheld:]
    low, high = median_bounds(published, n_withheld, float(np.median(values)))
    assert (low <= withheld).all() and (withheld <= high).all()
    for value in np.arange(0, 30, 0.5):
        others = rng.choice([0.0, 3.0, 6.0, 9.0, 1e6], (300, n_withheld - 1))
        trial = np.column_stack([others, np.full((300, 1), value), np.tile(published, (300, 1))])
        reaches = np.median(trial, axis=1)
        if not low <= value <= high:
            assert not (reaches == np.median(values)).any()


@pytest.mark.parametrize("seed", range(40))
def test_counts_that_come_twice_are_equal_whatever_floating_point_leaves_of_a_mean(
    seed: int,
) -> None:
    rng = np.random.default_rng(seed)
    values = rng.choice(rng.uniform(0, 20, 3), 6)  # six hours of a night with three counts
    low, high = median_bounds(values[1:], 1, float(np.median(values)))
    assert low - 1e-6 <= values[0] <= high + 1e-6


def test_a_single_gap_in_a_night_is_found_out() -> None:
    assert median_bounds([20, 30, 50, 60, 70], 1, 45.0) == (40.0, 40.0)
    assert median_bounds([20, 30, 60], 3, 25.0) == (0.0, np.inf)


def test_nothing_withheld_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        median_bounds([1.0], 0, 1.0)
