"""A day staged by Spark: its raw rows leave sealed, its tables come back sealed and are landed.

Sealed Parquet stands for the files of DuckDB on the way, under keys derived from theirs, in the
day's scratch folder. What is landed is the staged file that DuckDB would have made: the same rows
in the same order, held to the same contract and asked the same questions, so that nothing after it
knows.
"""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa

from peil.adapters import database, dbt_parsed, sealing, transform
from peil.adapters.spark import executors
from peil.adapters.spark.building import RawTable, SparkDay, built
from peil.adapters.spark.sealed_parquet import Seal, Sealer
from peil.adapters.transform import CLEANING, OTHER_TABLES, TransformSession
from peil.outcome import Refused
from peil.stage.ready_day import ReadyDay
from peil.store import keys
from peil.store.atomic import fresh_folder
from peil.store.faults import stopping
from peil.store.raw_tables import CELL_COLUMNS, EVENT_COLUMNS

ORDERED = "int_events_classified"
# made of what was landed: views on it, and where every row went
LAST = ["stg_operator__events", "int_events_quarantined", "int_rows_accounted__by_file_reason"]
ROWS_A_FILE = 1_000_000
ROWS_A_BATCH = 65_536
# how a column of Spark's becomes one of DuckDB's; any other by its type
AS_DUCKDB = {
    "periods": "list_transform(periods, lambda period: struct_pack("
    "starts := coalesce(period.starts, '-infinity'::timestamptz), "
    "ends := coalesce(period.ends, 'infinity'::timestamptz)))"
}


def staged(ready: ReadyDay, session: TransformSession, work: Path) -> None:
    """Make the staged file that the session names, by Spark.

    Raises
    ------
    Refused
        The day is to be staged in parts; Spark is not there; a table is not well-formed.
    RuntimeError
        A table cannot be made.
    """
    settings = ready.period.store.settings
    if settings.parts > 1:
        raise Refused(
            "Spark parts a day by itself: unset PEIL_PARTS, or set PEIL_ENGINE=duckdb, and stage "
            "again."
        )
    assert session.raw_key is not None and session.staged_key is not None
    assert session.pseudonym_key is not None
    sealed = fresh_folder(work / "sealed")
    sealed.chmod(0o700)
    raw_seal = Seal(session.raw_key.resolve(), "rows for Spark")
    outcome_seal = Seal(session.staged_key.resolve(), "rows of Spark")
    day = SparkDay(
        raw=_handed_over(ready, session, Sealer(raw_seal), sealed),
        raw_seal=raw_seal,
        outcome_seal=outcome_seal,
        pseudonym_key=session.pseudonym_key.resolve(),
        cleaning={name: session.cleaning[name] for name in CLEANING},
    )
    written = [table for table in dbt_parsed.tables_of("staged") if table not in LAST]
    passing = [*dbt_parsed.tables_of("memory"), *dbt_parsed.tables_of("passing")]
    n_rows = built(day, written, ORDERED, passing, settings, sealed)
    stopping.check()
    _land(ready, session, n_rows, Sealer(outcome_seal), sealed / "outcome")
    shutil.rmtree(sealed, ignore_errors=True)
    ask = [*written, *LAST, "source:peil.raw", "source:peil.given"]
    transform.finish(LAST, ask, session, work / "dbt")


def _handed_over(
    ready: ReadyDay, session: TransformSession, sealer: Sealer, sealed: Path
) -> dict[str, RawTable]:
    """Write the raw tables as sealed Parquet, a batch in memory at a time."""
    columns = {"events": EVENT_COLUMNS, "cells": CELL_COLUMNS}
    others = {
        table: {
            name: kind for name, kind in (pair.split(" ", 1) for pair in columns_sql.split(", "))
        }
        for table, columns_sql in OTHER_TABLES.items()
    }
    tables: dict[str, RawTable] = {}
    assert session.raw_file is not None and session.raw_key is not None
    with database.connection(ready.period.store, sealed / "spill") as opened:
        sealing.attach(opened, session.raw_file, "raw", keys.read_key(session.raw_key), True)
        for table, kinds in {**columns, **others}.items():
            folder = sealed / "raw" / table
            folder.mkdir(parents=True)
            reader = opened.execute(_with_every_column(opened, table, kinds)).to_arrow_reader(
                ROWS_A_BATCH
            )
            n_files, n_rows, rows = 0, 0, 1
            while rows:  # the last file has none
                rows = sealer.write(
                    folder / executors.file_name(n_files),
                    reader.schema,
                    itertools.islice(reader, ROWS_A_FILE // ROWS_A_BATCH),
                )
                n_files, n_rows = n_files + 1, n_rows + rows
                stopping.check()
            tables[table] = RawTable(folder, n_files, reader.schema, n_rows)
    return tables


def _with_every_column(opened: duckdb.DuckDBPyConnection, table: str, kinds: dict[str, str]) -> str:
    """Ask for all columns of a raw table; what an older day was landed without is empty."""
    there = {
        name
        for (name,) in opened.execute(
            "SELECT column_name FROM duckdb_columns() WHERE database_name = 'raw' "
            "AND table_name = ?",
            [table],
        ).fetchall()
    }
    columns = ", ".join(
        f"CAST({name if name in there else 'NULL'} AS {kind}) AS {name}"
        for name, kind in kinds.items()
    )
    return f"SELECT {columns} FROM raw.main.{table}"


def _land(
    ready: ReadyDay,
    session: TransformSession,
    n_rows: dict[str, int],
    sealer: Sealer,
    outcome: Path,
) -> None:
    """Write Spark's tables into a new staged file, each as its contract has it."""
    file, key = session.staged_file, session.staged_key
    assert file is not None and key is not None
    with database.connection(ready.period.store, outcome / "spill", [file.parent]) as opened:
        sealing.attach(opened, file, "staged", keys.read_key(key), False)
        for table, n_written in n_rows.items():
            opened.execute(f"CREATE TABLE staged.main.{table} ({dbt_parsed.declared(table)})")
            if any((outcome / table).iterdir()):  # Spark has no partition of a table without rows
                _insert(opened, table, _reader(sealer, outcome / table))
            landed = opened.execute(f"SELECT count(*) FROM staged.main.{table}").fetchone()
            if landed is None or int(landed[0]) != n_written:
                raise RuntimeError(f"Spark's table {table} was not landed whole: stage it again.")
            stopping.check()
        opened.execute("DETACH staged")


def _insert(opened: duckdb.DuckDBPyConnection, table: str, rows: pa.RecordBatchReader) -> None:
    opened.register("rows_of_spark", rows)
    spelled = ", ".join(
        f"{AS_DUCKDB[name]} AS {name}" if name in AS_DUCKDB else name for name in rows.schema.names
    )
    opened.execute(f"INSERT INTO staged.main.{table} BY NAME SELECT {spelled} FROM rows_of_spark")
    opened.unregister("rows_of_spark")


def _reader(sealer: Sealer, folder: Path) -> pa.RecordBatchReader:
    """The rows of a table, file by file in the order of their names."""

    def batches() -> Iterator[pa.RecordBatch]:
        for file in sorted(folder.iterdir()):
            yield from sealer.read(file)

    schema = sealer.schema(sorted(folder.iterdir())[0])
    return pa.RecordBatchReader.from_batches(schema, batches())
