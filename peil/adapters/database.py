"""The one door to DuckDB: connections in bounded memory, spill encrypted, files sealed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Literal

import duckdb

from peil.adapters import sealing
from peil.charter import access, reading
from peil.outcome import Refused
from peil.store import keys, sealed
from peil.store.atomic import fresh_folder
from peil.store.store import Store


@contextmanager
def connection(
    store: Store,
    spill: Path,
    only: Sequence[Path] = (),
    keeps_order: bool = True,
    threads: int | None = None,
) -> Iterator[duckdb.DuckDBPyConnection]:
    """An in-memory database that may attach sealed files; its spill folder is emptied after.

    It reads and writes where sealed files lie, below the folders `only`, and nowhere else: never
    keys, never the agency's side. Its settings are locked. Without `keeps_order` rows come in any
    order, so that many can be written at a time. DuckDB has the threads of the settings; who gives
    it statements from several threads at once says with `threads` that it has fewer.

    Raises
    ------
    Refused
        One of the folders holds keys or files of the agency.
    """
    allowed = [store.operator / "sealed", *only]
    require_apart(store, allowed)
    fresh_folder(spill)
    opened = sealing.in_memory()
    try:
        sealing.load_crypto(opened)
        opened.execute(f"SET preserve_insertion_order = {keeps_order}")
        if keeps_order:
            sealing.keep_order(opened)
        settings = store.settings
        sealing.harden(opened, allowed, settings.memory, threads or settings.threads, spill)
        yield opened
    finally:
        opened.close()
        shutil.rmtree(spill, ignore_errors=True)


def require_sound(store: Store, pilot: str, day: date, state: Literal["raw", "staged"]) -> None:
    """Refuse a sealed file that is not what was sealed, and say how it is made again.

    Raises
    ------
    Refused
        The file is damaged, or gone, or its key is another one, or gone.
    """
    file, manifest, verb = (
        (store.raw_file(pilot, day), store.raw_manifest(pilot, day), "ingest")
        if state == "raw"
        else (store.staged_file(pilot, day), store.staged_manifest(pilot, day), "stage")
    )
    if not sealed.is_sound(file, store.key(pilot, day, state), manifest):
        raise Refused(
            f"The sealed file {file.name} or its key is damaged or gone: run `peil {verb} {pilot} "
            f"{day}`, which makes it again, or restore both from the same backup."
        )


def require_apart(store: Store, folders: Sequence[Path]) -> None:
    """Refuse folders that hold, or lie in, the keys or the agency's side of the store."""
    for folder in folders:
        own = folder.resolve()
        for closed in (store.operator / "keys", store.agency):
            place = closed.resolve()
            if own.is_relative_to(place) or place.is_relative_to(own):
                raise Refused(
                    f"{folder} holds keys or the agency's side of the store: no verb's database "
                    "may read there; name a folder of its own."
                )


def attach_raw(
    opened: duckdb.DuckDBPyConnection,
    store: Store,
    pilot: str,
    day: date,
    *,
    file: Path | None = None,
    read_only: bool = True,
    verb: str = access.BY_HAND,
) -> None:
    """Attach the sealed raw file of a day as `raw` (or the part file that will become it).

    What is read leaves an entry in the ledger, with the verb that reads it.
    """
    key = _key(store, pilot, day, "raw", is_whole=file is None)
    sealing.attach(opened, file or store.raw_file(pilot, day), "raw", key, read_only)
    if read_only:
        access.read(store, pilot, day, "raw", _n_rows(opened, "raw", "events"), verb)


def attach_staged(
    opened: duckdb.DuckDBPyConnection,
    store: Store,
    pilot: str,
    day: date,
    alias: str = "staged",
    *,
    verb: str = access.BY_HAND,
) -> None:
    """Attach the sealed staged file of a day, to read; it leaves an entry in the ledger."""
    key = _key(store, pilot, day, "staged")
    sealing.attach(opened, store.staged_file(pilot, day), alias, key, True)
    n_rows = _n_rows(opened, alias, "int_events_classified")
    access.read(store, pilot, day, "staged", n_rows, verb)


def _key(
    store: Store, pilot: str, day: date, kind: Literal["raw", "staged"], *, is_whole: bool = True
) -> bytes:
    """Read the key of a file that is as it was sealed; that it could not be is written down too."""
    try:
        if is_whole:
            require_sound(store, pilot, day, kind)
        return keys.read_key(store.key(pilot, day, kind))
    except Refused as why:
        access.refused(reading.load(pilot), store, str(why))
        raise


def _n_rows(opened: duckdb.DuckDBPyConnection, alias: str, table: str) -> int:
    """Rows of devices in an attached file, from its catalogue: none of them is read for it."""
    row = opened.execute(
        "SELECT estimated_size FROM duckdb_tables() WHERE database_name = ? AND table_name = ?",
        [alias, table],
    ).fetchone()
    return int(row[0]) if row else 0
