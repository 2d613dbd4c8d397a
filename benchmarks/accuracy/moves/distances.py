"""Distances by home municipality, and models that describe the flows, of one simulated world."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.accuracy.moves.methods import FIRST, Moves
from benchmarks.accuracy.moves.world import DAY, DAYS
from peil_models import scores
from peil_models.mobility import (
    FlowGravity,
    FlowRadiation,
    find_trips,
    flow_table,
    radius_of_gyration_m,
    regional_quantiles,
)
from peil_models.stays import Places

Floats = NDArray[np.float64]
QUANTILES = (0.25, 0.5, 0.75)


def distance_scores(moves: Moves) -> dict[str, Any]:
    """Score quantiles of the radius of gyration by true home municipality: error and bias."""
    world = moves.world
    device, x, y, length = world.true_places(moves.device)
    true = _quantiles(moves, *radius_of_gyration_m(device, x, y, length))
    by_method: dict[str, Any] = {}
    for name, places in ((FIRST, moves.refined), ("Voronoi", moves.placings["Voronoi"])):
        guess = _quantiles(moves, *radius_of_gyration_m(*_visited(moves, places)))
        both = np.isfinite(true) & np.isfinite(guess)
        by_method[name] = {
            "mape": scores.mape(true[both], guess[both]),
            "bias": scores.bias(true[both], guess[both]),
        }
    return by_method


def _visited(moves: Moves, places: Places) -> tuple[NDArray[np.int64], Floats, Floats, Floats]:
    """Return stays within the country with their place, as the truth has them."""
    is_visit = moves.segments.is_stay & (places.tile >= 0)
    x, y = (moves.world.tiles[name].to_numpy() for name in ("x_m", "y_m"))
    tile = places.tile[is_visit]
    return moves.segments.device[is_visit], x[tile], y[tile], moves.segments.duration_s[is_visit]


def _quantiles(moves: Moves, device: NDArray[np.int64], radius: Floats) -> Floats:
    world = moves.world
    home = world.persons["home_tile"].to_numpy(np.int64)[world.person_of(device)]
    region = np.where(home >= 0, world.zone_of_tile[home], -1)
    return regional_quantiles(radius, region, world.n_zones, quantiles=QUANTILES)[0]


def model_scores(moves: Moves) -> dict[str, Any]:
    """Score models fitted to estimated flows of a working day, on these and on true flows."""
    world = moves.world
    trips = find_trips(moves.segments, max_unknown_s=moves.staying.max_unknown_s)
    days = np.arange(DAYS + 1) * DAY
    table = flow_table(trips, moves.refined, days, weight_of_device=moves.weights)
    guess = table.n_trips[:5, :-1, :-1].mean(axis=0)
    true = world.true_flows(moves.device)[1][:5].mean(axis=0)
    np.fill_diagonal(guess, 0.0)
    np.fill_diagonal(true, 0.0)
    weight = world.residents
    inside = world.zone_of_tile >= 0
    centre = np.column_stack(
        [
            np.bincount(world.zone_of_tile[inside], weights=(weight * world.tiles[name])[inside])
            / world.register
            for name in ("x_m", "y_m")
        ]
    )
    distance = np.hypot(*(centre[:, None] - centre[None]).transpose(2, 0, 1))
    by_model: dict[str, Any] = {}
    for name, model in (
        ("gravity, exponential", FlowGravity()),
        ("gravity, power", FlowGravity(deterrence="power")),
        ("radiation", FlowRadiation()),
    ):
        expected = model.fit(guess, world.register, distance).predict(world.register, distance)
        by_model[name] = {
            "cpc_estimated": scores.common_part_of_commuters(guess, expected),
            "cpc_true": scores.common_part_of_commuters(true, expected),
        }
        if isinstance(model, FlowGravity):
            by_model[name]["deviance_share"] = model.deviance_share_
    return by_model
