"""What a study found: a table of its candidates, and two of them side by side.

A world counts once: figures are means over worlds, with intervals over worlds.
"""

from __future__ import annotations

import hashlib
import math
from pathlib import Path
from typing import Any

import pandas as pd
from scipy import stats

from peil import methods
from peil.adapters import experiments
from peil.outcome import Fact, Refused
from peil.score import score
from peil.score.studies import groups, units
from peil.score.studies.plan import Study, Unit
from peil.score.studies.worlds import PILOT
from peil.store.atomic import canonical, read_json, write_json
from peil.store.store import Store
from peil_models.scores import mean_gain

NAME = "scores.json"
MEASURES = ("mape_day", "wape_day", "bias_day", "mape_night", "coverage", "interval_score")
LEAST_WORLDS = 3  # of fewer no interval is worth the name


def write(store: Store, study: Study, folder: Path, every: list[Unit]) -> dict[str, Fact]:
    """Score every candidate on every world, write the table, and log it in MLflow."""
    record: dict[str, Any] = {
        "study": study.model_dump(mode="json"),
        "worlds": [world.name for world in study.every_world()],
        "stores": {world.name: world.key for world in study.every_world()},
        "units": {f"{unit.world.name} {unit.label}": unit.key for unit in every},
        "candidates": {},
    }
    for estimator in study.estimators:
        for label in study.parameters:
            rows = _rows(folder, every, estimator, label)
            by_world = {
                str(world): score.figures(PILOT, part) for world, part in rows.groupby("world")
            }
            record["candidates"][f"{estimator}@{label}"] = {
                "worlds": by_world,
                "mean": {
                    name: _mean([figures[name] for figures in by_world.values()])
                    for name in MEASURES
                },
            }
    if (folder / NAME).exists() and canonical(read_json(folder / NAME)) == canonical(record):
        return _facts(record)
    _log(store, study, record)
    write_json(folder / NAME, record)
    return _facts(record)


def _facts(record: dict[str, Any]) -> dict[str, Fact]:
    return {"n_candidates": len(record["candidates"]), "n_worlds": len(record["worlds"])}


def record_of(store: Store, name: str) -> dict[str, Any]:
    """The table of a study.

    Raises
    ------
    Refused
        It was not run to its end.
    """
    file = store.root / "studies" / name / NAME
    if not file.exists():
        raise Refused(f"The study {name} has no table yet: run `peil study run {name}`.")
    record: dict[str, Any] = read_json(file)
    return record


def compare(store: Store, name: str, incumbent: str, candidate: str) -> list[dict[str, Any]]:
    """By how much a candidate of a study errs less than another, in each group of zone-hours.

    Returns
    -------
    list of dict
        As of `peil.score.paired.against`: ``estimator`` (the candidate), ``group``, ``gain`` with
        ``lower`` and ``upper``, ``n_zones``, ``n_days``; a gain is the mean of the worlds' own, its
        interval over worlds.

    Raises
    ------
    Refused
        The study has no such candidate, or too few worlds.
    """
    record = record_of(store, name)
    for each in (incumbent, candidate):
        if each not in record["candidates"]:
            names = ", ".join(record["candidates"])
            raise Refused(f"The study {name} has no candidate {each}: there are {names}.")
    if len(record["worlds"]) < LEAST_WORLDS:
        raise Refused(
            f"The study {name} has {len(record['worlds'])} worlds: {LEAST_WORLDS} at least tell "
            "how sure a difference is; add seeds."
        )
    first, second = (rows_of(store, name, each) for each in (incumbent, candidate))
    return beside(first, second, candidate, methods.section("compare", PILOT))


def beside(
    first: pd.DataFrame, second: pd.DataFrame, candidate: str, choices: dict[str, Any]
) -> list[dict[str, Any]]:
    """Compare two candidates' rows of the same worlds, group by group.

    Parameters
    ----------
    first, second : DataFrame
        Of the incumbent and of the candidate: world, zone_id, hour_at, value, n_true, day, is_off,
        is_day, is_night; with `groups.ABOUT` in more groups, and in those of higher levels.
    choices : dict
        Section `compare` of methods.toml.
    """
    key = ["zone_id", "hour_at"]
    about, other = (
        rows.assign(zone_id=rows["world"] + " " + rows["zone_id"]).set_index(key).sort_index()
        for rows in (first, second)
    )
    other = other.reindex(about.index)
    chosen = groups.guarded(about, choices)
    parts = [(name, about[rows], other[rows]) for name, rows in chosen.items()]
    parts += [(name, *pair) for name, pair in groups.levels(about, other["value"]).items()]
    compared = []
    for group, before, after in parts:
        after = after.reindex(before.index)
        is_known = before["value"].notna() & after["value"].notna() & (before["n_true"] > 0)
        part = before[is_known]
        errs = part["value"] != part["n_true"]
        if part.loc[errs, "world"].nunique() < max(LEAST_WORLDS, part["world"].nunique()):
            continue  # too few worlds have it, or it is held to the truth in one
        gain = mean_gain(
            part["n_true"],
            part["value"],
            after["value"][is_known],
            part["world"],
            level=choices["level"],
        )
        compared.append(
            {
                "estimator": candidate,
                "group": group,
                **{end: round(getattr(gain, end), 4) for end in ("gain", "lower", "upper")},
                "n_zones": int(part.index.get_level_values("zone_id").nunique()),
                "n_days": gain.n_days,
            }
        )
    return compared


def rows_of(store: Store, name: str, candidate: str) -> pd.DataFrame:
    """Rows of a candidate on every world (column `world`), from the units of the study's table.

    Raises
    ------
    Refused
        A unit is gone.
    """
    record, folder = record_of(store, name), store.root / "studies" / name
    estimator, label = candidate.split("@")
    frames = []
    for world in record["worlds"]:
        file = folder / "units" / f"{record['units'][f'{world} {label}']}.parquet"
        if not file.exists():
            raise Refused(f"{file} is gone: run `peil study run {name}` again.")
        rows = pd.read_parquet(file)
        frames.append(rows[rows["estimator"] == estimator].assign(world=world))
    return pd.concat(frames, ignore_index=True)


def _rows(folder: Path, every: list[Unit], estimator: str, label: str) -> pd.DataFrame:
    frames = [
        pd.read_parquet(units.file_of(folder, unit)).assign(world=unit.world.name)
        for unit in every
        if unit.label == label
    ]
    whole = pd.concat(frames, ignore_index=True)
    return whole[whole["estimator"] == estimator]


def _mean(values: list[float]) -> dict[str, float | None]:
    """The mean over worlds, and half of its 90 % interval; none of one world."""
    series = pd.Series(values)
    half = (
        stats.t.ppf(0.95, len(series) - 1) * series.std(ddof=1) / math.sqrt(len(series))
        if len(series) > 1
        else None
    )
    return {
        "mean": round(float(series.mean()), 6),
        "half": None if half is None else round(float(half), 6),
    }


def _log(store: Store, study: Study, record: dict[str, Any]) -> None:
    """A run of the study in MLflow, and a run of each candidate below it."""
    experiment = f"study {study.study}"
    run_id = hashlib.sha256(canonical(record)).hexdigest()[:32]
    worlds = study.worlds.model_dump(mode="json")
    parent = experiments.log_run(
        store, experiment, run_id, study.title, worlds, {}, {"peil.study": study.study}
    )
    for candidate, scored in record["candidates"].items():
        label = candidate.partition("@")[2]
        experiments.log_run(
            store,
            experiment,
            hashlib.sha256(f"{run_id} {candidate}".encode()).hexdigest()[:32],
            candidate,
            {"estimator": candidate.partition("@")[0], **study.parameters[label]},
            {name: figure["mean"] for name, figure in scored["mean"].items()},
            {"peil.study": study.study, "mlflow.parentRunId": parent},
        )
