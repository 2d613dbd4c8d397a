"""Landing: the files of a day become the sealed raw file, in one pass over each of them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from peil.adapters import database
from peil.charter import access
from peil.charter.schema import Charter, Delivery
from peil.ingest import cell_plan, counted_fields, opt_out, plan_checks
from peil.ingest.file_check import FileCheck, is_still
from peil.ingest.raw_file import make_tables, write_batch
from peil.ingest.readers import EVENT_COLUMNS, READERS, generic, tolerant_csv
from peil.ingest.readers.refusal import FileRefused, shown
from peil.ingest.unreadable import require_readable
from peil.outcome import Refused, Waiting
from peil.store.faults import disk
from peil.store.store import Store

ALL = f"SELECT {', '.join(EVENT_COLUMNS)} FROM incoming"


@dataclass(frozen=True)
class Landed:
    """What became of the files of a day, as the manifest tells it."""

    files: list[dict[str, Any]]
    refused: list[dict[str, str]]


class NothingLandedError(Exception):
    """No file of the day could be read: why, for each."""

    def __init__(self, refused: list[dict[str, str]]) -> None:
        super().__init__()
        self.refused = refused


class _UnusableError(Exception):
    """DuckDB gave up on itself over a file: what is open must be opened again without it."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.file = file


def refusal(file: Path, error: FileRefused, sha256: str = "") -> dict[str, str]:
    """A refused file's line in the manifest."""
    record = {"name": shown(file), "reason": error.reason, "why": str(error)}
    return record | ({"sha256": sha256} if sha256 else {})


def parts(raw: Path) -> tuple[Path, Path]:
    """The files beside a sealed raw file that it is written in; whoever lands removes them."""
    part = raw.with_name(f".{raw.name}.part")
    return part, part.with_name(part.name + ".wal")


def land(
    charter: Charter,
    day: date,
    store: Store,
    folder: Path,
    events: list[Path],
    cells: list[Path],
    looks: dict[Path, FileCheck],
) -> Landed:
    """Write the sealed raw file aside, then rename it into place.

    A file of events that cannot be read is left out, and said so.

    Raises
    ------
    NothingLandedError
        No file of events can be read.
    Refused
        The cell plan or the opt-out list cannot be read.
    Waiting
        A file changed while it was read.
    """
    raw = store.raw_file(charter.pilot, day)
    raw.parent.mkdir(parents=True, exist_ok=True)
    part, wal = parts(raw)
    access.day_key(store, charter.pilot, day, "raw")
    spill = store.work(charter.pilot, day, "ingest")
    unusable: list[dict[str, str]] = []
    while True:
        for left in (part, wal):
            left.unlink(missing_ok=True)
        try:
            allowed = [folder, raw.parent]
            with database.connection(store, spill, allowed, keeps_order=False) as opened:
                database.attach_raw(opened, store, charter.pilot, day, file=part, read_only=False)
                make_tables(opened)
                opt_out.make_list(opened)
                if listed := charter.inputs.opt_out:
                    file = folder / listed.path
                    _reading(
                        store,
                        file,
                        lambda f=file, column=listed.column: opt_out.read_list(opened, f, column),
                    )
                landed = _land_files(opened, charter, events, looks, store)
                plan = _cell_delivery(charter, store)
                for file in cells:
                    _reading(store, file, lambda f=file, plan=plan: _land_cells(opened, f, plan))
                cell_plan.require_not_swapped(opened, shown(cells[0]), charter.area.crs)
                plan_checks.require_placed(opened, shown(cells[0]), charter, store)
                write_batch(opened, charter, day)
                opened.execute("DETACH raw")
            break
        except _UnusableError as error:
            events = [file for file in events if file != error.file]
            unusable.append(refusal(error.file, _cannot_read(error.file), looks[error.file].sha256))
    landed = Landed(landed.files, [*unusable, *landed.refused])
    if not landed.files:
        raise NothingLandedError(landed.refused)
    for file, look in looks.items():
        if not is_still(file, look.state):
            raise Waiting(
                f"{shown(file)} changed while it was read: it is taken when it lies still."
            )
    store.raw_manifest(charter.pilot, day).unlink(missing_ok=True)  # it describes another file
    os.replace(part, raw)
    return landed


def _land_files(
    opened: duckdb.DuckDBPyConnection,
    charter: Charter,
    events: list[Path],
    looks: dict[Path, FileCheck],
    store: Store,
) -> Landed:
    landed = Landed([], [])
    for file_id, file in enumerate(events):
        sha256 = looks[file].sha256
        try:
            with disk.ours_first(store):
                record = _land_file(opened, file, file_id, looks[file], charter)
            landed.files.append({"name": file.name, "sha256": sha256, **record})
            continue
        except (duckdb.InternalException, duckdb.FatalException):
            raise _UnusableError(file) from None
        except duckdb.OutOfMemoryException:
            error = FileRefused("unreadable", _needs_memory(file))
        except disk.StoreFault:
            raise  # no fault of the file
        except FileRefused as refused:
            error = refused
        except Refused as refused:
            error = FileRefused("wrong_columns", str(refused))
        except (duckdb.Error, OSError, EOFError, UnicodeError):
            error = _cannot_read(file)
        opened.execute("DELETE FROM raw.main.events WHERE file_id = ?", [file_id])
        tolerant_csv.drop(opened)
        landed.refused.append(refusal(file, error, sha256))
    return landed


def _cannot_read(file: Path) -> FileRefused:
    return FileRefused(
        "unreadable",
        f"{shown(file)} cannot be read as the charter says (damaged, or another format): "
        "compare it with `inputs` in the charter, or have it delivered again.",
    )


def _needs_memory(file: Path) -> str:
    return (
        f"{shown(file)} needs more memory than there is: raise PEIL_MEMORY, or free disk for "
        "what does not fit."
    )


def _reading(store: Store, file: Path, read: Any) -> Any:
    """Run a reader; what DuckDB says may hold row values, so only the file's name is told."""
    try:
        with disk.ours_first(store):
            return read()
    except duckdb.OutOfMemoryException:
        raise Refused(_needs_memory(file)) from None
    except (duckdb.Error, OSError, UnicodeError):
        raise _cannot_read(file) from None


def _land_file(
    opened: duckdb.DuckDBPyConnection, file: Path, file_id: int, look: FileCheck, charter: Charter
) -> dict[str, Any]:
    """Land one file's records and count them all.

    A CSV that has not one record a line is read again, line by line.
    """
    delivery = charter.inputs.events
    reader = READERS[delivery.reader]
    is_text = look.kind != "parquet"
    if look.is_odd and is_text:
        tolerant_csv.load(opened, file, delivery.separator)
    dropped = reader.land_events(opened, file, file_id, delivery)
    n_rows, n_opted_out = _insert(opened, file_id)
    if is_text and not look.is_odd and n_rows + 1 != look.n_lines:
        opened.execute("DELETE FROM raw.main.events WHERE file_id = ?", [file_id])
        tolerant_csv.load(opened, file, delivery.separator)
        reader.land_events(opened, file, file_id, delivery)
        n_rows, n_opted_out = _insert(opened, file_id)
    require_readable(opened, file, file_id, delivery, charter.pilot)
    counted = counted_fields.count(opened, "delivered", delivery)
    tolerant_csv.drop(opened)
    opened.execute(
        "INSERT INTO raw.main.files VALUES (?, ?, ?, ?, ?)",
        [file_id, file.name, look.sha256, n_rows, n_opted_out],
    )
    record = {
        "n_rows": n_rows,
        "n_opted_out": n_opted_out,
        "state": list(look.state),
        "not_landed": dict.fromkeys(dropped, n_rows),
    }
    return {**record, "incoming": counted} if counted else record


def _insert(opened: duckdb.DuckDBPyConnection, file_id: int) -> tuple[int, int]:
    """Write what `incoming` gives; records in all, and those of opted-out subscribers."""
    generic.forget_rejected(opened)
    has_list = _changed(opened, "SELECT count(*) FROM opted_out") > 0
    n_all = _changed(opened, f"INSERT INTO raw.main.events {opt_out.LEFT_OUT if has_list else ALL}")
    n_opted_out = 0
    if has_list:
        n_opted_out = _changed(
            opened,
            f"DELETE FROM raw.main.events WHERE file_id = {file_id} AND defect = 'opted_out'",
        )
    return n_all + _mend_lines(opened, file_id), n_opted_out


def _changed(opened: duckdb.DuckDBPyConnection, statement: str) -> int:
    """Run a statement that answers with one number: a count, or the rows it changed."""
    row = opened.execute(statement).fetchone()
    return int(row[0]) if row else 0


def _mend_lines(opened: duckdb.DuckDBPyConnection, file_id: int) -> int:
    """Shift the lines behind refused records, and give each refused record a row of its own.

    Returns the number of refused records.
    """
    if not generic.rejected_lines(opened):
        return 0
    # the n-th refused record pushes down whatever was counted to its line or beyond, when the
    # n - 1 before it were not counted
    opened.execute(
        "CREATE OR REPLACE TEMP TABLE refused AS SELECT line, "
        "line - row_number() OVER (ORDER BY line) + 1 AS counted_as, "
        "row_number() OVER (ORDER BY line) AS n_before "
        "FROM (SELECT DISTINCT line FROM reject_errors)"
    )
    opened.execute(
        "CREATE OR REPLACE TEMP TABLE pushed AS SELECT counted_as, max(n_before) AS n_before "
        "FROM refused GROUP BY counted_as"
    )
    opened.execute(
        "UPDATE raw.main.events SET line = line + n_before FROM ("
        "SELECT events.rowid AS landed, pushed.n_before FROM raw.main.events AS events "
        f"ASOF JOIN pushed ON events.line >= pushed.counted_as WHERE events.file_id = {file_id}"
        ") AS mended WHERE events.rowid = mended.landed"
    )
    return _changed(
        opened,
        "INSERT INTO raw.main.events (file_id, line, defect) "
        f"SELECT {file_id}, line, 'cannot_parse' FROM refused",
    )


def _cell_delivery(charter: Charter, store: Store) -> Delivery:
    if not READERS[charter.inputs.cells.reader].is_boxed:
        return charter.inputs.cells
    from peil.ingest.cell_plan import cell_delivery  # maps take a second to import

    return cell_delivery(charter, store)


def _land_cells(opened: duckdb.DuckDBPyConnection, file: Path, delivery: Delivery) -> None:
    READERS[delivery.reader].land_cells(opened, file, delivery)
    opened.execute("INSERT INTO raw.main.cells BY NAME SELECT * FROM incoming")
    plan_checks.require_possible(opened, shown(file))  # after each file, so that it can be named
