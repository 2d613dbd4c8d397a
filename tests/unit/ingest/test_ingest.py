"""Ingest: every delivered record is accounted for, nobody who opted out is written."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from peil.ingest import landing
from peil.ingest.opt_out import one_spelling, quick_spelling
from peil.outcome import Refused
from peil.settings import PROJECT

DAY = date(2026, 3, 2)
HEADER = "imsi,at,mcc,mnc,cell,imei\n"


def row(number: int, cell: str = "c1", **fields: str) -> str:
    told = {"imsi": f"20408000000000{number}", "at": f"2026-03-02 10:00:0{number}"} | fields
    return f"{told['imsi']},{told['at']},204,08,{cell},3500000000\n"


def lines(tiny: Any) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = tiny.raw("SELECT line, defect FROM events ORDER BY line")
    return found


def test_canonical_columns_are_landed_in_the_sealed_file(tiny: Any) -> None:
    tiny.deliver("a.csv.gz", HEADER + row(1) + row(2, "c2"))
    outcome = tiny.ingest()
    assert (outcome.status, outcome.facts["n_delivered"]) == ("done", 2)
    assert tiny.raw("FROM events ORDER BY line") == [
        (
            0,
            2,
            "204080000000001",
            datetime(2026, 3, 2, 9, 0, 1, tzinfo=UTC),
            204,
            "08",
            None,
            "c1",
            None,
            None,
            None,
        ),
        (
            0,
            3,
            "204080000000002",
            datetime(2026, 3, 2, 9, 0, 2, tzinfo=UTC),
            204,
            "08",
            None,
            "c2",
            None,
            None,
            None,
        ),
    ]
    assert tiny.raw("SELECT cell_id, x_m, y_m FROM cells ORDER BY 1") == [
        ("c1", 100.0, 100.0),
        ("c2", 400.0, 100.0),
        ("c3", 800.0, 300.0),
    ]
    assert b"204080000000001" not in tiny.store.raw_file("tiny", DAY).read_bytes()


def test_the_batch_tells_sql_the_local_day(tiny: Any) -> None:
    tiny.write_charter(period={"start": "2026-03-29", "end": "2026-03-29"})
    day = date(2026, 3, 29)
    tiny.deliver("a.csv", HEADER + row(1), day)
    tiny.ingest(day)
    assert tiny.raw("FROM batch", day) == [
        (
            "tiny",
            day,
            "Europe/Amsterdam",
            2,
            datetime(2026, 3, 28, 23, tzinfo=UTC),
            datetime(2026, 3, 29, 22, tzinfo=UTC),
            204,
        )
    ]


@pytest.mark.parametrize(
    "spelled",
    [
        "204080000000009",
        " 204080000000009 ",
        "+204080000000009",
        "20408 00000 00009",
        "204-08.0000000009",
        '"204080000000009"',
    ],
)
def test_somebody_who_opted_out_is_never_written_however_spelled(tiny: Any, spelled: str) -> None:
    tiny.deliver("a.csv", HEADER + row(1) + row(9, imsi=spelled) + row(2))
    outcome = tiny.ingest()
    assert outcome.facts["n_opted_out"] == 1
    assert tiny.raw("SELECT line, subscriber_id FROM events ORDER BY 1") == [
        (2, "204080000000001"),
        (4, "204080000000002"),
    ]
    assert tiny.raw("SELECT n_rows, n_opted_out FROM files") == [(3, 1)]


def test_an_opt_out_is_found_however_the_list_spells_it(tiny: Any) -> None:
    tiny.put("opt_out.csv", '\ufeffimsi;since\r\n"+20408 00000 00001";2025\r\n;2025\r\n')
    tiny.deliver("a.csv", HEADER + row(1) + row(2) + row(3, imsi=""))
    assert tiny.ingest().facts["n_opted_out"] == 1
    assert lines(tiny) == [(3, None), (4, "null_value")]


@pytest.mark.parametrize("spelled", ["AB12CD34", "ab12cd34", "Ab12cD34"])
def test_who_is_delivered_as_bytes_is_found_in_either_case(tiny: Any, spelled: str) -> None:
    file = tiny.deliver("a.parquet", "")
    columns = "TIMESTAMP '2026-03-02 10:00' AS \"at\", 204 AS mcc, '08' AS mnc, 'c1' AS cell"
    people = "unnest(['ab12cd34', 'ab12cd35'])"
    duckdb.sql(f"COPY (SELECT unhex({people}) AS imsi, {columns}) TO '{file}'")
    tiny.put("opt_out.csv", f"imsi\n{spelled}\n")
    assert tiny.ingest().facts["n_opted_out"] == 1
    assert tiny.raw("SELECT subscriber_id FROM events") == [("ab12cd35",)]


def test_a_list_of_which_nobody_is_in_the_delivery_is_told(tiny: Any) -> None:
    tiny.deliver("a.csv", HEADER + row(1))
    said = tiny.ingest()
    assert "nobody on the opt-out list has a record here" in said.sentence()
    assert tiny.ingest().facts == said.facts
    for content in ("imsi\n204080000000001\n", "imsi\n"):
        tiny.put("opt_out.csv", content)
        tiny.deliver("a.csv", HEADER + row(1) + row(2))
        assert "note" not in tiny.ingest().facts


def test_ingest_and_staging_know_one_spelling() -> None:
    macros = (PROJECT / "dbt_project/dialects/duckdb/dialect.sql").read_text()
    body = re.search(r"macro canonical_id\(subscriber_id\) -%}(.*?)\{%- endmacro", macros, re.S)
    assert body is not None
    theirs = body[1].replace("{{ subscriber_id }}", "x").lower()
    assert theirs.split() == one_spelling("x").lower().split()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "opt_out.csv is missing: without it nothing is read"),
        ("msisdn\n2040800000009\n", "opt_out.csv, line 1 lacks the column imsi"),
    ],
)
def test_without_a_readable_opt_out_list_nothing_is_landed(
    tiny: Any, content: str | None, said: str
) -> None:
    tiny.deliver("a.csv", HEADER + row(1))
    file = tiny.put("opt_out.csv", content or "")
    if content is None:
        file.unlink()
    with pytest.raises(Refused, match=said):
        tiny.ingest()
    assert not tiny.store.raw_file("tiny", DAY).exists()


def test_every_record_is_counted_on_its_own_line_whatever_is_wrong_with_it(tiny: Any) -> None:
    content = b"".join(
        [
            HEADER.encode(),
            row(1).encode(),  # 2
            b"204080000000002,2026-03-02 10:00:02,204,08\n",  # 3 too short
            b"204080000000003,2026-03-02 10:00:03,204,08,c\xff1,35\n",  # 4 not UTF-8
            b"204080000000004,2026-03-02 10:00:04,204,08,c1,35,a,b\n",  # 5 too long
            b"204080000000005,2026-03-02 10:00:05,204,08,c1,35" + b",x" * 20 + b"\n",  # 6
            row(9).encode(),  # 7 opted out
            b"204080000000006,not a time,204,08,c1,35\n",  # 8
            b"\xfe\xff,2026-03-02 10:00:07,204,08,c1,35\n",  # 9 not UTF-8
            row(8).encode(),  # 10
        ]
    )
    tiny.deliver("bad.csv", content)
    outcome = tiny.ingest()
    assert lines(tiny) == [
        (2, None),
        (3, "cannot_parse"),
        (4, "cannot_parse"),
        (5, "cannot_parse"),
        (6, "cannot_parse"),
        (8, "cannot_parse"),
        (9, "cannot_parse"),
        (10, None),
    ]
    assert tiny.raw("SELECT n_rows, n_opted_out FROM files") == [(9, 1)]
    assert outcome.facts["n_delivered"] == 9


def test_the_lines_of_a_gzipped_file_are_right_behind_refused_records(tiny: Any) -> None:
    good = [row(1 + n % 8) for n in range(3000)]
    broken = {7, 8, 1500, 2999}
    content = b"".join(
        b"2040800\xff,2026-03-02 10:00:00,204,08,c1,\n" if n in broken else good[n].encode()
        for n in range(3000)
    )
    tiny.deliver("bad.csv.gz", HEADER.encode() + content)
    tiny.ingest()
    found = lines(tiny)
    assert [line for line, _ in found] == list(range(2, 3002))
    assert {line - 2 for line, defect in found if defect} == broken


def test_files_are_accounted_for_each_on_its_own(tiny: Any) -> None:
    tiny.deliver("a.csv", HEADER.encode() + b"x\xff,,,,,\n" + row(1).encode())
    tiny.deliver("b.csv", HEADER + row(2) + row(9))
    tiny.deliver("c.csv", HEADER)
    tiny.ingest()
    assert tiny.raw("SELECT file_name, n_rows, n_opted_out FROM files ORDER BY 1") == [
        ("a.csv", 2, 0),
        ("b.csv", 2, 1),
        ("c.csv", 0, 0),
    ]
    assert tiny.raw("SELECT file_id, line, defect FROM events ORDER BY ALL") == [
        (0, 2, "cannot_parse"),
        (0, 3, None),
        (1, 2, None),
    ]


def test_fields_nobody_needs_are_not_landed_but_named(tiny: Any) -> None:
    content = HEADER.replace("imei", "imei,b_party") + row(1).replace("\n", ",0612345678\n")
    tiny.deliver("a.csv", content)
    tiny.ingest()
    record = json.loads(tiny.store.raw_manifest("tiny", DAY).read_text())
    assert record["files"][0]["not_landed"] == {"b_party": 1, "imei": 1}
    assert record["files"][0]["n_rows"] == 1
    columns = {
        name
        for (name,) in tiny.raw(
            "SELECT column_name FROM duckdb_columns() WHERE database_name = 'raw'"
        )
    }
    assert "subscriber_id" in columns and not {"imei", "b_party"} & columns
    assert "0612345678" not in repr(tiny.raw("FROM events"))


def test_the_connection_that_reads_deliveries_reads_and_writes_nowhere_else(
    tiny: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    outside = tiny.folder / "outside"
    outside.mkdir()
    (outside / "a.csv").write_text("a\n1\n")
    (tiny.deliveries / "tiny" / "link.csv").symlink_to(outside / "a.csv")
    inside = tiny.deliveries / "tiny"
    escapes = [
        "SELECT * FROM read_text('/etc/passwd')",
        f"COPY (SELECT 1) TO '{outside / 'b.csv'}'",
        f"SELECT * FROM read_csv('{inside / '..' / '..' / '..' / 'outside' / 'a.csv'}')",
        f"ATTACH '{outside / 'b.duckdb'}'",
        "SET memory_limit = '9GB'",
        "SET enable_external_access = true",
        "SET allowed_directories = ['/']",
        "INSTALL httpfs",
        "LOAD '/tmp/other.duckdb_extension'",
        f"SELECT * FROM read_csv('{inside / 'link.csv'}')",
        "SELECT * FROM read_text('http://127.0.0.1:9/')",
        f"SELECT * FROM read_text('{tiny.store.key('tiny', DAY, 'raw')}')",
    ]
    tried = []

    def escape(opened: Any, *_: Any) -> None:
        assert opened.execute(f"SELECT 1 FROM read_text('{inside / 'cells.csv'}')").fetchone()
        for statement in escapes:
            with pytest.raises(duckdb.Error):
                opened.execute(statement).fetchall()
            tried.append(statement)

    tiny.deliver("a.csv", HEADER + row(1))
    monkeypatch.setattr(landing, "write_batch", escape)
    tiny.ingest()
    assert tried == escapes
    assert not list(outside.glob("b.*"))


@given(st.text(st.sampled_from("0123456789+ .-ax#\u00e9"), max_size=12))
def test_the_quick_spelling_finds_who_the_full_one_finds(text: str) -> None:
    both = f"SELECT {one_spelling('x')}, {quick_spelling('x')} FROM (SELECT ? AS x)"
    full, quick = duckdb.execute(both, [text]).fetchone() or ("", "")
    assert quick == full or (full is None and not re.search("[0-9A-Za-z]", text))


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz"])
def test_refused_fields_are_counted_on_the_way_in_and_only_the_counts_stay(
    tiny: Any, name: str
) -> None:
    tiny.write_charter(inputs__events__counted={"imei": "imei"})
    nameless = row(3).replace("3500000000", "")
    tiny.deliver(name, HEADER + row(1) + row(2).replace("3500000000", "3500000001") + nameless)
    tiny.ingest()
    kept = json.loads(tiny.store.raw_manifest("tiny", DAY).read_text())
    (told,) = kept["files"]
    assert told["incoming"] == {
        "count_imeis": 2.0,
        "count_null_imeis": 1.0,
    }
    assert "3500000001" not in json.dumps(kept)


def test_a_refused_field_that_is_not_there_is_told_with_its_key(tiny: Any) -> None:
    tiny.write_charter(inputs__events__counted={"imei": "telephone"})
    tiny.deliver("a.csv", HEADER + row(1))
    with pytest.raises(Refused, match=r"inputs\.events\.counted\.imei"):
        tiny.ingest()


def test_a_plan_that_cannot_be_looked_at_stops_the_day_in_its_own_sentence(tiny: Any) -> None:
    tiny.deliver("a.csv", HEADER + row(1))
    tiny.put("cells.csv", "")
    with pytest.raises(Refused, match=r"^cells.csv is empty: have it delivered again.$"):
        tiny.ingest()
    assert not tiny.store.raw_file("tiny", DAY).exists()
