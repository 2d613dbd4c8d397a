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
from peil.outcome import Refused
from peil.store import keys, sealed
from peil.store.atomic import fresh_folder
from peil.store.store import Store


@contextmanager
def connection(
    store: Store, spill: Path, only: Sequence[Path] = (), keeps_order: bool = True
) -> Iterator[duckdb.DuckDBPyConnection]:
    """An in-memory database that may attach sealed files; its spill folder is emptied after.

    It reads and writes below the folders `only` (the whole store where none is named) and nowhere
    else, and its settings are locked. Without `keeps_order` rows come in any order, so that many
    can be written at a time.
    """
    fresh_folder(spill)
    opened = duckdb.connect(":memory:")
    try:
        sealing.load_crypto(opened)
        opened.execute(f"SET preserve_insertion_order = {keeps_order}")
        memory, threads = store.settings.memory, store.settings.threads
        sealing.harden(opened, only or [store.root], memory, threads, spill)
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


def attach_raw(
    opened: duckdb.DuckDBPyConnection,
    store: Store,
    pilot: str,
    day: date,
    *,
    file: Path | None = None,
    read_only: bool = True,
) -> None:
    """Attach the sealed raw file of a day as `raw` (or the part file that will become it)."""
    if file is None:
        require_sound(store, pilot, day, "raw")
    key = keys.read_key(store.key(pilot, day, "raw"))
    sealing.attach(opened, file or store.raw_file(pilot, day), "raw", key, read_only)


def attach_staged(
    opened: duckdb.DuckDBPyConnection, store: Store, pilot: str, day: date, alias: str = "staged"
) -> None:
    """Attach the sealed staged file of a day, to read."""
    require_sound(store, pilot, day, "staged")
    key = keys.read_key(store.key(pilot, day, "staged"))
    sealing.attach(opened, store.staged_file(pilot, day), alias, key, True)
