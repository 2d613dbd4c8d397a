"""Presence in the demo country: worlds that teach the intervals, and other worlds that are scored.

Every world is run by the real verbs in a store of its own. Nothing is tuned on a scored world.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.accuracy.seeds import across
from benchmarks.measuring.process import CommandFailed
from benchmarks.recording import NothingMeasured
from peil.estimate.estimators import ESTIMATORS, RELEASED_ESTIMATOR
from peil.settings import PROJECT
from peil.store.atomic import read_json
from peil_models import scores
from peil_models.uncertainty import learn_model_error, presence_interval

# (seed, world seed): worlds that only teach the intervals, and worlds that are scored
TAUGHT = ((101, 101), (102, 102))
SCORED = ((11, 11), (12, 12), (13, 13), (14, 14), (15, 15))
DEVICES, DAYS = 12_000, 7
MEASURES = ("mape_day_plain", "mape_day", "wape_day", "coverage", "interval_score")
WIDTHS = ("sampling_overdispersion", "model_error_share")


TITLE = "Presence in the demo country"


def measure(tell: Callable[[str], object]) -> dict[str, Any]:
    """Run all worlds. About 2 minutes a world."""
    taught = [_world(seed, world, tell) for seed, world in TAUGHT]
    learnt = {name: _learn(taught, name) for name in ESTIMATORS}
    tell(f"learnt on other worlds: {learnt[RELEASED_ESTIMATOR]}")
    scored = {}
    for seed, world in SCORED:
        outcome = _world(seed, world, tell)
        scored[str(seed)] = {
            name: {**figures, **_covered(outcome["joined"], name, learnt[name])}
            for name, figures in outcome["whole"].items()
        }
    if any(set(by_name) != set(ESTIMATORS) for by_name in scored.values()):
        raise NothingMeasured("The benchmark accuracy lacks an estimator: a score left one out.")
    return {
        "devices": DEVICES,
        "days": DAYS,
        "champion": RELEASED_ESTIMATOR,
        "learnt": learnt,
        "taught_seeds": [list(pair) for pair in TAUGHT],
        "scored": scored,
    }


def facts(record: dict[str, Any]) -> dict[str, int | float | str]:
    """Return what the last line of the command says."""
    return {
        f"{name}_{measure}": round(across(_values(record["scored"], name, measure))[0], 4)
        for name in ESTIMATORS
        for measure in ("mape_day_plain", "mape_day")
    }


def _world(seed: int, world: int, tell: Callable[[str], object]) -> dict[str, Any]:
    """Run one world in a process and a store of its own, so that no two share anything."""
    tell(f"world {world}, people {seed}: simulate, stage, train, estimate, score")
    store = Path(tempfile.mkdtemp(prefix="peil-bench-"))
    try:
        environment = {**os.environ, "PEIL_DATA": str(store)}
        for name in ("PEIL_DELIVERIES", "PEIL_TRUTH", "PEIL_MLFLOW_URI"):
            environment.pop(name, None)
        code = f"from benchmarks.accuracy.demo import run_world; run_world({seed}, {world})"
        done = subprocess.run(
            [sys.executable, "-c", code],
            check=False,
            env=environment,
            cwd=PROJECT,
            stdout=subprocess.DEVNULL,
        )
        if done.returncode != 0:
            raise CommandFailed(f"The world of seed {seed} failed: see its own error above.")
        scores: dict[str, Any] = read_json(store / "operator/estimated/demo/scores/scores.json")
        return {**scores, "joined": pd.read_parquet(store / "joined.parquet")}
    finally:
        shutil.rmtree(store, ignore_errors=True)


def run_world(seed: int, world: int) -> None:
    """Run the verbs that lead to a score, without release and pages; for a process of its own."""
    from peil.charter import reading
    from peil.commands import verbs
    from peil.commands.demo import simulate_demo
    from peil.score import score
    from peil.store.store import Store
    from peil.train import train

    simulate_demo(DEVICES, DAYS, seed, world, lambda what, share: None)
    charter, store = reading.load("demo"), Store()
    days = [str(day) for day in charter.days()[:DAYS]]
    for day in days:
        for verb in ("ingest", "stage"):
            list(verbs.take(verb, "demo", day))
    train("demo")
    for day in days:
        list(verbs.take("estimate", "demo", day))
    score.score("demo")
    score.joined(charter, store).to_parquet(store.root / "joined.parquet")


def _learn(taught: list[dict[str, Any]], name: str) -> dict[str, float]:
    """Learn the width of an estimator's interval from day hours of worlds that are not scored."""
    rows = pd.concat([world["joined"] for world in taught], ignore_index=True)
    rows = rows[(rows["estimator"] == name) & rows["local_hour"].between(7, 20)]
    rows = rows[rows["n_devices"] > 0]
    persons, devices = rows["n_persons"].to_numpy(), rows["n_devices"].to_numpy()
    learnt = learn_model_error(persons, rows["n_true"].to_numpy(), devices, persons / devices)
    return {
        "sampling_overdispersion": round(learnt.sampling_overdispersion, 3),
        "model_error_share": round(learnt.model_error_share, 4),
        "n_entries": learnt.n_entries,
    }


def _covered(joined: pd.DataFrame, name: str, learnt: dict[str, float]) -> dict[str, float]:
    """Return coverage and interval score of a scored world, with the width learnt on the others."""
    rows = joined[(joined["estimator"] == name) & joined["local_hour"].between(7, 20)]
    persons, devices = rows["n_persons"].to_numpy(), rows["n_devices"].to_numpy()
    ratio = persons / np.maximum(devices, 1e-9)
    width = {key: learnt[key] for key in WIDTHS}
    lower, upper = presence_interval(persons, devices, ratio, level=0.9, **width)
    true = rows["n_true"].to_numpy()
    return {
        "coverage": round(scores.interval_coverage(true, lower, upper), 4),
        "interval_score": round(scores.interval_score(true, lower, upper, level=0.9), 1),
    }


def _values(scored: dict[Any, Any], name: str, measure: str) -> list[float]:
    return [world[name][measure] for world in scored.values()]


def report(record: dict[str, Any]) -> str:
    """Return the tables for people: mean over seeds ± half its 90 % interval, and learnt widths."""
    scored, learnt = record["scored"], record["learnt"]
    lines = [
        f"{record['devices']} devices, {record['days']} days, seeds {', '.join(scored)}. "
        "Municipalities, 07–20 h; mean ± half of its 90 % interval over seeds. *Plain*: one "
        "persons-per-device factor for the whole area, before the night ratio mends each "
        f"municipality. Released is `{record['champion']}`: docs/decisions/0013, where worlds 11 "
        "to 13 were looked at; worlds that were not stand in [released](released.md).",
        "",
        "| estimator | MAPE plain | MAPE with night ratio | WAPE | 90 % intervals cover | "
        "interval score (persons) |",
        "|---|---|---|---|---|---|",
    ]
    names = [name for name in ESTIMATORS if name in learnt]
    for name in names:
        parts = []
        for measure in MEASURES:
            form = "{:.0f}" if measure == "interval_score" else "{:.1%}"
            mean, half = across(_values(scored, name, measure))
            parts.append(f"{form.format(mean)} ± {form.format(half)}")
        lines.append(f"| {name} | " + " | ".join(parts) + " |")
    seeds = ", ".join(str(seed) for seed, _ in record["taught_seeds"])
    lines += [
        "",
        f"Widths of these intervals of single entries were learnt on other worlds (seeds {seeds}), "
        "each estimator's on its own errors. Released intervals are quantiles of joint draws.",
        "",
        "| estimator | overdispersion of sampling | model error | entries |",
        "|---|---|---|---|",
        *(
            f"| {name} | {learnt[name]['sampling_overdispersion']} | "
            f"{learnt[name]['model_error_share']:.1%} | {learnt[name]['n_entries']} |"
            for name in names
        ),
        "",
    ]
    return "\n".join(lines)
