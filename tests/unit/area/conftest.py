"""A pilot of two zones, for tests of tiles and rasters."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pytest
from shapely.geometry import box

X, Y = 4_000_000, 3_100_000  # on EPSG:3035

AREA = {
    "crs": "EPSG:3035",
    "tile_m": 100,
    "zones": {"path": "tiny/zones.geojson"},
}


@pytest.fixture
def placed(tiny: Any) -> Any:
    """Two zones of 300 m × 200 m side by side, written in degrees."""
    shapes = [box(X, Y, X + 300, Y + 200), box(X + 300, Y, X + 600, Y + 200)]
    zones = gpd.GeoDataFrame({"zone_id": ["A", "B"]}, geometry=shapes, crs="EPSG:3035")
    zones.to_file(tiny.deliveries / "tiny" / "zones.geojson")
    tiny.write_charter(area=AREA)
    return tiny
