"""Attack A13, its teeth: whatever is planted is found, wherever it lies and however it is written.

That nothing is found after a run of the pilot is in `test_nothing_leaks.py`.
"""

from __future__ import annotations

import random
import sqlite3
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from planting import ENCODINGS, IMSI, KEY, PLACES, plain, sealed_not

from peil.adapters.sealing import attach, bound, load_crypto
from peil.redteam.leaks import NOT_DECODED, Leak, scan


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_planted_marker_is_found(tmp_path: Path, place: str, encoding: str) -> None:
    form, marker, planted = ENCODINGS[encoding]
    for number, plant in enumerate(PLACES[place]):
        folder = tmp_path / str(number) / "below"
        folder.mkdir(parents=True)
        plant(folder / "file", planted)
        where = (folder / "file").read_bytes() if place == "standard output" else folder.parent
        findings = scan({"planted": marker, "other": "204081111111111"}, {place: where})
        assert {(finding.place, finding.marker) for finding in findings} == {(place, "planted")}, (
            plant.__name__
        )
        assert form in {finding.encoding for finding in findings}, plant.__name__
        assert all(
            "file" in finding.file or finding.file == "captured output" for finding in findings
        )


def test_clean_places_give_no_finding(tmp_path: Path) -> None:
    for place, plants in PLACES.items():
        for number, plant in enumerate(plants):
            folder = tmp_path / place / str(number)
            folder.mkdir(parents=True)
            plant(folder / "file", b"204081111111111, and no other")
    assert scan({"planted": IMSI, "key": KEY}, {"all": tmp_path}) == []


def test_a_finding_never_repeats_the_marker(tmp_path: Path) -> None:
    for number, (_, _, planted) in enumerate(ENCODINGS.values()):
        plain(tmp_path / str(number), planted)
    findings = scan({"subscriber": IMSI, "key": KEY}, {"all": tmp_path})
    assert len(findings) >= len(ENCODINGS)
    text = " ".join(finding.sentence() + repr(finding) for finding in findings)
    assert IMSI not in text and KEY.hex() not in text
    assert "subscriber" in text and "key" in text


def test_a_name_that_holds_the_marker_is_left_out(tmp_path: Path) -> None:
    pq.write_table(pa.table({f"n_{IMSI}": [IMSI]}), tmp_path / "a.parquet")
    plain(tmp_path / f"{IMSI}.log", b"nothing")
    (tmp_path / f"{IMSI}.parquet").write_bytes(b"PAR1" + b"no Parquet" * 9)
    findings = scan({"subscriber": IMSI}, {"estimated": tmp_path})
    assert {finding.file for finding in findings} >= {
        "(a name that is left out)!its name",
        "a.parquet!(a name that is left out)",
        "(a name that is left out)!Parquet",
    }
    assert IMSI not in "".join(finding.sentence() + repr(finding) for finding in findings)


def test_a_number_in_a_column_is_found(tmp_path: Path) -> None:
    whole, real = pa.array([1, int(IMSI)]), pa.array([0.5, float(IMSI)])
    for name, column in (("whole", whole), ("real", real), ("list", pa.array([[1], [int(IMSI)]]))):
        pq.write_table(pa.table({"x": column}), tmp_path / f"{name}.parquet", compression="zstd")
    findings = scan({"subscriber": IMSI}, {"estimated": tmp_path})
    assert {finding.file for finding in findings if finding.encoding == "text"} >= {
        f"{name}.parquet!Parquet x" for name in ("whole", "real")
    }
    assert any(finding.file.startswith("list") for finding in findings)


def test_a_statistic_that_outlived_its_value_is_found(tmp_path: Path) -> None:
    """The footer's smallest value is read, even where pages are not."""
    file = tmp_path / "table.parquet"
    pq.write_table(pa.table({"cell_id": [IMSI, "9"]}), file)
    findings = scan({"subscriber": IMSI}, {"estimated": file})
    assert "table.parquet!Parquet statistics of cell_id" in {finding.file for finding in findings}


def test_a_database_is_read_with_what_lies_beside_it(tmp_path: Path) -> None:
    """A row that is only in the write-ahead file is seen in its table."""
    opened = sqlite3.connect(tmp_path / "airflow.db")
    opened.execute("PRAGMA journal_mode = wal")
    opened.execute("CREATE TABLE xcom (value TEXT)")
    opened.execute("INSERT INTO xcom VALUES (?)", [IMSI])
    opened.commit()
    findings = scan({"subscriber": IMSI}, {"Airflow database": [tmp_path / "airflow.db"]})
    opened.close()
    assert [finding.file for finding in findings] == ["airflow.db!SQLite xcom.value"]


def test_a_sealed_file_shows_nothing(tmp_path: Path) -> None:
    with duckdb.connect(":memory:") as opened:
        load_crypto(opened)
        bound(opened, "500MB", 1, tmp_path / "spill")
        attach(opened, tmp_path / "day.raw.duckdb", "raw", KEY, False)
        opened.execute("CREATE TABLE raw.main.events AS SELECT $1 AS subscriber_id", [IMSI])
    assert scan({"subscriber": IMSI, "key": KEY}, {"sealed": tmp_path}) == []
    sealed_not(tmp_path / "open.duckdb", IMSI.encode())
    assert scan({"subscriber": IMSI}, {"sealed": tmp_path}) != []


@pytest.mark.parametrize("kind", ["gzip", "Parquet", "DuckDB", "SQLite", "zip", "zstd"])
def test_what_cannot_be_decoded_does_not_pass_for_clean(tmp_path: Path, kind: str) -> None:
    # the gzip says that a field of 65 535 bytes comes first, which swallows all there is
    start = {
        "gzip": b"\x1f\x8b\x08\x04" + b"\0" * 6 + b"\xff\xff",
        "Parquet": b"PAR1",
        "DuckDB": b"\0" * 8 + b"DUCK",
        "SQLite": b"SQLite format 3\0",
        "zip": b"PK\x03\x04",
        "zstd": b"\x28\xb5\x2f\xfd",
    }[kind]
    (tmp_path / "broken").write_bytes(start + random.Random(kind).randbytes(5000))
    assert scan({"subscriber": IMSI}, {"spill": tmp_path}) == [
        Leak("spill", f"broken!{kind}", "", NOT_DECODED)
    ]


def test_a_place_that_is_not_there_does_not_pass_for_clean(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="spill"):
        scan({"subscriber": IMSI}, {"spill": tmp_path / "gone"})


def test_a_short_marker_is_refused() -> None:
    with pytest.raises(ValueError, match="8 bytes"):
        scan({"short": "2040812"}, {})
