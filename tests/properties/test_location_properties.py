"""What holds for locations whatever the footprint, the events and the movement."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from peil_models.location import MISSING, Histories, LocationHMM


@st.composite
def problems(draw, gaps=True):
    """A small grid with holes, a footprint with uncovered tiles, events in any order."""
    shape = draw(st.tuples(st.integers(1, 4), st.integers(1, 4)))
    n_tiles, n_cells = shape[0] * shape[1], draw(st.integers(1, 4))
    strength = draw(arrays(float, (n_cells, n_tiles), elements=st.sampled_from([0, 0.01, 0.3, 1])))
    totals = strength.sum(axis=0)
    chances = np.divide(strength, totals, out=np.zeros_like(strength), where=totals > 0)
    inside = draw(arrays(bool, n_tiles).filter(lambda a: a.any()))
    n = draw(st.integers(1, 12))
    device = draw(arrays(int, n, elements=st.integers(0, 2)))
    cell = draw(arrays(int, n, elements=st.integers(MISSING, n_cells - 1)))
    at_s = draw(arrays(int, n, elements=st.integers(0, 120), unique=True))
    edge = draw(st.sampled_from([0.0, 0.03, 0.1]))
    diagonal = draw(st.sampled_from([0.0, 0.02, 0.15]))
    model = LocationHMM(
        shape,
        tile_m=250,
        step_s=10,
        max_speed_m_per_s=25,
        is_inside=inside,
        fitted=(),
        edge=edge,
        diagonal=diagonal,
        memory=draw(st.sampled_from([0.0, 0.4])),
        longest_gap_s=60,
    )
    return model, chances, inside, device, at_s, cell


@settings(max_examples=80, deadline=None)
@given(problems())
def test_posteriors_sum_to_one_and_stay_inside(problem):
    model, chances, inside, *rows = problem
    events = Histories.of(*rows)
    posteriors = [
        rows_of_device.toarray() for rows_of_device in model.fit(chances, events).posteriors(events)
    ]
    assert len(posteriors) == events.n_devices > 0
    for dense in posteriors:
        assert np.allclose(dense.sum(axis=1), 1.0)
        assert (dense >= 0).all() and not dense[:, ~inside].any()


@settings(max_examples=80, deadline=None)
@given(problems(), st.randoms(use_true_random=False))
def test_the_order_of_rows_and_devices_is_irrelevant(problem, random):
    model, chances, _, device, at_s, cell = problem
    order = list(range(len(device)))
    random.shuffle(order)
    events = Histories.of(device, at_s, cell)
    model.fit(chances, events)
    again = Histories.of(device[order], at_s[order], cell[order])
    assert np.array_equal(model.log_likelihood(events), model.log_likelihood(again))
    backwards = np.arange(events.n_devices)[::-1]
    turned = model.log_likelihood(events.subset(backwards))
    assert np.array_equal(turned, model.log_likelihood(events)[backwards])


@settings(max_examples=80, deadline=None)
@given(problems(), st.integers(0, 120))
def test_a_missing_event_changes_nothing_but_time(problem, moment):
    model, chances, _, device, at_s, cell = problem
    model.set_params(longest_gap_s=1000)
    events = Histories.of(device, at_s, cell)
    model.fit(chances, events)
    if model.n_breaks_:
        return  # where the chain begins anew depends on what lies between
    more = Histories.of(
        np.append(device, device[0]), np.append(at_s, moment), np.append(cell, MISSING)
    )
    assert np.allclose(model.log_likelihood(more), model.log_likelihood(events), atol=1e-9)


@settings(max_examples=80, deadline=None)
@given(problems())
def test_a_later_start_of_all_clocks_changes_nothing(problem):
    model, chances, _, device, at_s, cell = problem
    events, later = Histories.of(device, at_s, cell), Histories.of(device, at_s + 86_400, cell)
    model.fit(chances, events)
    assert np.array_equal(model.log_likelihood(events), model.log_likelihood(later))
