"""The same job in some twenty lines, as a colleague would write it: DuckDB's SQL, and Polars.

Read a day of csv.gz, name devices by a keyed hash, drop what is incomplete or names no cell of the
plan, drop what is repeated, sort, write; count devices by cell and hour, each in the cell of its
event nearest hh:30, fifteen at least. No gates, no accounting, no files that are broken, no
sealing: ``python -m benchmarks.staging.scripts polars DELIVERY SCRATCH``.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import duckdb

KEY = bytes(32)
COUNTED = """
    SELECT cell_id, hour, count(*) AS n_devices FROM (
        SELECT device_id, hour, arg_min(cell_id, (abs(after_s - 1800), after_s, cell_id)) AS cell_id
        FROM (SELECT *, date_trunc('hour', observed_at) AS hour,
                epoch(observed_at)::BIGINT % 3600 AS after_s FROM staged)
        GROUP BY device_id, hour)
    GROUP BY cell_id, hour HAVING count(*) >= $least ORDER BY hour, cell_id
"""


def name_of(identifier: str) -> str:
    """Return the first 128 bits of the keyed hash of an identifier, in hex."""
    return hmac.digest(KEY, identifier.encode(), hashlib.sha256).hex()[:32]


def with_duckdb(delivery: Path, scratch: Path, least: int = 15) -> int:
    """Do the job with DuckDB; returns the entries of the counted table."""
    opened = duckdb.connect(":memory:", config={"threads": 2})
    opened.create_function("name_of", name_of, [str], str)  # type: ignore[list-item]
    opened.execute(
        f"CREATE TABLE delivered AS FROM read_csv('{delivery}/events/*/*.csv.gz', "
        "types = {'subscriber_id': 'VARCHAR', 'mnc': 'VARCHAR'})"
    )
    opened.execute(
        "CREATE TABLE devices AS SELECT subscriber_id, name_of(subscriber_id) AS device_id FROM "
        "(SELECT DISTINCT subscriber_id FROM delivered WHERE subscriber_id IS NOT NULL)"
    )
    opened.execute(
        "CREATE TABLE staged AS SELECT DISTINCT device_id, observed_at, cell_id, event_type, mcc, "
        "mnc, timing_advance FROM delivered JOIN devices USING (subscriber_id) SEMI JOIN "
        f"read_csv('{delivery}/cells/*.csv') AS cells USING (cell_id) "
        "ORDER BY device_id, observed_at, cell_id"
    )
    opened.execute(f"COPY staged TO '{scratch}/staged.parquet'")
    counted = COUNTED.replace("$least", str(least))
    opened.execute(f"COPY ({counted}) TO '{scratch}/counted.parquet'")
    return _entries(scratch)


def with_polars(delivery: Path, scratch: Path, least: int = 15) -> int:
    """Do the job with Polars, which this project does not need otherwise; idem."""
    pl: Any = import_module("polars")
    text = {"subscriber_id": pl.String, "mnc": pl.String}
    files = sorted((delivery / "events").glob("*/*.csv.gz"))
    plan = pl.read_csv(next((delivery / "cells").glob("*.csv"))).select("cell_id")
    delivered = pl.concat([pl.read_csv(f, schema_overrides=text) for f in files]).drop_nulls()
    names = delivered.select("subscriber_id").unique()
    devices = names.with_columns(
        device_id=pl.col("subscriber_id").map_elements(name_of, return_dtype=pl.String)
    )
    staged = (
        delivered.join(devices, on="subscriber_id")
        .join(plan, on="cell_id", how="semi")
        .with_columns(pl.col("observed_at").str.to_datetime("%Y-%m-%d %H:%M:%S"))
        .drop("subscriber_id")
        .unique()
        .sort("device_id", "observed_at", "cell_id")
    )
    staged.write_parquet(scratch / "staged.parquet")
    hour = pl.col("observed_at").dt.truncate("1h")
    after_s = (pl.col("observed_at") - hour).dt.total_seconds()
    counted = (
        staged.with_columns(hour=hour, away=(after_s - 1800).abs(), after_s=after_s)
        .sort("device_id", "hour", "away", "after_s", "cell_id")
        .unique(["device_id", "hour"], keep="first", maintain_order=True)
        .group_by("cell_id", "hour")
        .len("n_devices")
        .filter(pl.col("n_devices") >= least)
        .sort("hour", "cell_id")
    )
    counted.write_parquet(scratch / "counted.parquet")
    return _entries(scratch)


def _entries(scratch: Path) -> int:
    row = duckdb.execute(f"SELECT count(*) FROM '{scratch}/counted.parquet'").fetchone()
    return int(row[0]) if row else 0


WRITTEN = {"duckdb": with_duckdb, "polars": with_polars}

if __name__ == "__main__":
    what, where, aside = sys.argv[1:4]
    Path(aside).mkdir(parents=True, exist_ok=True)
    print(json.dumps({"n_entries": WRITTEN[what](Path(where), Path(aside))}))
