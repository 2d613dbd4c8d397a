"""Radius of gyration, entropy, gravity and radiation, worked by hand; what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone

from peil_models.mobility import (
    FlowGravity,
    FlowRadiation,
    radius_of_gyration_m,
    regional_quantiles,
    visit_entropy,
)
from peil_models.scores import common_part_of_commuters


def test_radius_is_weighted_by_time():
    # 3/4 of the time at 0, 1/4 at 400: mean 100, variance 30 000
    device, radius = radius_of_gyration_m([3, 1, 3], [0, 5, 400], [0, 5, 0], [3.0, 1.0, 1.0])
    assert device.tolist() == [1, 3]
    assert radius.tolist() == pytest.approx([0.0, 30_000**0.5])


def test_entropy_is_that_of_the_shares_of_time():
    device, bits = visit_entropy([0] * 4 + [1], [1, 2, 3, 4, 9], [1.0, 1, 1, 1, 7])
    assert bits.tolist() == pytest.approx([2.0, 0.0])
    assert device.tolist() == [0, 1]


def test_time_of_no_length_is_left_out_and_bad_values_are_refused():
    assert radius_of_gyration_m([0], [0.0], [0.0], [0.0])[0].tolist() == []
    with pytest.raises(ValueError, match=r"duration_s is negative \(first at 1\)"):
        visit_entropy([0, 0], [1, 1], [1.0, -1.0])
    with pytest.raises(ValueError, match=r"x_m is not a number \(first at 0\)"):
        radius_of_gyration_m([0], [np.nan], [0.0], [1.0])
    with pytest.raises(ValueError, match="y_m has shape"):
        radius_of_gyration_m([0], [0.0], [0.0, 1.0], [1.0])


def test_a_quantile_is_a_mean_of_fifteen_and_a_region_of_fourteen_has_none():
    values = np.r_[np.arange(101.0), np.arange(14.0)]
    region = np.r_[np.zeros(101, int), np.ones(14, int)]
    quantiles, n = regional_quantiles(values, region, 2, quantiles=[0.02, 0.25, 0.5])
    assert quantiles[0].tolist() == pytest.approx([np.nan, 25.0, 50.0], nan_ok=True)
    assert np.isnan(quantiles[1]).all()
    assert n.tolist() == [101, 14]


def test_no_quantile_is_the_value_of_one_device():
    values = np.zeros(200)
    values[-1] = 1e9
    quantiles, _ = regional_quantiles(values, np.zeros(200, int), 1)
    assert np.nanmax(quantiles) == 0.0


def test_regions_and_quantiles_out_of_range_are_refused():
    with pytest.raises(ValueError, match=r"region is beyond the last \(first at 1\)"):
        regional_quantiles([1.0, 2.0], [0, 1], 1)
    with pytest.raises(ValueError, match="quantiles must lie between"):
        regional_quantiles([1.0], [0], 1, quantiles=[1.0])
    with pytest.raises(ValueError, match=r"values holds NaN \(first at 0\)"):
        regional_quantiles([np.nan], [0], 1)


def zones(n, seed=1):
    rng = np.random.default_rng(seed)
    spot = rng.uniform(0, 20_000, (n, 2))
    return rng.uniform(500, 5000, n), np.hypot(*(spot[:, None] - spot[None]).transpose(2, 0, 1))


@pytest.mark.parametrize(("deterrence", "slope"), [("exponential", 1.6e-4), ("power", 1.4)])
def test_gravity_recovers_what_flows_were_drawn_with(deterrence, slope):
    # 30 zones, 200 trips a pair: sees a bias of 1 % of the slope
    mass, distance = zones(30)
    model = FlowGravity(deterrence=deterrence)
    far = np.where(np.eye(30, dtype=bool), 1.0, distance)
    falls = far if deterrence == "exponential" else np.log(far)
    mean = np.outer(mass**0.9, mass**0.7) * np.exp(-slope * falls)
    mean *= 200.0 * 870 / mean[~np.eye(30, dtype=bool)].sum()
    estimates = [
        model.fit(np.random.default_rng(seed).poisson(mean), mass, distance).deterrence_
        for seed in range(5)
    ]
    assert np.mean(estimates) == pytest.approx(slope, rel=0.008)
    assert model.origin_exponent_ == pytest.approx(0.9, abs=0.02)
    assert model.destination_exponent_ == pytest.approx(0.7, abs=0.02)
    assert 0.9 < model.deviance_share_ <= 1.0


def test_gravity_keeps_the_total_and_beats_no_model():
    mass, distance = zones(12)
    flows = np.random.default_rng(2).poisson(np.outer(mass, mass) * np.exp(-distance / 6000) / 1e4)
    np.fill_diagonal(flows, 0)
    expected = FlowGravity().fit(flows, mass, distance).predict(mass, distance)
    assert expected.sum() == pytest.approx(flows.sum(), rel=1e-4)
    flat = np.full(flows.shape, flows.sum() / 132.0)
    np.fill_diagonal(flat, 0.0)
    assert common_part_of_commuters(flows, expected) > common_part_of_commuters(flows, flat) + 0.2


def test_radiation_by_hand():
    # from zone 0: zone 1 with nothing between, 2 * 3 / (2 * 5) = .6; zone 2 behind it,
    # 2 * 4 / (5 * 9) = .1778; of 70 trips that leave
    distance = np.array([[0.0, 1, 2], [1, 0, 1.5], [2, 1.5, 0]])
    model = FlowRadiation().fit([[9, 30, 40], [1, 0, 0], [0, 1, 0]], [2.0, 3, 4], distance)
    expected = model.predict([2.0, 3, 4], distance)
    assert expected[0].tolist() == pytest.approx(
        [0.0, 70 * 0.6 / 0.77778, 70 * 0.17778 / 0.77778], rel=1e-4
    )
    assert expected.sum(axis=1).tolist() == pytest.approx([70.0, 1.0, 1.0])


@pytest.mark.parametrize("model", [FlowGravity(), FlowRadiation()])
def test_bad_flows_are_refused(model):
    mass, distance = np.ones(2), np.array([[0.0, 1.0], [1.0, 0.0]])
    for flows, m, d, says in (
        ([[0, -1], [0, 0]], mass, distance, r"flows holds NaN or a negative number .*\(0, 1\)"),
        (np.zeros((2, 2)), [0.0, 1.0], distance, r"mass is 0 \(first at 0\)"),
        (np.zeros((2, 2)), mass, np.zeros((2, 2)), r"distance_m is 0 between .*\(0, 1\)"),
        (np.zeros((3, 3)), mass, distance, "flows has shape"),
    ):
        with pytest.raises(ValueError, match=says):
            model.fit(flows, m, d)
    assert clone(model).get_params() == model.get_params()


def test_a_deterrence_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match="deterrence must be"):
        FlowGravity(deterrence="step").fit(*([np.ones((2, 2))] * 3))


def test_the_common_part_by_hand():
    assert common_part_of_commuters([[1, 3]], [[2, 2]]) == pytest.approx(2 * 3 / 8)
    assert common_part_of_commuters([[5]], [[5]]) == 1.0
    with pytest.raises(ValueError, match=r"estimate is negative \(first at 0\)"):
        common_part_of_commuters([1.0], [-1.0])
    with pytest.raises(ValueError, match="hold no trip"):
        common_part_of_commuters([0.0], [0.0])
