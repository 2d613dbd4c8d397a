"""The tables of a raw file, and the one row that tells the SQL what it must know of the day."""

from __future__ import annotations

from datetime import date

import duckdb

from peil.charter.hour import day_of, end_of, start_of
from peil.charter.schema import Charter
from peil.ingest.readers import CELL_COLUMNS, EVENT_COLUMNS


def make_tables(opened: duckdb.DuckDBPyConnection) -> None:
    """Make the empty tables of a raw file: events, cells, and the files that they came from."""
    for table, columns in (("events", EVENT_COLUMNS), ("cells", CELL_COLUMNS)):
        spelled = ", ".join(f"{name} {kind}" for name, kind in columns.items())
        opened.execute(f"CREATE TABLE raw.main.{table} ({spelled})")
    opened.execute(
        "CREATE TABLE raw.main.files (file_id INTEGER, file_name VARCHAR, sha256 VARCHAR, "
        "n_rows BIGINT, n_opted_out BIGINT)"
    )


def write_batch(opened: duckdb.DuckDBPyConnection, charter: Charter, day: date) -> None:
    """One row that tells the SQL what it must know of this batch."""
    opened.execute(
        "CREATE TABLE raw.main.batch (pilot VARCHAR, day DATE, time_zone VARCHAR, "
        "threshold INTEGER, day_start_at TIMESTAMPTZ, day_end_at TIMESTAMPTZ, home_mcc INTEGER)"
    )
    opened.execute(
        "INSERT INTO raw.main.batch VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            charter.pilot,
            day_of(day),
            charter.time_zone,
            charter.threshold,
            start_of(day, charter.time_zone),
            end_of(day, charter.time_zone),
            charter.operator.mcc,
        ],
    )
