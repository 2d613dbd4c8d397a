"""Measure what this machine needs at the least: bare DuckDB, same delivery, same memory.

Run in a process of its own, so that its seconds and its memory can be read off it:
``python -m benchmarks.measuring.yardstick bare DELIVERY SCRATCH``.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import duckdb

from benchmarks.measuring.traffic import MIDNIGHT
from benchmarks.recording import NothingMeasured
from peil.adapters import sealing
from peil.settings import settings


def _opened(scratch: Path) -> duckdb.DuckDBPyConnection:
    limits = settings()
    opened = duckdb.connect(":memory:")
    sealing.load_crypto(opened)
    sealing.bound(opened, limits.memory, limits.threads, scratch / "spill")
    opened.execute("SET preserve_insertion_order = false")
    return opened


def _delivered(delivery: Path, options: str = "") -> str:
    place = str(delivery / "events" / "*" / "*.parquet").replace("'", "''")
    return f"read_parquet('{place}'{options})"


def bare(delivery: Path, scratch: Path) -> dict[str, float]:
    """Read the Parquet, number what is text, sort by device and time, write; in the open.

    What the machine needs at the least for every row with its file and line: one number for a
    subscriber, in the order of hashes, one for a cell, one for network and kind, microseconds.
    No key, no cleaning, no accounting, no encryption of file or spill.
    """
    opened = _opened(scratch)
    opened.execute("SET temp_file_encryption = false")
    opened.execute(f"ATTACH '{scratch / 'bare.duckdb'}' AS bare (STORAGE_VERSION 'latest')")
    events = _delivered(delivery, ", file_row_number = true, filename = true")
    for name, columns in (
        ("devices", ["subscriber_id"]),
        ("cells", ["cell_id"]),
        ("kinds", ["mcc", "mnc", "event_type"]),
        ("files", ["filename"]),
    ):
        listed = ", ".join(columns)
        order = "sha256(subscriber_id)" if name == "devices" else listed
        opened.execute(
            f"CREATE TEMP TABLE {name} AS SELECT {listed}, "
            f"(row_number() OVER (ORDER BY {order}))::INTEGER AS {name}_no "
            f"FROM (SELECT DISTINCT {listed} FROM {events})"
        )
    opened.execute(
        "CREATE TABLE bare.events AS SELECT devices_no, observed_at, cells_no, kinds_no, "
        "timing_advance::SMALLINT AS timing_advance, files_no, file_row_number AS line "
        f"FROM {events} LEFT JOIN devices USING (subscriber_id) LEFT JOIN cells USING (cell_id) "
        "LEFT JOIN kinds USING (mcc, mnc, event_type) LEFT JOIN files USING (filename) "
        "ORDER BY devices_no, observed_at"
    )
    return {"n_rows": _count(opened, "SELECT count(*) FROM bare.events")}


def text(delivery: Path, scratch: Path) -> dict[str, float]:
    """Do the same but carry text and a hash of 16 bytes through the sort, without file and line.

    The yardstick until 2026-11: it takes twice as long as what is needed, so that a ratio to it
    flatters.
    """
    opened = _opened(scratch)
    opened.execute("SET temp_file_encryption = false")
    opened.execute(f"ATTACH '{scratch / 'bare.duckdb'}' AS bare (STORAGE_VERSION 'latest')")
    events = _delivered(delivery)
    opened.execute(
        "CREATE TEMP TABLE devices AS "
        "SELECT subscriber_id, sha256(subscriber_id)[1:32]::UUID AS device_id "
        f"FROM (SELECT DISTINCT subscriber_id FROM {events})"
    )
    opened.execute(
        "CREATE TABLE bare.events AS SELECT device_id, observed_at, cell_id, event_type, mcc, "
        f"mnc, timing_advance FROM {events} JOIN devices USING (subscriber_id) "
        "ORDER BY device_id, observed_at"
    )
    return {"n_rows": _count(opened, "SELECT count(*) FROM bare.events")}


def read(delivery: Path, scratch: Path) -> dict[str, float]:
    """Read every field of the packed CSV, by DuckDB's own reader with the types told to it."""
    place = str(delivery / "events" / "*" / "*.csv.gz").replace("'", "''")
    types = (
        "{subscriber_id: 'VARCHAR', observed_at: 'TIMESTAMP', mcc: 'INTEGER', mnc: 'VARCHAR', "
        "cell_id: 'VARCHAR', event_type: 'VARCHAR', timing_advance: 'INTEGER'}"
    )
    source = f"read_csv('{place}', header = true, auto_detect = false, columns = {types})"
    fields = ("subscriber_id", "mcc", "mnc", "cell_id", "event_type", "timing_advance")
    counts = ", ".join(f"count({name})" for name in fields)
    return {
        "n_rows": _count(_opened(scratch), f"SELECT count(observed_at), {counts} FROM {source}")
    }


def counted(delivery: Path, scratch: Path) -> dict[str, float]:
    """Count distinct devices by cell and hour straight from the delivery; nobody gets a pseudonym.

    Each device at most once an hour, in the cell of its event nearest hh:30; no row is written.
    """
    opened = _opened(scratch)
    events = _delivered(delivery)
    opened.execute(
        "CREATE TEMP TABLE cells AS "
        "SELECT cell_id, row_number() OVER (ORDER BY cell_id) AS cell_no "
        f"FROM (SELECT DISTINCT cell_id FROM {events})"
    )
    query = f"""
        WITH placed AS (
            SELECT
                subscriber_id,
                cell_no,
                epoch_us(observed_at) - epoch_us(TIMESTAMPTZ '{MIDNIGHT}') AS after_us
            FROM {events} JOIN cells USING (cell_id)
            WHERE subscriber_id IS NOT NULL
        ),

        device_hours AS (
            SELECT
                subscriber_id,
                after_us // 3600000000 AS hour_no,
                min(
                    (
                        2 * abs(after_us % 3600000000 - 1800000000)
                        + (after_us % 3600000000 > 1800000000)::BIGINT
                    ) * 16777216 + cell_no
                ) % 16777216 AS cell_no
            FROM placed
            GROUP BY subscriber_id, hour_no
        )

        SELECT coalesce(sum(n_devices), 0) FROM (
            SELECT count(*) AS n_devices FROM device_hours GROUP BY cell_no, hour_no
        )
    """
    return {"n_device_hours": _count(opened, query)}


def sealing_cost(delivery: Path, scratch: Path) -> dict[str, float]:
    """Measure processor seconds to write and read the delivery as a table, open and sealed."""
    opened = _opened(scratch)
    opened.execute(f"ATTACH '{scratch / 'open.duckdb'}' AS plain (STORAGE_VERSION 'latest')")
    sealing.attach(opened, scratch / "sealed.duckdb", "sealed", bytes(range(32)), False)
    costs: dict[str, float] = {}
    _count(opened, f"SELECT count(DISTINCT cell_id) FROM {_delivered(delivery)}")  # warm
    for alias in ("plain", "sealed"):
        started = time.process_time()
        opened.execute(f"CREATE TABLE {alias}.events AS FROM {_delivered(delivery)}")
        opened.execute(f"CHECKPOINT {alias}")
        costs[f"{alias}_write_cpu_s"] = round(time.process_time() - started, 2)
        started = time.process_time()
        _count(opened, f"SELECT count(DISTINCT cell_id) + count(observed_at) FROM {alias}.events")
        costs[f"{alias}_read_cpu_s"] = round(time.process_time() - started, 2)
    return costs


def _count(opened: duckdb.DuckDBPyConnection, query: str) -> int:
    row = opened.execute(query).fetchone()
    if not row or not row[0]:
        raise NothingMeasured("The yardstick measured nothing: the delivery is empty.")
    return int(row[0])


MEASURED = {
    "bare": bare,
    "text": text,
    "counted": counted,
    "sealing": sealing_cost,
    "read": read,
}

if __name__ == "__main__":
    what, where, aside = sys.argv[1:4]
    Path(aside).mkdir(parents=True, exist_ok=True)
    print(json.dumps(MEASURED[what](Path(where), Path(aside))))
