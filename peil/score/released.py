"""Score what a pilot released on known truth: each product and level, as a reader has it.

Estimates are scored elsewhere (`score`, `linked`). Here only tables that left are read, so that
what protection took away and what an interval promised are in the figures.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
from rich.table import Table

from peil import methods
from peil.area.area import Area
from peil.charter.clock import hours_of
from peil.charter.products import PRODUCTS
from peil.charter.schema import Charter
from peil.estimate.linked.plan import flow_plan
from peil.score import truth
from peil.score.presence_parts import by_attraction, of_draws
from peil.score.released_figures import (
    HOUR,
    Choices,
    Record,
    flows,
    persons_of_hour,
    presence,
    visitors,
)
from peil.store import checking, ledger, released_tables
from peil.store.faults.written import read_parquet
from peil.store.store import Store

HEADS = {
    "published_share": "true mass\npublished",
    "mape": "MAPE",
    "wape": "WAPE",
    "bias": "bias",
    "coverage": "covered",
    "interval_score": "interval\nscore",
    "fixed_share_score": "score of\na fixed ±",
}
SCORE_OF_WIDTH = ("interval_score", "fixed_share_score")


def of_pilot(charter: Charter, area: Area, store: Store) -> Record:
    """Figures of everything that stands released, over the day hours of `methods.toml` [score].

    Flows are scored over the whole day: their periods are up to a day long.

    Returns
    -------
    dict
        ``rows``: one per product and part of it (a level of zones; trips between zones or within
        one; visitors), with `figures_of`. ``persons_of_hour``: least, mean and most persons of an
        hour over the whole area, over those truly there, residents and roamers. ``n_days`` by
        product, ``level``, ``fixed_share``. Empty where nothing is released.
    """
    choices = {
        **methods.section("score", charter.pilot),
        "level": methods.section("uncertainty", charter.pilot)["level"],
    }
    tables = {
        name: table
        for name in ("presence", "flows", "visitors")
        if (table := _table(charter, store, name, choices)) is not None
    }
    if not tables:
        return {}
    days = {name: sorted(table["day"].unique()) for name, table in tables.items()}
    rows: list[Record] = []
    record: Record = {"n_days": {name: len(those) for name, those in days.items()}, "rows": rows}
    record |= {"level": choices["level"], "fixed_share": choices["fixed_share"]}
    if "presence" in tables:
        true = _present(charter, area, days["presence"])
        rows += presence(tables["presence"], true, area.zones, choices)
        record["persons_of_hour"] = persons_of_hour(tables["presence"], true, area.zones)
        if area.register is not None:
            rows += by_attraction(tables["presence"], true, area.register, choices)
            rows += of_draws(_draws(charter, store, days["presence"], choices), true, choices)
    is_demo = charter.inputs.truth is not None and charter.inputs.truth.reader == "demo"
    if "flows" in tables and is_demo:
        trips = [_trips_by_entry(charter, area, day) for day in days["flows"]]
        rows += flows(tables["flows"], pd.concat(trips, ignore_index=True), choices)
    if "visitors" in tables:
        true = _present(charter, area, days["visitors"])
        summed = _summed_over_origins(charter, area, store, days["visitors"])
        rows += visitors(tables["visitors"], summed, true, choices)
    return record


def as_table(pilot: str, record: Record) -> Table:
    """What was released, a row per product and part, so narrow that 80 columns hold it."""
    title = f"{pilot}: what was released, by day, on known truth"
    table = Table("", *HEADS.values(), title=title, caption=sentence(record), padding=(0, 0))
    for row in record["rows"]:
        cells = []
        for name in HEADS:
            form = "{:.0f}" if name in SCORE_OF_WIDTH else "{:.1%}"
            cells.append(form.format(row[name]) if name in row else "-")
        table.add_row(f"{row['product']}: {row['part']}", *cells)
    return table


def sentence(record: Record) -> str:
    """What the intervals promised and what they held, and how the hours' sums compare.

    >>> sentence({"level": 0.9, "rows": [{"product": "presence", "part": "region",
    ...                                   "coverage": 0.54}]})
    '90 % promised; covered: presence region 54 %.'
    """
    covered = [
        f"{row['product']} {row['part']} {100 * row['coverage']:.0f} %"
        for row in record["rows"]
        if "coverage" in row
    ]
    words = f"{100 * record['level']:.0f} % promised; covered: {', '.join(covered) or 'unknown'}."
    if of_hour := record.get("persons_of_hour"):
        words += (
            f" Persons of an hour over those there: {of_hour['least']:.3f} to "
            f"{of_hour['most']:.3f}, mean {of_hour['mean']:.3f}."
        )
    return words


def _table(charter: Charter, store: Store, product: str, choices: Choices) -> pd.DataFrame | None:
    """Released rows of all days that stand released, the hours to score only."""
    folders: list[tuple[date, Any]] = [
        (day, folder)
        for day in charter.units()
        if ledger.is_released(store, charter.pilot, product, str(day))
        and (folder := store.released(charter.pilot, product, day)).exists()
    ]
    if not folders:
        return None
    name = PRODUCTS[product].table("released")
    for day, _ in folders:
        checking.require_whole(store, charter.pilot, product, day)
    tables = [released_tables.read(folder, name).assign(day=day) for day, folder in folders]
    table = pd.concat(tables, ignore_index=True)
    table[HOUR] = pd.to_datetime(table[HOUR], utc=True)
    return table if product == "flows" else _by_day(table, HOUR, charter, choices)


def _trips_by_entry(charter: Charter, area: Area, day: date) -> pd.DataFrame:
    """True trips of a day by the entry that they belong to; null of trips within a zone."""
    hours = pd.DatetimeIndex(pd.to_datetime(hours_of(day, charter.time_zone), utc=True))
    plan = flow_plan(charter, area, hours_of(day, charter.time_zone))
    trips = truth.trips(charter, day, by_hour=True)
    zones = pd.Index(area.bottom())
    first, second = (
        zones.get_indexer(pd.Index(trips[name])) for name in ("from_zone_id", "to_zone_id")
    )
    hour = hours.get_indexer(pd.DatetimeIndex(pd.to_datetime(trips["hour_at"], utc=True)))
    unit, period = plan.entry_of(first, second, hour)
    entries = pd.DataFrame(
        {
            "REF_AREA_FROM": plan.from_code[unit],
            "REF_AREA_TO": plan.to_code[unit],
            "FREQ": plan.freq[period],
            HOUR: hours[plan.start[period]],
            "n_true": trips["n_true"],
        }
    )
    entries.loc[unit < 0, ["REF_AREA_FROM", "REF_AREA_TO", "FREQ"]] = None
    return entries


def _draws(
    charter: Charter, store: Store, days: list[date], choices: Choices
) -> Iterator[pd.DataFrame]:
    """Draws of each day, one day at a time, the hours to score only; none where none were kept."""
    for day in days:
        file = store.estimated(charter.pilot, day) / "est_presence__draws.parquet"
        if file.exists():
            drawn = read_parquet(file)
            drawn["hour_at"] = pd.to_datetime(drawn["hour_at"], utc=True)
            yield _by_day(drawn, "hour_at", charter, choices)


def _by_day(rows: pd.DataFrame, column: str, charter: Charter, choices: Choices) -> pd.DataFrame:
    local = rows[column].dt.tz_convert(ZoneInfo(charter.time_zone)).dt.hour
    by_day: pd.DataFrame = rows[local.between(choices["day_start_hour"], choices["day_end_hour"])]
    return by_day


def _present(charter: Charter, area: Area, days: list[date]) -> pd.DataFrame:
    frames = [truth.present(charter, area, day).present for day in days]
    true = pd.concat(frames, ignore_index=True)
    return true.assign(hour_at=pd.to_datetime(true["hour_at"], utc=True))


def _summed_over_origins(
    charter: Charter, area: Area, store: Store, days: list[date]
) -> pd.DataFrame:
    value = "n_devices" if area.register is None else "n_persons"
    name = PRODUCTS["visitors"].table("estimated")
    files = [store.estimated(charter.pilot, day, "visitors") / f"{name}.parquet" for day in days]
    rows = pd.concat([read_parquet(file) for file in files if file.exists()], ignore_index=True)
    rows["hour_at"] = pd.to_datetime(rows["hour_at"], utc=True)
    summed = rows.groupby(["zone_id", "hour_at"], observed=True)[value].sum()
    return summed.rename("n_estimated").reset_index()
