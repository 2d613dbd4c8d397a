"""A control for the leak scan: markers planted in scratch files, which it must find first.

A scan that finds nothing says something only where it would have found what is there. What is
planted here is an identifier of nobody, in the kinds of file that a store holds.
"""

from __future__ import annotations

import base64
import gzip
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from peil.redteam.leaks import scan

CONTROL = "999019999999917"  # country code 999 belongs to no country


def _parquet(file: Path) -> None:
    pq.write_table(pa.table({"note": ["other", CONTROL]}), file, compression="zstd")


def _duckdb(file: Path) -> None:
    with duckdb.connect(str(file)) as opened:
        opened.execute("CREATE TABLE held AS SELECT i, $1 AS note FROM range(3000) t(i)", [CONTROL])


def _sqlite(file: Path) -> None:
    with closing(sqlite3.connect(file)) as opened, opened:
        opened.execute("CREATE TABLE xcom (value BLOB)")
        opened.execute("INSERT INTO xcom VALUES (?)", [gzip.compress(CONTROL.encode())])


def _zstd(file: Path) -> None:
    with pa.CompressedOutputStream(str(file), "zstd") as stream:
        stream.write(b"before " + CONTROL.encode())


def _zip(file: Path) -> None:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr("member", CONTROL)


PLANTS: dict[str, Callable[[Path], object]] = {
    "text": lambda file: file.write_text(f"a line of {CONTROL}\n"),
    "hex": lambda file: file.write_text(CONTROL.encode().hex()),
    "base64": lambda file: file.write_bytes(base64.b64encode(b"x" + CONTROL.encode())),
    "gzip": lambda file: file.write_bytes(gzip.compress(CONTROL.encode())),
    "zstd": _zstd,
    "zip": _zip,
    "Parquet": _parquet,
    "DuckDB": _duckdb,
    "SQLite": _sqlite,
}


def missed(folder: Path) -> list[str]:
    """Plant the control in each kind of file, and name the kinds in which the scan misses it.

    Parameters
    ----------
    folder : Path
        An empty scratch folder; the files stay there.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as scratch:
    ...     missed(Path(scratch))
    []
    """
    places = {}
    for number, (kind, plant) in enumerate(PLANTS.items()):
        places[kind] = folder / f"control_{number}"
        plant(places[kind])
    hit = {finding.place for finding in scan({"control": CONTROL}, places) if finding.marker}
    return [kind for kind in PLANTS if kind not in hit]
