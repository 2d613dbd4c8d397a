"""What holds for presence whatever the footprint, the counts and the prior."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from peil_models.presence import (
    PresenceDF,
    PresenceEM,
    PresenceLandUse,
    PresenceSB,
    PresenceVoronoi,
)


def taught(prior):
    """EM from a prior to which the counts say how much more the denser tiles hold."""
    return PresenceLandUse(np.where(prior > prior.mean(), 1.0, 0.0)[:, None], prior, n_folds=0)


ESTIMATORS = st.sampled_from(
    [
        PresenceVoronoi,
        PresenceSB,
        PresenceDF,
        taught,
        lambda prior: PresenceLandUse(prior=prior, n_folds=2),
        lambda prior: PresenceEM(prior, max_iter=5),
        lambda prior: PresenceEM(prior, max_iter=30, stopping="held_out", random_state=1),
        lambda prior: PresenceEM(prior, max_iter=30, stopping="discrepancy"),
    ]
)


@st.composite
def problems(draw):
    """A footprint with some uncovered tiles, counts of some hours, a prior with some zeros."""
    n_cells, n_tiles = draw(st.integers(1, 6)), draw(st.integers(1, 8))
    n_hours = draw(st.integers(1, 3))
    levels = st.sampled_from([0.0, 0.01, 0.3, 1.0, 7.0])
    strength = draw(arrays(float, (n_cells, n_tiles), elements=levels))
    totals = strength.sum(axis=0)
    chances = np.divide(strength, totals, out=np.zeros_like(strength), where=totals > 0)
    counts = draw(arrays(float, (n_cells, n_hours), elements=st.integers(0, 500).map(float)))
    prior = draw(arrays(float, n_tiles, elements=levels).filter(lambda a: a.any()))
    return chances, counts, prior


# a cell with a device whose only tile comes out negative, because the others counted nothing
FADED = (
    np.array([[0.25, 0.33], [0.25, 0.33], [0.25, 0.33], [0.25, 0.0], [0.0, 0.01]]),
    np.array([[0.0], [0.0], [0.0], [1.0], [1.0]]),
    np.ones(2),
)


@settings(max_examples=120, deadline=None)
@given(problems(), ESTIMATORS)
@example(FADED, PresenceDF)
def test_every_device_is_in_a_tile_or_unlocated_and_nothing_is_negative(problem, make):
    chances, counts, prior = problem
    presence = make(prior).fit(chances, counts)
    assert (presence.devices_ >= 0).all()
    total = presence.devices_.sum(axis=0) + presence.unlocated_
    assert np.allclose(total, counts.sum(axis=0), rtol=1e-9, atol=1e-9)


@settings(max_examples=80, deadline=None)
@given(problems(), ESTIMATORS)
def test_no_device_is_put_where_the_prior_is_zero(problem, make):
    chances, counts, prior = problem
    assert (make(prior).fit(chances, counts).devices_[prior == 0] == 0).all()


@settings(max_examples=80, deadline=None)
@given(problems(), st.sampled_from([PresenceVoronoi, PresenceSB, PresenceEM, taught]), st.randoms())
def test_the_order_of_cells_and_tiles_is_irrelevant(problem, make, random):
    chances, counts, prior = problem
    rows, columns = list(range(len(chances))), list(range(len(prior)))
    random.shuffle(rows)
    random.shuffle(columns)
    plain = make(prior).fit(chances, counts)
    mixed = make(prior[columns]).fit(chances[np.ix_(rows, columns)], counts[rows])
    assert np.allclose(mixed.devices_, plain.devices_[columns], rtol=1e-9, atol=1e-9)
    assert np.allclose(mixed.unlocated_, plain.unlocated_)


@settings(max_examples=80, deadline=None)
@given(problems(), st.sampled_from([PresenceVoronoi, PresenceSB, PresenceEM, taught]))
def test_twice_the_devices_are_twice_the_devices_and_the_scale_of_the_prior_is_irrelevant(
    problem, make
):
    chances, counts, prior = problem
    single = make(prior).fit(chances, counts).devices_
    assert np.allclose(make(prior).fit(chances, 2 * counts).devices_, 2 * single)
    assert np.allclose(make(64 * prior).fit(chances, counts).devices_, single)


@settings(max_examples=80, deadline=None)
@given(problems(), ESTIMATORS)
def test_a_cell_that_reaches_nothing_changes_no_tile(problem, make):
    chances, counts, prior = problem
    more = np.vstack([chances, np.zeros(len(prior))])
    extra = np.vstack([counts, np.zeros(counts.shape[1])])
    with_cell, without = make(prior).fit(more, extra), make(prior).fit(chances, counts)
    if getattr(with_cell, "n_iter_", 0) == getattr(without, "n_iter_", 0):
        assert np.allclose(with_cell.devices_, without.devices_)
    assert np.allclose(with_cell.unlocated_, without.unlocated_)


@settings(max_examples=60, deadline=None)
@given(problems())
def test_every_step_of_em_is_at_least_as_likely_as_the_one_before(problem):
    chances, counts, prior = problem
    located = chances @ prior > 0

    def log_likelihood(n_steps: int) -> float:
        expected = chances @ PresenceEM(prior, max_iter=n_steps).fit(chances, counts).devices_
        y, e = counts[located], expected[located]
        return float(np.sum(np.where(y > 0, y * np.log(np.maximum(e, 1e-300)), 0.0) - e))

    values = [log_likelihood(n) for n in (1, 2, 4, 8)]
    assert all(b >= a - 1e-6 * (1 + abs(a)) for a, b in pairwise(values))
