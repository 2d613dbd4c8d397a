"""Write aside, then rename: a reader sees the old or the new, never a half."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from peil.store.faults.damage import Damaged, damaged


def canonical(content: Any) -> bytes:
    """One way to write a JSON value: sorted keys, no spaces, UTF-8.

    >>> canonical({"b": 1, "a": "é"})
    b'{"a":"\\xc3\\xa9","b":1}'
    """
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def write_bytes(path: Path, content: bytes, mode: int = 0o644) -> Path:
    """Write a file so that a kill at any moment leaves the old file or the new."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.part")
    descriptor = _taken(aside, mode)
    with os.fdopen(descriptor, "wb") as file, removed_on_failure(aside):
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
        os.replace(aside, path)
    return path


def _taken(aside: Path, mode: int) -> int:
    """Open a file aside, empty, for this writer alone: another of the same file waits for it.

    Its name is the same for every writer, so that the next one removes what a kill has left.
    """
    while True:
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT, mode)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        with suppress(FileNotFoundError):  # renamed by whom we waited for
            if aside.stat().st_ino == os.fstat(descriptor).st_ino:
                os.ftruncate(descriptor, 0)
                return descriptor
        os.close(descriptor)


@contextmanager
def removed_on_failure(*paths: Path) -> Iterator[None]:
    """Leave nothing half made of these files and folders where the block does not end well.

    A full disk would stay full of it. What a kill leaves is removed by the next run.
    """
    try:
        yield
    except BaseException:
        for path in paths:
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                with suppress(OSError):
                    path.unlink(missing_ok=True)
        raise


def write_text(path: Path, content: str) -> Path:
    """Write text as UTF-8, aside and renamed."""
    return write_bytes(path, content.encode("utf-8"))


def write_json(path: Path, content: Any) -> Path:
    """Write JSON for people: indented, sorted, so that the same content is the same bytes."""
    text = json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False)
    return write_bytes(path, text.encode() + b"\n")


def read_json(path: Path) -> Any:
    """Read what `write_json` wrote.

    Raises
    ------
    Damaged
        It is not there whole; the sentence says how it is made again.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError:  # no JSON, or no text
        raise damaged(path) from None


def read_whole(path: Path) -> dict[str, Any]:
    """Read a record, empty where it is not there whole: for whoever makes it again."""
    try:
        return dict(read_json(path)) if path.exists() else {}
    except Damaged:
        return {}


def require_whole(path: Path) -> None:
    """Refuse a damaged record of a released day: made again, it might not be what was released.

    Raises
    ------
    Damaged
        It is there, and not whole.
    """
    if path.exists() and not read_whole(path):
        raise Damaged(
            f"The file {path} of the store is damaged, and its day is released: it is not made "
            "again; restore it from backup."
        )


def fresh_folder(path: Path) -> Path:
    """An empty folder: whatever an interrupted run left there is gone."""
    if path.exists():
        shutil.rmtree(path)
    path.mkdir(parents=True)
    return path


def aside_of(path: Path) -> Path:
    """Where the content of a folder is written before it takes its place."""
    return path.with_name(f".{path.name}.part")


def replace_folder(aside: Path, path: Path) -> Path:
    """Put a finished folder in its place. An older one is moved out of the way first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    old = path.with_name(f".{path.name}.old")
    if old.exists():  # a kill came before it was removed
        shutil.rmtree(old)
    if path.exists():
        os.replace(path, old)
    os.replace(aside, path)
    shutil.rmtree(old, ignore_errors=True)
    return path


def sha256(file: Path) -> str:
    """Hash of a file's content, read in pieces."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
