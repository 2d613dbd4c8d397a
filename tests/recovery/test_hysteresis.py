"""Where a network holds on to cells, the chain is no worse than one event, and as sure as it errs.

Nothing of it is in the model: cells are kept until another is 4 dB stronger, shadows of 4 dB are
alike over a few tiles, devices go straight. Smallest seen: 2 % of the error of one event; a fifth
of the spread.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse
from scipy.ndimage import gaussian_filter

from peil_models.location import Histories, LocationHMM, connection_by_strength, posterior

SIDE, TILE_M, STEP_S = 20, 250.0, 10
N_MASTS, N_DEVICES, N_STEPS = 16, 60, 60
SHADOW_DB, HYSTERESIS_DB = 4.0, 4.0
GIVEN = {"shape": (SIDE, SIDE), "tile_m": TILE_M, "step_s": STEP_S, "max_speed_m_per_s": 25.0}
RECEIVED_POWER = 0.23  # sharpness: the chance is proportional to it


def mean_signal(masts, places):
    return 40.0 - 39.0 * np.log10(np.linalg.norm(masts[:, None] - places, axis=2).clip(20.0))


def world(seed):
    """Mean signal by mast and tile, histories, true places of the events, centres of tiles."""
    random = np.random.default_rng(seed)
    length = SIDE * TILE_M
    axis = (np.arange(4) + 0.5) * length / 4
    masts = np.stack(np.meshgrid(axis, axis), -1).reshape(-1, 2)
    masts = masts + random.normal(0.0, 150.0, masts.shape)
    noise = random.standard_normal((N_MASTS, SIDE, SIDE))
    shadow = np.stack([gaussian_filter(layer, 1.5, mode="wrap") for layer in noise])
    shadow *= SHADOW_DB / shadow.std()
    place, way = random.uniform(0, length, (N_DEVICES, 2)), random.uniform(0, 2 * np.pi, N_DEVICES)
    speed, rests = random.choice([1.5, 5.0, 14.0], N_DEVICES), random.random(N_DEVICES) < 0.4
    cell, places, cells = np.full(N_DEVICES, -1), [], []
    for _ in range(N_STEPS):
        sets_out = rests & (random.random(N_DEVICES) < 0.08)
        turns = sets_out | (random.random(N_DEVICES) < 0.04)
        way = np.where(turns, random.uniform(0, 2 * np.pi, N_DEVICES), way)
        rests = np.where(rests, ~sets_out, random.random(N_DEVICES) < 0.05)
        step = (STEP_S * speed * ~rests)[:, None] * np.stack([np.cos(way), np.sin(way)], 1)
        is_out = ((place + step < 0) | (place + step >= length)).any(axis=1)
        way = np.where(is_out, random.uniform(0, 2 * np.pi, N_DEVICES), way)
        place = np.where(is_out[:, None], place, place + step)
        column, row = (place // TILE_M).astype(int).T
        heard = mean_signal(masts, place) + shadow[:, row, column]
        is_kept = (cell >= 0) & (heard[cell, np.arange(N_DEVICES)] >= heard.max(0) - HYSTERESIS_DB)
        cell = np.where(is_kept, cell, heard.argmax(axis=0))
        places.append(place)
        cells.append(cell)
    histories = Histories.of(
        np.repeat(np.arange(N_DEVICES), N_STEPS),
        np.tile(np.arange(N_STEPS) * STEP_S, N_DEVICES),
        np.array(cells).T.ravel(),
    )
    centre = (np.arange(SIDE) + 0.5) * TILE_M
    tiles = np.stack(np.meshgrid(centre, centre), -1).reshape(-1, 2)
    return mean_signal(masts, tiles), histories, np.array(places).transpose(1, 0, 2), tiles


def errors(x_m, y_m, spread_m, true_m):
    """Root of the mean squared error in metres, and how often that is what was expected."""
    square = np.square(x_m - true_m[:, 0]) + np.square(y_m - true_m[:, 1])
    return np.sqrt(square.mean()), np.sqrt(square.mean() / np.square(spread_m).mean())


def of_chain(model, chances, histories, true_m):
    located = model.fit(chances, histories).locate(histories)
    return errors(located.x_m, located.y_m, located.spread_m, true_m)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_chain_as_it_comes_is_no_worse_than_one_event_and_as_sure_as_it_errs(seed):
    signal, histories, places, tiles = world(seed)
    true_m = places.reshape(-1, 2)
    chances = connection_by_strength(signal, RECEIVED_POWER)
    alone = posterior(sparse.csr_array(chances), np.ones(len(tiles))).toarray()
    x_m, y_m = (alone @ tiles).T
    spread_m = np.sqrt(alone @ np.square(tiles).sum(axis=1) - x_m**2 - y_m**2 + TILE_M**2 / 6)
    cell = histories.cell
    one_event, _ = errors(x_m[cell], y_m[cell], spread_m[cell], true_m)
    default = LocationHMM(**GIVEN)
    error, ratio = of_chain(default, chances, histories, true_m)
    assert error < 0.98 * one_event
    assert 0.8 < ratio < 1.2
    # what memory is for: without it a chain is far too sure, and the likelihood tells
    forgetful = LocationHMM(**GIVEN, fitted=("edge", "diagonal"))
    without, too_sure = of_chain(forgetful, chances, histories, true_m)
    assert too_sure > 1.5 and error < 1.05 * without
    assert default.log_likelihood_.sum() > forgetful.log_likelihood_.sum() + 300.0
    # held wherever it covers, a cell that is left throws the device far off
    anywhere = LocationHMM(**GIVEN, hold_share=0.0)
    assert of_chain(anywhere, chances, histories, true_m)[0] > error
