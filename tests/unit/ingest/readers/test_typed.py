"""Parquet by type: whatever type a column was delivered in, the same value is landed or refused."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from peil.charter.schema import Delivery
from peil.outcome import Refused

ZONE = "Europe/Amsterdam"
AT = datetime(2026, 3, 2, 7, 30, tzinfo=UTC)
LOCAL = datetime(2026, 3, 2, 8, 30)
MAPPING = Delivery(
    reader="generic",
    path="-",
    time_zone=ZONE,
    columns={
        "subscriber_id": "who",
        "observed_at": "at",
        "mcc": "mcc",
        "mnc": "mnc",
        "cell_id": "cell",
        "timing_advance": "ta",
    },
)


def sound(**changed: Any) -> dict[str, pa.Array]:
    columns = {
        "who": pa.array(["2041"]),
        "at": pa.array([AT], pa.timestamp("us", "UTC")),
        "mcc": pa.array([204], pa.int32()),
        "mnc": pa.array(["08"]),
        "cell": pa.array(["c1"]),
        "ta": pa.array([3], pa.int8()),
    }
    return columns | changed


def write(folder: Path, columns: dict[str, pa.Array]) -> Path:
    pq.write_table(pa.table(columns), folder / "a.parquet")
    return folder / "a.parquet"


def landed(desk: Any, folder: Path, column: str, array: pa.Array, ours: str) -> tuple[Any, Any]:
    rows, _ = desk.events(
        "generic", write(folder, sound(**{column: array})), MAPPING, f"{ours}, defect"
    )
    assert len(rows) == 1
    value, defect = rows[0]
    return value, defect


def test_a_sound_record_is_landed_in_canonical_types(desk: Any, tmp_path: Path) -> None:
    columns = "file_id, line, subscriber_id, observed_at, mcc, mnc, plmn, cell_id, event_type, timing_advance, defect"  # noqa: E501
    rows, dropped = desk.events("generic", write(tmp_path, sound()), MAPPING, columns)
    assert rows == [(0, 1, "2041", AT, 204, "08", None, "c1", None, 3, None)]
    assert dropped == []


@pytest.mark.parametrize(
    ("array", "value", "defect"),
    [
        (pa.array([204080000000001]), "204080000000001", None),
        (pa.array([2**63], pa.uint64()), "9223372036854775808", None),
        (pa.array([Decimal("204080000000001")], pa.decimal128(15, 0)), "204080000000001", None),
        (pa.array([Decimal("204080000000001.00")], pa.decimal128(20, 2)), "204080000000001", None),
        (pa.array([Decimal("2040800000000.50")], pa.decimal128(20, 2)), None, "cannot_parse"),
        (pa.array([b"\x01\xfe"]), "01fe", None),
        (pa.array([UUID(int=1).bytes], pa.uuid()), str(UUID(int=1)), None),
        (pa.array(["2041"]).dictionary_encode(), "2041", None),
        (pa.array([" 2041 "]), "2041", None),
        (pa.array(["2041 "]), "2041", None),
        (pa.array([" "]), None, "null_value"),
        (pa.array([""]), None, "null_value"),
        (pa.array([None], pa.string()), None, "null_value"),
        (pa.array([None], pa.int64()), None, "null_value"),
    ],
)
def test_an_identifier_is_the_same_text_whatever_its_type(
    desk: Any, tmp_path: Path, array: pa.Array, value: str | None, defect: str | None
) -> None:
    assert landed(desk, tmp_path, "who", array, "subscriber_id") == (value, defect)


@pytest.mark.parametrize(
    ("array", "value", "defect"),
    [
        (pa.array([LOCAL], pa.timestamp("us")), AT, None),
        (pa.array([LOCAL], pa.timestamp("ms")), AT, None),
        (pa.array([LOCAL], pa.timestamp("ns")), AT, None),
        (pa.array([AT], pa.timestamp("ms", "UTC")), AT, None),
        (pa.array(["2026-03-02 08:30:00"]), AT, None),
        (pa.array(["2026-03-02T08:30:00"]), AT, None),
        (pa.array(["2026-03-02 09:30:00+02:00"]), AT, None),
        (pa.array(["2026-03-02T07:30:00Z"]), AT, None),
        (pa.array(["2026-03-02 07:30:00+00"]), AT, None),
        (pa.array(["2026-03-02 08:30:00 Atlantis/Capital"]), None, "cannot_parse"),
        (pa.array(["2026-02-29 08:30:00"]), None, "cannot_parse"),
        (pa.array(["2026-03-02 8:30 p.m."]), None, "cannot_parse"),
        (pa.array(["infinity"]), None, "cannot_parse"),
        (pa.array([2**63 - 1]).view(pa.timestamp("us", "UTC")), None, "cannot_parse"),
        (pa.array([datetime(2026, 3, 29, 2, 30)], pa.timestamp("us")), None, "cannot_parse"),
        (pa.array([datetime(2026, 10, 25, 2, 30)], pa.timestamp("us")), None, "cannot_parse"),
        (pa.array(["2026-03-29 02:30:00"]), None, "cannot_parse"),
        (pa.array(["2026-10-25 02:30:00"]), None, "cannot_parse"),
        (pa.array(["2026-10-25 02:30:00+02:00"]), datetime(2026, 10, 25, 0, 30, tzinfo=UTC), None),
        (pa.array([None], pa.timestamp("us")), None, "null_value"),
        (pa.array([None], pa.string()), None, "null_value"),
    ],
)
def test_a_moment_is_read_by_its_type_and_never_an_hour_off(
    desk: Any, tmp_path: Path, array: pa.Array, value: datetime | None, defect: str | None
) -> None:
    assert landed(desk, tmp_path, "at", array, "observed_at") == (value, defect)


@pytest.mark.parametrize(
    ("array", "value", "defect"),
    [
        (pa.array([204], pa.uint16()), 204, None),
        (pa.array([204], pa.int64()), 204, None),
        (pa.array([2**40], pa.int64()), None, "cannot_parse"),
        (pa.array([204.0]), 204, None),
        (pa.array([204.5]), None, "cannot_parse"),
        (pa.array([math.nan]), None, "cannot_parse"),
        (pa.array([math.inf]), None, "cannot_parse"),
        (pa.array([Decimal("204.00")], pa.decimal128(9, 2)), 204, None),
        (pa.array(["204"]), 204, None),
        (pa.array(["204.0"]), 204, None),
        (pa.array(["204.6"]), None, "cannot_parse"),
        (pa.array(["2.5e0"]), None, "cannot_parse"),
        (pa.array(["two"]), None, "cannot_parse"),
        (pa.array([" "]), None, None),
        (pa.array([None], pa.int64()), None, None),
    ],
)
def test_a_small_number_is_never_rounded(
    desk: Any, tmp_path: Path, array: pa.Array, value: int | None, defect: str | None
) -> None:
    assert landed(desk, tmp_path, "mcc", array, "mcc") == (value, defect)


@pytest.mark.parametrize(
    ("column", "array", "sentence"),
    [
        ("who", pa.array([204080000000001.0]), "column who is DOUBLE, not text or a whole number"),
        ("who", pa.array([[1]]), r"column who is BIGINT\[\], not text"),
        ("cell", pa.array([AT], pa.timestamp("us", "UTC")), "column cell is TIMESTAMP WITH"),
        ("mcc", pa.array([True]), "column mcc is BOOLEAN, not a whole number"),
        ("at", pa.array([date(2026, 3, 2)]), "column at is DATE, which holds no time of day"),
        ("at", pa.array([1772436600]), "column at is BIGINT: give the moment of 0 as `epoch`"),
        ("at", pa.array([{"t": 1}]), "column at is STRUCT"),
    ],
)
def test_a_type_that_cannot_hold_it_is_refused_in_one_sentence(
    desk: Any, tmp_path: Path, column: str, array: pa.Array, sentence: str
) -> None:
    with pytest.raises(Refused, match=sentence) as refused:
        desk.events("generic", write(tmp_path, sound(**{column: array})), MAPPING)
    assert "2040" not in str(refused.value)


@pytest.mark.parametrize(
    ("array", "seconds", "value"),
    [
        (pa.array([1772436600]), 1.0, AT),
        (pa.array([1772436600.0]), 1.0, AT),
        (pa.array(["1772436600"]), 1.0, AT),
        (pa.array([1772436600000]), 0.001, AT),
        (pa.array([1772436600000000]), 1e-6, AT),
        (pa.array([math.nan]), 1.0, None),
        (pa.array(["soon"]), 1.0, None),
    ],
)
def test_numbers_of_seconds_are_read_from_the_epoch_of_the_charter(
    desk: Any, tmp_path: Path, array: pa.Array, seconds: float, value: datetime | None
) -> None:
    given = MAPPING.model_copy(
        update={"epoch": datetime(1970, 1, 1, tzinfo=UTC), "seconds_per_t": seconds}
    )
    rows, _ = desk.events("generic", write(tmp_path, sound(at=array)), given, "observed_at, defect")
    assert rows == [(value, None if value else "cannot_parse")]


def test_a_file_of_half_a_million_rows_is_numbered_by_the_file(desk: Any, tmp_path: Path) -> None:
    n = 500_000
    columns = sound(who=pa.array([str(i) for i in range(n)]))
    columns = {
        name: array if name == "who" else pa.repeat(array[0], n) for name, array in columns.items()
    }
    desk.opened.execute("SET preserve_insertion_order = false")
    rows, _ = desk.events(
        "generic",
        write(tmp_path, columns),
        MAPPING,
        "line, CASE WHEN subscriber_id::BIGINT = line - 1 THEN NULL ELSE 'wrong' END",
    )
    assert {wrong for _, wrong in rows} == {None}
    assert [line for line, _ in rows] == list(range(1, n + 1))
