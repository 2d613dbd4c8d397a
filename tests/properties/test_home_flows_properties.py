"""What holds for the flows of homes whatever the footprint, the table and the land."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from peil_models.weighting import HomeFlows, HomeWeights


@st.composite
def problems(draw):
    """A footprint with uncovered tiles, tables of day and night, homes of nobody, zeros."""
    n_cells, n_tiles, n_homes = (draw(st.integers(1, high)) for high in (6, 8, 4))
    levels = st.sampled_from([0.0, 0.01, 0.3, 1.0, 7.0])
    strength = draw(arrays(float, (n_cells, n_tiles), elements=levels))
    totals = strength.sum(axis=0)
    counts = arrays(float, (n_cells, n_homes), elements=st.integers(0, 500).map(float))
    return {
        "X": np.divide(strength, totals, out=np.zeros_like(strength), where=totals > 0),
        "y": draw(counts),
        "night": draw(counts),
        "night_devices": draw(arrays(float, n_tiles, elements=levels)),
        "zone": draw(
            arrays(np.int64, n_tiles, elements=st.integers(-1, n_homes - 1)).filter(
                lambda zone: (zone >= 0).any()
            )
        ),
        "points": draw(arrays(float, (n_tiles, 2), elements=st.integers(-9, 9).map(float))) * 1000,
        "land_use": draw(arrays(float, (n_tiles, 2), elements=levels)),
    }


def fitted(problem, **changed):
    arguments = problem | changed
    data = {name: arguments.pop(name) for name in ("X", "y", "night", "night_devices")}
    return HomeFlows(**arguments).fit(**data)


@settings(max_examples=120, deadline=None)
@given(problems(), st.sampled_from([0, 1, 5]))
def test_every_device_is_in_a_zone_or_unlocated_and_nothing_is_negative(problem, n_iter):
    model = fitted(problem, n_iter=n_iter)
    assert (model.flows_ >= 0).all() and (model.at_home_ >= 0).all()
    assert (np.diag(model.flows_) >= model.at_home_ * (1 - 1e-12)).all()
    total = model.flows_.sum(axis=1) + model.unlocated_
    assert np.allclose(total, problem["y"].sum(axis=0), rtol=1e-9, atol=1e-9)


@settings(max_examples=60, deadline=None)
@given(problems(), st.randoms())
def test_the_order_of_cells_tiles_and_homes_is_irrelevant(problem, random):
    n_cells, n_tiles = problem["X"].shape
    rows, tiles, homes = (
        random.sample(range(n), n) for n in (n_cells, n_tiles, problem["y"].shape[1])
    )
    number = np.append(np.argsort(homes), -1)  # the last stands for outside
    plain = fitted(problem)
    mixed = fitted(
        {
            "X": problem["X"][np.ix_(rows, tiles)],
            "zone": number[problem["zone"][tiles]],
            **{name: problem[name][np.ix_(rows, homes)] for name in ("y", "night")},
            **{name: problem[name][tiles] for name in ("night_devices", "points", "land_use")},
        }
    )
    size = max(problem["y"].sum(), 1.0)
    assert np.allclose(mixed.flows_, plain.flows_[np.ix_(homes, homes)], atol=1e-5 * size)
    assert np.allclose(mixed.unlocated_, plain.unlocated_[homes])


@settings(max_examples=60, deadline=None)
@given(problems())
def test_twice_the_devices_are_twice_the_flows_and_the_scale_of_the_nights_is_irrelevant(problem):
    single = fitted(problem).flows_
    size = max(problem["y"].sum(), 1.0)
    assert np.allclose(fitted(problem, y=2 * problem["y"]).flows_, 2 * single, atol=1e-5 * size)
    nights = fitted(problem, night=4 * problem["night"], night_devices=8 * problem["night_devices"])
    assert np.allclose(nights.flows_, single, atol=1e-5 * size)


@settings(max_examples=60, deadline=None)
@given(problems())
def test_every_resident_of_a_home_with_a_device_is_somewhere(problem):
    flows = fitted(problem).flows_
    register = np.arange(1.0, len(flows) + 1)
    if flows.sum() > 0:
        weights = HomeWeights().fit(flows, register)
        persons = weights.transform(flows)
        assert np.allclose(persons.sum() + weights.unplaced_.sum(), register.sum())
