"""Neighbours of the ordered day stay neighbours, however few rows of a piece of it are left."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from staged_day import START, Day, Row, event

N_DEVICES, N_REPEATED, N_LATER = 12, 2500, 200


def stuck(device: int) -> list[Row]:
    """A device that says one thing thousands of times, in more rows than DuckDB takes at once."""
    first = 2 + device * (N_REPEATED + N_LATER)
    after_s = [600] * N_REPEATED + [601 + n for n in range(N_LATER)]
    return [
        event(
            first + n,
            subscriber_id=f"2040800001{device:05d}",
            observed_at=START + timedelta(seconds=second),
            cell_id="c0",
        )
        for n, second in enumerate(after_s)
    ]


def test_a_day_of_devices_that_repeat_themselves_is_staged(tmp_path: Path) -> None:
    day = Day(tmp_path, [row for device in range(N_DEVICES) for row in stuck(device)])
    day.stage()  # asks whether devices seen, in runs of neighbours, are those counted
    kept = day.read(
        "SELECT device_no, count(*) FROM staged.main.int_events_classified "
        "WHERE device_no IS NOT NULL GROUP BY device_no ORDER BY device_no"
    )
    assert [n_rows for _, n_rows in kept] == [1 + N_LATER] * N_DEVICES
