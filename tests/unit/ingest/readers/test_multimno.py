"""The reference pipeline's bronze tables, written here as that pipeline types them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from peil.charter.schema import Delivery
from peil.outcome import Refused

MAPPING = Delivery(
    reader="multimno",
    path="-",
    time_format="%Y-%m-%d %H:%M:%S",
    accept_iso_t=True,
    time_zone="Europe/Madrid",
)
SCHEMA = pa.schema(
    [
        ("user_id", pa.binary()),
        ("timestamp", pa.string()),
        ("mcc", pa.int32()),
        ("mnc", pa.string()),
        ("plmn", pa.int32()),
        ("cell_id", pa.string()),
        ("latitude", pa.float32()),
        ("longitude", pa.float32()),
        ("loc_error", pa.float32()),
    ]
)
AT = datetime(2023, 1, 7, 0, 29, 3, tzinfo=UTC)
IN, OUT = b"\x00\xab\xff", b"\x01"


def events(tmp_path: Path, rows: list[tuple[Any, ...]]) -> Path:
    full = [(*row, 1.0, 2.0, 3.0) for row in rows]
    columns = [pa.array([row[n] for row in full], SCHEMA.field(n).type) for n in range(9)]
    file = tmp_path / "part-0.parquet"
    pq.write_table(pa.Table.from_arrays(columns, schema=SCHEMA), file)
    return file


def test_events_become_canonical_rows(desk: Any, tmp_path: Path) -> None:
    file = events(
        tmp_path,
        [
            (IN, "2023-01-07 01:29:03", 214, "07", None, "c1"),
            (IN, "2023-01-07T01:29:03", 214, "007", None, " c2 "),
            (OUT, "2023-01-07 01:29:03", 999, None, 21407, None),
            (IN, " ", 214, "07", None, "c1"),
            (None, "2023-01-07 01:29:03", 214, "07", None, "c1"),
            (IN, None, None, None, None, None),
            (IN, "07/01/2023 01:29", 214, "07", None, "c1"),
        ],
    )
    columns = "line, subscriber_id, observed_at, mcc, mnc, plmn, cell_id, defect"
    rows, dropped = desk.events("multimno", file, MAPPING, columns)
    assert rows == [
        (1, "00abff", AT, 214, "07", None, "c1", None),
        (2, "00abff", AT, 214, "007", None, "c2", None),
        (3, "01", AT, 999, None, 21407, None, None),
        (4, "00abff", None, 214, "07", None, "c1", "null_value"),
        (5, None, AT, 214, "07", None, "c1", "null_value"),
        (6, "00abff", None, None, None, None, None, "null_value"),
        (7, "00abff", None, 214, "07", None, "c1", "cannot_parse"),
    ]
    assert dropped == ["latitude", "loc_error", "longitude"]


def test_a_t_in_the_moment_is_read_only_where_the_charter_says_so(
    desk: Any, tmp_path: Path
) -> None:
    file = events(tmp_path, [(IN, "2023-01-07T01:29:03", 214, "07", None, "c1")])
    strict = MAPPING.model_copy(update={"accept_iso_t": False})
    assert desk.events("multimno", file, strict, "defect")[0] == [("cannot_parse",)]


def cell(**changes: Any) -> dict[str, Any]:
    sound = {
        "cell_id": "c1",
        "latitude": 40.4,
        "longitude": -3.7,
        "altitude": 600.0,
        "antenna_height": 30.0,
        "directionality": 1,
        "azimuth_angle": 90.0,
        "elevation_angle": 5.0,
        "horizontal_beam_width": 65.0,
        "vertical_beam_width": 9.0,
        "power": 10.0,
        "range": 3000.0,
        "frequency": 1800.0,
        "technology": "LTE",
        "valid_date_start": "2023-01-01T00:00:00",
        "valid_date_end": "2023-01-07T00:00:00",
        "cell_type": "macrocell",
    }
    return sound | changes


def cells(tmp_path: Path, rows: list[dict[str, Any]]) -> Path:
    file = tmp_path / "cells.parquet"
    pq.write_table(pa.Table.from_pylist(rows), file)
    return file


def test_cells_become_canonical_rows(desk: Any, tmp_path: Path) -> None:
    file = cells(
        tmp_path,
        [
            cell(),
            cell(cell_id="c2", directionality=0, cell_type="picocell"),
            cell(cell_id="c3", valid_date_end="2023-01-07T12:00:00"),
            cell(cell_id="c4", valid_date_end=None),
        ],
    )
    columns = (
        "cell_id, latitude, longitude, is_directional, azimuth_deg, tilt_deg, power_w, cell_type, "
        "valid_from, valid_to"
    )
    start = datetime(2022, 12, 31, 23, tzinfo=UTC)
    shared = (40.4, -3.7)
    assert desk.cells("multimno", file, MAPPING, columns) == [
        (
            "c1",
            *shared,
            True,
            90.0,
            5.0,
            10.0,
            "macro",
            start,
            datetime(2023, 1, 7, 23, tzinfo=UTC),
        ),
        (
            "c2",
            *shared,
            False,
            None,
            5.0,
            10.0,
            "pico",
            start,
            datetime(2023, 1, 7, 23, tzinfo=UTC),
        ),
        (
            "c3",
            *shared,
            True,
            90.0,
            5.0,
            10.0,
            "macro",
            start,
            datetime(2023, 1, 7, 11, tzinfo=UTC),
        ),
        ("c4", *shared, True, 90.0, 5.0, 10.0, "macro", start, None),
    ]


def test_a_table_of_another_kind_is_told_with_file_and_column(desk: Any, tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"cells.parquet lacks the column mcc: it is no bronze"):
        desk.events("multimno", cells(tmp_path, [cell()]), MAPPING)
    file = events(tmp_path, [(IN, "2023-01-07 01:29:03", 214, "07", None, "c1")])
    with pytest.raises(Refused, match=r"part-0.parquet lacks the column valid_date_end"):
        desk.cells("multimno", file, MAPPING)
