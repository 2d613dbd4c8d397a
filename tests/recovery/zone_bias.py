"""What a recovery test of zones calls biased, and the smallest bias that it must see."""

from __future__ import annotations

import numpy as np
import pytest

SEEN = 0.005  # half of the bias that must be noticed


def assert_unbiased(truth: np.ndarray, estimate: np.ndarray) -> None:
    """Mean estimates of shape (n_zones, n_draws) lie within `SEEN` of the truth of each zone."""
    bias = estimate.mean(axis=1) / truth - 1.0
    assert np.abs(bias).max() < SEEN, bias.round(4)


def assert_moved_percent_is_seen(truth: np.ndarray, estimate: np.ndarray, zone: int) -> None:
    """One percent of a zone, moved to the next one, fails `assert_unbiased`."""
    assert_unbiased(truth, estimate)
    biased = estimate.copy()
    moved = 0.01 * biased[zone]
    biased[zone] -= moved
    biased[(zone + 1) % len(truth)] += moved
    with pytest.raises(AssertionError):
        assert_unbiased(truth, biased)
