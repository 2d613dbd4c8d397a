"""Rows of delivered files become rows of the raw table: each file by itself, some at a time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from peil.charter.schema import Charter
from peil.ingest import counted_fields, opt_out, together
from peil.ingest.file_check import FileCheck
from peil.ingest.readers import EVENT_COLUMNS, READERS, generic, tolerant_csv
from peil.ingest.readers.refusal import FileRefused, shown
from peil.ingest.unreadable import require_readable
from peil.outcome import Refused
from peil.store.faults import disk
from peil.store.store import Store

ALL = f"SELECT {', '.join(EVENT_COLUMNS)} FROM incoming"

FileOutcome = dict[str, Any] | FileRefused


@dataclass(frozen=True)
class Landed:
    """What became of the files of a day, as the manifest tells it."""

    files: list[dict[str, Any]]
    refused: list[dict[str, str]]
    n_passing: int = 0  # of those refused: they may be read at another moment
    n_listed: int = 0  # identifiers on the opt-out list


class UnusableError(Exception):
    """DuckDB gave up on itself over a file: what is open must be opened again without it."""

    def __init__(self, file: Path, needs_memory: bool = False) -> None:
        super().__init__()
        self.file = file
        self.needs_memory = needs_memory


def refusal(name: str, error: FileRefused, sha256: str = "") -> dict[str, str]:
    """A refused file's line in the manifest, under the name of `deliveries.names`."""
    record = {"name": shown(name), "reason": error.reason, "why": str(error)}
    return record | ({"sha256": sha256} if sha256 else {})


def land_files(
    opened: duckdb.DuckDBPyConnection,
    charter: Charter,
    events: dict[Path, str],
    looks: dict[Path, FileCheck],
    store: Store,
    *,
    n_at_a_time: int,
    is_alone: bool = False,
) -> Landed:
    """Land the files of a day; one that cannot be read is left out, and said so.

    Several are read at a time, each on a connection of its own to the same database. Small files
    are landed some together; where one of these gives trouble, each of them by itself.

    Parameters
    ----------
    events : dict of Path to str
        Each file and what it is called in the raw table and the manifest.
    n_at_a_time : int
        As `together.at_a_time` has it. DuckDB must have so many fewer threads that none is idle: it
        would take work of one of ours, and ours would look for work without rest until it is done.
    is_alone : bool
        Whether to read one at a time, so that it is known over which DuckDB gives up.

    Raises
    ------
    UnusableError
        DuckDB gave up on itself: over this file, where each is read alone.
    StoreFault
        The disk of the store is at fault.
    """
    most = 1 if is_alone else together.MOST
    files = list(events)
    groups = together.groups([looks[file] for file in files], most, 2 * n_at_a_time)

    def alone(file_id: int, connection: duckdb.DuckDBPyConnection) -> FileOutcome:
        file = files[file_id]
        return _landed(connection, file, events[file], file_id, looks[file], charter, store)

    def of_group(group: range) -> list[FileOutcome]:
        with opened.cursor() as own:
            if len(group) > 1:
                numbered = {file_id: files[file_id] for file_id in group}
                if outcomes := _landed_together(own, numbered, events, looks, charter, store):
                    return outcomes
            return [alone(file_id, own) for file_id in group]

    if n_at_a_time == 1 or len(groups) == 1:
        of_groups = [of_group(group) for group in groups]
    else:
        pool = ThreadPoolExecutor(n_at_a_time)
        try:
            of_groups = list(pool.map(of_group, groups))
        finally:
            pool.shutdown(cancel_futures=True)
    outcomes = [outcome for group in of_groups for outcome in group]
    landed, refused = [], []
    for (file, name), outcome in zip(events.items(), outcomes, strict=True):
        sha256 = looks[file].sha256
        if isinstance(outcome, FileRefused):
            refused.append(refusal(name, outcome, sha256))
        else:
            landed.append({"name": name, "sha256": sha256, **outcome})
    n_passing = sum(isinstance(each, FileRefused) and each.is_passing for each in outcomes)
    return Landed(landed, refused, n_passing)


def _landed_together(
    opened: duckdb.DuckDBPyConnection,
    files: dict[int, Path],
    names: dict[Path, str],
    looks: dict[Path, FileCheck],
    charter: Charter,
    store: Store,
) -> list[FileOutcome]:
    """Land small files in one transaction; none of them, and no outcome, where one gives trouble.

    Each transaction ends with rows that are too few to be packed well, which the next ones pack
    anew: a day of many small files would be written several times.
    """
    try:
        with disk.ours_first(store):
            opened.begin()
            landed: list[FileOutcome] = [
                _land_file(opened, file, names[file], file_id, looks[file], charter)
                for file_id, file in files.items()
            ]
            opened.commit()
    except disk.StoreFault:
        raise  # no fault of the files
    except (duckdb.Error, Refused, OSError, EOFError, UnicodeError):
        with suppress(duckdb.Error):  # it ended by itself, or nothing goes on: the next tells
            opened.rollback()
        return []
    return landed


def _landed(
    opened: duckdb.DuckDBPyConnection,
    file: Path,
    name: str,
    file_id: int,
    look: FileCheck,
    charter: Charter,
    store: Store,
) -> FileOutcome:
    """Land one file: what the manifest says of it, or why it cannot be read and no row is left."""
    try:
        with disk.ours_first(store):
            return _land_file(opened, file, name, file_id, look, charter)
    except (duckdb.InternalException, duckdb.FatalException):
        raise UnusableError(file) from None
    except duckdb.OutOfMemoryException:  # whose fault it is differs from run to run
        raise UnusableError(file, needs_memory=True) from None
    except disk.StoreFault:
        raise  # no fault of the file
    except FileRefused as refused:
        error = refused
    except Refused as refused:
        error = FileRefused("wrong_columns", str(refused))
    except (duckdb.IOException, OSError):
        error = cannot_read(file, is_passing=True)
    except (duckdb.Error, EOFError, UnicodeError):
        error = cannot_read(file)
    try:
        opened.execute("DELETE FROM raw.main.events WHERE file_id = ?", [file_id])
        tolerant_csv.drop(opened)
    except duckdb.Error:  # another that was read at the same time took the database down
        raise UnusableError(file) from None
    return error


def cannot_read(file: Path, is_passing: bool = False) -> FileRefused:
    """The refusal of a file that is damaged or of another format."""
    return FileRefused(
        "unreadable",
        f"{shown(file)} cannot be read as the charter says (damaged, or another format): "
        "compare it with `inputs` in the charter, or have it delivered again.",
        is_passing,
    )


def needs_memory(file: Path) -> str:
    """The sentence on a file for which memory does not do."""
    return (
        f"{shown(file)} needs more memory than there is: raise PEIL_MEMORY, or free disk for "
        "what does not fit."
    )


def _land_file(
    opened: duckdb.DuckDBPyConnection,
    file: Path,
    name: str,
    file_id: int,
    look: FileCheck,
    charter: Charter,
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
        [file_id, name, look.sha256, n_rows, n_opted_out],
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
