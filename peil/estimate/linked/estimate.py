"""Products that follow devices: flows, visitors, residence, each only where the charter names it.

One pass over a linkage window makes the sums of all of them; its days are estimated together, once
the whole window is staged. Presence needs none of this and comes first (`peil.estimate.estimate`).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from peil import methods
from peil.adapters import experiments, transform
from peil.area.area import Area, area_of, fingerprint
from peil.charter import reading, register, windows
from peil.charter.clock import hours_of
from peil.charter.products import LINKED, PRODUCTS, Product, table_of
from peil.charter.schema import Charter
from peil.charter.windows import Window
from peil.estimate.champion import champion_of, default_footprint
from peil.estimate.linked import follow
from peil.estimate.linked import tables as product_tables
from peil.gates import require_open
from peil.outcome import Fact, Outcome, Refused
from peil.stage import device_rows
from peil.store import ledger, lock, provenance
from peil.store.atomic import fresh_folder, read_json, replace_folder, sha256, write_json
from peil.store.store import Store
from peil_models.footprint import FootprintMean

Status = Literal["done", "unchanged"]
SECTIONS = (
    "linked",
    "footprint",
    "location",
    "uncertainty",
    "cleaning",
    "weighting",
    "stays",
    "overlaps",
    "timing",
    "placing",
    "residence",
)
NEEDS = {"flows": "flows", "visitors": "present"}  # the tally that a product is made of


def named(charter: Charter, product: str) -> Product:
    """The product of that name, where the charter names it.

    Raises
    ------
    Refused
        There is no such product, or the charter does not name it.
    """
    for known in PRODUCTS:
        if known == product:
            if known in charter.products:
                return known
            raise Refused(
                f"The charter of {charter.pilot} does not name the product {product}: it allows "
                f"{', '.join(charter.products)}; another purpose needs another signature."
            )
    raise Refused(f"There is no product {product}: there are {', '.join(PRODUCTS)}.")


def days_of(charter: Charter, product: Product, window: Window) -> list[date]:
    """Periods that a product has in a window, by their first day: every day, or the window."""
    return [window.first] if product == "residence" else window.days()


def record_of(store: Store, pilot: str, product: Product, day: date) -> Path:
    """The file that says what made the estimates of a product and period."""
    return store.estimated(pilot, day, product) / "estimated.json"


def is_estimated(charter: Charter, product: Product, window: Window, store: Store) -> bool:
    """Whether all periods of a product in a window are estimated."""
    return all(
        record_of(store, charter.pilot, product, day).exists()
        for day in days_of(charter, product, window)
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
    charter = reading.load(pilot)
    when = reading.day_of(charter, day)
    store = Store()
    found = named(charter, product)
    if found == "presence":
        from peil.estimate.estimate import estimate as presence

        return presence(pilot, day)
    register.enter(charter, store)
    window = windows.window_of(charter, when)
    days = days_of(charter, found, window)
    if all(ledger.is_released(store, charter.pilot, found, str(one)) for one in days):
        return told(charter, found, when, "unchanged", {"why": "released"}, store)
    device_rows.require_staged(charter, window, store)
    for one in window.days():
        require_open("staged", charter.pilot, str(one))
    with lock.held(store, charter.pilot, f"{window.first}.linked", f"estimate {found}"):
        status, facts = _estimate(charter, found, window, store)
    return told(charter, found, when, status, facts, store)


def told(
    charter: Charter, product: str, day: date, status: Status, facts: dict[str, Fact], store: Store
) -> Outcome:
    """The outcome of estimating a product, told of the day that was asked for."""
    window = windows.window_of(charter, day)
    place = store.estimated(charter.pilot, window.first, product)
    everything: dict[str, Fact] = {"window": str(window), **facts}
    verb = f"estimate_{product}"
    return Outcome(verb, charter.pilot, str(day), status, everything, [str(place)])


def _estimate(
    charter: Charter, product: Product, window: Window, store: Store
) -> tuple[Status, dict[str, Fact]]:
    pilot = charter.pilot
    version = champion_of(store, pilot)
    # One that is calibrated on counts lets cells overlap too little to tell rest from travel: a
    # third more trips than there are. Midway to the defaults they are nearly as many.
    footprint = FootprintMean([default_footprint(pilot), version.footprint])
    inputs = {
        "rows": [_rows(store, pilot, day) for day in window.days()],
        "footprint": f"mean of the defaults and {version.run_id}",
        "area": fingerprint(charter, store),
        "opt_out": sha256(listed)
        if (listed := device_rows.opt_out_list(charter, store))
        else "none",
        "products": [one for one in LINKED if one in charter.products],
    }
    parameters = {name: methods.section(name, pilot) for name in SECTIONS}
    run_id = provenance.run_id({**inputs, "product": product}, parameters)
    records = {
        day: record_of(store, pilot, product, day) for day in days_of(charter, product, window)
    }
    if all(one.exists() and read_json(one)["run_id"] == run_id for one in records.values()):
        facts = read_json(records[window.first])["facts"]
        return "unchanged", facts

    experiments.close_cut_off(store, pilot, f"{window.first} {product}")
    area = area_of(charter, store)
    sums_id = provenance.run_id(inputs, parameters)
    tables, facts = _sums(charter, window, store, area, footprint, sums_id)
    weighing = product_tables.Weighing(area, parameters, tables["homes"])
    made = _tables(charter, product, window, weighing, tables, run_id)
    work = fresh_folder(store.work(pilot, window.first, f"estimate_{product}"))
    _write(work / "whole", product, pd.concat(list(made.values()), ignore_index=True))
    limits = transform.TransformSession.bounded(store.settings, work)
    transform.check("estimated", work / "whole", limits, work / "dbt", product)
    experiments.log_run(
        store,
        pilot,
        run_id,
        f"{product} {window}",
        methods.section("linked", pilot),
        {name: float(value) for name, value in facts.items()},
        {
            "peil.day": f"{window.first} {product}",
            "peil.product": product,
            "peil.footprint": version.label,
        },
    )
    for day, table in made.items():
        folder = store.estimated(pilot, day, product)
        aside = fresh_folder(folder.with_name(f".{folder.name}.part"))
        _write(aside, product, table)
        write_json(
            aside / "estimated.json",
            {
                "run_id": run_id,
                "run_ids": {product_tables.ESTIMATOR: run_id},
                "facts": facts,
                "footprint": version.label,
                "window": {"start": str(window.first), "end": str(window.last)},
            },
        )
        replace_folder(aside, folder)
    fresh_folder(work)
    return "done", facts


def _rows(store: Store, pilot: str, day: date) -> str:
    """What names the rows of a staged day; a day staged by an older Peil is named with its key."""
    kept = read_json(store.staged_manifest(pilot, day))
    return str(kept.get("rows", kept["fingerprint"]))


def _sums(
    charter: Charter, window: Window, store: Store, area: Area, footprint: Any, sums_id: str
) -> tuple[dict[str, pd.DataFrame], dict[str, Fact]]:
    """Tables of the window's sums, made in one pass unless these very ones are kept."""
    folder = store.linked(charter.pilot, window.first)
    record = folder / "linked.json"
    kept = ["homes", *(NEEDS[name] for name in charter.products if name in NEEDS)]
    if not (record.exists() and read_json(record)["run_id"] == sums_id):
        followed = follow.follow(charter, window, store, area, footprint)
        aside = fresh_folder(folder.with_name(f".{folder.name}.part"))
        for name in kept:
            tally: Any = getattr(followed.sums, name)
            _parquet(aside / f"{name}.parquet", tally.frame())
        write_json(aside / "linked.json", {"run_id": sums_id, "facts": followed.facts})
        replace_folder(aside, folder)
    tables = {name: pd.read_parquet(folder / f"{name}.parquet") for name in kept}
    return tables, read_json(record)["facts"]


def _tables(
    charter: Charter,
    product: Product,
    window: Window,
    weighing: product_tables.Weighing,
    tables: dict[str, pd.DataFrame],
    run_id: str,
) -> dict[date, pd.DataFrame]:
    if product == "residence":
        return {window.first: product_tables.residence(weighing, window, run_id)}
    make: Callable[..., pd.DataFrame] = (
        product_tables.flows if product == "flows" else product_tables.visitors
    )
    hours = device_rows.hours_of_window(charter, window)
    counts = [len(hours_of(day, charter.time_zone)) for day in window.days()]
    return {
        day: make(
            weighing,
            tables[NEEDS[product]],
            hours,
            product_tables.positions_of(day, window, counts),
            run_id,
        )
        for day in window.days()
    }


def _write(folder: Path, product: Product, table: pd.DataFrame) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    _parquet(folder / f"{table_of('estimated', product)}.parquet", table)


def _parquet(path: Path, table: pd.DataFrame) -> None:
    table.to_parquet(path, index=False)
    with path.open("rb") as file:
        os.fsync(file.fileno())
