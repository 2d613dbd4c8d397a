"""Devices by night in Zuid-Limburg: one draw of people and counts, and every estimator's scores."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from benchmarks.accuracy.zuid_limburg.region import Told
from peil_models import scores
from peil_models.presence import PresenceLandUse
from peil_models.synthetic.landscape import Landscape, Lives, draw_lives, serving_cells
from peil_models.synthetic.landscape_radio import (
    Scenario,
    delivered_counts,
    heard_from,
    true_footprint,
)
from peil_models.synthetic.streams import stream

FULL = ("known", "shadow")
"""Scenarios in which every estimator is scored by every measure."""
Floats = NDArray[np.float64]


def world(inputs: Told, scenario: Scenario, seed: int) -> tuple[Lives, sparse.csr_array]:
    """Return people and the true footprint of one scenario and seed."""
    land = inputs.land
    share: Floats | float = 1.0 / 3.0
    if scenario.market_share_sd:
        noise = stream(seed, "share").normal(1.0, scenario.market_share_sd, len(land.register))
        share = np.clip(noise, 0.4, 1.6) / 3.0
    lives = draw_lives(
        land,
        seed,
        market_share=share,
        abroad_share=scenario.abroad_share,
        crowd_persons=scenario.crowd_persons,
    )
    if scenario.is_footprint_known:
        return lives, inputs.chances
    return lives, true_footprint(land.cells, land.tiles, scenario, seed)


def counted(
    inputs: Told, scenario: Scenario, seed: int, chances: sparse.csr_array, at: Any, part: str
) -> Floats:
    """Return counts per cell of the plan of devices in the tiles `at`."""
    heard = heard_from(inputs.land.tiles, at, scenario, seed)
    served = serving_cells(chances, heard, stream(seed, f"connections {part}"))
    return delivered_counts(served, len(inputs.land.cells), scenario, seed)[0]


def night(
    inputs: Told,
    scenario: Scenario,
    seed: int,
    is_noticed: bool = False,
    around: Told | None = None,
) -> dict[str, Any]:
    """Score every estimator on one draw; for the crowd it is an evening at the stadium."""
    lives, chances = world(inputs, scenario, seed)
    at = (lives.work if scenario.crowd_persons else lives.home)[lives.has_device]
    counts = counted(inputs, scenario, seed, chances, at, "night")
    truth = np.bincount(at, minlength=len(inputs.land.tiles)).astype(np.float64)
    land = inputs.land
    inputs = around or (inputs.noticing(counts) if is_noticed else inputs)
    is_full = scenario.name in FULL
    by_estimator = {}
    for name in ("voronoi", "sb", "em10", "df", "landuse"):
        if name == "df" and not is_full:
            continue
        by_estimator[name] = scored(land, truth, inputs.devices(name, counts), is_full)
    if is_full:
        oracle = PresenceLandUse(inputs.land_use, inputs.prior).fit(chances, counts).devices_
        by_estimator["oracle"] = scored(land, truth, oracle, is_full)
    return by_estimator


def scored(
    land: Landscape, truth: Floats, devices: Floats, with_distance: bool
) -> dict[str, float]:
    """Return measures inside the region, after one factor makes the totals equal."""
    inside = land.zone >= 0
    true, guess = truth[inside], devices[inside]
    guess = guess * (true.sum() / guess.sum())
    x, y = (land.tiles[axis].to_numpy(np.float64)[inside] for axis in ("x_m", "y_m"))
    zones, zones_guess = land.zone_sums(truth), land.zone_sums(devices)
    zones_guess *= zones.sum() / zones_guess.sum()
    measures = {
        "mape": scores.mape(zones, zones_guess),
        "wape_1km": scores.wape_squares(x, y, true, guess),
    }
    if with_distance:
        measures["emd_m"] = scores.earth_movers_distance(x, y, true, guess)
    return {name: round(value, 5) for name, value in measures.items()}
