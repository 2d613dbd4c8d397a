"""A city of four districts that is delivered by the hour, and one evening of a stadium in it.

Generated, not simulated: each device has one event an hour, in the cell of its district, so that
what is released of a quiet hour is what its history has, but for chance. (The demo's own stadium
evening is 12 % of a large municipality, of which no alarm is right.)
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from peil.charter import reading, signatures
from peil.charter.hour import Hour
from peil.ingest import deliveries
from peil.settings import Settings
from peil.store import parties
from peil.store.store import Store
from tests.unit.conftest import CHARTER

PILOT = "city"
LOCAL = "Europe/Amsterdam"
FIRST = date(2026, 3, 2)
WEEKS = 10  # of history, so that a boosting has enough to learn from
DEVICES = {"c1": 180, "c2": 120, "c3": 90, "c4": 60}  # of a district at night; by day there is more
STADIUM, BEGINS, LASTS = "c2", 20, 3  # the cell, the local hour, for so many hours
FACTOR = 3
NOISE = 0.03  # of the history; of the hours to come half, or one in forty lies above its interval
READERS = "crowds@city.example"  # who is told of crowding
SIDE_M, RANGE_M = 3000, 1200  # of a district; so far a cell reaches: into no other
OFFSETS = {"c1": (0, 0), "c2": (1, 0), "c3": (0, 1), "c4": (1, 1)}


def expected(cell: str, at: pd.DatetimeIndex) -> np.ndarray:
    """Devices of a district on usual days: more by day, less so at weekends."""
    day = np.exp(-(((at.hour - 13) / 4.0) ** 2)) * np.where(at.dayofweek < 5, 0.6, 0.2)
    return np.asarray(DEVICES[cell] * (1 + day))


@dataclass
class City:
    """The pilot on a store of its own; `drop` moves the files of an hour to where they belong."""

    folder: Path
    settings: Settings

    @property
    def store(self) -> Store:
        return Store(self.settings)

    @property
    def hours(self) -> list[Hour]:
        """Every hour of the period, in order."""
        return [Hour(*(FIRST + timedelta(days=n // 24)).timetuple()[:3], n % 24) for n in range(48)]

    def hour(self, text: str) -> Hour:
        """The hour that is written as 02T20: the day of the month, and the local hour."""
        return Hour.fromisoformat(f"{FIRST:%Y-%m}-{text}")

    def environment(self, data: Path | None = None) -> dict[str, str]:
        """The settings as variables; on another store over the same deliveries if one is named."""
        names = ("data", "deliveries", "pilots")
        own = {f"PEIL_{name.upper()}": str(getattr(self.settings, name)) for name in names}
        own |= {"PEIL_KEEP_DELIVERIES": "true", "PEIL_SETTLE_S": "0", "PEIL_THREADS": "1"}
        return own | ({"PEIL_DATA": str(data)} if data else {})

    def drop(self, hour: Hour) -> Path:
        """Move the files of an hour into place, whole, as a transfer that has ended."""
        name = deliveries.pattern("events/{day}/{hour}", hour)
        place = self.settings.deliveries_folder / PILOT / name
        place.parent.mkdir(parents=True, exist_ok=True)
        (self.folder / "to_come" / name).rename(place)
        return place


def made(folder: Path) -> City:
    """Write charter, cell plan, all hours (aside), and what the agency counted before."""
    settings = Settings(
        data=folder / "data",
        deliveries=folder / "deliveries",
        pilots=folder / "pilots",
        keep_deliveries=True,
    )  # type: ignore[call-arg]
    city = City(folder, settings)
    columns = {**CHARTER["inputs"]["events"]["columns"]}
    events = {"path": f"{PILOT}/events/{{day}}/{{hour}}/*", "columns": columns}
    of_cells = {**CHARTER["inputs"]["cells"]["columns"], "range_m": "range"}
    cells = {**CHARTER["inputs"]["cells"], "path": f"{PILOT}/cells.csv", "columns": of_cells}
    grid = {"x_min_m": 0, "y_min_m": 0, "x_max_m": 2 * SIDE_M, "y_max_m": 2 * SIDE_M}
    content = {
        **CHARTER,
        "pilot": PILOT,
        "every": "PT1H",
        "purpose": "crowding",
        "period": {"start": FIRST, "end": FIRST + timedelta(days=1)},
        "area": {"crs": "local", "grid": {**grid, "zone_m": SIDE_M}},
        "inputs": {
            "events": {**CHARTER["inputs"]["events"], **events},
            "cells": cells,
            "opt_out": {"path": f"{PILOT}/opt_out.csv", "column": "imsi"},
        },
        "threshold": 15,
        # it lives at its period's end, and nothing of it may die before the next verb has read it
        "retention": {"raw_hours": 72, "staged_days": 3},
    }
    settings.pilots.mkdir(parents=True)
    charter_file = settings.pilots / f"{PILOT}.yml"
    charter_file.write_text(yaml.safe_dump(content, allow_unicode=True))
    delivered = settings.deliveries_folder / PILOT
    delivered.mkdir(parents=True)
    centres = [
        f"{cell},{(x + 0.5) * SIDE_M:.0f},{(y + 0.5) * SIDE_M:.0f},{RANGE_M}"
        for cell, (x, y) in OFFSETS.items()
    ]
    (delivered / "cells.csv").write_text("\n".join(["cell,x,y,range", *centres]) + "\n")
    (delivered / "opt_out.csv").write_text("imsi\n204080000000009\n")
    _write_hours(city, folder / "to_come")
    _sign(city, delivered, folder / "to_come")
    _write_history(city)
    return city


def _write_hours(city: City, folder: Path) -> None:
    rng = np.random.default_rng(1)
    for number, hour in enumerate(city.hours):
        at = pd.DatetimeIndex([pd.Timestamp(hour.year, hour.month, hour.day, hour.hour)])
        lines, device = ["imsi,at,mcc,mnc,cell,imei"], 0
        for cell in DEVICES:
            n = round(float(expected(cell, at)[0] * rng.normal(1, NOISE / 2)))
            if cell == STADIUM and BEGINS <= number < BEGINS + LASTS:
                n *= FACTOR
            for _ in range(n):
                device += 1
                minute, second = divmod(int(rng.integers(20 * 60, 40 * 60)), 60)
                moment = f"{hour.calendar_day} {hour.hour:02d}:{minute:02d}:{second:02d}"
                lines.append(f"20408{device:010d},{moment},204,08,{cell},35{device:013d}")
        place = folder / deliveries.pattern("events/{day}/{hour}", hour)
        place.mkdir(parents=True)
        (place / "events.csv").write_text("\n".join(lines) + "\n")


def _sign(city: City, delivered: Path, to_come: Path) -> None:
    """Vouch for every hour that will come, and have simulated parties sign the charter."""
    store = city.store
    charter = reading.load(city.settings.pilots / f"{PILOT}.yml")
    whole = city.folder / "whole"
    shutil.copytree(delivered, whole)
    shutil.copytree(to_come / "events", whole / "events")
    deliveries.vouch(store, charter, whole, parties.simulator(store))
    shutil.rmtree(whole)
    for role in signatures.REQUIRED:
        signatures.sign(charter, store, parties.simulated(store, role))


def _write_history(city: City) -> None:
    """Write the agency's hours of the weeks before, as usual as the hours to come."""
    rng = np.random.default_rng(2)
    first = FIRST - timedelta(weeks=WEEKS)
    at = pd.date_range(str(first), str(FIRST), freq="h", tz=LOCAL, inclusive="left")
    parts = [
        pd.DataFrame(
            {
                "zone_id": f"E0{x}N0{y}",
                "hour_at": at.tz_convert("UTC"),
                "n_persons": (expected(cell, at) * rng.normal(1, NOISE, len(at))).round(),
            }
        )
        for cell, (x, y) in OFFSETS.items()
    ]
    file = city.store.history(PILOT)
    file.parent.mkdir(parents=True, exist_ok=True)
    pd.concat(parts, ignore_index=True).to_parquet(file, index=False)
