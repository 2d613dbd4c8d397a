"""Stays, homes, work, flows and visitors on simulated weeks with known truth, beside rivals.

This module says what the part measures; `world` simulates and knows the truth, `methods` estimates,
`flows`, `homes`, `tourists` and `distances` score, `page` makes tables and `plots` pictures.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.accuracy.moves import page
from benchmarks.accuracy.moves.distances import distance_scores, model_scores
from benchmarks.accuracy.moves.flows import flow_scores, stay_scores
from benchmarks.accuracy.moves.homes import home_scores, work_scores
from benchmarks.accuracy.moves.methods import FIRST, Moves
from benchmarks.accuracy.moves.plots import plots
from benchmarks.accuracy.moves.tourists import tourist_scores
from benchmarks.accuracy.moves.world import DAYS, PILOT, MovesWorld
from peil import methods
from peil_models import scores
from peil_models.mobility import FlowTable, flow_interval
from peil_models.uncertainty import learn_model_error

__all__ = ["TITLE", "facts", "measure", "plots", "report"]

TITLE = "Stays, homes, flows and visitors in the demo country"
TAUGHT, SCORED = (1, 2), (11, 12, 13, 14, 15)
DEVICES = 6_000


def measure(tell: Callable[[str], object]) -> dict[str, Any]:
    """Score the worlds of seeds 11 to 15; two minutes a world, two more teach the intervals."""
    taught = []
    for seed in TAUGHT:
        tell(f"world {seed}: teaches the intervals of flows")
        taught.append(flow_scores(Moves(MovesWorld(seed, DEVICES)))[FIRST]["pairs"])
    learnt = _learn(taught)
    tell(f"learnt: {learnt}")
    scored: dict[str, Any] = {}
    for seed in SCORED:
        tell(f"world {seed}: simulate, segment, place, score")
        moves = Moves(MovesWorld(seed, DEVICES))
        flows = flow_scores(moves)
        pairs = flows[FIRST].pop("pairs")
        flows[FIRST] |= _covered(pairs, learnt)
        scored[str(seed)] = {
            "stays": stay_scores(moves),
            "homes": home_scores(moves),
            "work": work_scores(moves),
            "flows": flows,
            "tourists": tourist_scores(moves),
            "distances": distance_scores(moves),
            "models": model_scores(moves),
            "pairs": {name: _mean_of_days(pairs[name]) for name in ("true", "persons")},
        }
    pairs_by_seed = [world.pop("pairs") for world in scored.values()]
    return {"devices": DEVICES, "learnt": learnt, "scored": scored, "pairs": pairs_by_seed[0]}


def _mean_of_days(values: list[float]) -> list[float]:
    return [round(float(v), 2) for v in np.reshape(values, (DAYS, -1)).mean(axis=0)]


def _table(pairs: dict[str, list[float]]) -> tuple[NDArray[np.float64], FlowTable]:
    true, persons, squared = (np.array(pairs[n]) for n in ("true", "persons", "squared"))
    return true, FlowTable(persons, squared, np.array(pairs["devices"]).astype(np.int64))


def _level() -> float:
    return float(methods.section("flows", PILOT)["level"])


def _learn(taught: list[dict[str, list[float]]]) -> dict[str, float]:
    """Learn the width of the intervals of flows, and of a fixed share, from worlds not scored."""
    joined = {name: [v for pairs in taught for v in pairs[name]] for name in taught[0]}
    true, table = _table(joined)
    has_trips = table.n_trips > 0
    weight = table.n_trips_squared[has_trips] / table.n_trips[has_trips]
    width = learn_model_error(
        table.n_trips[has_trips], true[has_trips], table.n_trips[has_trips] / weight, weight
    )
    share = np.quantile(np.abs(true[has_trips] / table.n_trips[has_trips] - 1.0), _level())
    return {
        "sampling_overdispersion": round(width.sampling_overdispersion, 3),
        "model_error_share": round(width.model_error_share, 4),
        "fixed_share": round(float(share), 4),
    }


def _covered(pairs: dict[str, list[float]], learnt: dict[str, float]) -> dict[str, float]:
    true, table = _table(pairs)
    lower, upper = flow_interval(
        table,
        level=_level(),
        sampling_overdispersion=learnt["sampling_overdispersion"],
        model_error_share=learnt["model_error_share"],
    )
    off = learnt["fixed_share"] * table.n_trips
    fixed = np.maximum(table.n_trips - off, 0.0), table.n_trips + off
    return {
        "coverage": scores.interval_coverage(true, lower, upper),
        "interval_score": scores.interval_score(true, lower, upper, level=_level()),
        "interval_score_fixed": scores.interval_score(true, *fixed, level=_level()),
    }


def facts(record: dict[str, Any]) -> dict[str, int | float | str]:
    """Return what the last line of the command says."""
    return {name: round(value[0], 4) for name, value in page.bars(record).items()}


def report(record: dict[str, Any]) -> str:
    """Return the tables for people."""
    return page.report(record, TAUGHT)
