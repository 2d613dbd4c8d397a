"""The list of who opted out: read as it is written, or refused; never half, and never quoted."""

from __future__ import annotations

import gzip
import traceback
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from peil.ingest import opt_out
from peil.outcome import Refused

FIRST, SECOND = "204080000000001", "204080000000002"


@pytest.fixture
def opened() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE opted_out (subscriber_id VARCHAR)")
        yield connection


def listed(opened: duckdb.DuckDBPyConnection, folder: Path, content: str | bytes) -> set[str]:
    file = folder / "out.csv"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    opt_out.read_list(opened, file, "IMSI")
    return {str(row[0]) for row in opened.execute("FROM opted_out").fetchall()}


@pytest.mark.parametrize(
    "content",
    [
        f"IMSI\n{FIRST}\n{SECOND}\n",
        f"\ufeffIMSI;SINCE\r\n{FIRST};2026\r\n{SECOND};2026\r\n",
        f'"IMSI"\n"+{FIRST}"\n\n204 08 0000000002\n',
        gzip.compress(f"IMSI\n{FIRST}\n{SECOND}\n".encode()),  # whatever its name says
    ],
)
def test_a_list_is_read_as_operators_write_it(
    opened: duckdb.DuckDBPyConnection, tmp_path: Path, content: str | bytes
) -> None:
    assert listed(opened, tmp_path, content) == {FIRST, SECOND}


@pytest.mark.parametrize(
    "spoilt",
    [
        "2.0408E+14",
        '"2,0408e+14"',
        f"{FIRST}.0",
        f"'{FIRST}",
        f'="{FIRST}"',
        f'"{FIRST}',
        f"{FIRST}\0",
    ],
)
def test_an_identifier_that_was_spoilt_on_its_way_refuses_the_list(
    opened: duckdb.DuckDBPyConnection, tmp_path: Path, spoilt: str
) -> None:
    sentence = r"out.csv: 1 identifiers, the first in record 2, .* nobody would be found by them"
    with pytest.raises(Refused, match=sentence) as refused:
        listed(opened, tmp_path, f"IMSI\n{SECOND}\n{spoilt}\n")
    assert "2040" not in str(refused.value)


def test_what_is_no_text_is_refused_without_a_line_of_it(
    opened: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    lines = [f"IMSI;NAME\n{FIRST};x", *(f"{number};x" for number in range(30_000)), "7é;x"]
    for content in ("\n".join(lines).encode("latin-1"), f"IMSI\n{FIRST}\n".encode("utf-16")):
        with pytest.raises(Refused, match=r"out.csv cannot be read: .* a CSV in UTF-8") as refused:
            listed(opened, tmp_path, content)
        whole = "".join(traceback.format_exception(refused.value))
        assert FIRST not in whole and "Original Line" not in whole
