"""What a file is by its content: container, encoding, separator, header, types."""

from __future__ import annotations

import gzip
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from peil.inspecting.tables import container_of, table_of
from peil.outcome import Refused

START = datetime(2026, 3, 2, 0, 0, 7)


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz"])
def test_separator_and_header_are_seen(tmp_path: Path, separator: str, name: str) -> None:
    lines = [["a", "b,c" if separator != "," else "b", "d"], ["1", "x", ""], ["2,5", '"q"', "z"]]
    if separator == ",":
        lines[2][0] = "25"
    content = "\ufeff" + "\r\n".join(separator.join(line) for line in lines)
    file = tmp_path / name
    file.write_bytes(gzip.compress(content.encode()) if name.endswith("gz") else content.encode())
    sample = table_of(file)
    assert (sample.separator, sample.has_header, sample.encoding) == (separator, True, "UTF-8")
    assert sample.names == lines[0]
    assert list(sample.columns.values())[2] == [None, "z"]


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        ("imsi;naam\n1;café\n".encode("utf-16"), "UTF-16"),
        (b"imsi;naam\n1;caf\xe9 en meer tekst\n", "WINDOWS-1252"),
    ],
)
def test_another_encoding_is_told_with_its_remedy(
    tmp_path: Path, content: bytes, encoding: str
) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(content)
    sample = table_of(file)
    assert sample.encoding == encoding and f"iconv -f {encoding} -t UTF-8" in sample.why


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b"  \n", "is empty"),
        (gzip.compress(b"a,b\n" * 99, mtime=0)[:20], "breaks off"),
        (b"PAR1 and nothing", "is damaged"),
        (b"\x28\xb5\x2f\xfd and more", "is packed with zstd: deliver plain CSV"),
    ],
)
def test_a_file_that_cannot_be_looked_into_is_told(
    tmp_path: Path, content: bytes, sentence: str
) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(content)
    with pytest.raises(Refused, match=rf"a\.csv {sentence}"):
        table_of(file)


@pytest.mark.parametrize(
    ("content", "container"),
    [
        (b'{"files": []}', "other"),
        (b'{"type": "FeatureCollection"}', "vector"),
        (b"<a></a>", "xml"),
        (b"II*\0", "raster"),
        (b"a\0b", "other"),
        (b"a,b\n", "csv"),
    ],
)
def test_a_container_is_told_by_its_first_bytes(
    tmp_path: Path, content: bytes, container: str
) -> None:
    (tmp_path / "a").write_bytes(content)
    assert container_of(tmp_path / "a") == container


def test_parquet_says_its_types_and_bytes_are_shown_as_such(tmp_path: Path) -> None:
    columns = {
        "id": pa.array([b"\x01"]),
        "n": [1],
        "x": [1.5],
        "b": [True],
        "at": pa.array([START]),
        "s": [" "],
    }
    pq.write_table(pa.table(columns), tmp_path / "a.parquet")
    sample = table_of(tmp_path / "a.parquet")
    assert list(sample.kinds.values()) == [
        "bytes",
        "whole number",
        "number",
        "yes or no",
        "moment",
        "text",
    ]
    assert sample.columns["id"] == ["01"] and sample.columns["s"] == [None]
