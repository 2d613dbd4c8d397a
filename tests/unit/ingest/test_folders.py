"""A delivery in folders: files of one name are told apart, and no folder's name is a value."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from peil.charter.schema import Delivery
from peil.ingest import corrections
from peil.ingest.ingest import ingest
from peil.ingest.readers import plan
from peil.stage import purging
from peil.stage.accounting import accounts
from peil.store.atomic import write_json

DAY = date(2026, 3, 2)
HEADER = "imsi,at,mcc,mnc,cell,imei\n"
EVENT = "'204080000000003' AS imsi, TIMESTAMP '2026-03-02 10:00' AS \"at\", 204 AS mcc, '08' AS mnc"


def row(number: int) -> str:
    return f"20408000000000{number},2026-03-02 10:00:0{number},204,08,c1,3500000000\n"


@pytest.fixture
def parts(tiny: Any) -> Any:
    """A pilot whose delivery of a day lies in folders, two files of one name in it."""
    tiny.write_charter(inputs__events__path="tiny/events/{day}/*/*")
    tiny.deliver("00/part-0.csv", HEADER + row(1) + row(9))
    tiny.deliver("01/part-0.csv", HEADER + row(2) + row(3) + row(4))
    return tiny


def record(tiny: Any) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(tiny.store.raw_manifest("tiny", DAY).read_text())
    return read


def test_files_of_one_name_have_an_account_each(parts: Any) -> None:
    parts.ingest()
    names = ["00/part-0.csv", "01/part-0.csv"]
    assert [file["name"] for file in record(parts)["files"]] == names
    landed = parts.raw("SELECT file_name, n_rows - n_opted_out FROM files ORDER BY file_id")
    assert landed == [("00/part-0.csv", 1), ("01/part-0.csv", 3)]
    rows = [
        {"file_name": name, "outcome": outcome, "reason": "", "n_rows": n_rows}
        for name, n_staged in landed
        for outcome, n_rows in (("staged", n_staged), ("opted_out", int(name < "01")))
    ]
    write_json(parts.store.staged_manifest("tiny", DAY), {"accounting": rows})
    told = accounts(parts.charter, parts.store, DAY)
    assert [(each.file, each.n_missing) for each in told] == [(name, 0) for name in names]


def test_who_opts_out_late_is_counted_in_their_own_file(parts: Any) -> None:
    parts.ingest()
    parts.put("opt_out.csv", "imsi\n204080000000009\n204080000000002\n204080000000003\n")
    assert purging.purge_raw(parts.charter, parts.store, DAY) == 2
    assert [file["n_opted_out"] for file in record(parts)["files"]] == [1, 2]


def test_a_correction_is_of_the_file_in_its_folder(parts: Any) -> None:
    parts.ingest()
    parts.deliver("01/part-0.csv", HEADER + row(5))
    (trouble,) = corrections.after_release(parts.charter, DAY, parts.store)
    assert trouble.where == "01/part-0.csv" and "came again" in trouble.what
    parts.ingest()
    assert [file["name"] for file in record(parts)["corrected"]] == ["01/part-0.csv"]


def test_of_two_refused_files_of_one_name_each_is_named(parts: Any) -> None:
    parts.deliver("02/part-0.csv", "")
    parts.deliver("03/part-0.csv", HEADER + row(1) + row(9))
    parts.ingest()
    refused = {file["name"]: file for file in record(parts)["refused"]}
    assert list(refused) == ["02/part-0.csv", "03/part-0.csv"]
    assert "delivered before (00/part-0.csv)" in refused["03/part-0.csv"]["why"]
    assert ingest("tiny", str(DAY)).status == "unchanged"


@pytest.mark.parametrize("name", ["part.csv", "part.parquet"])
def test_what_a_folder_is_called_takes_the_place_of_no_field(tiny: Any, name: str) -> None:
    tiny.write_charter(inputs__events__path="tiny/events/{day}/*/*")
    file = tiny.deliver(f"cell=c9/{name}", HEADER + row(3))
    if name.endswith("parquet"):
        duckdb.sql(f"COPY (SELECT {EVENT}, 'c1' AS cell) TO '{file}'")
    assert tiny.ingest().facts["n_delivered"] == 1
    assert tiny.raw("SELECT cell_id, defect FROM events") == [("c1", None)]


def test_a_folder_adds_no_column_to_a_plan(tmp_path: Path) -> None:
    folder = tmp_path / "site=1"
    folder.mkdir()
    duckdb.sql(f"COPY (SELECT 'c1' AS cell) TO '{folder / 'cells.parquet'}'")
    with duckdb.connect() as opened:
        delivery = Delivery(reader="mobloc", path="-")
        assert plan.names_of(opened, folder / "cells.parquet", delivery) == ["cell"]


def test_files_without_a_record_are_no_file_delivered_twice(tiny: Any) -> None:
    file = tiny.deliver("a.parquet", "")
    empty = f"SELECT {EVENT}, 'c1' AS cell WHERE false"
    duckdb.sql(f"COPY ({empty}) TO '{file}'")
    tiny.deliver("b.parquet", file.read_bytes())
    tiny.deliver("c.csv", HEADER + row(1))
    assert tiny.ingest().facts["n_files_refused"] == 0
    duckdb.sql(f"COPY ({empty.replace('false', 'true')}) TO '{file}'")
    tiny.deliver("b.parquet", file.read_bytes())
    assert tiny.ingest().facts["n_files_refused"] == 1
