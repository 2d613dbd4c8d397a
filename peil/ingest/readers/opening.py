"""Opening a delivered file: by its content, whatever its name says or holds."""

from __future__ import annotations

import csv
import gzip
import re
import zlib
from pathlib import Path
from typing import IO, cast

import duckdb

from peil.ingest.readers.refusal import FileRefused, shown

# a folder named `cell=7` is no column: it would stand in the place of the delivered one
NO_FOLDERS = "hive_partitioning=false"


def quoted(name: str) -> str:
    """A column name as SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as SQL literal. For file names and formats of the charter, never for row values."""
    return "'" + text.replace("'", "''") + "'"


def place(file: Path) -> str:
    """A file's path as SQL literal, so that it names this file and no other.

    DuckDB would take ``a[1].csv`` as a pattern and read ``a1.csv``.

    >>> place(Path("a[1]*.csv"))
    "'a[[]1][*].csv'"
    """
    return literal("".join(f"[{c}]" if c in "[*?" else c for c in str(file)))


def starts_with(file: Path, magic: bytes) -> bool:
    """Whether a file begins with these bytes: its format, whatever its name says."""
    with file.open("rb") as stream:
        return stream.read(len(magic)) == magic


def is_parquet(file: Path) -> bool:
    """Whether a file is Parquet, by its content."""
    return starts_with(file, b"PAR1")


def is_gzip(file: Path) -> bool:
    """Whether a file is packed with gzip, by its content."""
    return starts_with(file, b"\x1f\x8b")


def compression(file: Path) -> str:
    """How a file is packed, as SQL literal."""
    return literal("gzip" if is_gzip(file) else "none")


def opened(file: Path) -> IO[bytes]:
    """A file's content, unpacked where it is packed."""
    return cast(IO[bytes], gzip.open(file, "rb")) if is_gzip(file) else file.open("rb")


def header(file: Path, separator: str) -> list[str]:
    """Column names of the first line of a CSV.

    Raises
    ------
    FileRefused
        Empty, not UTF-8, or a gzip that breaks off.
    """
    name = shown(file)
    try:
        with opened(file) as stream:
            first = re.split(rb"[\r\n]", stream.readline(1_000_000), maxsplit=1)[0]
    except (OSError, EOFError, zlib.error):
        raise FileRefused(
            "truncated", f"{name} cannot be read as gzip: have it delivered again."
        ) from None
    if not first.strip():
        raise FileRefused("empty", f"{name} is empty in line 1: have it delivered again.")
    try:
        text = first.decode("utf-8-sig")
        named = next(csv.reader([text], delimiter=separator))
        return [name.strip() or f"column {at}" for at, name in enumerate(named, start=1)]
    except UnicodeDecodeError:
        raise FileRefused(
            "wrong_encoding",
            f"{name}, line 1 is not UTF-8: deliver it as UTF-8, or convert it first.",
        ) from None
    except (csv.Error, StopIteration):
        raise FileRefused(
            "wrong_columns", f"{name}, line 1 is no header: have it delivered with one."
        ) from None


def require_whole(file: Path) -> None:
    """Refuse a gzip that breaks off or is damaged: DuckDB would read what there is as if whole."""
    if not is_gzip(file):
        return
    try:
        with gzip.open(file, "rb") as stream:
            while stream.read(4_000_000):
                pass
    except (OSError, EOFError, zlib.error):
        raise FileRefused(
            "truncated", f"{shown(file)} breaks off or is damaged: have it delivered again."
        ) from None


def require_fit_names(connection: duckdb.DuckDBPyConnection, file: Path) -> None:
    """Refuse a Parquet file that names a column twice: only the first would be read."""
    named = connection.execute(
        f"SELECT lower(name), num_children FROM parquet_schema({place(file)})"
    ).fetchall()
    columns, skipped = [], 0
    for name, n_children in named[1:]:  # the first is the file itself; then depth first
        if skipped:
            skipped += (n_children or 0) - 1
            continue
        columns.append(name)
        skipped = n_children or 0
    if len(set(columns)) != len(columns):
        raise FileRefused(
            "wrong_columns", f"{shown(file)} names a column twice: have its schema corrected."
        )
    if "file_row_number" in columns:
        raise FileRefused(
            "wrong_columns",
            f"{shown(file)} has a column file_row_number, the name of our own: have it renamed.",
        )
