"""Estimate: the counted table becomes presence per zone and hour, with an interval and a run id.

Rests on the counted table and the cell plan alone; no device-level row is read.
"""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pandas as pd

from peil import methods
from peil.adapters import experiments, transform
from peil.adapters.versions import PRESENCE, Version
from peil.area.area import area_of, fingerprint
from peil.charter.period import Period
from peil.estimate import memory, shadow
from peil.estimate import night as night_hours
from peil.estimate.champion import SECTIONS, champion_of, chosen, described, made_of, presence_of
from peil.estimate.estimators import ESTIMATORS
from peil.estimate.outages import outages_of
from peil.estimate.presence import Estimation
from peil.estimate.standing import notes
from peil.outcome import Outcome, Refused, Waiting
from peil.stage.counted import counted_of
from peil.store import provenance
from peil.store.atomic import (
    fresh_folder,
    read_json,
    read_whole,
    replace_folder,
    write_json,
)
from peil.store.faults.written import hashes, is_whole
from peil.store.store import Store


def estimated(period: Period) -> Outcome:
    """Make the estimates of a day that is held; raises as `peil.estimate.estimate.estimate`."""
    presence = presence_of(period.store, period.pilot)
    with chosen(presence, period.pilot):
        return _by(presence, period)


def _by(presence: Version, period: Period) -> Outcome:
    charter, day, store, pilot = period.charter, period.day, period.store, period.pilot
    manifest = store.staged_manifest(pilot, day)
    if not (manifest.exists() and store.staged_file(pilot, day).exists()):
        raise Waiting(f"{pilot} {day} is not staged yet: run `peil stage {pilot} {day}`.")
    night = night_hours.night_for(charter, day, store)
    version, released = champion_of(store, pilot), presence.model.estimator
    noted = notes(version, presence)
    inputs = {
        "staged": read_json(manifest)["content_sha256"],
        "footprint": version.run_id,
        "night": night.fingerprint,
        "area": fingerprint(charter, store),
        "presence": described(presence)["sha256"],
    }
    parameters = {name: methods.section(name, pilot) for name in SECTIONS}
    run_ids = {
        name: provenance.run_id({**inputs, "estimator": name}, parameters) for name in ESTIMATORS
    }
    folder = store.estimated(pilot, day)
    record = store.estimated_record(pilot, day)
    before = read_whole(record)
    if before.get("run_ids") == run_ids and is_whole(folder, before):
        return period.outcome("estimate", "unchanged", {**before["facts"], **noted})

    experiments.close_cut_off(store, pilot, str(day))
    counted = counted_of(charter, day, store)
    area = area_of(charter, store)
    night = night.observed(counted.unobserved)
    is_past = bool(night.hours)  # then nothing of this hour is asked to be a night
    if not is_past and not night.today_hours and area.register is not None:
        raise Refused(
            f"{pilot} {day}: no hour of the night was observed, so devices cannot be turned into "
            "persons: have the night's records delivered, and run the day again."
        )
    at_night = counted.of_hours(night.today_hours).devices
    if not is_past and area.register is not None and not at_night.any():
        raise Refused(
            f"{pilot} {day}: every count of the night is under the threshold of "
            f"{charter.threshold} devices, so that nothing can be turned into persons: a pilot "
            "needs more devices, or cells that hold more of them."
        )
    for plan in counted.plans:
        placed = area.placed(plan.cells)
        memory.require(store.settings, f"{pilot} {day}", version.footprint, placed, area.tiles)
    estimation = Estimation(charter, area, counted, version.footprint, night, ESTIMATORS, released)
    zones, unlocated, metrics = [], [], {}
    for name in ESTIMATORS:
        table, lost, figures = estimation.run(name, run_ids[name])
        zones.append(counted.unobserved_as_missing(table))
        unlocated.append(counted.unobserved_as_missing(lost))
        metrics[name] = figures
    facts: dict[str, int | float | str] = {
        "footprint": version.label,
        "n_zones": len(area.zones),
        "n_hours": len(counted.hours),
        "n_hours_unobserved": len(counted.unobserved),
        **{
            f"{name}_steps": int(metrics[name]["n_iter"])
            for name, row in ESTIMATORS.items()
            if row.is_iterative
        },
        "n_plans": int(metrics[released]["n_plans"]),
        "n_silent_cells": int(metrics[released]["n_silent_cells"]),
        "n_ratios_bounded": int(metrics[released]["n_ratios_bounded"]),
        "misfit_share": round(metrics[released]["misfit_share"], 4),
        "unlocated_share": round(metrics[released]["unlocated_share"], 4),
        "withheld_share": round(metrics[released]["withheld_share"], 4),
    }
    aside = fresh_folder(folder.with_name(f".{folder.name}.part"))
    _write(aside / "est_presence__by_zone_hour.parquet", pd.concat(zones, ignore_index=True))
    _write(
        aside / "est_presence__by_tile_hour.parquet",
        counted.unobserved_as_missing(estimation.tile_table(run_ids[released])),
    )
    if area.register is not None:
        _write(
            aside / "est_presence__draws.parquet",
            estimation.draws_table(run_ids[released]),
        )
    _write(aside / "unlocated.parquet", pd.concat(unlocated, ignore_index=True))
    champions = zones[list(ESTIMATORS).index(released)]
    beside = shadow.of_day(period, inputs, version.model, area, counted, night, champions)
    if beside and beside.table is not None:
        _write(aside / shadow.FILE, beside.table)
    _is_well_formed(store, pilot, day, aside)
    for name in ESTIMATORS:
        experiments.log_run(
            store,
            pilot,
            run_ids[name],
            f"{name} {day}",
            {
                **parameters["presence"],
                **parameters["location"],
                **{f"footprint.{k}": v for k, v in version.footprint.get_params().items()},
            },
            metrics[name],
            {
                "peil.day": str(day),
                "peil.estimator": name,
                "peil.footprint": version.label,
                "peil.inputs": provenance.run_id(inputs, {}),
            },
        )
    is_own = night.is_own_for(released)
    dark = day if is_own else night.day
    write_json(
        aside / "estimated.json",
        {
            "run_ids": run_ids,
            "facts": facts,
            "outages": outages_of(estimation.silent_shares, estimation.bottom, counted.hours),
            "footprint": version.label,
            "made_of": made_of(inputs, version, {PRESENCE: described(presence)}),
            "delivery": _delivery(store, pilot, day),
            **({"shadow": beside.facts} if beside else {}),
            "tables": hashes(aside),
            "night": {
                "day": str(dark),
                "is_own": is_own,
                "is_working": night_hours.is_working(charter, dark),
                **({"hours": [str(hour) for hour in night.hours]} if is_past else {}),
            },
        },
    )
    replace_folder(aside, folder)
    return period.outcome("estimate", "done", {**facts, **noted}, folder)


def _delivery(store: Store, pilot: str, day: date) -> list[str]:
    """Hashes of the files of events, by which other releases of the same records are known."""
    landed = store.raw_manifest(pilot, day)
    files = read_json(landed)["files"] if landed.exists() else []
    return sorted({file["sha256"] for file in files})


def _is_well_formed(store: Store, pilot: str, day: date, folder: Path) -> None:
    """Let dbt ask its questions of the files before they take their place."""
    work = store.work(pilot, day, "estimate")
    limits = transform.TransformSession.bounded(store.settings, work)
    transform.check("estimated", folder, limits, work / "dbt")


def _write(path: Path, table: pd.DataFrame) -> None:
    table.to_parquet(path, index=False)
    with path.open("rb") as file:
        os.fsync(file.fileno())
