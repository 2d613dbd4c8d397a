"""Readings that ask a charter of their own: swapped axes, decimal commas, epochs; endless lines."""

from __future__ import annotations

import io
import tracemalloc
from datetime import UTC, datetime
from typing import Any

import pytest
from kinds import COLUMNS, HEADER, row, rows
from pyproj import Transformer

from peil.ingest.readers import tolerant_csv
from peil.outcome import Refused

POSITIONS = {"cell_id": "cell", "latitude": "lat", "longitude": "lon"}
DUTCH = {
    "crs": "EPSG:28992",
    "grid": {
        "x_min_m": 120000,
        "y_min_m": 480000,
        "x_max_m": 121000,
        "y_max_m": 480500,
        "zone_m": 500,
    },
}


def _around(plane: str, longitude: float, latitude: float) -> dict[str, int]:
    """One square kilometre of a plane, two zones wide."""
    to_plane = Transformer.from_crs("EPSG:4326", plane, always_xy=True)
    x_m, y_m = (round(metres) // 1000 * 1000 for metres in to_plane.transform(longitude, latitude))
    return {"x_min_m": x_m, "y_min_m": y_m, "x_max_m": x_m + 1000, "y_max_m": y_m + 500} | {
        "zone_m": 500
    }


@pytest.mark.parametrize("plane", ["EPSG:28992", "EPSG:3035", "EPSG:32631"])
def test_swapped_latitude_and_longitude_are_told(pilot: Any, plane: str) -> None:
    pilot.write_charter(
        inputs__events__columns=COLUMNS,
        inputs__cells__columns=POSITIONS,
        area={"crs": plane, "grid": _around(plane, 4.9, 52.37)},
    )
    pilot.deliver("a.csv", HEADER + rows(1, 3, 1))
    pilot.put("cells.csv", "cell,lat,lon\nc1,4.9,52.37\nc2,5.1,52.4\n")
    with pytest.raises(Refused, match=r"cells.csv: latitude and longitude are swapped in 2 of 2"):
        pilot.ingest()
    pilot.put("cells.csv", "cell,lat,lon\nc1,52.37,4.9\nc2,52.4,5.1\nc3,,\n")
    assert pilot.ingest().status == "done"


def test_the_decimal_comma_of_a_plan_is_told_where_the_charter_does_not_say_so(pilot: Any) -> None:
    pilot.write_charter(
        inputs__events__columns=COLUMNS,
        inputs__cells__columns=POSITIONS,
        inputs__cells__separator=";",
        area=DUTCH,
    )
    pilot.deliver("a.csv", HEADER + rows(1, 3, 1))
    pilot.put("cells.csv", "cell;lat;lon\nc1;52,37;4,9\n")
    with pytest.raises(Refused, match=r"cells.csv, line 2, latitude: cannot be read"):
        pilot.ingest()


@pytest.mark.parametrize(
    ("seconds", "unit"), [(1.0, 1), (0.001, 1_000), (1e-6, 1_000_000), (1e-9, 10**9)]
)
def test_epochs_are_read_in_the_unit_of_the_charter(pilot: Any, seconds: float, unit: int) -> None:
    pilot.write_charter(
        inputs__events__columns=COLUMNS,
        inputs__events__epoch="1970-01-01T00:00:00+00:00",
        inputs__events__seconds_per_t=seconds,
    )
    at = datetime(2026, 3, 2, 9, tzinfo=UTC)
    pilot.deliver("a.csv", HEADER + row(1, at=str(int(at.timestamp()) * unit)))
    pilot.ingest()
    assert pilot.raw("SELECT observed_at, defect FROM events") == [(at, None)]


def test_a_line_without_end_is_read_in_little_memory() -> None:
    class Endless(io.RawIOBase):
        left = 200 << 20

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: Any) -> int:
            n = min(len(buffer), self.left)
            buffer[:n] = b"x" * n
            self.left -= n
            return n

    tracemalloc.start()
    with io.BufferedReader(Endless()) as stream:
        assert list(tolerant_csv.lines(stream)) == [(1, None)]
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 40 << 20
