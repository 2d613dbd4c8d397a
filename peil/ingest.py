"""Ingest: delivered files become the sealed raw file of the day, canonical columns only."""

from __future__ import annotations

import hashlib
import os
import time
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from peil import charter as charters
from peil import database, ledger, lock, manifest, register, sealing
from peil.atomic import canonical, read_json, write_json
from peil.charter import Charter, Delivery
from peil.outcome import Outcome, Refused, Waiting
from peil.readers import CELL_COLUMNS, EVENT_COLUMNS, READERS, generic
from peil.store import Store

QUIET_S = 60.0  # a file untouched for so long is not being written any more


def one_spelling(name: str) -> str:
    """SQL of an identifier's one spelling, as staging has it (`canonical_id` in dialect.sql).

    Without it somebody who opted out as ``204…`` would be counted where a record says ``+204…``.
    """
    return (
        f"CASE WHEN regexp_full_match({name}, ' *[+]?[0-9][0-9 .-]*') "
        f"THEN regexp_replace({name}, '[^0-9]', '', 'g') "
        f"WHEN regexp_matches({name}, '[[:alnum:]]') THEN trim({name}) END"
    )


def ingest(pilot: str, day: str) -> Outcome:
    """Make the `raw` state of one day.

    Waits until the files are stable, compares their content with earlier deliveries, leaves
    out opted-out subscribers before the first write, and lands the canonical columns.
    Killed at any point and run again, it ends in the same state.

    Raises
    ------
    Waiting
        No delivery yet, or a file that still grows.
    Refused
        No valid charter, an unsigned simulated delivery, or a file that cannot be read.
    """
    charter = charters.load(pilot)
    when = charters.day_of(charter, day)
    store = Store()
    register.enter(charter, store)
    if ledger.is_released(store, charter.pilot, "presence", str(when)):
        return Outcome("ingest", charter.pilot, str(when), "unchanged", {"why": "released"})
    with lock.held(store, charter.pilot, str(when), "ingest"):
        return _ingest(charter, when, store)


def _ingest(charter: Charter, day: date, store: Store) -> Outcome:
    inputs = charter.inputs
    folder = manifest.root(charter, store)
    events = manifest.files(folder, inputs.events.path, day)
    cells = manifest.files(folder, inputs.cells.path, day)
    for kind, found, path in (("event", events, inputs.events), ("cell", cells, inputs.cells)):
        if not found:
            raise Waiting(
                f"No {kind} delivery of {day} at {manifest.pattern(path.path, day)}: "
                "deliver it, or correct `inputs` in the charter."
            )
    opt_out = [folder / inputs.opt_out.path] if inputs.opt_out else []
    for file in opt_out:
        if not file.is_file():
            raise Refused(f"The opt-out list {file.name} is missing: without it nothing is read.")
    _wait_until_stable([*events, *cells, *opt_out], store.settings.settle_s)
    digests = {file: manifest.sha256(file) for file in [*events, *cells, *opt_out]}
    manifest.check_vouched(store, charter, digests)

    asked = {
        "inputs": inputs.model_dump(mode="json", exclude={"truth": True, "events": {"due"}}),
        "threshold": charter.threshold,
        "time_zone": charter.time_zone,
        "mcc": charter.operator.mcc,
        "files": {str(file.relative_to(folder)): digest for file, digest in digests.items()},
    }
    fingerprint = hashlib.sha256(canonical(asked)).hexdigest()
    raw, kept = store.raw_file(charter.pilot, day), store.raw_manifest(charter.pilot, day)
    if raw.exists() and kept.exists() and read_json(kept)["fingerprint"] == fingerprint:
        return Outcome("ingest", charter.pilot, str(day), "unchanged", _facts(read_json(kept)))

    accepted, refused = _not_twice(store, charter.pilot, day, events, digests)
    if not accepted:
        raise Refused(f"{refused[0]['name']}: {refused[0]['why']}")
    landed = _land(charter, day, store, folder, accepted, cells, digests)
    record = {
        "fingerprint": fingerprint,
        "files": landed,
        "refused": refused,
        "cells": [{"name": file.name, "sha256": digests[file]} for file in cells],
    }
    write_json(kept, record)
    return Outcome("ingest", charter.pilot, str(day), "done", _facts(record), [str(kept)])


def _facts(record: dict[str, Any]) -> dict[str, int | float | str]:
    return {
        "n_files": len(record["files"]),
        "n_delivered": sum(file["n_rows"] for file in record["files"]),
        "n_opted_out": sum(file["n_opted_out"] for file in record["files"]),
        "n_files_refused": len(record["refused"]),
    }


def _wait_until_stable(files: list[Path], settle_s: float) -> None:
    """Look twice at files that were touched lately; one that changes is still being written."""

    def look() -> dict[Path, tuple[int, int]]:
        found = {file: file.stat() for file in files}
        return {file: (status.st_size, status.st_mtime_ns) for file, status in found.items()}

    first = look()
    newest = max(touched for _, touched in first.values()) / 1e9
    if settle_s <= 0 or time.time() - newest > QUIET_S:
        return
    time.sleep(settle_s)
    for file, status in look().items():
        if status != first[file]:
            raise Waiting(f"{file.name} still grows: it is taken when two looks agree.")


def _not_twice(
    store: Store, pilot: str, day: date, files: list[Path], digests: dict[Path, str]
) -> tuple[list[Path], list[dict[str, str]]]:
    """Part the files whose content came before, on another day or under another name."""
    before = manifest.delivered_before(store, pilot, day)
    accepted: list[Path] = []
    refused: list[dict[str, str]] = []
    seen: dict[str, str] = {}
    for file in files:
        digest = digests[file]
        origin = before.get(digest) or seen.get(digest)
        if origin:
            why = f"same content as delivered before ({origin}); remove it or deliver the right one"
            refused.append({"name": file.name, "sha256": digest, "reason": "delivered_twice",
                            "why": why})  # fmt: skip
        else:
            seen[digest] = file.name
            accepted.append(file)
    return accepted, refused


def _land(
    charter: Charter,
    day: date,
    store: Store,
    folder: Path,
    events: list[Path],
    cells: list[Path],
    digests: dict[Path, str],
) -> list[dict[str, Any]]:
    """Write the sealed raw file aside, then rename it into place."""
    raw = store.raw_file(charter.pilot, day)
    raw.parent.mkdir(parents=True, exist_ok=True)
    part = raw.with_name(f".{raw.name}.part")
    for left in (part, part.with_name(part.name + ".wal")):
        left.unlink(missing_ok=True)
    sealing.new_key(store.key(charter.pilot, day, "raw"))
    reader = READERS[charter.inputs.events.reader]
    landed: list[dict[str, Any]] = []
    with database.connection(store, store.work(charter.pilot, day, "ingest")) as opened:
        database.attach_raw(opened, store, charter.pilot, day, file=part, read_only=False)
        _make_tables(opened)
        _read_opt_out(opened, charter, folder)
        for file_id, file in enumerate(events):
            dropped = _reading(file, lambda f=file, n=file_id: reader.land_events(
                opened, f, n, charter.inputs.events))  # fmt: skip
            counts = _reading(file, lambda f=file, n=file_id: _land_file(opened, f, n, digests[f]))
            landed.append({"name": file.name, "sha256": digests[file], "not_landed": dropped,
                           **counts})  # fmt: skip
        delivery = _cell_delivery(charter, store)
        for file in cells:
            _reading(file, lambda f=file: _land_cells(opened, f, delivery))
        _write_batch(opened, charter, day)
        opened.execute("DETACH raw")
    store.raw_manifest(charter.pilot, day).unlink(missing_ok=True)  # it describes another file
    os.replace(part, raw)
    return landed


def _reading(file: Path, read: Any) -> Any:
    """Run a reader; what DuckDB says may hold row values, so only the file's name is told."""
    try:
        return read()
    except duckdb.OutOfMemoryException:
        raise Refused(
            f"{file.name} needs more memory than there is: raise PEIL_MEMORY, or free disk for "
            "what does not fit."
        ) from None
    except duckdb.Error:
        raise Refused(
            f"{file.name} cannot be read as the charter says (broken off, not UTF-8, or another "
            "format): compare it with `inputs` in the charter, or have it delivered again."
        ) from None


def _make_tables(opened: duckdb.DuckDBPyConnection) -> None:
    for table, columns in (("events", EVENT_COLUMNS), ("cells", CELL_COLUMNS)):
        spelled = ", ".join(f"{name} {kind}" for name, kind in columns.items())
        opened.execute(f"CREATE TABLE raw.main.{table} ({spelled})")
    opened.execute(
        "CREATE TABLE raw.main.files (file_id INTEGER, file_name VARCHAR, sha256 VARCHAR, "
        "n_rows BIGINT, n_opted_out BIGINT)"
    )


def _read_opt_out(opened: duckdb.DuckDBPyConnection, charter: Charter, folder: Path) -> None:
    """Put the opt-out list in memory, so that its subscribers are left out before any write."""
    opened.execute("CREATE TEMP TABLE opted_out (subscriber_id VARCHAR)")
    if charter.inputs.opt_out is None:
        return
    file, column = folder / charter.inputs.opt_out.path, charter.inputs.opt_out.column
    names = _reading(file, lambda: opened.sql(f"SELECT * FROM {_listed(file)} LIMIT 0").columns)
    if column not in names:
        raise Refused(
            f"{file.name}, line 1 lacks the column {column}: "
            "correct `inputs.opt_out` in the charter, or have the list delivered again."
        )
    _reading(file, lambda: opened.execute(
        f"INSERT INTO opted_out SELECT DISTINCT {one_spelling(generic.quoted(column))} AS id "
        f"FROM {_listed(file)} WHERE id IS NOT NULL"
    ))  # fmt: skip


def _listed(file: Path) -> str:
    return f"read_csv({generic.literal(str(file))}, header=true, all_varchar=true)"


def _land_file(
    opened: duckdb.DuckDBPyConnection, file: Path, file_id: int, digest: str
) -> dict[str, int]:
    """Land one file's records, count them all, and mend the lines after refused records."""
    generic.forget_rejected(opened)
    # an opted-out subscriber's record arrives here without any field: only that it was there,
    # so that one pass over the file both counts it and keeps it from being written
    fields = ", ".join(
        f"CASE WHEN out.subscriber_id IS NULL THEN incoming.{name} END"
        for name in EVENT_COLUMNS
        if name not in {"file_id", "line", "defect"}
    )
    opened.execute(
        f"INSERT INTO raw.main.events SELECT file_id, line, {fields}, "
        "CASE WHEN out.subscriber_id IS NULL THEN defect ELSE 'opted_out' END "
        "FROM incoming LEFT JOIN opted_out AS out "
        f"ON out.subscriber_id = {one_spelling('incoming.subscriber_id')}"
    )
    where = f"FROM raw.main.events WHERE file_id = {file_id}"
    n_all = _count(opened, f"SELECT count(*) {where}")
    n_opted_out = _count(opened, f"SELECT count(*) {where} AND defect = 'opted_out'")
    opened.execute(f"DELETE {where} AND defect = 'opted_out'")
    rejected = generic.rejected_lines(opened)
    if rejected:
        _mend_lines(opened, file_id, rejected)
    n_rows = n_all + len(rejected)
    opened.execute(
        "INSERT INTO raw.main.files VALUES (?, ?, ?, ?, ?)",
        [file_id, file.name, digest, n_rows, n_opted_out],
    )
    return {"n_rows": n_rows, "n_opted_out": n_opted_out}


def _count(opened: duckdb.DuckDBPyConnection, query: str) -> int:
    row = opened.execute(query).fetchone()
    return int(row[0]) if row else 0


def _mend_lines(opened: duckdb.DuckDBPyConnection, file_id: int, rejected: list[int]) -> None:
    """Shift the lines behind refused records, and give each refused record a row of its own."""
    for line in rejected:  # ascending, so that each shift meets final lines
        opened.execute(
            "UPDATE raw.main.events SET line = line + 1 WHERE file_id = ? AND line >= ?",
            [file_id, line],
        )
    opened.executemany(
        "INSERT INTO raw.main.events (file_id, line, defect) VALUES (?, ?, 'cannot_parse')",
        [[file_id, line] for line in rejected],
    )


def _cell_delivery(charter: Charter, store: Store) -> Delivery:
    if charter.inputs.cells.reader != "opencellid":
        return charter.inputs.cells
    from peil.area import cell_delivery  # maps take a second to import

    return cell_delivery(charter, store)


def _land_cells(opened: duckdb.DuckDBPyConnection, file: Path, delivery: Delivery) -> None:
    READERS[delivery.reader].land_cells(opened, file, delivery)
    opened.execute("INSERT INTO raw.main.cells BY NAME SELECT * FROM incoming")


def _write_batch(opened: duckdb.DuckDBPyConnection, charter: Charter, day: date) -> None:
    """One row that tells the SQL what it must know of this batch."""
    zone = ZoneInfo(charter.time_zone)
    start = datetime.combine(day, datetime.min.time(), zone)
    end = datetime.combine(day + timedelta(days=1), datetime.min.time(), zone)
    opened.execute(
        "CREATE TABLE raw.main.batch (pilot VARCHAR, day DATE, time_zone VARCHAR, "
        "threshold INTEGER, day_start_at TIMESTAMPTZ, day_end_at TIMESTAMPTZ, home_mcc INTEGER)"
    )
    opened.execute(
        "INSERT INTO raw.main.batch VALUES (?, ?, ?, ?, ?, ?, ?)",
        [charter.pilot, day, charter.time_zone, charter.threshold, start, end,
         charter.operator.mcc],
    )  # fmt: skip
