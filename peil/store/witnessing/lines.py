"""Read and extend files of lines that only grow, without reading all of them each time."""

from __future__ import annotations

import os
from pathlib import Path

STEP = 4096


def size_of(path: Path) -> int:
    """Bytes of a file; 0 where it is not there."""
    return path.stat().st_size if path.exists() else 0


def read(path: Path, start: int = 0, end: int | None = None) -> bytes:
    """The bytes from a place on, to another or to the end."""
    if not path.exists():
        return b""
    with path.open("rb") as file:
        file.seek(start)
        return file.read(-1 if end is None else max(end - start, 0))


def mend(path: Path) -> int:
    """Cut off what a killed append left behind the last line end; the size of what is whole."""
    size = whole = size_of(path)
    while whole and read(path, whole - 1, whole) != b"\n":
        start = max(whole - STEP, 0)
        whole = start + read(path, start, whole).rfind(b"\n") + 1
    if whole < size:
        with path.open("rb+") as file:
            file.truncate(whole)
    return whole


def last(path: Path, size: int) -> bytes:
    """The last line of the first so many bytes, with its end; empty where there is none."""
    length = STEP
    while size:
        piece = read(path, max(size - length, 0), size)
        begin = piece.rfind(b"\n", 0, len(piece) - 1)
        if begin >= 0 or len(piece) == size:
            return piece[begin + 1 :]
        length *= 2
    return b""


def extend(path: Path, content: bytes) -> None:
    """Add whole lines at the end; they are on the disk when this returns."""
    if not content:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
