"""Landing: the files of a day become the sealed raw file, in one pass over each of them."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from peil.adapters import database
from peil.charter import access
from peil.charter.schema import Charter, Delivery
from peil.ingest import cell_plan, file_rows, opt_out, plan_checks
from peil.ingest.file_check import FileCheck, is_still
from peil.ingest.file_rows import Landed, UnusableError
from peil.ingest.raw_file import make_tables, write_batch
from peil.ingest.readers import READERS
from peil.ingest.readers.refusal import shown
from peil.ingest.together import at_a_time
from peil.outcome import Refused, Waiting
from peil.store.faults import disk
from peil.store.store import Store


class NothingLandedError(Exception):
    """No file of the day could be read: why, for each."""

    def __init__(self, refused: list[dict[str, str]]) -> None:
        super().__init__()
        self.refused = refused


def parts(raw: Path) -> tuple[Path, Path]:
    """The files beside a sealed raw file that it is written in; whoever lands removes them."""
    part = raw.with_name(f".{raw.name}.part")
    return part, part.with_name(part.name + ".wal")


def land(
    charter: Charter,
    day: date,
    store: Store,
    folder: Path,
    events: dict[Path, str],
    cells: list[Path],
    looks: dict[Path, FileCheck],
) -> Landed:
    """Write the sealed raw file aside, then rename it into place.

    A file of events that cannot be read is left out, and said so.

    Parameters
    ----------
    events : dict of Path to str
        Each file of events and its name in the manifest.

    Raises
    ------
    NothingLandedError
        No file of events can be read.
    Refused
        The cell plan or the opt-out list cannot be read, or memory does not do for a file.
    Waiting
        A file changed while it was read.
    """
    raw = store.raw_file(charter.pilot, day)
    raw.parent.mkdir(parents=True, exist_ok=True)
    part, wal = parts(raw)
    access.day_key(store, charter.pilot, day, "raw")
    spill = store.work(charter.pilot, day, "ingest")
    unusable: list[dict[str, str]] = []
    is_alone = False
    while True:
        for left in (part, wal):
            left.unlink(missing_ok=True)
        try:
            allowed, threads = [folder, raw.parent], store.settings.threads
            n_at_a_time = 1 if is_alone else at_a_time([looks[file] for file in events], threads)
            with database.connection(
                store, spill, allowed, keeps_order=False, threads=threads - n_at_a_time + 1
            ) as opened:
                database.attach_raw(opened, store, charter.pilot, day, file=part, read_only=False)
                make_tables(opened)
                opt_out.make_list(opened)
                n_listed = 0
                if listed := charter.inputs.opt_out:
                    file = folder / listed.path
                    n_listed = _reading(
                        store,
                        file,
                        lambda f=file, column=listed.column: opt_out.read_list(opened, f, column),
                    )
                landed = file_rows.land_files(
                    opened,
                    charter,
                    events,
                    looks,
                    store,
                    n_at_a_time=n_at_a_time,
                    is_alone=is_alone,
                )
                plan = _cell_delivery(charter, store)
                for file in cells:
                    _reading(store, file, lambda f=file, plan=plan: _land_cells(opened, f, plan))
                cell_plan.require_not_swapped(opened, shown(cells[0]), charter.area.crs)
                plan_checks.require_placed(opened, shown(cells[0]), charter, store)
                write_batch(opened, charter, day)
                opened.execute("DETACH raw")
            break
        except UnusableError as error:
            if is_alone and error.needs_memory:
                raise Refused(file_rows.needs_memory(error.file)) from None
            if is_alone:  # else it may be the fault of one that was read at the same time
                name, why = events[error.file], file_rows.cannot_read(error.file)
                events = {file: events[file] for file in events if file != error.file}
                unusable.append(file_rows.refusal(name, why, looks[error.file].sha256))
            is_alone = True
    n_passing = landed.n_passing + len(unusable)  # DuckDB may do better at another moment
    landed = Landed(landed.files, [*unusable, *landed.refused], n_passing, n_listed)
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


def _reading(store: Store, file: Path, read: Any) -> Any:
    """Run a reader; what DuckDB says may hold row values, so only the file's name is told."""
    try:
        with disk.ours_first(store):
            return read()
    except duckdb.OutOfMemoryException:
        raise Refused(file_rows.needs_memory(file)) from None
    except (duckdb.Error, OSError, UnicodeError):
        raise file_rows.cannot_read(file) from None


def _cell_delivery(charter: Charter, store: Store) -> Delivery:
    if not READERS[charter.inputs.cells.reader].is_boxed:
        return charter.inputs.cells
    from peil.ingest.cell_plan import cell_delivery  # maps take a second to import

    return cell_delivery(charter, store)


def _land_cells(opened: duckdb.DuckDBPyConnection, file: Path, delivery: Delivery) -> None:
    READERS[delivery.reader].land_cells(opened, file, delivery)
    opened.execute("INSERT INTO raw.main.cells BY NAME SELECT * FROM incoming")
    plan_checks.require_possible(opened, shown(file))  # after each file, so that it can be named
