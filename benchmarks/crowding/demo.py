"""The demo country's surges, as the agency's outlook finds them in countries of several seeds.

Each country is simulated and its pilot run to the pages. Its stadium evening is sought in the
released week, the four surges that nobody announced in the four weeks before, by the models of
each week, which saw nothing of it.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from benchmarks.measuring.process import PEIL, measured
from peil.charter import reading
from peil.charter.schema import Charter
from peil.store.store import Store
from peil.watch.outlook import bands, events, figures, models
from peil_models.crowding import midnight
from peil_models.synthetic.diaries import STADIUM_DAY, STADIUM_END, STADIUM_START

PILOT = "demo"
SEEDS = tuple(range(1, 11))
DEVICES, DAYS = 12_000, 7
WEEKS_BEFORE = 4
HOUR = pd.Timedelta(hours=1)


class Surge(NamedTuple):
    """What is to be found: from its first hour on, which may be a part of one, until its end."""

    zone_id: str
    from_at: pd.Timestamp
    full_at: pd.Timestamp
    until_at: pd.Timestamp
    factor: float


def measure(seeds: tuple[int, ...], tell: Callable[[str], object]) -> dict[str, Any]:
    """Return the figures of each country and of all."""
    rows = [_country(seed, tell) for seed in seeds]
    n = sum(row["n_surges"] for row in rows)
    return {
        "seeds": list(seeds),
        "devices": DEVICES,
        "weeks": WEEKS_BEFORE + 1,
        "countries": rows,
        "n_surges": n,
        "found_in_first_hour": sum(row["found_in_first_hour"] for row in rows) / n,
        "found_within_two_hours": sum(row["found_within_two_hours"] for row in rows) / n,
        "false_per_zone_month": sum(row["n_false"] for row in rows)
        / sum(row["zone_months"] for row in rows),
    }


def _country(seed: int, tell: Callable[[str], object]) -> dict[str, Any]:
    work = Path(tempfile.mkdtemp(prefix="peil-bench-"))
    environment = {"PEIL_DATA": str(work / "data")}
    try:
        options = ["--devices", DEVICES, "--days", DAYS, "--seed", seed, "--world-seed", seed]
        measured([*PEIL, "simulate", *map(str, options)], environment, work)
        tell(f"demo country {seed}: its pilot runs")
        measured([*PEIL, "run", PILOT], environment, work)
        # an interpreter of its own, which knows no other store
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            counted = pool.submit(_counted, environment).result()
    finally:
        shutil.rmtree(work, ignore_errors=True)
    tell(f"demo country {seed}: {counted['found_in_first_hour']} of {counted['n_surges']} surges")
    return {"seed": seed, **counted}


def _counted(environment: dict[str, str]) -> dict[str, Any]:
    """Count what the outlook finds in five weeks of a pilot that was run."""
    os.environ.update(environment)
    charter, store = reading.load(PILOT), Store()
    read = figures.read(charter, store)
    assert read.first_at is not None
    days = events.days_around(read.first_at.date(), read.released[-1].date())
    calendar = events.calendar_of(charter, store, days, read.zones)
    week_at = models.monday_of(read.released[0])
    episodes, n_zones = [], 0
    for n in range(-WEEKS_BEFORE, 1):
        begins_at, ends_at = midnight(week_at, 7 * n), midnight(week_at, 7 * n + 7)
        week = models.of_week(charter, store, read, calendar, begins_at)
        if week is None:
            raise ValueError(f"too little was before {begins_at:%Y-%m-%d}")
        band = bands.of_days(week, read, calendar, ends_at)
        hours = read.until(ends_at)
        is_shown = (hours["hour_at"] >= begins_at) & hours["zone_id"].isin(week.places)
        episodes.append(week.detector.episodes(hours[is_shown], band, calendar))
        n_zones = len(week.places)
    shown = pd.concat(episodes, ignore_index=True)
    shown = shown[shown["observed"] >= charter.threshold].reset_index(drop=True)
    surges = [*_planted(store, read), _stadium(charter, store, week_at)]
    months = n_zones * 7 * (WEEKS_BEFORE + 1) / 30
    return {**_matched(shown, surges), "zone_months": months, "n_zones": n_zones}


def _planted(store: Store, read: figures.HourlyFigures) -> list[Surge]:
    folder = store.settings.truth_folder / f"{PILOT}_before"
    truth = pd.read_parquet(folder / "surges.parquet")
    for name in ("began_at", "ended_at"):
        truth[name] = truth[name].dt.tz_convert(read.released[0].tz)
    columns = (truth[name] for name in ("zone_id", "began_at", "began_at", "ended_at", "factor"))
    return [Surge(*row) for row in zip(*columns, strict=True)]


def _stadium(charter: Charter, store: Store, week_at: pd.Timestamp) -> Surge:
    """Return the match: in the zone with most persons more than on other evenings."""
    folder = store.settings.deliveries_folder / PILOT / "reference"
    zone_of = pd.read_parquet(folder / "tiles.parquet", columns=["tile_id", "zone_id"])
    present = pd.read_parquet(store.settings.truth_folder / PILOT / "persons_present.parquet")
    begins = midnight(week_at, STADIUM_DAY) + pd.Timedelta(seconds=STADIUM_START)
    until = midnight(week_at, STADIUM_DAY) + pd.Timedelta(seconds=STADIUM_END)
    local = present["hour_at"].dt.tz_convert(charter.time_zone)
    evening = present[(local.dt.hour == begins.ceil("h").hour) & (local.dt.weekday < 4)]
    by_zone = evening.merge(zone_of, on="tile_id").groupby(["zone_id", "hour_at"])["n_persons"]
    persons = by_zone.sum().unstack("hour_at", fill_value=0)
    match = persons.columns.tz_convert(charter.time_zone).weekday == STADIUM_DAY
    there, usual = persons.loc[:, match].iloc[:, 0], persons.loc[:, ~match].median(axis=1)
    zone = str((there - usual).idxmax())
    factor = float(there[zone] / usual[zone])
    return Surge(zone, begins.floor("h"), begins.ceil("h"), until.ceil("h"), factor)


def _matched(episodes: pd.DataFrame, surges: list[Surge]) -> dict[str, Any]:
    """Count surges that an episode began with, and episodes that no surge explains."""
    began = episodes["began_at"]
    is_true = pd.Series(False, index=episodes.index)
    rows = []
    for surge in surges:
        own = (episodes["zone_id"] == surge.zone_id) & (began >= surge.from_at)
        hours = (began[own] - surge.full_at) / HOUR
        first, second = bool((hours <= 0).any()), bool((hours <= 1).any())
        rows.append({"factor": round(surge.factor, 2), "first": first, "second": second})
        is_true |= own & (began < surge.until_at)
    return {
        "surges": rows,
        "n_surges": len(rows),
        "found_in_first_hour": sum(row["first"] for row in rows),
        "found_within_two_hours": sum(row["second"] for row in rows),
        "n_false": int((~is_true).sum()),
    }
