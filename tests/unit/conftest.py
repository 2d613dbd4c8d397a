"""A pilot small enough to check by hand: a charter, an opt-out list, three cells, a few records."""

from __future__ import annotations

import gzip
import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import people_who_sign
import pytest
import yaml

from peil.adapters import database, sealing
from peil.charter import reading
from peil.charter.schema import Charter, Delivery
from peil.ingest import deliveries as manifest
from peil.ingest.readers import READERS
from peil.outcome import Outcome
from peil.settings import Settings
from peil.store import parties
from peil.store.parties import Signer
from peil.store.store import Store
from tests.stores import once

DAY = date(2026, 3, 2)
CHARTER: dict[str, Any] = {
    "pilot": "tiny",
    "title": {"en": "A tiny pilot", "nl": "Een kleine proef"},
    "purpose": "method_development",
    "legal_basis": "synthetic",
    "legal_reference": "written by the tests",
    "operator": {"name": "Operator", "contact": "o@example.org", "mcc": 204},
    "agency": {"name": "Agency", "contact": "a@example.org"},
    "period": {"start": "2026-03-02", "end": "2026-03-08"},
    "expires": "2026-12-31",
    "time_zone": "Europe/Amsterdam",
    "area": {
        "crs": "local",
        "grid": {"x_min_m": 0, "y_min_m": 0, "x_max_m": 1000, "y_max_m": 500, "zone_m": 500},
    },
    "inputs": {
        "events": {
            "reader": "generic",
            "path": "tiny/events/{day}/*",
            "columns": {
                "subscriber_id": "imsi",
                "observed_at": "at",
                "mcc": "mcc",
                "mnc": "mnc",
                "cell_id": "cell",
            },
            "time_zone": "Europe/Amsterdam",
        },
        "cells": {
            "reader": "generic",
            "path": "tiny/cells.csv",
            "columns": {"cell_id": "cell", "x_m": "x", "y_m": "y"},
        },
        "opt_out": {"path": "tiny/opt_out.csv", "column": "imsi"},
    },
    "products": ["presence"],
    "tier": "agency",
    "threshold": 2,
    "retention": {"raw_hours": 24, "staged_days": 1},
    "recipients": ["Agency"],
    "contact": "privacy@example.org",
    "use_limits": {"en": "For tests.", "nl": "Voor tests."},
}
HEADER = "imsi,at,mcc,mnc,cell,imei\n"
REAL: dict[str, Any] = {"legal_basis": "statute", "threshold": 15, "expires": "2028-03-08"}


@dataclass
class Tiny:
    """Where the pilot lies, and short ways to change it, deliver to it and look into it."""

    folder: Path

    @property
    def store(self) -> Store:
        return Store()

    @property
    def deliveries(self) -> Path:
        return self.folder / "data" / "deliveries"

    @property
    def charter_file(self) -> Path:
        return self.folder / "pilots" / "tiny.yml"

    @property
    def charter(self) -> Charter:
        return reading.load("tiny")

    def write_charter(self, without: str = "", **changes: Any) -> Path:
        """The charter above with some keys changed; a dotted key reaches into a part."""
        content = yaml.safe_load(yaml.safe_dump(CHARTER))
        for key, value in changes.items():
            *parts, last = key.split("__")
            place = content
            for part in parts:
                place = place[part]
            place[last] = value
        content.pop(without, None)
        self.charter_file.parent.mkdir(exist_ok=True)
        self.charter_file.write_text(yaml.safe_dump(content, allow_unicode=True))
        return self.charter_file

    def deliver(self, name: str, content: str | bytes, day: date = DAY) -> Path:
        """One file of events, plain or gzipped by its name."""
        return self.put(f"events/{day}/{name}", content)

    def put(self, name: str, content: str | bytes) -> Path:
        file = self.deliveries / "tiny" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        data = content.encode() if isinstance(content, str) else content
        file.write_bytes(gzip.compress(data, mtime=0) if name.endswith(".gz") else data)
        return file

    def vouch(self) -> int:
        signer = parties.simulator(self.store)
        return manifest.vouch(self.store, self.charter, self.deliveries / "tiny", signer)

    def sign(self) -> dict[str, Signer]:
        """Have the charter signed as it stands, by people of the tests."""
        return people_who_sign.signed(self.store, "tiny", self.folder / "keys")

    def ingest(self, day: date = DAY) -> Outcome:
        """Vouch for what lies there, then ingest it."""
        from peil.ingest.ingest import ingest

        self.vouch()
        return ingest("tiny", str(day))

    def raw(self, query: str, day: date = DAY) -> list[tuple[Any, ...]]:
        """Rows of the sealed raw file."""
        with database.connection(self.store, self.folder / "look") as opened:
            database.attach_raw(opened, self.store, "tiny", day)
            opened.execute("USE raw")
            return opened.execute(query).fetchall()


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tiny:
    """The pilot with an empty store of its own and no delivery but cells and opt-out list."""
    monkeypatch.setenv("PEIL_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("PEIL_PILOTS", str(tmp_path / "pilots"))
    monkeypatch.setenv("PEIL_SETTLE_S", "0")
    made = Tiny(tmp_path)
    made.write_charter()
    made.put("cells.csv", "cell,x,y\nc1,100,100\nc2,400,100\nc3,800,300\n")
    made.put("opt_out.csv", "imsi\n204080000000009\n")
    return made


@dataclass
class Desk:
    """Reads one file by a reader, as ingest does, and gives the canonical rows back."""

    opened: duckdb.DuckDBPyConnection

    def events(
        self, reader: str, file: Path, delivery: Delivery, columns: str = "*"
    ) -> tuple[list[tuple[Any, ...]], list[str]]:
        dropped = READERS[reader].land_events(self.opened, file, 0, delivery)
        rows = self.opened.execute(f"SELECT {columns} FROM incoming ORDER BY line").fetchall()
        return rows, dropped

    def cells(
        self, reader: str, file: Path, delivery: Delivery, columns: str = "*"
    ) -> list[tuple[Any, ...]]:
        READERS[reader].land_cells(self.opened, file, delivery)
        return self.opened.execute(f"SELECT {columns} FROM incoming ORDER BY cell_id").fetchall()


@pytest.fixture
def desk() -> Any:
    """A connection in UTC, as `peil.adapters.database` opens one."""
    with duckdb.connect() as opened:
        sealing.load_crypto(opened)
        opened.execute("SET TimeZone = 'UTC'")
        yield Desk(opened)


@pytest.fixture(scope="session")
def empty_registry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database of MLflow in which there is nothing yet: making one takes seconds."""

    def make(folder: Path) -> None:
        from peil.adapters import tracking

        tracking.client(Store(Settings(data=folder)))  # type: ignore[call-arg]

    return once(tmp_path_factory, "registry", make) / "operator" / "mlflow.db"


@pytest.fixture
def with_registry(tiny: Tiny, empty_registry: Path) -> None:
    """Operator and agency of the tiny pilot have such a database."""
    for side in (tiny.store.operator, tiny.store.agency):
        side.mkdir(parents=True, exist_ok=True)
        shutil.copy(empty_registry, side / "mlflow.db")
