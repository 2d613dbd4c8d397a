"""A day in the raw state, built from rows that a test writes down, and staged by the real SQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from peil.adapters import sealing, transform
from peil.store import keys
from peil.store.raw_tables import CELL_COLUMNS, EVENT_COLUMNS

SELECT = ["path:models/staging", "path:models/intermediate"]
START = datetime(2026, 3, 1, 23, tzinfo=UTC)  # local midnight in Amsterdam
Row = dict[str, Any]


def event(line: int, **fields: Any) -> Row:
    """One sound record of the day, with what a test wants to be different."""
    sound = {
        "file_id": 1,
        "line": line,
        "subscriber_id": f"2040800000{line % 40:05d}",
        "observed_at": START + timedelta(seconds=7 * line % 86400),
        "mcc": 204,
        "mnc": "08",
        "cell_id": f"c{line % 4}",
        "event_type": "attach",
        "timing_advance": 3,
    }
    return {name: None for name in EVENT_COLUMNS} | sound | fields


def cell(name: str, **fields: Any) -> Row:
    placed = {"cell_id": name, "x_m": 1.0, "y_m": 2.0, "crs": "local"}
    return {column: None for column in CELL_COLUMNS} | placed | fields


@dataclass
class Day:
    """Raw rows and where they are sealed. `stage` runs dbt; `read` opens what it made."""

    folder: Path
    events: list[Row]
    cells: list[Row] = field(default_factory=lambda: [cell(f"c{n}") for n in range(4)])
    opted_out: dict[int, int] = field(default_factory=dict)
    n_rows: dict[int, int] = field(default_factory=dict)
    threshold: int = 15
    start: datetime = START
    hours: int = 24
    memory: str = "500MB"

    def key(self, kind: str) -> Path:
        return keys.new_key(self.folder / "keys" / f"{kind}.key")

    @property
    def session(self) -> transform.TransformSession:
        return transform.TransformSession(
            raw_file=self.folder / "day.raw.duckdb",
            raw_key=self.key("raw"),
            staged_file=self.folder / ".day.staged.duckdb.part",
            staged_key=self.key("staged"),
            pseudonym_key=self.key("pseudonym"),
            memory_limit=self.memory,
            temp_directory=self.folder / "spill",
        )

    @contextmanager
    def opened(self, name: str, file: Path, read_only: bool) -> Iterator[duckdb.DuckDBPyConnection]:
        connection = duckdb.connect(":memory:")
        sealing.load_crypto(connection)
        sealing.bound(connection, "500MB", 2, self.folder / "spill")
        key = keys.read_key(self.key(name))
        sealing.attach(connection, file, name, key, read_only)
        yield connection
        connection.close()

    def land(self) -> None:
        """Write the sealed raw file as ingest does."""
        file = self.folder / "day.raw.duckdb"
        file.unlink(missing_ok=True)
        found = {row["file_id"] for row in self.events} | set(self.opted_out)
        files = []
        for file_id in sorted(found):
            n_out = self.opted_out.get(file_id, 0)
            n_all = sum(row["file_id"] == file_id for row in self.events) + n_out
            files.append(
                {
                    "file_id": file_id,
                    "file_name": f"{file_id}.csv",
                    "sha256": "0",
                    "n_rows": self.n_rows.get(file_id, n_all),
                    "n_opted_out": n_out,
                }
            )
        batch = {
            "pilot": "test",
            "day": self.start.date(),
            "time_zone": "Europe/Amsterdam",
            "threshold": self.threshold,
            "day_start_at": self.start,
            "day_end_at": self.start + timedelta(hours=self.hours),
            "home_mcc": 204,
        }
        tables = {"events": self.events, "cells": self.cells, "files": files, "batch": [batch]}
        columns: dict[str, dict[str, str]] = {"events": EVENT_COLUMNS, "cells": CELL_COLUMNS}
        with self.opened("raw", file, False) as connection:
            for name, rows in tables.items():
                spelled = transform.OTHER_TABLES.get(name) or ", ".join(
                    f"{column} {kind}" for column, kind in columns[name].items()
                )
                connection.execute(f"CREATE TABLE raw.main.{name} ({spelled})")
                connection.register("given", pa.Table.from_pylist(rows))
                connection.execute(f"INSERT INTO raw.main.{name} BY NAME SELECT * FROM given")
                connection.unregister("given")

    def stage(self) -> transform.TransformResult:
        self.land()
        session = self.session
        assert session.staged_file
        session.staged_file.unlink(missing_ok=True)
        return transform.build(SELECT, session, self.folder / "dbt")

    def read(self, query: str) -> list[tuple[Any, ...]]:
        """Rows of a query on the staged file."""
        with self.opened("staged", self.folder / ".day.staged.duckdb.part", True) as connection:
            connection.execute("USE staged.main")
            return connection.execute(query).fetchall()

    def reasons(self) -> dict[tuple[int, int], str | None]:
        """Reason by file and line; None for a staged row."""
        rows = self.read(
            "SELECT file_id, line, reason FROM int_events_quarantined "
            "UNION ALL SELECT file_id, line, NULL FROM stg_operator__events"
        )
        assert len({(file_id, line) for file_id, line, _ in rows}) == len(rows)
        return {(file_id, line): reason for file_id, line, reason in rows}


def crowd(n_devices: int, cell_id: str, hour: int, first: int = 0) -> list[Row]:
    """Devices that are seen once, in one cell and hour."""
    return [
        event(
            1000 * hour + first + number,
            subscriber_id=f"20408{first + number:010d}",
            observed_at=START + timedelta(hours=hour, minutes=20, seconds=number),
            cell_id=cell_id,
        )
        for number in range(n_devices)
    ]
