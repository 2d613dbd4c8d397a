"""Ways to plant a marker: in each encoding, and in each kind of file that the places hold."""

from __future__ import annotations

import base64
import gzip
import io
import json
import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

IMSI = "204089876543217"
KEY = bytes(range(160, 192))

# name: (what the finding should say, the marker, its bytes as they are written)
ENCODINGS: dict[str, tuple[str, str | bytes, bytes]] = {
    "text": ("text", IMSI, IMSI.encode()),
    "UTF-16 little endian": ("text in UTF-16", IMSI, IMSI.encode("utf-16-le")),
    "UTF-16 big endian": ("text in UTF-16", IMSI, IMSI.encode("utf-16-be")),
    "hex of a text": ("hex", IMSI, IMSI.encode().hex().encode()),
    "base64 of a text": ("base64", IMSI, base64.b64encode(IMSI.encode())),
    "int64 little endian": ("int64 little endian", IMSI, int(IMSI).to_bytes(8, "little")),
    "int64 big endian": ("int64 big endian", IMSI, int(IMSI).to_bytes(8, "big")),
    "raw bytes": ("raw bytes", KEY, KEY),
    "lower hex": ("hex", KEY, KEY.hex().encode()),
    "upper hex": ("hex", KEY, KEY.hex().upper().encode()),
    "base64": ("base64", KEY, base64.b64encode(KEY)),
    "base64 one byte on": ("base64", KEY, base64.b64encode(b"x" + KEY + b"yz")),
    "base64 two bytes on": ("base64", KEY, base64.b64encode(b"xx" + KEY + b"y")),
    "URL-safe base64": ("base64", KEY, base64.urlsafe_b64encode(KEY)),
    "Python's escapes": ("escaped bytes", KEY, repr(KEY).encode()),
    "JSON's escapes": ("escaped bytes", KEY, json.dumps(KEY.decode("latin-1")).encode()),
}


def plain(file: Path, planted: bytes) -> None:
    file.write_bytes(b"something before\n" + planted + b"\nsomething after")


def parquet_column(file: Path, planted: bytes) -> None:
    table = pa.table({"n": [1, 2], "notes": pa.array([b"other", planted], pa.binary())})
    pq.write_table(table, file, compression="zstd")


def parquet_metadata(file: Path, planted: bytes) -> None:
    schema = pa.schema([pa.field("n", pa.int64())], metadata={b"note": planted})
    pq.write_table(pa.table({"n": [1]}, schema=schema), file)


def sealed_not(file: Path, planted: bytes) -> None:
    """A DuckDB file in the open, its column compressed."""
    with duckdb.connect(str(file)) as opened:
        opened.execute("CREATE TABLE held AS SELECT i, $1 AS note FROM range(3000) t(i)", [planted])


def write_ahead(file: Path, planted: bytes) -> None:
    """What a DuckDB process that died leaves beside its file."""
    database = file.with_suffix(".duckdb")
    opened = duckdb.connect(str(database))
    opened.execute("PRAGMA disable_checkpoint_on_shutdown")
    opened.execute("CREATE TABLE held (note BLOB)")
    opened.execute("INSERT INTO held VALUES ($1)", [planted])
    opened.close()
    wal = database.with_name(database.name + ".wal")
    assert planted in wal.read_bytes()
    database.unlink()
    wal.rename(file)


def sqlite(file: Path, planted: bytes) -> None:
    with sqlite3.connect(file) as opened:
        opened.execute("CREATE TABLE xcom (key TEXT, value BLOB)")
        opened.execute("INSERT INTO xcom VALUES ('return_value', ?)", [planted])
    opened.close()


def sqlite_of_gzip(file: Path, planted: bytes) -> None:
    sqlite(file, gzip.compress(b"rendered fields: " + planted))


def gzipped(file: Path, planted: bytes) -> None:
    file.write_bytes(gzip.compress(b"a line\n") + gzip.compress(planted))


def zstd(file: Path, planted: bytes) -> None:
    with pa.CompressedOutputStream(str(file), "zstd") as stream:
        stream.write(b"before" + planted)


def zstd_among_others(file: Path, planted: bytes) -> None:
    """As a page that DuckDB spilled: compressed, with other pages before and after it."""
    zstd(file, planted)
    file.write_bytes(b"\7" * 1000 + file.read_bytes() + b"\7" * 1000)


def zipped(file: Path, planted: bytes) -> None:
    """As a model in skops is: a zip, here with something packed inside."""
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr("schema.json", planted)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr("inner.zip", inner.getvalue())


# the thirteen places of attack A13 (docs/privacy.md), each with the kinds of file that lie there
PLACES: dict[str, list[Callable[[Path, bytes], None]]] = {
    "estimated": [parquet_column, parquet_metadata],
    "released bundles": [plain, parquet_column, zipped],
    "peil logs": [plain, gzipped],
    "dbt target and logs": [plain],
    "expectation results": [plain],
    "MLflow": [sqlite, zipped, plain],
    "Airflow database": [sqlite, sqlite_of_gzip],
    "Airflow logs and templates": [plain, gzipped],
    "spill": [plain, zstd, zstd_among_others],
    "write-ahead files": [write_ahead],
    "quarantine": [plain, sealed_not],
    "standard output": [plain],
    "ledger and register": [plain],
}
