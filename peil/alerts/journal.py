"""Append to and read files of JSON lines: whole lines, synced to disk, one writer at a time.

What the lines mean is not known in here.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock

from peil.store import atomic

log = logging.getLogger(__name__)


def lock_of(file: Path) -> Path:
    """Where the lock of a journal lies."""
    return file.with_suffix(".lock")


@contextmanager
def alone(file: Path) -> Iterator[None]:
    """Hold a journal: two writers wait for each other. A process that dies holds nothing."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(lock_of(file)):
        yield


def read(file: Path) -> list[dict[str, Any]]:
    """Read every whole line, oldest first; half a line at the end and foreign lines are skipped."""
    content = file.read_bytes() if file.is_file() else b""
    entries = []
    for number, line in enumerate(content.split(b"\n")[:-1], start=1):
        try:
            entry = json.loads(line)
        except ValueError:
            entry = None
        if isinstance(entry, dict):
            entries.append(entry)
        else:
            log.warning("%s, line %d is no entry and was skipped.", file.name, number)
    return entries


def add(file: Path, entries: list[dict[str, Any]]) -> None:
    """Append entries; they are on the disk when this returns. The caller holds the journal.

    Half a line that a kill left behind at the end is dropped first.
    """
    content = file.read_bytes() if file.is_file() else b""
    whole, newline, torn = content.rpartition(b"\n")
    n_whole = len(whole) + len(newline)
    if torn:
        log.warning("%s ended in half a line, which was dropped.", file.name)
    elif not entries:
        return
    with file.open("r+b" if file.is_file() else "wb") as opened:
        opened.truncate(n_whole)
        opened.seek(n_whole)
        opened.write(b"".join(atomic.canonical(entry) + b"\n" for entry in entries))
        opened.flush()
        os.fsync(opened.fileno())
