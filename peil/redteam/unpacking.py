"""Unpack files, so that a search of bytes sees what compression and containers hide.

Parquet, DuckDB, SQLite, gzip, zlib, zstd and zip, inside one another too. A sealed DuckDB file
gives its bytes as they lie, for nothing else can be read without its key. What is searched for,
and where, is no matter of this module.
"""

from __future__ import annotations

import io
import sqlite3
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

DEEPEST = 5
LARGEST = 1 << 30  # bytes of one unpacked piece
SMALLEST = 16  # bytes; nothing shorter is a container
ZSTD = b"\x28\xb5\x2f\xfd"


class NotDecodedError(Exception):
    """A container that is not sealed and could not be decoded.

    Parameters
    ----------
    inside : str
        Which container, as a path of containers from the outermost on; never its content.
    """

    def __init__(self, inside: str) -> None:
        super().__init__(inside)
        self.inside = inside


def unpack(content: bytes, file: Path | None = None, depth: int = 0) -> Iterator[tuple[str, bytes]]:
    """Yield a file's bytes as they lie, then those of everything packed into it.

    Parameters
    ----------
    content : bytes
    file : Path, optional
        Where the content lies: a database's write-ahead file beside it is read with it.

    Yields
    ------
    (str, bytes)
        What was unpacked (empty for the bytes as they lie), and its bytes.

    Raises
    ------
    NotDecodedError
        It looks like a container, is not sealed, and could not be decoded, or holds more than
        this function will look into.

    Examples
    --------
    >>> import gzip
    >>> [inside for inside, _ in unpack(gzip.compress(b"a line"))]
    ['', 'gzip']
    """
    yield "", content
    if len(content) < SMALLEST:
        return
    kind = _kind(content)
    if kind is None:
        yield from _frames(content)
        return
    if depth == DEEPEST:
        raise NotDecodedError(kind)
    try:
        for inside, piece in _PIECES[kind](content, file):
            label = f"{kind} {inside}".strip()
            try:
                for deeper, part in unpack(piece, None, depth + 1):
                    yield f"{label}!{deeper}" if deeper else label, part
            except NotDecodedError as error:
                raise NotDecodedError(f"{label}!{error.inside}") from None
    except NotDecodedError:
        raise
    except _NoContainerError:
        return
    except Exception:  # what a decoder says may quote what it read
        raise NotDecodedError(kind) from None


def _frames(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the content of zstd frames among other bytes, as in files that DuckDB spills."""
    at = content.find(ZSTD)
    while at >= 0:
        piece = _until_error(content[at:])
        if piece:
            yield "zstd inside", piece
        at = content.find(ZSTD, at + 1)


def _until_error(content: bytes) -> bytes:
    """Decompress a frame that other bytes may follow.

    A read that meets those bytes gives nothing at all, so after a failure single bytes are read.
    """
    whole = b""
    for step in (1 << 16, 1):
        try:
            with pa.CompressedInputStream(pa.BufferReader(content), "zstd") as stream:
                pieces = [stream.read(len(whole))]
                while len(pieces) < 1 << 16 and (piece := stream.read(step)):
                    pieces.append(piece)
                    whole += piece
        except OSError:
            continue
        break
    return whole


class _NoContainerError(Exception):
    """The first two bytes are those of a container by chance."""


def _kind(content: bytes) -> str | None:
    for kind, start in (
        ("Parquet", b"PAR1"),
        ("SQLite", b"SQLite format 3\0"),
        ("gzip", b"\x1f\x8b\x08"),
        ("zstd", ZSTD),
        ("zip", b"PK\x03\x04"),
    ):
        if content.startswith(start):
            return kind
    if content[8:12] == b"DUCK":
        return "DuckDB"
    is_zlib = content[0] == 0x78 and int.from_bytes(content[:2], "big") % 31 == 0
    return "zlib" if is_zlib else None


def _gzip(content: bytes, _: Path | None) -> Iterator[tuple[str, bytes]]:
    """Unpack all members; of a file that breaks off, what is there."""
    rest, pieces, size = content, [], 0
    while rest[:2] == b"\x1f\x8b":
        unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
        pieces.append(unpacker.decompress(rest, LARGEST - size + 1))
        size += len(pieces[-1])
        # a header that swallows the rest, or a stream that gives nothing, was not looked into
        if size > LARGEST or not (unpacker.eof or pieces[-1]):
            raise NotDecodedError("gzip")
        rest = unpacker.unused_data
    yield "", b"".join(pieces)


def _zlib(content: bytes, _: Path | None) -> Iterator[tuple[str, bytes]]:
    unpacker = zlib.decompressobj()
    try:
        piece = unpacker.decompress(content, LARGEST)
    except zlib.error:
        raise _NoContainerError from None
    if unpacker.unconsumed_tail:
        raise NotDecodedError("zlib")
    yield "", piece


def _zstd(content: bytes, _: Path | None) -> Iterator[tuple[str, bytes]]:
    with pa.CompressedInputStream(pa.BufferReader(content), "zstd") as stream:
        piece = stream.read(LARGEST)
        if stream.read(1):
            raise NotDecodedError("zstd")
    yield "", piece


def _zip(content: bytes, _: Path | None) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(content)) as opened:
        for member in opened.infolist():
            if member.file_size > LARGEST:
                raise NotDecodedError("zip")
            if not member.is_dir():
                yield member.filename, opened.read(member)


def _parquet(content: bytes, _: Path | None) -> Iterator[tuple[str, bytes]]:
    """Every column, and the footer's texts and statistics (which may outlive the values)."""
    with pq.ParquetFile(io.BytesIO(content)) as opened:
        footer = opened.metadata
        notes = {**(footer.metadata or {}), **(opened.schema_arrow.metadata or {})}
        for key, value in notes.items():
            yield "metadata", key + b"\n" + value
        for group in range(footer.num_row_groups):
            for number in range(footer.num_columns):
                column = footer.row_group(group).column(number)
                if column.statistics is not None and column.statistics.has_min_max:
                    limits = (column.statistics.min_raw, column.statistics.max_raw)
                    yield f"statistics of {column.path_in_schema}", _joined(limits)
        for column_name in opened.schema_arrow.names:
            yield column_name, _column(opened.read([column_name]).column(0))


def _duckdb(content: bytes, file: Path | None) -> Iterator[tuple[str, bytes]]:
    """Every table of a file that is not sealed; of a sealed one nothing but its bytes."""
    with tempfile.TemporaryDirectory(prefix="peil_leaks_") as folder:
        copy = Path(folder) / "copy.duckdb"
        copy.write_bytes(content)
        wal = file.with_name(file.name + ".wal") if file else None
        if wal and wal.is_file():
            copy.with_name("copy.duckdb.wal").write_bytes(wal.read_bytes())
        with duckdb.connect(":memory:") as opened:
            opened.execute("SET autoload_known_extensions = false")
            try:
                opened.execute(f"ATTACH '{copy}' AS looked_into")
            except duckdb.Error as error:
                if "encrypted" in str(error):
                    return
                raise
            tables = opened.execute(
                "SELECT schema_name, table_name FROM duckdb_tables() "
                "WHERE database_name = 'looked_into'"
            ).fetchall()
            for schema, table in tables:
                where = f"looked_into.{_quoted(schema)}.{_quoted(table)}"
                whole = opened.execute(f"FROM {where}").to_arrow_table()
                for name in whole.column_names:
                    yield f"{table}.{name}", _column(whole.column(name))


def _sqlite(content: bytes, file: Path | None) -> Iterator[tuple[str, bytes]]:
    """Every column of every table, and each value that is itself packed."""
    with tempfile.TemporaryDirectory(prefix="peil_leaks_") as folder:
        copy = Path(folder) / "copy.db"
        copy.write_bytes(content)
        for end in ("-wal", "-journal"):
            beside = file.with_name(file.name + end) if file else None
            if beside and beside.is_file():
                copy.with_name(copy.name + end).write_bytes(beside.read_bytes())
        opened = sqlite3.connect(copy)
        try:
            opened.text_factory = bytes
            names = opened.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
            for (raw_name,) in names:
                table = raw_name.decode()
                cursor = opened.execute(f"SELECT * FROM {_quoted(table)}")
                columns = [described[0] for described in cursor.description]
                rows = cursor.fetchall()
                for number, column in enumerate(columns):
                    values = [row[number] for row in rows if row[number] is not None]
                    yield f"{table}.{column}", _joined(values)
                    for value in values:
                        if isinstance(value, bytes) and _kind(value[:64].ljust(64)):
                            yield f"{table}.{column}", value
        finally:
            opened.close()


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _column(column: Any) -> bytes:
    """The values of an Arrow column as text, or as bytes where they are bytes; each once."""
    if pa.types.is_nested(column.type):
        return _joined(column.to_pylist())
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_floating(column.type):  # a number of 8 digits or more is all that can matter
        column = column.filter(pc.greater_equal(pc.abs(column), 1e7))
        return _joined(f"{value:.0f}" for value in column.unique().to_pylist())
    return _joined(column.unique().to_pylist())


def _joined(values: Any) -> bytes:
    """Join values by line ends, which are no part of a marker's text, nor likely in a key."""
    return b"\n".join(
        bytes(value) if isinstance(value, bytes | bytearray) else str(value).encode()
        for value in values
        if value is not None
    )


_PIECES = {
    "Parquet": _parquet,
    "SQLite": _sqlite,
    "gzip": _gzip,
    "zlib": _zlib,
    "zstd": _zstd,
    "zip": _zip,
    "DuckDB": _duckdb,
}
