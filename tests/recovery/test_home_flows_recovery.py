"""From a table drawn by the model, the persons of every zone by day come back without bias.

Smallest bias seen: 1 % of the persons of one zone (of 6, mean of 12 drawn days). Each test is
followed by one that injects that bias and is seen to fail.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from zone_bias import assert_moved_percent_is_seen, assert_unbiased

from peil_models.footprint import FootprintSignalStrength
from peil_models.weighting import HomeFlows, HomeWeights

N_ZONES, N_DAYS, AWAY, RANGE_M = 6, 12, 0.3, 3_000.0


@pytest.fixture(scope="module")
def drawn() -> tuple[np.ndarray, np.ndarray]:
    """True and estimated persons by zone; shape (n_zones,) and (n_zones, n_days)."""
    random = np.random.default_rng(11)
    cells = pd.DataFrame(random.uniform(0, 6000, (80, 2)), columns=["x_m", "y_m"])
    x, y = np.meshgrid(np.arange(250, 6000, 500.0), np.arange(250, 6000, 500.0))
    tiles = pd.DataFrame({"x_m": x.ravel(), "y_m": y.ravel()})
    zone = (tiles["x_m"] // 1000).astype(int).to_numpy()
    # Steep, so that 80 cells tell 6 strips apart: what is tested is the estimator.
    sharp = FootprintSignalStrength(
        path_loss_exponent=4.0, midpoint_dbm=-60.0, steepness=0.3, dominance_threshold=1e-6
    )
    chances = sharp.fit(cells, tiles).connection_probability_
    houses, jobs = random.uniform(0.2, 1.0, 144), random.uniform(0.0, 1.0, 144)
    jobs[zone == 4] *= 4.0
    points = tiles[["x_m", "y_m"]].to_numpy()
    fall = np.exp(-np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1)) / RANGE_M) * jobs
    goes = AWAY * fall / fall.sum(axis=1, keepdims=True) + (1 - AWAY) * np.eye(144)
    is_of = (zone[:, None] == np.arange(N_ZONES)).astype(float)
    people = 40_000.0 * houses
    register, truth = is_of.T @ people, is_of.T @ (goes.T @ people)
    sleeping = people * random.uniform(0.2, 0.45, N_ZONES)[zone]
    night = chances @ (sleeping[:, None] * is_of)
    day = chances @ (goes.T @ (sleeping[:, None] * is_of))
    estimates = []
    for _ in range(N_DAYS):
        flows = HomeFlows(zone, points, jobs[:, None], square_m=500.0).fit(
            chances, random.poisson(day), random.poisson(night), sleeping
        )
        estimates.append(HomeWeights().fit(flows.flows_, register).transform(flows.flows_))
    return truth, np.stack(estimates, axis=1)


def test_persons_by_day_are_recovered(drawn):
    assert_unbiased(*drawn)


@pytest.mark.parametrize("zone", range(N_ZONES))
def test_one_percent_moved_between_zones_is_seen(drawn, zone):
    assert_moved_percent_is_seen(*drawn, zone)
