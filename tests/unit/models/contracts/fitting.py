"""A small problem for each estimator: how it is built, and the arguments of its `fit`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from typing import Any

import joblib
import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.ensemble import HistGradientBoostingRegressor

from peil_models.footprint import FootprintSignalStrength
from peil_models.location import Histories
from peil_models.population import NetCount
from peil_models.residence.permanence import PermanenceScores

N_CELLS, N_TILES = 3, 6
CELLS = {"x_m": [0.0, 900.0, 2100.0], "y_m": [0.0, 500.0, 0.0], "azimuth_deg": [90.0, None, 10.0]}
TILES = {"x_m": [0.0, 400.0, 800.0, 1200.0, 1600.0, 2000.0], "y_m": 50.0, "elevation_m": 2.0}

Problem = tuple[BaseEstimator, dict[str, Any]]


def plan() -> dict[str, Any]:
    return {"cells": pd.DataFrame(CELLS), "tiles": pd.DataFrame(TILES)}


def chances() -> sparse.csr_array:
    """A footprint, its indices out of order: who sorts them in place spoils the caller's."""
    dense = np.array(
        [
            [0.9, 0.8, 0.5, 0.2, 0.0, 0.0],
            [0.1, 0.2, 0.5, 0.6, 0.5, 0.1],
            [0.0, 0.0, 0.0, 0.2, 0.5, 0.9],
        ]
    )
    rows = [(row, np.flatnonzero(row)[::-1]) for row in dense]
    return sparse.csr_array(
        (
            np.concatenate([row[at] for row, at in rows]),
            np.concatenate([at for _, at in rows]),
            np.cumsum([0, *(len(at) for _, at in rows)]),
        ),
        shape=dense.shape,
    )


def counts(n_columns: int = 2) -> np.ndarray:
    return np.array([[40.0, 11.0, 5.0], [35.0, 20.0, 9.0], [12.0, 31.0, 70.0]])[:, :n_columns]


def histories() -> Histories:
    device, at_s = np.repeat([0, 1, 2], 4), np.tile([0, 20, 40, 60], 3)
    return Histories.of(device, at_s, [0, 0, 1, 1, 2, 1, 1, 0, 2, 2, 2, 1])


def permanence() -> PermanenceScores:
    hours = np.full((2, 3, 4), 3)
    pair = np.array([0, 1])
    return PermanenceScores(pair, pair, hours, pair + 1, hours + 1, pair + 2)


def regressor(member: type) -> Problem:
    return member(), {"X": chances(), "y": counts()}


def transformer(member: type) -> Problem:
    return member(), {"X": counts(), "y": np.array([100.0, 200.0, 300.0])}


def footprint(member: type) -> Problem:
    return member(), plan()


def hidden_chain(member: type) -> Problem:
    estimator = member((2, 3), tile_m=200.0, step_s=5, prior=np.ones(N_TILES), fitted=("memory",))
    return estimator, {"connection_probability": chances(), "histories": histories()}


def places(member: type) -> Problem:
    return member(), {
        "connection_probability": chances(),
        "prior": np.arange(1.0, N_TILES + 1),
        "zone_of_tile": np.array([0, 0, 0, 1, 1, -1]),
    }


def anchors(member: type) -> Problem:
    estimator, data = places(member)
    xy = {"tile_x_m": np.array(TILES["x_m"]), "tile_y_m": np.zeros(N_TILES)}
    return estimator, data | xy


def rings(member: type) -> Problem:
    cells = {"cell_x_m": np.array([0.0, 900.0, np.nan]), "cell_y_m": np.zeros(N_CELLS)}
    tiles = {"tile_x_m": np.array(TILES["x_m"]), "tile_y_m": np.zeros(N_TILES)}
    return member(), {"connection_probability": chances()} | cells | tiles


def segmentation(member: type) -> Problem:
    return member(), {"overlaps": sparse.csr_array(np.eye(3, dtype=bool)[:, ::-1])}


def flows(member: type) -> Problem:
    places_m = np.array([0.0, 1000.0, 2500.0])
    return member(), {
        "flows": counts(3),
        "mass": np.array([10.0, 20.0, 30.0]),
        "distance_m": np.abs(np.subtract.outer(places_m, places_m)),
    }


def homes(member: type) -> Problem:
    points = np.column_stack([TILES["x_m"], np.zeros(N_TILES)])
    estimator = member(
        np.array([0, 0, 1, 1, 2, 2]), points, land_use=np.eye(N_TILES)[:, :2], n_iter=2
    )
    return estimator, {
        "X": chances(),
        "y": counts(3),
        "night": counts(3)[::-1].copy(),
        "night_devices": np.arange(1.0, N_TILES + 1),
    }


def pairs(member: type) -> Problem:
    return member(), {
        "pairs": np.array([[0, 1], [2, 0], [1, 2]]),
        "gain": np.array([6.0, -3.0, -np.inf]),
        "n_devices": 3,
    }


def shares(member: type) -> Problem:
    return member(), {"n_holders": np.array([33, 28, 3]), "register": np.array([100, 100, 10])}


def population(member: type) -> Problem:
    two = np.array([0.7, 0.6])
    return member(), {
        "net_counts": [NetCount.known(11), NetCount.known(20)],
        "omega_1": two,
        "omega_2": 1.0 - two,
        "penetration": np.array([0.4, 0.3]),
        "register": np.array([40.0, 90.0]),
    }


def mean_footprint(member: type) -> Problem:
    return member([FootprintSignalStrength(), FootprintSignalStrength(tilt_deg=3.0)]), plan()


def usual(member: type) -> Problem:
    return member(), {"scores": permanence()}


def hourly() -> pd.DataFrame:
    """Five weeks of two zones, and what a bar says of the last."""
    at = pd.date_range("2026-01-05", periods=35 * 24, freq="h", tz="Europe/Amsterdam")
    wave = 100.0 + np.array(at.hour, dtype=float) + 7.0 * np.sin(np.arange(len(at)))
    rows = {zone: wave * factor for zone, factor in (("a", 1.0), ("b", 3.0))}
    frames = [
        pd.DataFrame({"zone_id": zone, "hour_at": at, "value": values})
        for zone, values in rows.items()
    ]
    return pd.concat(frames, ignore_index=True)


def forecaster(member: type) -> Problem:
    return member(), {"history": hourly()}


def detector(member: type) -> Problem:
    history = hourly()
    edges = ("q025", "q100", "q250", "q500", "q750", "q900", "q975")
    forecasts = history[["zone_id", "hour_at"]].assign(issued_at=history["hour_at"].min())
    for k, name in enumerate(edges):
        forecasts[name] = history["value"].mean() + 10.0 * (k - 3)
    return member(), {"history": history, "forecasts": forecasts}


def outlook(member: type) -> Problem:
    return member(tried_days=7), {"history": hourly()}


def by_home(member: type) -> Problem:
    return member(), {"X": np.array([40.0, 11.0, 5.0]), "y": np.array([100.0, 20.0, 30.0])}


def stays(member: type) -> Problem:
    return member(), {"X": chances()}


MAPS: dict[str, Callable[[type], Problem]] = {
    "AnchorPlace": anchors,
    "Climatology": forecaster,
    "CrowdingOutlook": outlook,
    "CrowdingQuantiles": forecaster,
    "FlowGravity": flows,
    "FlowRadiation": flows,
    "FootprintBestServer": footprint,
    "FootprintMean": mean_footprint,
    "FootprintSignalStrength": footprint,
    "FootprintVoronoi": footprint,
    "HomeFlows": homes,
    "LocationHMM": hidden_chain,
    "LocationHMMHeading": hidden_chain,
    "MarketShareByRegion": shares,
    "MultiplicityOneToOne": pairs,
    "MultiplicityPairwise": pairs,
    "Nowcast": detector,
    "PersonsByHome": by_home,
    "PopulationBNB": population,
    "PopulationNB": population,
    "SeasonalNaive": forecaster,
    "StayPlacing": places,
    "StaysByChoices": stays,
    "StaySegmentation": segmentation,
    "SurgeDetector": detector,
    "TimingRings": rings,
    "UsualEnvironment": usual,
}
"""How a fitted map is built; regressors and transformers are built alike."""


def fingerprint(value: Any) -> Any:
    """The bytes of a value: arrays, sparse matrices, frames and what is made of them."""
    if sparse.issparse(value):
        parts = (value.data, value.indices, value.indptr)
        return "sparse", value.shape, [fingerprint(part) for part in parts]
    if isinstance(value, pd.DataFrame):
        return [(name, fingerprint(value[name].to_numpy())) for name in value.columns]
    if isinstance(value, np.ndarray) and value.dtype == object:
        return "objects", value.shape, [repr(part) for part in value.ravel()]  # not where they lie
    if isinstance(value, HistGradientBoostingRegressor):
        return joblib.hash(value)  # its trees are no arrays
    if isinstance(value, np.ndarray):
        return str(value.dtype), value.shape, np.ascontiguousarray(value).tobytes()
    if is_dataclass(value) and not isinstance(value, type):
        return [(field.name, fingerprint(getattr(value, field.name))) for field in fields(value)]
    if isinstance(value, BaseEstimator):
        return type(value).__name__, fingerprint(vars(value))
    if isinstance(value, dict):
        return [(key, fingerprint(value[key])) for key in sorted(value)]
    if isinstance(value, list | tuple):
        return [fingerprint(part) for part in value]
    return repr(value)
