"""What is wrong with the disk or the databases of a store, in one sentence with the way out.

The one place that knows what errors of the system, of SQLite and of DuckDB mean to whoever keeps
the machine. Their own words are never passed on, since they may quote a row.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from peil.outcome import Refused, Waiting
from peil.store.atomic import read_json
from peil.store.faults import damage
from peil.store.store import Store

# free space without which no verb begins: what a verb writes beside sealed files (estimates, pages,
# logs, MLflow's and Airflow's databases) took 12 MB of a whole run of 1 000 devices
FLOOR = 64 * 1024**2
FULL = (errno.ENOSPC, errno.EDQUOT)
FULL_WORDS = ("no space left", "disk is full", "max_temp_directory_size", "disk quota")
CANNOT_WRITE = (errno.EROFS, errno.EACCES, errno.EPERM)


class StoreFault(Refused):
    """Disk or database of the store is at fault, and nothing that was delivered (exit 2)."""


class DiskFull(StoreFault, Waiting):
    """The disk of the store is full (exit 2): time, or a person, may make room."""


def free(path: Path) -> int:
    """Free bytes of the disk under a path, whether or not the path is there yet."""
    while not path.exists():
        path = path.parent
    return shutil.disk_usage(path).free


def in_mb(n_bytes: int) -> str:
    """Write bytes for a person, rounded up.

    >>> in_mb(120_000_000), in_mb(1)
    ('120 MB', '1 MB')
    """
    return f"{-(-n_bytes // 10**6):,} MB"


def full(store: Store, needed: int) -> DiskFull:
    """Make the refusal of a full disk."""
    return DiskFull(
        f"The disk of the store is full: {in_mb(free(store.root))} free, {in_mb(needed)} needed at "
        f"{store.root}; make room there, then run the same again."
    )


def require_room(store: Store, needed: int = 0) -> None:
    """Refuse to begin what the disk has no room for: what is needed, and never less than `FLOOR`.

    Raises
    ------
    DiskFull
        There is less free.
    """
    if free(store.root) < max(needed, FLOOR):
        raise full(store, max(needed, FLOOR))


@contextmanager
def ours_first(store: Store) -> Iterator[None]:
    """Refuse where an error is the store's own, before anybody blames what was read.

    Raises
    ------
    Refused
        In words of `in_words`; any other error passes as it is.
    """
    try:
        yield
    except Exception as error:
        refusal = in_words(error, store)
        if refusal is None or refusal is error:
            raise
        raise refusal from None


def in_words(error: BaseException, store: Store) -> Refused | None:
    """Say an error of disk or database in a sentence; none where it is another kind of fault."""
    if isinstance(error, Refused):
        return error
    for cause in map(_plain, _chain(error)):
        text = str(cause).lower()
        if isinstance(cause, OSError) and (words := _system(cause, store)):
            return words
        if (isinstance(cause, OSError) and cause.errno in FULL) or any(
            words in text for words in FULL_WORDS
        ):
            return full(store, FLOOR)
        if isinstance(cause, sqlite3.DatabaseError) and (broken := broken_databases(store)):
            return StoreFault(broken[0])
    if faults := of_root(store):
        return StoreFault(faults[0])
    return full(store, FLOOR) if free(store.root) < FLOOR // 8 else None


def _chain(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    for _ in range(10):
        if cause is None:
            return
        yield cause
        cause = cause.__cause__ or cause.__context__


def _plain(error: BaseException) -> BaseException:
    """The first of the errors that copying a folder gathers in words; any other as it is."""
    if not isinstance(error, shutil.Error) or not error.args:
        return error
    _, copy, words = error.args[0][0]
    number = re.match(r"\[Errno (\d+)\]", str(words))
    return OSError(int(number[1]), os.strerror(int(number[1])), str(copy)) if number else error


def _system(error: OSError, store: Store) -> Refused | None:
    """Say what the system answered about a file; of a file that is not the store's nothing."""
    path = Path(os.fsdecode(error.filename)) if error.filename else store.root
    is_ours = any(path.is_relative_to(folder) for folder in (store.root, store.outbox))
    if not path.is_absolute() or not is_ours:
        return None
    if error.errno == errno.EROFS:
        return StoreFault(
            f"The store is read-only ({path}): mount it for writing, then run the same again."
        )
    if error.errno in CANNOT_WRITE:
        return StoreFault(
            f"The file {path} of the store may not be read or written by user {os.geteuid()}: "
            "give that user the right, then run the same again."
        )
    if error.errno == errno.EIO:
        return StoreFault(
            f"The disk under {path} does not read or write: look after the disk, restore the file "
            "from backup, then run the same again."
        )
    if error.errno == errno.ENOENT and error.filename:
        return StoreFault(f"The file {path} of the store is gone: {damage.remedy(path)}.")
    return None


def of_root(store: Store) -> list[str]:
    """Say whether the store can be written at all."""
    for folder in (store.root, *store.planes()):
        if folder.exists() and not os.access(folder, os.W_OK | os.X_OK):
            return [
                f"The store cannot be written at {folder}: mount it for writing, or give user "
                f"{os.geteuid()} the right, then run the same again."
            ]
    return []


def broken_databases(store: Store) -> list[str]:
    """Say which of MLflow's and Airflow's databases are no databases any more, and what to do."""
    remedies = {
        store.own / "mlflow.db": "restore it from backup, or move it away: footprints are "
        "trained again by the next `peil run`, earlier scores are lost",
        store.airflow_home / "airflow.db": "move it away: the next `peil run` makes another, only "
        "Airflow's history of runs is lost",
    }
    return [
        f"The database {file} is damaged: {words}."
        for file, words in remedies.items()
        if file.is_file() and not _is_database(file)
    ]


def _is_database(file: Path) -> bool:
    try:
        with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as opened:
            opened.execute("SELECT count(*) FROM sqlite_master").fetchone()
            pragmas = ("page_count", "page_size")
            n_pages, n_bytes = (opened.execute(f"PRAGMA {p}").fetchone()[0] for p in pragmas)
    except sqlite3.DatabaseError as error:
        return "locked" in str(error)
    return bool(n_pages > 0 and file.stat().st_size >= n_pages * n_bytes)


def look(store: Store, pilot: str) -> list[str]:
    """Say everything that is wrong with the store of a pilot that can be seen without its rows."""
    sentences = [*of_root(store), *broken_databases(store)]
    if store.root.exists() and free(store.root) < FLOOR:
        sentences.append(str(full(store, FLOOR)))
    records = [
        *(store.operator / "sealed" / pilot).glob("*.json"),
        *(store.operator / "estimated" / pilot).rglob("*.json"),
        *(store.agency / "released" / pilot).rglob("metadata.json"),
    ]
    for file in sorted(records):
        try:
            read_json(file)
        except damage.Damaged as error:
            sentences.append(str(error))
        except OSError as error:
            sentences.append(str(in_words(error, store) or damage.damaged(file)))
    return sentences
