"""FlowKit's records and cells: tables written by hand against the rows they become."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from peil.charter.schema import Delivery
from peil.ingest.readers.flowkit import kind_of, points
from peil.outcome import Refused

MAPPING = Delivery(reader="flowkit", path="-", mcc=204, mnc="01")
COLUMNS = "line, subscriber_id, observed_at, mcc, mnc, cell_id, event_type, defect"
CALLS = (
    "id,outgoing,datetime,duration,network,msisdn,msisdn_counterpart,location_id,imsi,imei,tac,"
    "operator_code,country_code"
)
AT = datetime(2016, 1, 1, 0, 1, 7, tzinfo=UTC)


def write(tmp_path: Path, name: str, *lines: str) -> Path:
    file = tmp_path / name
    content = ("\n".join(lines) + "\n").encode()
    file.write_bytes(gzip.compress(content, mtime=0) if name.endswith(".gz") else content)
    return file


CALL_LINES = [
    "7,t,2016-01-01 00:01:07+00,12.5,net,A1,B2,cell-1,I1,E1,35,8,204",
    "7,f,2016-01-01 02:01:07+02:00,12.5,net,B2,A1,,I2,E2,35,8,204",
    "8,True,2016-01-01T00:01:07Z,1,net,A1,,cell-2,I1,E1,35,8,204",
    "9,,2016-01-01 00:01:07,1,net,A1,,cell-2,I1,E1,35,8,204",
    "9,t,soon,1,net,A1,,cell-2,I1,E1,35,8,204",
    "9,t,,1,net,A1,,cell-2,I1,E1,35,8,204",
    "9,t,2016-01-01 00:01:07,1,net,,B2,cell-2,I1,E1,35,8,204",
    "9,t,2016-01-01 00:01:07,1,net",
]
CALL_ROWS = [
    (2, "A1", AT, 204, "01", "cell-1", "call_outgoing", None),
    (3, "B2", AT, 204, "01", None, "call_incoming", None),
    (4, "A1", AT, 204, "01", "cell-2", "call_outgoing", None),
    (5, "A1", AT, 204, "01", "cell-2", "call", None),
    (6, "A1", None, 204, "01", "cell-2", None, "cannot_parse"),
    (7, "A1", None, 204, "01", "cell-2", None, "null_value"),
    (8, None, AT, 204, "01", "cell-2", None, "null_value"),
    (9, None, AT, 204, "01", None, None, "cannot_parse"),
]


@pytest.mark.parametrize("name", ["calls_20160101.csv", "calls_20160101.csv.gz", "part.csv"])
def test_both_parties_of_a_call_are_sightings_and_the_contact_is_not_landed(
    desk: Any, tmp_path: Path, name: str
) -> None:
    rows, dropped = desk.events(
        "flowkit", write(tmp_path, name, CALLS, *CALL_LINES), MAPPING, COLUMNS
    )
    assert rows == CALL_ROWS
    assert dropped == [
        "country_code",
        "duration",
        "id",
        "imei",
        "imsi",
        "msisdn_counterpart",
        "network",
        "operator_code",
        "tac",
    ]


def test_the_charter_may_name_the_imsi_and_the_network(desk: Any, tmp_path: Path) -> None:
    mapping = MAPPING.model_copy(
        update={"columns": {"subscriber_id": "imsi", "mcc": "country_code"}, "mcc": None}
    )
    file = write(tmp_path, "calls.csv", CALLS, CALL_LINES[0])
    rows, dropped = desk.events("flowkit", file, mapping, "subscriber_id, mcc")
    assert rows == [("I1", 204)]
    assert "msisdn" in dropped and "imsi" not in dropped


@pytest.mark.parametrize(
    ("name", "head", "line", "kind"),
    [
        (
            "sms_20160101.csv",
            "msisdn,datetime,outgoing",
            "A1,2016-01-01 00:01:07+00,f",
            "sms_incoming",
        ),
        (
            "a.csv",
            "msisdn,datetime,outgoing,msisdn_counterpart",
            "A1,2016-01-01 00:01:07+00,t,B2",
            "sms_outgoing",
        ),
        ("mds.csv", "datetime,msisdn", "2016-01-01 00:01:07+00,A1", "mds"),
        ("b.csv", "datetime,msisdn,volume_total", "2016-01-01 00:01:07+00,A1,7", "mds"),
        ("topups.csv", "datetime,msisdn", "2016-01-01 00:01:07+00,A1", "topup"),
        ("c.csv", "datetime,msisdn,recharge_amount", "2016-01-01 00:01:07+00,A1,7", "topup"),
        ("d.csv", "datetime,msisdn", "2016-01-01 00:01:07+00,A1", None),
    ],
)
def test_every_kind_of_event_needs_moment_and_subscriber_only(
    desk: Any, tmp_path: Path, name: str, head: str, line: str, kind: str | None
) -> None:
    rows, dropped = desk.events("flowkit", write(tmp_path, name, head, line), MAPPING, COLUMNS)
    assert rows == [(2, "A1", AT, 204, "01", None, kind, None)]
    assert not {"datetime", "msisdn", "outgoing"} & set(dropped)


def test_a_second_file_is_read_after_the_first(desk: Any, tmp_path: Path) -> None:
    for line, cell in ((CALL_LINES[0], "cell-1"), (CALL_LINES[2], "cell-2")):
        file = write(tmp_path, "calls.csv", CALLS, line)
        assert desk.events("flowkit", file, MAPPING, "cell_id")[0] == [(cell,)]


def test_records_as_parquet_are_the_same_records(desk: Any, tmp_path: Path) -> None:
    table = pa.table(
        {"msisdn": ["A1"], "datetime": pa.array([AT]), "outgoing": [True], "duration": [1.5]}
    )
    pq.write_table(table, tmp_path / "calls.parquet")
    rows, dropped = desk.events("flowkit", tmp_path / "calls.parquet", MAPPING, COLUMNS)
    assert rows == [(1, "A1", AT, 204, "01", None, "call_outgoing", None)]
    assert dropped == ["duration"]


def test_a_file_without_moment_or_subscriber_is_told(desk: Any, tmp_path: Path) -> None:
    for head, lacks in (("msisdn,location_id", "datetime"), ("datetime,imsi", "msisdn")):
        with pytest.raises(Refused, match=rf"calls.csv, line 1 lacks the column {lacks}"):
            desk.events("flowkit", write(tmp_path, "calls.csv", head, "A1,B"), MAPPING)


def test_the_kind_is_said_by_the_folder_too(tmp_path: Path) -> None:
    assert kind_of(Path("/x/topups/part-1.csv"), ["duration"]) == "topup"
    assert kind_of(Path("/x/recalls/part-1.csv"), ["msisdn"]) is None


CELL_COLUMNS = (
    "cell_id, round(longitude, 3), round(latitude, 3), x_m, y_m, crs, antenna_height_m, "
    "azimuth_deg, tilt_deg, range_m, valid_from, valid_to"
)
CELLS = (
    "id,version,site_id,height,azimuth,electrical_tilt,max_range,date_of_first_service,"
    "date_of_last_service,geom_point"
)
FROM, TO = datetime(2015, 6, 1, tzinfo=UTC), datetime(2016, 1, 2, tzinfo=UTC)
WKB = shapely.to_wkb(shapely.Point(84.5, 28.25), hex=True)
EWKB = shapely.to_wkb(
    shapely.set_srid(shapely.Point(4028000.5, 3100000), 3035), hex=True, include_srid=True
)


def test_cells_become_canonical_rows_wherever_the_point_is_written(
    desk: Any, tmp_path: Path
) -> None:
    file = write(
        tmp_path,
        "cells.csv",
        CELLS,
        "a,0,s1,20.5,110,3,2000,2015-06-01,2016-01-01,POINT(84.5 28.25)",
        "a,1,s1,25.5,110,3,2000,2015-06-01,2016-01-01,POINT(84.5 28.25)",
        "b,0,s1,,,,,,,SRID=4326;POINT (84.5 28.25)",
        f"c,0,s1,,,,,,,{WKB}",
        f"d,0,s1,,,,,,,{EWKB}",
        "e,0,s1,,,,,,,",
    )
    nothing = (None, None, None, None, None, None)
    assert desk.cells("flowkit", file, MAPPING, CELL_COLUMNS) == [
        ("a", 84.5, 28.25, None, None, None, 25.5, 110.0, 3.0, 2000.0, FROM, TO),
        ("b", 84.5, 28.25, None, None, None, *nothing),
        ("c", 84.5, 28.25, None, None, None, *nothing),
        ("d", None, None, 4028000.5, 3100000.0, "EPSG:3035", *nothing),
        ("e", None, None, None, None, None, *nothing),
    ]


def test_separate_longitude_and_latitude_are_read_by_mapping(desk: Any, tmp_path: Path) -> None:
    file = write(tmp_path, "cells.csv", "id,X_COORD,lat", "a,84.5,28.25")
    mapping = MAPPING.model_copy(update={"columns": {"longitude": "X_COORD"}})
    assert desk.cells("flowkit", file, mapping, "cell_id, longitude, latitude") == [
        ("a", 84.5, 28.25)
    ]


def test_a_cells_own_logistic_and_exponent_are_read_by_mapping(desk: Any, tmp_path: Path) -> None:
    file = write(tmp_path, "cells.csv", "id,lon,lat,mid,k,ple", "a,84.5,28.25,-80,0.3,3.9")
    named = {"midpoint_dbm": "mid", "steepness": "k", "path_loss_exponent": "ple"}
    mapping = MAPPING.model_copy(update={"columns": named})
    columns = "cell_id, midpoint_dbm, steepness, path_loss_exponent"
    assert desk.cells("flowkit", file, mapping, columns) == [("a", -80.0, 0.3, 3.9)]


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("b,0,s1,high,,,,,,POINT(1 2)", "line 3, height: cannot be read"),
        ("b,0,s1,nan,,,,,,POINT(1 2)", "line 3, height: cannot be read"),
        ("b,0,s1,,,,,once,,POINT(1 2)", "line 3, date_of_first_service: cannot be read"),
        ("b,0,s1,,,,,,,somewhere", "line 3, geom_point: is no point"),
        ('b,0,s1,,,,,,,"LINESTRING(1 2, 3 4)"', "line 3, geom_point: is no point"),
        (",0,s1,,,,,,,POINT(1 2)", "line 3, id: a cell has no name"),
        ("b,0", "line 3, record: cannot be read"),
    ],
)
def test_a_table_of_cells_is_never_read_in_part(
    desk: Any, tmp_path: Path, line: str, sentence: str
) -> None:
    sound = "a,0,s1,,,,,,,POINT(84.5 28.25)"
    with pytest.raises(Refused, match=f"cells.csv, {sentence}") as refused:
        desk.cells("flowkit", write(tmp_path, "cells.csv", CELLS, sound, line, sound), MAPPING)
    assert "somewhere" not in str(refused.value)


def test_a_table_of_cells_without_any_position_is_told(desk: Any, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="line 1 lacks the column geom_point"):
        desk.cells("flowkit", write(tmp_path, "cells.csv", "id,lat", "a,28"), MAPPING)


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(-1e7, 1e7), st.floats(-1e7, 1e7), st.sampled_from([0, 4326, 28992])),
        max_size=5,
    ),
    st.text(max_size=12),
)
def test_a_point_is_the_same_point_in_every_writing_and_other_text_is_none(
    drawn: list[tuple[float, float, int]], other: str
) -> None:
    texts: list[str | None] = []
    for x, y, srid in drawn:
        point = shapely.set_srid(shapely.Point(x, y), srid)
        texts += [
            f"SRID={srid};POINT({x!r} {y!r})" if srid else f"POINT({x!r} {y!r})",
            shapely.to_wkb(point, hex=True, include_srid=srid > 0),
        ]
    shapes, srids = points(pa.array([*texts, None, other], pa.string()))
    assert [(p.x, p.y, n) for p, n in zip(shapes[:-2], srids[:-2], strict=True)] == [
        shape for shape in drawn for _ in range(2)
    ]
    assert shapes[-2] is None and shapes[-1] is None
