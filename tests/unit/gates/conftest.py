"""A small believable day in each state, which a test may spoil before it is sealed.

Four zones in two regions, eight cells, three days' worth of nothing but counts. Built here and
not by the verbs, so that a gate is tested alone.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import box

from peil.adapters import database, sealing
from peil.estimate.estimators import ESTIMATORS, RELEASED_ESTIMATOR
from peil.store import keys
from peil.store.store import Store

PILOT = "small"
DAY = date(2026, 3, 2)
ZONE = "Europe/Amsterdam"
START = datetime(2026, 3, 2, tzinfo=ZoneInfo(ZONE)).astimezone(UTC)
HOURS = [START + timedelta(hours=n) for n in range(24)]
CELLS = [f"cell{n}" for n in range(8)]
LEAVES = ["A1", "A2", "B1", "B2"]
PARENT = {"A1": "A", "A2": "A", "B1": "B", "B2": "B", "A": "NL", "B": "NL", "NL": None}
REGISTER = {"A1": 100, "A2": 200, "B1": 300, "B2": 400}
MARKER = "204080123456789"

CHARTER = """
pilot: small
title: {en: A small pilot, nl: Een kleine proef}
purpose: method_development
legal_basis: synthetic
legal_reference: built by the tests
operator: {name: Operator, contact: o@example.org, mcc: 204}
agency: {name: Agency, contact: a@example.org}
period: {start: 2026-02-01, end: 2026-03-31}
expires: 2026-12-31
time_zone: Europe/Amsterdam
area:
  crs: EPSG:3035
  tiles: small/tiles.parquet
  zones: small/zones.parquet
  register: small/register.csv
inputs:
  events:
    reader: generic
    path: "small/{day}.csv"
    columns: {subscriber_id: imsi, observed_at: at, mcc: mcc, mnc: mnc, cell_id: cell}
  cells: {reader: generic, path: "small/cells.csv"}
products: [presence]
tier: agency
threshold: 15
retention: {raw_hours: 24, staged_days: 1}
recipients: [Agency]
contact: a@example.org
use_limits: {en: For tests., nl: Voor tests.}
"""

Frames = dict[str, pd.DataFrame]


def write_reference(deliveries: Path) -> None:
    """Zones, tiles and register of the small pilot."""
    folder = deliveries / PILOT
    folder.mkdir(parents=True)
    zones = pd.DataFrame(
        [
            {"zone_id": zone, "name": zone, "parent_id": parent, "level": str(len(zone))}
            for zone, parent in PARENT.items()
        ]
    )
    squares = [box(n, 0, n + 1, 1) for n in range(len(zones))]
    gpd.GeoDataFrame(zones, geometry=squares, crs="EPSG:3035").to_parquet(folder / "zones.parquet")
    tiles = pd.DataFrame({"tile_id": range(4), "x_m": 50.0, "y_m": 50.0, "zone_id": LEAVES})
    for column in ("elevation_m", "building", "residential", "forest", "water", "roads"):
        tiles[column] = 0.0
    tiles.to_parquet(folder / "tiles.parquet")
    rows = "".join(f"{zone},{n}\n" for zone, n in REGISTER.items())
    (folder / "register.csv").write_text("zone_id,n_persons\n" + rows)


def cells() -> pd.DataFrame:
    """Eight cells in two regions of 5 km, seven and one of them complete in the plan."""
    plan = pd.DataFrame({"cell_id": CELLS})
    plan["x_m"] = [1000.0] * 5 + [51000.0] * 3
    plan["y_m"] = 1000.0
    plan["latitude"] = plan["longitude"] = np.nan
    plan["power_w"], plan["antenna_height_m"], plan["azimuth_deg"] = 10.0, 30.0, 0.0
    plan["is_directional"], plan["altitude_m"] = True, np.nan
    plan["valid_from"] = pd.Timestamp(START - timedelta(days=30))
    plan["valid_to"] = pd.Series([pd.NaT] * 8, dtype="datetime64[us, UTC]")
    return plan


def raw() -> Frames:
    """Forty events an hour of ten subscribers at eight cells."""
    n = 24 * 40
    number = np.arange(n)
    events = pd.DataFrame({"file_id": 1, "line": number + 2})
    events["subscriber_id"] = [MARKER[:-1] + str(i % 10) for i in range(n)]
    moments = [HOURS[i // 40] + timedelta(seconds=30 + 80 * (i % 40)) for i in range(n)]
    events["observed_at"] = pd.Series(moments, dtype="datetime64[us, UTC]")
    events["mcc"], events["mnc"], events["plmn"] = 204, "08", None
    events["cell_id"] = [CELLS[i % 8] for i in range(n)]
    events["event_type"], events["timing_advance"] = "attach", None
    events["defect"] = pd.Series([None] * n, dtype="string")
    files = pd.DataFrame(
        {"file_id": [1], "file_name": ["a.csv"], "sha256": ["0"], "n_rows": [n], "n_opted_out": [0]}
    )
    return {"events": events, "cells": cells(), "files": files}


def staged() -> Frames:
    """The same day after staging, 960 rows of which 20 were quarantined."""
    source = raw()["events"].iloc[:940]
    extra = raw()["events"].iloc[940:]
    events = pd.concat([source, extra], ignore_index=True)
    staged_events = pd.DataFrame(
        {
            "device_id": [str(uuid.UUID(int=i % 10)) for i in range(len(events))],
            "observed_at": events["observed_at"],
            "hour_at": events["observed_at"].dt.floor("h"),
            "cell_id": events["cell_id"],
            "is_inbound": False,
        }
    )
    accounted = pd.DataFrame(
        [
            (1, "a.csv", "staged", None, 960),
            (1, "a.csv", "quarantined", "duplicate", 15),
            (1, "a.csv", "quarantined", "null_value", 5),
            (1, "a.csv", "opted_out", None, 20),
        ],
        columns=["file_id", "file_name", "outcome", "reason", "n_rows"],
    )
    counted = pd.DataFrame(
        [(cell, hour, 50) for cell in CELLS for hour in HOURS],
        columns=["cell_id", "hour_at", "n_devices"],
    )
    withheld = pd.DataFrame(
        [(hour, 10, 1) for hour in HOURS], columns=["hour_at", "n_devices", "n_entries"]
    )
    return {
        "stg_operator__events": staged_events,
        "stg_operator__cells": cells(),
        "int_rows_accounted__by_file_reason": accounted,
        "int_devices_counted__by_cell_hour": counted,
        "int_devices_withheld__by_hour": withheld,
    }


LOST = ["n_devices_unlocated", "n_devices_withheld", "n_devices_censored"]


def ends(persons: float) -> tuple[float, float]:
    return 0.9 * persons, 1.1 * persons


def estimated() -> Frames:
    """Four hundred devices an hour, of which four are unlocated, by every estimator."""
    rows = []
    for estimator in ESTIMATORS:
        for hour in HOURS:
            persons_of = {zone: 396 * n / 1000 for zone, n in REGISTER.items()}
            for zone, parent in PARENT.items():
                if parent and zone in REGISTER:
                    persons_of[parent] = persons_of.get(parent, 0.0) + persons_of[zone]
            persons_of["NL"] = persons_of["A"] + persons_of["B"]
            for zone, n_devices in persons_of.items():
                persons = n_devices * 1000 / 396
                rows.append((zone, hour, estimator, n_devices, n_devices, persons, *ends(persons)))
    columns = ["zone_id", "hour_at", "estimator", "n_devices", "n_devices_counted", "n_persons"]
    by_zone = pd.DataFrame(rows, columns=[*columns, "n_persons_lower", "n_persons_upper"])
    by_zone["run_id"] = "0"
    tiles = [
        (number, hour, RELEASED_ESTIMATOR, 396 * REGISTER[zone] / 1000 / 20)
        for zone_number, zone in enumerate(LEAVES)
        for number in range(20 * zone_number, 20 * zone_number + 20)
        for hour in HOURS
    ]
    by_tile = pd.DataFrame(tiles, columns=["tile_id", "hour_at", "estimator", "n_devices"])
    unlocated = pd.DataFrame(
        [(hour, name, 4.0, 10, 0.0) for hour in HOURS for name in ESTIMATORS],
        columns=["hour_at", "estimator", *LOST],
    )
    return {
        "est_presence__by_zone_hour": by_zone,
        "est_presence__by_tile_hour": by_tile,
        "unlocated": unlocated,
    }


def released() -> Frames:
    """Every zone and hour; in region B both children are withheld in the first hour."""
    rows: list[tuple[Any, ...]] = []
    values = {**REGISTER, "A": 300, "B": 700, "NL": 1000}
    for number, hour in enumerate(HOURS):
        period = hour.astimezone(ZoneInfo(ZONE)).isoformat()
        for zone, value in values.items():
            if number == 0 and zone in ("B1", "B2"):
                rows.append((zone, period, None, None, None, "Q", "C", "PS"))
            else:
                rows.append((zone, period, value, value - 10, value + 10, "A", "F", "PS"))
    columns = ["REF_AREA", "TIME_PERIOD", "OBS_VALUE", "OBS_LOWER", "OBS_UPPER"]
    table = pd.DataFrame(rows, columns=[*columns, "OBS_STATUS", "CONF_STATUS", "UNIT_MEASURE"])
    figures = ["OBS_VALUE", "OBS_LOWER", "OBS_UPPER"]
    table[figures] = table[figures].astype("Int64")
    return {"rel_presence__by_zone_hour": table}


# what staging sums up of its events, by the same meaning
EVENTS = "staged.main.stg_operator__events"
SUMMED = {
    "int_devices_seen__by_hour": "SELECT hour_at, count(DISTINCT device_id) AS n_devices, "
    f"count(*) AS n_rows FROM {EVENTS} GROUP BY hour_at",
    "int_devices_counted__by_hour": "SELECT hour_at, count(DISTINCT device_id) AS n_devices, "
    f"nullif(count(DISTINCT device_id) FILTER (WHERE is_inbound), 0) AS n_devices_inbound "
    f"FROM {EVENTS} GROUP BY hour_at",
    "int_rows_counted__by_cell_hour": "SELECT cell_id, hour_at, count(*) AS n_rows "
    f"FROM {EVENTS} GROUP BY cell_id, hour_at",
    "int_events_classified": f"SELECT is_inbound::INTEGER AS kind_no, NULL AS reason FROM {EVENTS}",
    "int_kinds_kept": "SELECT 0 AS kind_no, false AS is_inbound UNION ALL SELECT 1, true",
}


@dataclass
class Batch:
    """Four states of one day; `write` puts one where the gate looks for it."""

    store: Store
    raw: Frames = field(default_factory=raw)
    staged: Frames = field(default_factory=staged)
    estimated: Frames = field(default_factory=estimated)
    released: Frames = field(default_factory=released)
    pilot: str = PILOT
    day: date = DAY
    hours: tuple[datetime, ...] = tuple(HOURS)
    marker: str = MARKER

    def write(self, state: str) -> None:
        """Seal (raw, staged) or write (estimated, released) a state."""
        if state == "raw":
            self._seal("raw", self.raw, self.store.raw_file(PILOT, DAY))
        elif state == "staged":
            self._seal("staged", self.staged, self.store.staged_file(PILOT, DAY))
        else:
            frames = self.estimated if state == "estimated" else self.released
            folder = self.store.estimated(PILOT, DAY)
            if state == "released":
                folder = self.store.candidate(PILOT, "presence", DAY)
            else:
                self.write("staged")
            folder.mkdir(parents=True, exist_ok=True)
            for name, frame in frames.items():
                frame.to_parquet(folder / f"{name}.parquet", index=False)

    def _seal(self, kind: Any, frames: Frames, file: Path) -> None:
        key = self.store.key(PILOT, DAY, kind)
        if not key.exists():
            key.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            key.write_bytes(bytes(range(32)))
            key.chmod(0o400)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.unlink(missing_ok=True)
        with database.connection(self.store, self.store.work(PILOT, DAY, "build")) as opened:
            sealing.attach(opened, file, kind, keys.read_key(key), False)
            for name, frame in frames.items():
                opened.register("given", frame)
                opened.execute(f"CREATE TABLE {kind}.main.{name} AS FROM given")
                opened.unregister("given")
            if kind == "staged":
                for name, sql in SUMMED.items():
                    opened.execute(f"CREATE TABLE staged.main.{name} AS {sql}")
            opened.execute(f"DETACH {kind}")


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A store of its own, with the small pilot's charter and reference data."""
    pilots = tmp_path / "pilots"
    pilots.mkdir()
    (pilots / "small.yml").write_text(CHARTER)
    write_reference(tmp_path / "data" / "deliveries")
    monkeypatch.setenv("PEIL_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("PEIL_PILOTS", str(pilots))
    for name in ("HOST", "PORT", "FROM", "TO"):
        monkeypatch.delenv(f"PEIL_SMTP_{name}", raising=False)
    return Store()


@pytest.fixture
def batch(store: Store) -> Batch:
    """A day that is believable in all four states."""
    return Batch(store)
