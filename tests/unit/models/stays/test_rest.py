"""Changes of cell at rest: what counts as one, and what they say about a footprint.

Smallest bias seen: .02 of the masts' share and of memory, at 400 000 pairs of events.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from peil_models.stays import (
    UNLOCATED,
    RestChanges,
    breaks,
    fit_at_rest,
    masts_footprint,
    overlap_at_rest,
    rest_changes,
)

HOUR = 3600.0
TILE_X = np.arange(50.0, 6000.0, 100.0)
MAST_X = np.array([500.0, 2000.0, 3500.0, 5000.0])
PLAN = np.exp(-np.abs(TILE_X - (6000.0 - MAST_X)[:, None]) / 400.0)  # the plan has them mirrored
PLAN /= PLAN.sum(axis=0)


def test_only_events_that_follow_each_other_within_rest_count():
    at_h = np.array([0.5, 1.5, 1.5, 2.5, 23.0, 0.2, 0.4])
    device = [0, 0, 0, 0, 0, 1, 1]
    night = np.isin(np.arange(24), (0, 1))
    changes = rest_changes(device, at_h * HOUR, [0, 1, UNLOCATED, 1, 0, 1, 0], night, 2)
    assert changes.n.toarray().tolist() == [[0, 1], [1, 0]]  # not that to 2.5 h, nor to no cell
    assert changes.hours == pytest.approx(1.2)
    with_a_gap = np.isin(np.arange(24), (0, 2))
    assert rest_changes([0, 0], [0.0, 2.5 * HOUR], [0, 1], with_a_gap, 2).n.nnz == 0


def test_masts_share_a_tile_by_distance_and_their_cells_evenly():
    masts = masts_footprint([0.0, np.nan, 900.0], [0.0] * 3, [300.0], [0.0], exponent=1.0)
    assert masts.toarray().ravel() == pytest.approx([2 / 3, 0.0, 1 / 3])
    nearest = masts_footprint(MAST_X, [0.0] * 4, TILE_X, TILE_X * 0, exponent=2.0, n_masts=1)
    assert nearest.toarray().argmax(axis=0)[[0, 15, 30, 59]].tolist() == [0, 1, 2, 3]


def drawn(share, memory, n=400_000, seed=1):
    """Pairs of events of devices at rest, each by the masts with that chance, else by the plan."""
    masts = masts_footprint(MAST_X, [0.0] * 4, TILE_X, TILE_X * 0, exponent=4.0)
    random = np.random.default_rng(seed)
    mixed = (1 - share) * PLAN + share * masts.toarray()
    tile = random.integers(0, len(TILE_X), n)
    until = np.cumsum(mixed, axis=0)[:, tile]
    first, second = ((random.random(n) > until).sum(axis=0) for _ in range(2))
    second = np.where(random.random(n) < memory, first, second)
    counted = sparse.coo_array((np.ones(n, np.int64), (first, second)), shape=(4, 4))
    return masts, RestChanges(sparse.csr_array(counted), float(n))


@pytest.mark.parametrize(("share", "memory"), [(0.0, 0.5), (0.6, 0.2), (1.0, 0.0)])
def test_the_share_of_masts_and_the_memory_are_recovered(share, memory):
    masts, changes = drawn(share, memory)
    fit = fit_at_rest(sparse.csr_array(PLAN), masts, np.ones(len(TILE_X)), changes)
    assert fit.masts_share == pytest.approx(share, abs=0.02)
    assert fit.memory == pytest.approx(memory, abs=0.02)
    assert np.asarray(fit.footprint.sum(axis=0)) == pytest.approx(1.0)


def test_the_least_overlap_breaks_rest_as_often_as_allowed_and_no_more():
    chances = sparse.csr_array([[1.0, 0.5, 0.0], [0.0, 0.5, 0.1], [0.0, 0.0, 0.9]])
    changes = RestChanges(sparse.csr_array([[90, 6, 1], [6, 80, 4], [0, 0, 9]]), 100.0)
    overlap = {"footprint": chances, "prior": np.ones(3), "changes": changes, "min_overlap": 0.9}
    assert overlap_at_rest(**overlap, breaks_per_hour=1.0) == 0.9
    # cells 1 and 2 alternate four times, 0 and 2 once: 0 and 1 must overlap for no more than five
    assert overlap_at_rest(**overlap, breaks_per_hour=0.05) == pytest.approx(np.sqrt(5 / 18))
    assert overlap_at_rest(**overlap, breaks_per_hour=0.04) == pytest.approx(np.sqrt(1 / 6))
    assert overlap_at_rest(**overlap, breaks_per_hour=0.0) == 0.0
    coefficients = sparse.csr_array([[1.0, 0.5, 0.0], [0.5, 1.0, 0.2], [0.0, 0.2, 1.0]])
    assert [breaks(coefficients, changes, least) for least in (0.0, 0.1, 0.3, 0.6)] == [1, 1, 5, 17]
