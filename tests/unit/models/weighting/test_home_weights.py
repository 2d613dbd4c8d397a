"""All residents are somewhere, and a device lives where its nights are most likely."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import sparse

from peil_models.weighting import HomeWeights, home_zones

FLOWS = np.array([[[8.0, 4.0], [2.0, 6.0]], [[0.0, 1.0], [5.0, 4.0]]])
REGISTER = np.array([30.0, 50.0])


def test_persons_are_the_devices_of_each_home_times_what_one_of_them_stands_for():
    weights = HomeWeights().fit(FLOWS, REGISTER)
    assert weights.weights_ == pytest.approx(np.array([[3.0, 3.0], [10.0, 10.0]]))
    assert weights.transform(FLOWS) == pytest.approx(np.array([[24.0, 22.0], [56.0, 58.0]]))
    assert HomeWeights().fit(FLOWS[..., 0], REGISTER).transform(FLOWS[..., 0]) == pytest.approx(
        [24.0, 56.0]
    )


def test_residents_of_whom_nobody_is_seen_are_unplaced():
    flows = FLOWS * np.array([1.0, 0.0])[:, None, None]
    weights = HomeWeights().fit(flows, REGISTER)
    assert weights.unplaced_.tolist() == [50.0, 50.0]
    assert weights.transform(flows).sum(axis=0) == pytest.approx([30.0, 30.0])


@settings(max_examples=80, deadline=None)
@given(
    arrays(float, (3, 4, 2), elements=st.integers(0, 40).map(float)).filter(lambda a: a.any()),
    arrays(float, 3, elements=st.integers(0, 900).map(float)),
)
def test_every_resident_is_in_a_zone_or_unplaced(flows, register):
    weights = HomeWeights().fit(flows, register)
    persons = weights.transform(flows)
    assert (persons >= 0).all()
    assert persons.sum(axis=0) + weights.unplaced_ == pytest.approx(np.full(2, register.sum()))


def test_a_market_share_that_differs_by_home_is_made_good():
    random = np.random.default_rng(1)
    people = random.integers(500, 2000, (5, 5)).astype(float)
    share = random.uniform(0.2, 0.5, 5)
    persons = HomeWeights().fit(people * share[:, None], people.sum(axis=1))
    present = persons.transform(people * share[:, None])
    assert present == pytest.approx(people.sum(axis=0), rel=1e-12)
    biased = people * share[:, None]
    biased[0, 0] *= 1.01
    spoilt = HomeWeights().fit(biased, people.sum(axis=1)).transform(biased)
    assert np.abs(spoilt / people.sum(axis=0) - 1).max() > 5e-4  # 1 % of one flow is seen


@pytest.mark.parametrize(
    ("flows", "register", "words"),
    [
        (FLOWS, [1.0], "inconsistent numbers of samples"),
        (FLOWS * 0, REGISTER, "no device"),
        (FLOWS * np.nan, REGISTER, r"NaN in X \(first at row 0, column 0, layer 0\)"),
        (FLOWS, [1.0, -1.0], r"Negative values.*y \(first at row 1\)"),
        (FLOWS[None], REGISTER[:1], "X has 4 dimensions"),
        (FLOWS[0, 0], REGISTER, "X has 1 dimension, expected 2"),
    ],
)
def test_bad_input_is_refused_with_argument_and_position(flows, register, words):
    with pytest.raises(ValueError, match=words):
        HomeWeights().fit(flows, register)


def test_other_hours_than_those_fitted_are_refused():
    weights = HomeWeights().fit(FLOWS, REGISTER)
    with pytest.raises(ValueError, match="fit saw 2 and 2"):
        weights.transform(FLOWS[:, :, :1])


def test_home_is_found_more_often_than_by_adding_posteriors():
    random = np.random.default_rng(3)
    # Two zones, one big; cells near the border serve both, most of them the big one.
    mass = np.array([[900.0, 5.0], [300.0, 60.0], [40.0, 60.0], [10.0, 75.0]])
    true = np.repeat([0, 1], [1250, 200])
    chances = mass / mass.sum(axis=0)
    events = np.stack([random.multinomial(10, chances[:, z]) for z in true]).astype(float)
    zone, margin = home_zones(sparse.csr_array(events), mass)
    added = (events @ (mass / mass.sum(axis=1, keepdims=True))).argmax(axis=1)
    assert (zone == true).mean() > 0.97 > (added == true).mean()
    assert margin[zone != true].mean() < 0.5 * margin[zone == true].mean()


def test_a_device_without_evidence_has_no_home():
    mass = np.array([[5.0, 5.0], [0.0, 0.0]])
    zone, margin = home_zones(np.array([[1.0, 0.0], [0.0, 3.0], [0.0, 0.0]]), mass)
    assert zone.tolist() == [0, -1, -1] and margin.tolist() == [0.0, 0.0, 0.0]
    zone, margin = home_zones([[1.0]], [[4.0]])
    assert zone.tolist() == [0] and margin[0] == np.inf


@pytest.mark.parametrize(
    ("events", "mass", "words"),
    [
        ([[1.0, 2.0]], [[1.0, 1.0]], "events has 2 cells"),
        ([[-1.0]], [[1.0, 1.0]], "events holds"),
        ([[1.0]], [[np.nan, 1.0]], r"night_devices.*\(0, 0\)"),
        ([[1.0]], [[0.0, 0.0]], "no device in any zone"),
    ],
)
def test_homes_from_what_cannot_be_are_refused(events, mass, words):
    with pytest.raises(ValueError, match=words):
        home_zones(events, mass)
