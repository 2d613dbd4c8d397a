"""Headings come back from journeys that keep theirs: speed, share of the fast, setting out, rest.

Drawn in continuous space, not by the model: straight ways of any direction. The fitted speed is a
tenth too low there (moves of part of a tile spread too much), so the smallest bias seen is 15 % of
the fast speed, and .06 of the fast share; what is fitted places devices better than the chain of
neighbours, and its spread is what errors are within 10 %.
"""

from __future__ import annotations

import numpy as np
import pytest

from peil_models.location import Histories, LocationHMM, LocationHMMHeading, connection_by_strength

pytestmark = pytest.mark.slow  # a quarter of a minute and more of a core

N, TILE_M, N_DEVICES, N_STEPS = 20, 250.0, 150, 60
FAST, SLOW, FAST_SHARE = 14.0, 2.0, 0.6
GIVEN = {"shape": (N, N), "tile_m": TILE_M, "step_s": 10, "max_speed_m_per_s": 25.0}


def drawn(seed):
    """Positions (n_devices, n_steps, 2), histories and the signal of cells per tile."""
    random = np.random.default_rng(seed)
    side = N * TILE_M
    place = random.uniform(0, side, (N_DEVICES, 2))
    speed = np.where(random.random(N_DEVICES) < FAST_SHARE, FAST, SLOW)
    way = random.uniform(0, 2 * np.pi, N_DEVICES)
    rests = random.random(N_DEVICES) < 0.3
    masts = random.uniform(0, side, (40, 2))
    places, cells = [], []
    for _ in range(N_STEPS):
        setting_out = rests & (random.random(N_DEVICES) < 0.15)
        way = np.where(setting_out, random.uniform(0, 2 * np.pi, N_DEVICES), way)
        rests = np.where(rests, ~setting_out, random.random(N_DEVICES) < 0.05)
        step = (10 * speed * ~rests)[:, None] * np.stack([np.cos(way), np.sin(way)], axis=1)
        is_out = ((place + step < 0) | (place + step > side)).any(axis=1)
        way = np.where(is_out, random.uniform(0, 2 * np.pi, N_DEVICES), way)
        place = np.where(is_out[:, None], place, place + step)
        distance = np.linalg.norm(place[:, None] - masts, axis=2)
        places.append(place)
        cells.append(distance.argmin(axis=1))
    centres = (np.arange(N) + 0.5) * TILE_M
    tiles = np.stack(np.meshgrid(centres, centres), axis=-1).reshape(-1, 2)
    signal = -38 * np.log10(np.linalg.norm(masts[:, None] - tiles, axis=2).clip(10))
    at = np.tile(np.arange(N_STEPS) * 10, N_DEVICES)
    device = np.repeat(np.arange(N_DEVICES), N_STEPS)
    events = Histories.of(device, at, np.array(cells).T.ravel())
    return np.array(places).transpose(1, 0, 2).reshape(-1, 2), events, signal


@pytest.fixture(scope="module")
def world():
    places, events, signal = drawn(2)
    P = connection_by_strength(signal, 3.0)
    P[P < 1e-4] = 0.0
    P = np.divide(P, P.sum(axis=0))
    heading = LocationHMMHeading(**GIVEN).fit(P, events)
    return places, events, heading, LocationHMM(**GIVEN).fit(P, events)


def error_and_spread(places, events, model):
    located = model.locate(events)
    square = (located.x_m - places[:, 0]) ** 2 + (located.y_m - places[:, 1]) ** 2
    return np.sqrt(square.mean()), np.sqrt((located.spread_m**2).mean())


def test_speeds_and_shares_are_recovered(world):
    fitted = world[2]
    assert fitted.fast_m_per_s_ == pytest.approx(FAST, rel=0.15)
    assert fitted.fast_share_ == pytest.approx(FAST_SHARE, abs=0.06)
    assert fitted.slow_m_per_s_ < 0.4 * FAST
    assert 0.02 < fitted.stop_ < 0.1


def test_headings_place_devices_better_and_know_how_well(world):
    places, events, heading, chain = world
    error, spread = error_and_spread(places, events, heading)
    rival, _ = error_and_spread(places, events, chain)
    assert error < 0.97 * rival
    assert error / spread == pytest.approx(1.0, abs=0.1)
    assert heading.log_likelihood_.sum() > chain.log_likelihood_.sum() + 50


def test_a_wrong_speed_is_seen(world):
    _, events, heading, _ = world
    wrong = LocationHMMHeading(
        **GIVEN,
        fitted=(),
        go=heading.go_,
        stop=heading.stop_,
        turn=heading.turn_,
        slow_m_per_s=heading.slow_m_per_s_,
        fast_m_per_s=1.1 * heading.fast_m_per_s_,
        fast_share=heading.fast_share_,
    )
    wrong.fit(heading._chances, events)
    assert wrong.log_likelihood_.sum() < heading.log_likelihood_.sum() - 1
