"""Stays, trips and homes of devices whose truth is drawn: what bias would be seen."""

from __future__ import annotations

import numpy as np
import pytest

from peil_models.mobility import find_trips, flow_table
from peil_models.residence import AnchorPlace, flow_cube
from peil_models.stays import STAY, StayPlacing, StaySegmentation

HOUR, DAY = 3600.0, 86_400.0
N_DEVICES, DAYS = 400, 5
CHANCES = np.kron(np.eye(3), np.array([[0.7, 0.3], [0.3, 0.7]]))  # 3 zones, 2 cells and tiles each
ZONES = np.repeat([0, 1, 2], 2)
OVERLAPS = np.kron(np.eye(3), np.ones((2, 2))) > 0
SHARE = np.array([0.5, 0.3, 0.2])  # of stays, by zone


@pytest.fixture(scope="module")
def drawn():
    """Devices that stay one to nine hours in one zone after the other, seen every three minutes.

    A move lasts ten minutes, without events. Returns truth (device, start, end, zone of each stay)
    and events.
    """
    rng = np.random.default_rng(7)
    truth, device, at_s, cell = [], [], [], []
    for number in range(N_DEVICES):
        now, zone = -rng.uniform(0, 9) * HOUR, -1
        while now < DAYS * DAY:
            choice = SHARE * (np.arange(3) != zone)
            zone = rng.choice(3, p=choice / choice.sum())
            leaves = now + rng.uniform(1, 9) * HOUR
            truth.append((number, now, leaves, zone))
            moments = np.unique(
                np.floor(
                    np.append(
                        rng.uniform(now, leaves, rng.poisson((leaves - now) / 180.0)),
                        [now + 1, leaves - 1],
                    )
                )
            )
            moments = moments[(moments >= 0) & (moments < DAYS * DAY)]
            device += [number] * len(moments)
            at_s += moments.tolist()
            cell += (2 * zone + rng.integers(0, 2, len(moments))).tolist()
            now = leaves + 600.0
    return np.array(truth), np.array(device), np.array(at_s), np.array(cell)


@pytest.fixture(scope="module")
def outcome(drawn):
    _, device, at_s, cell = drawn
    segments = StaySegmentation().fit(OVERLAPS).segment(device, at_s, cell)
    places = StayPlacing().fit(CHANCES, np.ones(6), zone_of_tile=ZONES).place(segments, cell)
    return segments, places


def inside(truth):
    """Truth cut to the window."""
    start, end = np.maximum(truth[:, 1], 0.0), np.minimum(truth[:, 2], DAYS * DAY)
    return np.maximum(end - start, 0.0)


def test_time_of_stays_by_zone_is_recovered(drawn, outcome):
    # sees a bias of 0.5 %: about 9 000 stays, each a second or two short, and the window ends
    truth, *_ = drawn
    segments, places = outcome
    stays = segments.state == STAY
    estimate = np.bincount(places.zone[stays], weights=segments.duration_s[stays], minlength=3)
    true = np.bincount(truth[:, 3].astype(int), weights=inside(truth), minlength=3)
    assert estimate / true == pytest.approx(1.0, abs=0.004)


def test_flows_between_zones_are_recovered(drawn, outcome):
    # sees a bias of 1 %: trips are found one by one
    truth, *_ = drawn
    segments, places = outcome
    table = flow_table(find_trips(segments), places, [0.0, DAYS * DAY]).n_trips[0, :3, :3]
    goes_on = truth[1:, 0] == truth[:-1, 0]
    begun = (truth[:-1, 2] >= 1800) & (truth[1:, 1] <= DAYS * DAY - 1800) & goes_on
    true = np.zeros((3, 3))
    np.add.at(true, (truth[:-1, 3][begun].astype(int), truth[1:, 3][begun].astype(int)), 1)
    off = ~np.eye(3, dtype=bool)
    assert table[~off].sum() == 0
    # stays that the window cuts to less than a quarter of an hour are the difference
    assert table.sum() == pytest.approx(true.sum(), rel=0.006)
    assert table[off] == pytest.approx(true[off], rel=0.03)


def test_the_cube_recovers_who_is_where_by_home(drawn, outcome):
    # sees a bias of 1 % of the devices present
    truth, _, _, cell = drawn
    segments, places = outcome
    weight = np.where(segments.state == STAY, segments.duration_s, 0.0)
    model = AnchorPlace(radius_m=200.0).fit(
        CHANCES,
        np.ones(6),
        zone_of_tile=ZONES,
        tile_x_m=np.repeat([0.0, 5e3, 1e4], 2) + [0, 100] * 3,
        tile_y_m=np.zeros(6),
    )
    homes = model.place(segments, places, cell, weight)
    spent = np.zeros((N_DEVICES, 3))
    np.add.at(spent, (truth[:, 0].astype(int), truth[:, 3].astype(int)), inside(truth))
    ordered = np.sort(spent, axis=1)
    clear = ordered[:, 2] - ordered[:, 1] > HOUR
    assert (homes.zone[clear] == spent.argmax(axis=1)[clear]).mean() > 0.995
    moments = np.arange(6, DAYS * 24 - 6) * HOUR + 1800.0
    cube = flow_cube(segments, places, homes.zone_of_device(N_DEVICES), moments)
    true = np.zeros((3, 3))
    of_home = homes.zone_of_device(N_DEVICES)[truth[:, 0].astype(int)]
    n = np.searchsorted(moments, truth[:, 2]) - np.searchsorted(moments, truth[:, 1])
    np.add.at(true, (of_home, truth[:, 3].astype(int)), n)
    present = cube.devices[:, :3].sum(axis=0)
    assert present.sum() == pytest.approx(N_DEVICES * len(moments), rel=1e-9)
    # the ten minutes of moves are shared by both ends, and are not in the truth
    assert present == pytest.approx(true * present.sum() / true.sum(), rel=0.008)
