"""Devices of each home are placed apart: at home as by night, away by land use and distance."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from peil_models.presence import PresenceEM
from peil_models.weighting import HomeFlows
from peil_models.weighting.pulls import pulls

X = np.array([[0.9, 0.5, 0.0, 0.0], [0.1, 0.5, 0.5, 0.1], [0.0, 0.0, 0.5, 0.9]])
ZONE = [0, 0, 1, 1]
POINTS = np.array([[0.0, 0.0], [2000.0, 0.0], [4000.0, 0.0], [6000.0, 0.0]])
SLEEPING = np.array([60.0, 40.0, 30.0, 70.0])
NIGHT = np.array([[74.0, 0.0], [26.0, 22.0], [0.0, 78.0]])
DAY = np.array([[70.0, 8.0], [25.0, 24.0], [5.0, 68.0]])


def fitted(**changed):
    arguments = {
        "X": X,
        "y": DAY,
        "night": NIGHT,
        "night_devices": SLEEPING,
        "zone": ZONE,
        "points": POINTS,
    } | changed
    data = {name: arguments.pop(name) for name in ("X", "y", "night", "night_devices")}
    return HomeFlows(**arguments).fit(**data)


def test_gravity_is_constrained_at_the_origin():
    mass = np.array([1.0, 3.0, 0.0, 2.0])
    origins = sparse.csr_array(np.array([[2.0, 0.0], [0.0, 0.0], [0.0, 0.0], [2.0, 0.0]]))
    law = pulls(
        POINTS, origins, mass, ranges_m=(2000.0,), deterrence="exponential", square_m=1000.0
    )
    chance = mass * law.strength[0, law.square, 0]
    near = mass * np.exp(-np.array([0.0, 1.0, 2.0, 3.0]))
    far = mass * np.exp(-np.array([3.0, 2.0, 1.0, 0.0]))
    assert chance == pytest.approx(near / near.sum() / 2 + far / far.sum() / 2, rel=1e-12)
    assert not law.strength[:, :, 1].any()  # a home without a place draws nobody anywhere
    power = pulls(POINTS, origins, mass, ranges_m=(2000.0,), deterrence="power", square_m=1000.0)
    near = mass / (1 + np.array([0.0, 1.0, 4.0, 9.0]))
    far = mass / (1 + np.array([9.0, 4.0, 1.0, 0.0]))
    chance = mass * power.strength[0, power.square, 0]
    assert chance == pytest.approx(near / near.sum() / 2 + far / far.sum() / 2, rel=1e-12)


def test_where_all_are_as_by_night_all_are_at_home_however_wrong_the_footprint_is():
    flows = fitted(X=X[:, ::-1], y=2.0 * NIGHT, n_iter=30)
    assert flows.flows_ == pytest.approx(np.diag([200.0, 200.0]), abs=4.0)
    placed = PresenceEM(max_iter=30).fit(X[:, ::-1], 2.0 * NIGHT).devices_
    assert placed[:2, 0].sum() < 0.7 * flows.flows_[0, 0]  # by its cells it would be elsewhere


def test_without_a_night_each_home_is_a_climb_of_its_own():
    sharp, two = X[:, [0, 3]], {"zone": [0, 1], "points": POINTS[:2], "night_devices": [1.0, 1.0]}
    flows = fitted(X=sharp, night=0 * NIGHT, n_iter=200, **two)
    assert flows.at_home_.tolist() == [0.0, 0.0]
    alone = PresenceEM(max_iter=200).fit(sharp, DAY).devices_
    assert flows.flows_ == pytest.approx(alone.T, rel=1e-6)


def test_steps_make_the_table_more_likely():
    def misfit(n_iter: int) -> float:
        model = HomeFlows(np.arange(4) // 2, POINTS, n_iter=n_iter).fit(X, DAY, NIGHT, SLEEPING)
        return float(np.abs(model.flows_ - fitted(n_iter=2000).flows_).sum())

    assert misfit(0) > misfit(5) > misfit(50)


def test_devices_in_cells_that_reach_nothing_are_unlocated_unless_nights_know_them():
    deaf = np.vstack([X, np.zeros(4)])
    day = np.vstack([DAY, [7.0, 5.0]])
    night = np.vstack([NIGHT, [3.0, 0.0]])
    flows = fitted(X=deaf, y=day, night=night)
    assert flows.unlocated_.tolist() == [0.0, 5.0]
    assert flows.flows_.sum(axis=1) + flows.unlocated_ == pytest.approx(day.sum(axis=0))


def test_a_home_without_a_place_and_seen_elsewhere_by_night_is_put_by_land():
    """Found by a property test: no range of the law explains its devices, nor do its nights."""
    flows = HomeFlows([0], [[0.0, 0.0]]).fit([[1.0], [0.0]], [[1.0], [0.0]], [[0.0], [1.0]], [0.0])
    assert flows.flows_.tolist() == [[1.0]] and flows.at_home_.tolist() == [0.0]


def test_homes_held_at_the_same_time_do_not_change_the_flows(monkeypatch):
    together = fitted()
    monkeypatch.setattr("peil_models.weighting.home_flows.N_HOMES_AT_ONCE", 1)
    apart = fitted()
    assert apart.flows_ == pytest.approx(together.flows_, rel=1e-12)
    assert apart.at_home_ == pytest.approx(together.at_home_, rel=1e-12)


def test_nobody_is_put_outside_and_a_home_without_devices_is_empty():
    flows = fitted(zone=[0, -1, 1, -1], y=DAY * [1.0, 0.0])
    assert flows.flows_[1].tolist() == [0.0, 0.0]
    assert flows.flows_[0].sum() == pytest.approx(100.0)
    assert flows.flows_.shape == (2, 2)


def test_land_use_tells_where_those_who_are_away_are():
    """One cell hears both zones; offices are in the second, and the sum over homes tells."""
    chances = np.array([[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 1.0, 0.0], [0.0, 0.0, 0.0, 1.0]])
    office = np.array([[0.0], [0.0], [1.0], [1.0]])
    night = np.array([[100.0, 0.0], [0.0, 0.0], [0.0, 100.0]])
    day = np.array([[60.0, 0.0], [20.0, 10.0], [20.0, 90.0]])
    informed = fitted(
        X=chances, y=day, night=night, land_use=office, night_devices=[1.0, 0, 0, 1.0]
    )
    blind = fitted(X=chances, y=day, night=night, night_devices=[1.0, 0, 0, 1.0])
    assert informed.flows_[0, 1] == pytest.approx(40.0, abs=1.0)
    assert blind.flows_[0, 1] < 35.0


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"y": DAY[:2]}, "y has 2 cells, X has 3"),
        ({"y": DAY * np.nan}, r"y holds.*\(0, 0\)"),
        ({"night": NIGHT[:, :1]}, r"night has shape \(3, 1\), y has \(3, 2\)"),
        ({"night": -NIGHT}, r"night holds.*\(0, 0\)"),
        ({"X": X - 0.05}, "Negative values.*X .first at row 0, column 2"),
        ({"night_devices": SLEEPING[:3]}, "night_devices has 3 tiles, X has 4"),
        ({"zone": [0, 0, 2, 1]}, "zone must be .* at row 2"),
        ({"zone": [0, 0.5, 1, 1]}, "zone must be .* at row 1"),
        ({"zone": [0, np.nan, 1, 1]}, "zone must be .* at row 1"),
        ({"zone": [0, 1]}, r"zone has shape \(2,\)"),
        ({"points": POINTS[:, :1]}, "points has shape"),
        ({"points": POINTS + np.array([[0], [0], [np.inf], [0]])}, "points holds .* row 2"),
        ({"prior": np.zeros(4)}, "prior is 0"),
        ({"prior": [1.0, 0.0, 0.0, 0.0], "zone": [-1, 0, 1, 1]}, "prior is 0 in every tile of a"),
        ({"land_use": np.ones((3, 1))}, "land_use has 3 tiles"),
        ({"n_iter": 1.5}, "n_iter must be a whole number"),
        ({"floor_share": 0.0}, "floor_share must lie between"),
        ({"deterrence": "linear"}, "deterrence must be one of exponential, power"),
        ({"ranges_m": (2000.0, 0.0)}, r"ranges_m must hold numbers above 0 \(first not at 1\)"),
        ({"ranges_m": ()}, "ranges_m holds no range"),
        ({"square_m": 0.0}, "square_m must be above 0"),
    ],
)
def test_bad_input_is_refused_with_argument_and_position(changed, words):
    with pytest.raises(ValueError, match=words):
        fitted(**changed)
