"""What a file is, by its content: container, encoding, separator, header, and a sample of rows."""

from __future__ import annotations

import csv
import gzip
import io
import itertools
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from peil.ingest.file_check import PACKED
from peil.outcome import Refused

Container = Literal["csv", "parquet", "xml", "vector", "raster", "other"]
SAMPLE_ROWS = 5_000
SAMPLE_BYTES = 4_000_000
MOST_COLUMNS = 300  # a wider table is a matrix, no delivery
SEPARATORS = [",", ";", "\t", "|"]


@dataclass(frozen=True)
class Table:
    """A file and, where it is a table, a sample of its rows as text.

    Attributes
    ----------
    columns : dict
        Delivered name → values of the sample as text, null where empty.
    kinds : dict
        Delivered name → type as the file itself says it; of a CSV always ``text``.
    why : str
        Why it cannot be read, else empty.
    """

    file: Path
    container: Container
    encoding: str = "UTF-8"
    separator: str = ","
    has_header: bool = True
    columns: dict[str, list[str | None]] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    why: str = ""

    @property
    def names(self) -> list[str]:
        return list(self.columns)


def container_of(file: Path) -> Container:
    """What kind of file this is, by its first bytes; the name decides between texts.

    Raises
    ------
    Refused
        Empty, packed with anything but gzip, or a gzip that breaks off.
    """
    start = _start(file, 4000)
    if not start.strip():
        raise Refused(f"{file.name} is empty: have it delivered again.")
    if packed := next((what for sign, what in PACKED.items() if start.startswith(sign)), ""):
        raise Refused(
            f"{file.name} is {packed}: deliver plain CSV, CSV packed with gzip, or Parquet."
        )
    if start.startswith(b"PAR1"):
        names = pq.read_schema(file).metadata or {}
        return "vector" if b"geo" in names else "parquet"
    if start.startswith(b"SQLite format 3"):
        return "vector"
    if start[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        return "raster"
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n")
    if text.startswith(b"<"):
        return "xml"
    if text.startswith(b"{"):
        return "vector" if b'"Feature' in start.replace(b" ", b"") else "other"
    if b"\0" in start and start[:2] not in (b"\xff\xfe", b"\xfe\xff"):
        return "other"
    return "csv"


def table_of(file: Path) -> Table:
    """Look into a file.

    Raises
    ------
    Refused
        Empty, or damaged.
    """
    try:
        container = container_of(file)
        if container == "parquet":
            return _parquet(file)
    except (pa.ArrowException, OSError):
        raise Refused(f"{file.name} is damaged: have it delivered again.") from None
    return _csv(file) if container == "csv" else Table(file, container)


def _start(file: Path, n_bytes: int) -> bytes:
    try:
        with file.open("rb") as stream:
            is_gzip = stream.read(2) == b"\x1f\x8b"
        with (gzip.open if is_gzip else open)(file, "rb") as stream:
            return bytes(stream.read(n_bytes))
    except (OSError, EOFError, zlib.error):
        raise Refused(f"{file.name} breaks off or is damaged: have it delivered again.") from None


def _csv(file: Path) -> Table:
    content = _start(file, SAMPLE_BYTES)
    encoding = _encoding(content)
    if encoding != "UTF-8":
        return Table(
            file,
            "csv",
            encoding=encoding,
            why=(
                f"it is written as {encoding}; deliver it as UTF-8, or convert it: "
                f"iconv -f {encoding} -t UTF-8"
            ),
        )
    text = content.decode("utf-8-sig", errors="ignore")
    if len(content) == SAMPLE_BYTES:  # the last line may be cut
        text = text[: text.rfind("\n") + 1]
    separator = _separator(text)
    try:
        read = csv.reader(io.StringIO(text), delimiter=separator, skipinitialspace=True)
        rows = list(itertools.islice((row for row in read if row), SAMPLE_ROWS))
    except csv.Error:
        raise Refused(f"{file.name} is no table: a field never ends; look at its quotes.") from None
    if not rows:
        raise Refused(f"{file.name} is empty: have it delivered again.")
    head = [name.strip() for name in rows[0]]
    if len(head) > MOST_COLUMNS:
        return Table(file, "csv", separator=separator, why=f"it has {len(head)} columns")
    has_header = not any(_is_number(name) for name in head)
    names = head if has_header else [f"column {n}" for n in range(1, len(head) + 1)]
    body = [row for row in rows[int(has_header) :] if len(row) == len(head)]
    columns = {name: [row[n].strip() or None for row in body] for n, name in enumerate(names)}
    return Table(
        file,
        "csv",
        separator=separator,
        has_header=has_header,
        columns=columns,
        kinds=dict.fromkeys(columns, "text"),
    )


def _encoding(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "UTF-16"
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        is_cut = len(content) == SAMPLE_BYTES and error.start > SAMPLE_BYTES - 4
        return "UTF-8" if is_cut else "WINDOWS-1252"
    return "UTF-8"


def _separator(text: str) -> str:
    """The separator that cuts most lines into the same number of fields, more than one."""
    lines = text.splitlines()[:200]
    best, most = ",", 0
    for separator in SEPARATORS:
        try:
            counts = [len(row) for row in csv.reader(lines, delimiter=separator)]
        except csv.Error:
            continue
        first = counts[0] if counts else 1
        if first > 1:
            agreeing = sum(count == first for count in counts) * 1000 + first
            if agreeing > most:
                best, most = separator, agreeing
    return best


def _is_number(text: str) -> bool:
    try:
        float(text.replace(",", "."))
    except ValueError:
        return False
    return True


def _parquet(file: Path) -> Table:
    opened = pq.ParquetFile(file)
    batch = next(opened.iter_batches(batch_size=SAMPLE_ROWS), None)
    columns: dict[str, list[str | None]] = {}
    kinds = {}
    for number, column in enumerate(opened.schema_arrow):
        kinds[column.name] = _kind(column.type)
        values = batch.column(number) if batch is not None else pa.array([], column.type)
        columns[column.name] = _texts(values)
    return Table(file, "parquet", columns=columns, kinds=kinds)


def _kind(kind: pa.DataType) -> str:
    for name, is_kind in (
        ("bytes", pa.types.is_binary),
        ("bytes", pa.types.is_large_binary),
        ("whole number", pa.types.is_integer),
        ("number", pa.types.is_floating),
        ("yes or no", pa.types.is_boolean),
        ("moment", pa.types.is_timestamp),
        ("day", pa.types.is_date),
    ):
        if is_kind(kind):
            return name
    return "text"


def _texts(values: pa.Array) -> list[str | None]:
    if _kind(values.type) == "bytes":
        return [value.hex() if value is not None else None for value in values.to_pylist()]
    try:
        texts = pc.cast(values, pa.string()).to_pylist()
    except pa.ArrowException:
        return [None] * len(values)
    return [text.strip() or None if text is not None else None for text in texts]
