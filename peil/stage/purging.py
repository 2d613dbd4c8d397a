"""Take the rows of who opted out late out of a day's sealed files: written again without them.

A row that DuckDB deletes stays in its file until the block is used again, so that the file is
written aside without those rows, and takes the place of the old one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from peil.adapters import database, sealing
from peil.charter import windows
from peil.charter.schema import Charter
from peil.ingest import opt_out
from peil.ingest.opt_out import one_spelling
from peil.stage.device_rows import leave_out, opt_out_list
from peil.store import keys, sealed
from peil.store.atomic import canonical, read_json, write_json
from peil.store.store import Store

Alone = Callable[[str], str]


def purge_raw(charter: Charter, store: Store, day: date, *, is_count: bool = False) -> int:
    """Take them out of the raw file and its manifest; the rows taken out, 0 where there are none.

    With `is_count` they are counted only, and nothing is changed.

    The manifest is brought up to date by the file, so that a kill in between is mended by a second
    run. The caller holds the day.
    """
    pilot = charter.pilot
    raw, key = store.raw_file(pilot, day), store.key(pilot, day, "raw")
    if not (raw.exists() and key.exists()):
        return 0
    listed = opt_out_list(charter, store)
    spelling = one_spelling("r.subscriber_id")
    out = f"SELECT subscriber_id FROM opted_out WHERE subscriber_id = {spelling}"

    def without(table: str) -> str:
        source = f"SELECT * FROM old.main.{table} AS r"
        if table == "events":
            return f"{source} WHERE NOT EXISTS ({out})"
        if table == "files":
            gone = f"SELECT file_id, count(*) AS n FROM old.main.events AS r WHERE EXISTS ({out})"
            return (
                "SELECT r.* REPLACE (r.n_opted_out + coalesce(gone.n, 0) AS n_opted_out) "
                f"FROM old.main.files AS r LEFT JOIN ({gone} GROUP BY file_id) AS gone "
                "USING (file_id) ORDER BY file_id"
            )
        return source

    def prepare(opened: duckdb.DuckDBPyConnection) -> int:
        opt_out.make_list(opened)
        if listed is not None and charter.inputs.opt_out is not None:
            opt_out.read_list(opened, listed, charter.inputs.opt_out.column)
        return _number(opened, f"SELECT count(*) FROM old.main.events AS r WHERE EXISTS ({out})")

    n_rows = _written_again(charter, store, day, raw, key, prepare, None if is_count else without)
    if not is_count:
        _agree(charter, store, day)
    return n_rows


def purge_staged(charter: Charter, store: Store, day: date, *, is_count: bool = False) -> int:
    """Take them out of the rows of devices of the staged file; the rows taken out, or counted.

    Tables of counts stay as they are: what was counted of them can be made again from raw only.
    The caller holds the day.
    """
    pilot = charter.pilot
    staged, key = store.staged_file(pilot, day), store.key(pilot, day, "staged")
    pseudonym = windows.pseudonym_key(store, charter, day)
    if not (staged.exists() and key.exists() and pseudonym.exists()):
        return 0
    listed = opt_out_list(charter, store)
    numbers = "SELECT device_no FROM old.main.int_devices_numbered JOIN left_out USING (device_id)"

    def without(table: str) -> str:
        source = f"SELECT * FROM old.main.{table}"
        if table not in {"int_devices_numbered", "int_events_classified"}:
            return source
        return f"{source} WHERE device_no IS NULL OR device_no NOT IN ({numbers})"

    def prepare(opened: duckdb.DuckDBPyConnection) -> int:
        leave_out(opened, charter, windows.window_of(charter, day), store, listed)
        return _number(
            opened,
            f"SELECT count(*) FROM old.main.int_events_classified WHERE device_no IN ({numbers})",
        )

    alone = None if is_count else without
    return _written_again(charter, store, day, staged, key, prepare, alone)


def _written_again(
    charter: Charter,
    store: Store,
    day: date,
    file: Path,
    key_file: Path,
    prepare: Callable[[duckdb.DuckDBPyConnection], int],
    without: Alone | None,
) -> int:
    aside = file.with_name(f".{file.name}.part")
    for left in (aside, aside.with_name(aside.name + ".wal")):
        left.unlink(missing_ok=True)
    listed = opt_out_list(charter, store)
    only = [file.parent, *([listed.parent] if listed else [])]
    with database.connection(store, store.work(charter.pilot, day, "purge"), only) as opened:
        key = keys.read_key(key_file)
        sealing.attach(opened, file, "old", key, True)
        n_rows = prepare(opened)
        if not n_rows or without is None:
            return n_rows
        sealing.attach(opened, aside, "new", key, False)
        tables = "SELECT table_name FROM duckdb_tables() WHERE database_name = 'old' ORDER BY 1"
        for (table,) in opened.execute(tables).fetchall():
            opened.execute(f"CREATE TABLE new.main.{table} AS {without(table)}")
        views = "SELECT sql FROM duckdb_views() WHERE database_name = 'old' ORDER BY view_name"
        definitions = [sql for (sql,) in opened.execute(views).fetchall()]
        opened.execute("DETACH old")
        opened.execute("DETACH new")
    _views(store, charter, day, aside, key, definitions, file)
    sealed.replaced(aside, file, key_file, file.with_suffix(".json"))
    return n_rows


def _views(
    store: Store,
    charter: Charter,
    day: date,
    aside: Path,
    key: bytes,
    definitions: list[str],
    file: Path,
) -> None:
    """Views are bound under the name that readers attach the file by."""
    if not definitions:
        return
    with database.connection(
        store, store.work(charter.pilot, day, "purge"), [file.parent]
    ) as opened:
        sealing.attach(opened, aside, "staged", key, False)
        opened.execute("USE staged")
        for definition in definitions:
            opened.execute(definition)
        opened.execute("USE memory")
        opened.execute("DETACH staged")


def _agree(charter: Charter, store: Store, day: date) -> None:
    """Let the raw manifest say what the file says of who opted out."""
    pilot = charter.pilot
    manifest = store.raw_manifest(pilot, day)
    if not manifest.exists():
        return
    with database.connection(store, store.work(pilot, day, "purge")) as opened:
        database.attach_raw(opened, store, pilot, day, verb="opt-out")
        rows = opened.execute("SELECT file_name, n_opted_out FROM raw.main.files").fetchall()
    counts = {str(name): int(n) for name, n in rows}
    record: dict[str, Any] = read_json(manifest)
    if all(file["n_opted_out"] == counts[file["name"]] for file in record["files"]):
        return
    for file in record["files"]:
        file["n_opted_out"] = counts[file["name"]]
    basis = canonical([record["fingerprint"], sorted(counts.items())])
    record["fingerprint"] = hashlib.sha256(basis).hexdigest()
    write_json(manifest, record)


def _number(opened: duckdb.DuckDBPyConnection, query: str) -> int:
    row = opened.execute(query).fetchone()
    return int(row[0]) if row else 0
