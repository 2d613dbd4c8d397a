"""Estimate the products that follow devices: flows, visitors, residence, as the charter names them.

One pass over a linkage window makes the sums of all of them; its days are estimated together, once
the whole window is staged. The pass itself is `follow`, the statistics of a product are `tables`.
Presence needs none of this and comes first (`peil.estimate.estimate`).
"""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from peil import methods
from peil.adapters import experiments, transform
from peil.adapters.versions import STAYS, Version
from peil.area.area import Area, area_of, fingerprint
from peil.charter import retention
from peil.charter.clock import hours_of
from peil.charter.period import Period
from peil.charter.products import PRESENCE, Product, resolve
from peil.charter.schema import Charter
from peil.charter.windows import Window, linked_products, periods
from peil.estimate.champion import champion_of, default_footprint, made_of
from peil.estimate.linked import follow, versions
from peil.estimate.linked.origin_plan import origin_plan
from peil.estimate.linked.plan import flow_plan
from peil.estimate.linked.tables import ESTIMATOR, TablePeriod, Weighing, positions_of
from peil.estimate.standing import notes
from peil.gates import require_open
from peil.outcome import Fact, Outcome
from peil.stage import device_rows, readiness
from peil.stage.counted import unobserved_hours
from peil.store import lock, provenance
from peil.store.atomic import (
    aside_of,
    fresh_folder,
    read_json,
    read_whole,
    removed_on_failure,
    replace_folder,
    sha256,
    write_json,
)
from peil.store.faults.written import hashes, is_whole, read_parquet
from peil.store.store import Store
from peil_models.footprint import FootprintMean

Status = Literal["done", "unchanged"]
SECTIONS = (
    "linked",
    "footprint",
    "location",
    "linked_interval",
    "cleaning",
    "weighting",
    "stays",
    "linking",
    "overlaps",
    "rest",
    "timing",
    "placing",
    "residence",
    "grain",
    "trips",
)
HOMES = "homes"  # the tally that turns devices into persons: every product needs it


def is_estimated(charter: Charter, product: Product, window: Window, store: Store) -> bool:
    """Whether all periods of a product in a window are estimated."""
    return all(
        store.estimated_record(charter.pilot, day, product.name).exists()
        for day in periods(product, window)
    )


def estimate(pilot: str, product: str, day: str) -> Outcome:
    """Estimate a product on every day of the linkage window that a day lies in.

    Raises
    ------
    Waiting
        Not every day of the window is staged.
    GateClosed
        What is staged of one of them is not believable.
    Refused
        The charter does not name the product.
    """
    period = Period.open(pilot, day)
    row = period.product(product)
    if row.name == PRESENCE:
        from peil.estimate.estimate import estimate as presence

        return presence(pilot, day)
    window = period.window
    if all(period.is_released(row.name, start) for start in periods(row, window)):
        return outcome(period, row, "unchanged", {"why": "released"})
    for gone in retention.gone_days(period.store, period.pilot, window):
        is_done = is_estimated(period.charter, row, window, period.store)
        of_gone = Period(period.charter, gone, period.store)
        if retained := of_gone.retained(f"estimate_{row.name}", "staged", is_done):
            return retained
    readiness.require_staged(period.charter, window, period.store)
    for staged_day in window.days():
        require_open("staged", period.pilot, str(staged_day))
    whole = Period(period.charter, window.first, period.store)
    store = period.store
    folders = [store.estimated(period.pilot, start, row.name) for start in periods(row, window)]
    asides = [aside_of(folder) for folder in (*folders, store.linked(period.pilot, window.first))]
    work = store.work(period.pilot, window.first, f"estimate_{row.name}")
    held = whole.held(f"estimate {row.name}", part=lock.LINKED)
    with held, removed_on_failure(work, *asides):
        status, facts = _estimate(whole, row)
    return outcome(period, row, status, facts)


def outcome(period: Period, product: Product, status: Status, facts: dict[str, Fact]) -> Outcome:
    """The outcome of estimating a product's window, told of the day that was asked for."""
    window = period.window
    folder = period.store.estimated(period.pilot, window.first, product.name)
    facts = {"window": str(window), **facts}
    return period.outcome(f"estimate_{product.name}", status, facts, folder)


def _estimate(period: Period, product: Product) -> tuple[Status, dict[str, Fact]]:
    store, pilot = period.store, period.pilot
    models = {
        name: versions.standing_of(store, pilot, name)
        for name in versions.quantities_of(product.name)
    }
    stays = models[STAYS]
    with versions.chosen(pilot, stays):  # the pass is the same for all products
        followed = {name: methods.section(name, pilot) for name in SECTIONS}
    with versions.chosen(pilot, *models.values()):
        return _by(period, product, models, followed)


def _by(
    period: Period,
    product: Product,
    models: dict[str, Version],
    followed: dict[str, dict[str, Any]],
) -> tuple[Status, dict[str, Fact]]:
    """Estimate by the versions that stand, whose choices hold meanwhile."""
    charter, store, pilot, window = period.charter, period.store, period.pilot, period.window
    version = champion_of(store, pilot)
    noted = notes(version, *models.values())
    # One that is calibrated on counts lets cells overlap too little to tell rest from travel: a
    # third more trips than there are. Midway to the defaults they are nearly as many.
    footprint = FootprintMean([default_footprint(pilot), version.footprint])
    opt_out = device_rows.opt_out_list(charter, store)
    described = {name: versions.described(name, each) for name, each in models.items()}
    inputs = {
        "rows": [_rows(store, pilot, day) for day in window.days()],
        "footprint": f"mean of the defaults and {version.run_id}",
        "area": fingerprint(charter, store),
        "opt_out": sha256(opt_out) if opt_out else "none",
        "products": [row.name for row in linked_products(charter)],
        STAYS: described[STAYS]["sha256"],
    }
    parameters = {name: methods.section(name, pilot) for name in SECTIONS}
    own = {"product": product.name, **{name: each["sha256"] for name, each in described.items()}}
    run_id = provenance.run_id({**inputs, **own}, parameters)
    folders = [store.estimated(pilot, day, product.name) for day in periods(product, window)]
    records = [read_whole(folder / "estimated.json") for folder in folders]
    if all(
        record.get("run_id") == run_id and is_whole(folder, record)
        for folder, record in zip(folders, records, strict=True)
    ):
        return "unchanged", {**records[0]["facts"], **noted}

    experiments.close_cut_off(store, pilot, f"{window.first} {product.name}")
    area = area_of(charter, store)
    sums_id = provenance.run_id(inputs, followed)
    tallies, facts = _tallies(charter, window, store, area, footprint, sums_id)
    weighing = Weighing(area, parameters, tallies[HOMES])
    tables = _tables(charter, area, product, window, weighing, tallies, run_id)
    work = fresh_folder(store.work(pilot, window.first, f"estimate_{product.name}"))
    _write(
        work / "whole",
        {
            name: pd.concat([day[name] for day in tables.values()], ignore_index=True)
            for name in product.estimated.files
        },
    )
    limits = transform.TransformSession.bounded(store.settings, work)
    transform.check("estimated", work / "whole", limits, work / "dbt", product.name)
    experiments.log_run(
        store,
        pilot,
        run_id,
        f"{product.name} {window}",
        methods.section("linked", pilot),
        {name: float(value) for name, value in facts.items()},
        {
            "peil.day": f"{window.first} {product.name}",
            "peil.product": product.name,
            "peil.footprint": version.label,
            **{f"peil.{name}": each.label for name, each in models.items()},
        },
    )
    for day, of_day in tables.items():
        folder = store.estimated(pilot, day, product.name)
        aside = fresh_folder(aside_of(folder))
        _write(aside, of_day)
        write_json(
            aside / "estimated.json",
            {
                "run_id": run_id,
                "run_ids": {ESTIMATOR: run_id},
                "facts": facts,
                "footprint": version.label,
                "models": {name: each.label for name, each in models.items()},
                "made_of": made_of(inputs, version, described),
                "tables": hashes(aside),
                "window": {"start": str(window.first), "end": str(window.last)},
                "unobserved_hours": [
                    hour.isoformat() for hour in unobserved_hours(charter, day, store)
                ],
            },
        )
        replace_folder(aside, folder)
    fresh_folder(work)
    return "done", {**facts, **noted}


def _rows(store: Store, pilot: str, day: date) -> str:
    """What names the rows of a staged day; a day staged by an older Peil is named with its key."""
    manifest = read_json(store.staged_manifest(pilot, day))
    return str(manifest.get("rows", manifest["fingerprint"]))


def _tallies(
    charter: Charter, window: Window, store: Store, area: Area, footprint: Any, sums_id: str
) -> tuple[dict[str, pd.DataFrame], dict[str, Fact]]:
    """Tables of the window's sums, made in one pass unless these very ones lie there."""
    folder = store.linked(charter.pilot, window.first)
    record = folder / "linked.json"
    products = linked_products(charter)
    finer = [row.finer[0] for row in products if row.finer]
    names = list(dict.fromkeys([HOMES, *(row.tally for row in products), *finer]))
    before = read_whole(record)
    if not (before.get("run_id") == sums_id and is_whole(folder, before)):
        followed = follow.follow(charter, window, store, area, footprint)
        aside = fresh_folder(aside_of(folder))
        for name in names:
            tally: Any = getattr(followed.sums, name)
            _parquet(aside / f"{name}.parquet", tally.frame())
        before = {"run_id": sums_id, "facts": followed.facts, "tables": hashes(aside)}
        write_json(aside / "linked.json", before)
        replace_folder(aside, folder)
    tables = {name: read_parquet(folder / f"{name}.parquet") for name in names}
    return tables, before["facts"]


def _tables(
    charter: Charter,
    area: Area,
    product: Product,
    window: Window,
    weighing: Weighing,
    tallies: dict[str, pd.DataFrame],
    run_id: str,
) -> dict[date, dict[str, pd.DataFrame]]:
    """The estimates of each period of the window, by the names of their files."""
    entry_points = [(product.tally, product.estimate), *([product.finer] if product.finer else [])]
    make = [(tally, resolve(entry_point)) for tally, entry_point in entry_points]
    hours = device_rows.hours_of_window(charter, window)
    plans = flow_plan(charter, area, hours), origin_plan(charter, area, hours)
    counts = [len(hours_of(day, charter.time_zone)) for day in window.days()]
    return {
        day: {
            name: table_of(
                weighing,
                tallies[tally],
                TablePeriod(window, hours, positions_of(day, window, counts), run_id, *plans),
            )
            for name, (tally, table_of) in zip(product.estimated.files, make, strict=True)
        }
        for day in periods(product, window)
    }


def _write(folder: Path, tables: dict[str, pd.DataFrame]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        _parquet(folder / f"{name}.parquet", table)


def _parquet(path: Path, table: pd.DataFrame) -> None:
    table.to_parquet(path, index=False)
    with path.open("rb") as file:
        os.fsync(file.fileno())
