"""Records of our subscribers abroad: staged with the country and no cell, outside for products."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from kinds import COLUMNS, HEADER, row
from tiny_pilot import DAY, Tiny

from peil.adapters import database
from peil.charter.period import Period
from peil.charter.windows import window_of
from peil.stage import device_rows
from peil.stage.stage import _stage

SUBSCRIBER = "204080000000001"
# moment, country of the SIM, visited network, cell
RECORDS = [
    ("08:00:00", 204, None, "c1"),
    ("09:00:00", 204, 26201, None),  # abroad, without a cell
    ("09:00:00", 204, 26201, None),  # again: a repeat
    ("10:00:00", 204, 310410, "9f-17"),  # abroad, in a cell of theirs
    ("11:00:00", 204, 26201, "c1"),  # abroad, in a cell that has the name of one of ours
    ("12:00:00", 204, 20408, "c2"),  # at home, as the record says
    ("13:00:00", 204, 20408, None),  # at home, without a cell
    ("14:00:00", 204, None, None),  # nobody knows
]


def generic(tiny: Tiny) -> None:
    lines = [
        row(
            1,
            at=f"2026-03-02 {at}",
            mcc=str(mcc),
            plmn=str(plmn or ""),
            cell=cell or "",
            imsi=SUBSCRIBER,
        )
        for at, mcc, plmn, cell in RECORDS
    ]
    tiny.deliver("a.csv", HEADER + b"".join(lines))


def bronze(tiny: Tiny) -> None:
    columns = {
        "user_id": pa.array([b"\x01"] * len(RECORDS), pa.binary()),
        "timestamp": [f"2026-03-02 {at}" for at, _, _, _ in RECORDS],
        "mcc": pa.array([mcc for _, mcc, _, _ in RECORDS], pa.int32()),
        "mnc": ["08"] * len(RECORDS),
        "plmn": pa.array([plmn for _, _, plmn, _ in RECORDS], pa.int32()),
        "cell_id": [cell for _, _, _, cell in RECORDS],
    }
    file = tiny.deliver("part-0.parquet", b"")
    pq.write_table(pa.table(columns), file)


def staged(tiny: Tiny, query: str) -> list[tuple[Any, ...]]:
    with database.connection(tiny.store, tiny.folder / "look") as opened:
        database.attach_staged(opened, tiny.store, "tiny", DAY, "staged")
        opened.execute("USE staged")
        return opened.execute(query).fetchall()


@pytest.mark.parametrize(
    ("reader", "deliver"), [("generic", generic), ("multimno", bronze)], ids=["generic", "multimno"]
)
def test_a_device_abroad_is_in_a_country_and_in_no_cell(
    tiny: Tiny, reader: str, deliver: Callable[[Tiny], None]
) -> None:
    mapping: dict[str, Any] = {
        "inputs__events__columns": COLUMNS if reader == "generic" else {},
        "inputs__events__time_format": None if reader == "generic" else "%Y-%m-%d %H:%M:%S",
    }
    tiny.write_charter(
        inputs__events__reader=reader,
        period__end="2026-03-03",
        linkage_days=2,
        products=["presence", "visitors"],
        retention__staged_days=2,
        threshold=1,
        **mapping,
    )
    deliver(tiny)
    tiny.ingest()
    period = Period.open("tiny", str(DAY))
    with period.held("stage"):  # the gate would miss the other hours of the day
        _stage(period)
    rows = staged(
        tiny,
        "SELECT hour(observed_at AT TIME ZONE 'Europe/Amsterdam'), is_outbound, visited_mcc, "
        "cell_id FROM stg_operator__events ORDER BY 1",
    )
    assert [(hour, country, cell) for hour, abroad, country, cell in rows] == [
        (8, None, "c1"),
        (9, 262, None),
        (10, 310, None),
        (11, 262, None),
        (12, None, "c2"),
    ]
    assert [abroad is True for _, abroad, _, _ in rows] == [False, True, True, True, False]
    accounted = staged(
        tiny,
        "SELECT coalesce(reason, outcome), n_rows FROM int_rows_accounted__by_file_reason "
        "WHERE n_rows > 0 ORDER BY 1",
    )
    assert accounted == [("duplicate", 1), ("no_location", 2), ("staged", 5)]
    counted = staged(
        tiny, "SELECT cell_id, n_devices FROM int_devices_counted__by_cell_hour ORDER BY hour_at"
    )
    assert counted == [("c1", 1), ("c2", 1)]  # presence knows of the hours at home only
    assert followed_cells(tiny) == ["c1", "outside", "outside", "outside", "c2"]


def followed_cells(tiny: Tiny) -> list[str]:
    """Where the one pass over the window's rows puts the device, row by row."""
    window = window_of(tiny.charter, DAY)
    one_day = type(window)(window.first, window.first)
    cells: pd.DataFrame = device_rows.cells_of(tiny.charter, one_day, tiny.store)
    (bucket,) = device_rows.buckets(tiny.charter, one_day, tiny.store, cells, 1)
    names = cells["cell_id"].tolist()
    return ["outside" if n == device_rows.OUTSIDE else names[n] for n in bucket.cell]
