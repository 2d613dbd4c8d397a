"""A tolerant CSV parser: a damaged record spoils its own line only, and each keeps its number.

DuckDB's reader lets a quote that is never closed swallow all that follows it, and counts wrong
after a blank line or a line end within quotes. This one is slower, so it reads such files alone;
what columns mean is no matter of this module.
"""

from __future__ import annotations

import csv
import io
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import duckdb
import pyarrow as pa

from peil.ingest.readers.opening import header, opened, quoted

LONGEST_LINE = 2_000_000  # characters; more is no record
MOST_LINES = 16  # a quoted field with more line ends is a quote that was never closed
BATCH = 50_000
TABLE = "tolerant_csv"
# more columns than announced make a record ragged; this many extra are still seen as one record
EXTRA = [f"_extra_{number}" for number in range(8)]

Line = tuple[int, str | None]  # its number, and its text unless that is no text


def lines(stream: IO[bytes]) -> Iterator[Line]:
    """Lines with their numbers; None for what is too long, not UTF-8 or holds a NUL byte."""
    text = io.TextIOWrapper(stream, encoding="utf-8", errors="surrogateescape", newline=None)
    number = 0
    while line := text.readline(LONGEST_LINE):
        number += 1
        is_long = False
        while not line.endswith("\n") and (more := text.readline(LONGEST_LINE)):
            is_long, line = True, more
        line = line.removesuffix("\n")
        is_text = line.isascii() or not any("\ud800" <= c <= "\udfff" for c in line)
        yield number, None if is_long or not is_text or "\0" in line else line


def records(
    numbered: Iterator[Line], separator: str, n_fields: int
) -> Iterator[tuple[int, list[str]]]:
    """Records with the number of their first line; no fields where a line is no record.

    >>> numbered = [(2, 'a,"b'), (3, 'c"'), (4, 'd,"e'), (5, 'f,g')]
    >>> list(records(iter(numbered), ",", 2))
    [(2, ['a', 'b\\nc']), (4, []), (5, ['f', 'g'])]
    """
    ahead: deque[Line] = deque()
    while ahead or (line := next(numbered, None)):
        number, text = ahead.popleft() if ahead else line  # type: ignore[misc]
        if text is None:
            yield number, []
        elif not text:
            continue  # a blank line is no record
        elif '"' not in text:
            yield number, text.split(separator)
        elif text.count('"') % 2 == 0:
            yield number, _fields(text, separator)
        else:
            fields, n_used = _across(text, numbered, ahead, separator, n_fields)
            for _ in range(n_used):
                ahead.popleft()
            yield number, fields


def _across(
    text: str, numbered: Iterator[Line], ahead: deque[Line], separator: str, n_fields: int
) -> tuple[list[str], int]:
    """The fields of a record that goes on over further lines, and how many of them; or none."""
    for n_used in range(1, MOST_LINES + 1):
        if len(ahead) < n_used:
            following = next(numbered, None)
            if following is None:
                break
            ahead.append(following)
        more = ahead[n_used - 1][1]
        if more is None:
            break
        text = f"{text}\n{more}"
        if more.count('"') % 2:
            fields = _fields(text, separator)
            return (fields, n_used) if len(fields) == n_fields else ([], 0)
    return [], 0


def _fields(text: str, separator: str) -> list[str]:
    csv.field_size_limit(2 * LONGEST_LINE * MOST_LINES)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))
    except csv.Error:
        return []
    return rows[0] if len(rows) == 1 else []


def load(connection: duckdb.DuckDBPyConnection, file: Path, separator: str) -> None:
    """Make the temporary table `TABLE` of all records behind the header, and their lines.

    `peil.ingest.readers.generic.source` gives it instead of the file until `drop`.
    """
    announced = header(file, separator)
    names = [*announced, *EXTRA]
    columns = ", ".join(f"{quoted(name)} VARCHAR" for name in names)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {TABLE} ({columns}, _line BIGINT)")
    batch: list[list[str | None]] = []
    numbers: list[int] = []
    with opened(file) as stream:
        numbered = lines(stream)
        next(numbered, None)
        for number, fields in records(numbered, separator, len(announced)):
            given: list[str | None] = [*fields[: len(names)]]
            batch.append(given + [None] * (len(names) - len(given)))
            numbers.append(number)
            if len(batch) == BATCH:
                _write(connection, batch, numbers)
                batch, numbers = [], []
    if batch:
        _write(connection, batch, numbers)


def is_loaded(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether the file that is read now was read line by line."""
    query = f"SELECT 1 FROM duckdb_tables() WHERE table_name = '{TABLE}' AND temporary"
    return connection.execute(query).fetchone() is not None


def drop(connection: duckdb.DuckDBPyConnection) -> None:
    """Drop the table that `load` made, and the view over it."""
    connection.execute(f"DROP VIEW IF EXISTS incoming; DROP TABLE IF EXISTS {TABLE}")


def _write(
    connection: duckdb.DuckDBPyConnection, batch: list[list[str | None]], numbers: list[int]
) -> None:
    arrays = [pa.array(column, pa.string()) for column in zip(*batch, strict=True)]
    table = pa.Table.from_arrays(
        [*arrays, pa.array(numbers, pa.int64())], [f"c{n}" for n in range(len(arrays) + 1)]
    )
    connection.register("tolerant_csv_batch", table)
    connection.execute(f"INSERT INTO {TABLE} SELECT * FROM tolerant_csv_batch")
    connection.unregister("tolerant_csv_batch")
