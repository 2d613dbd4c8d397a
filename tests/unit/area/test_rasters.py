"""Rasters of land use and elevation become shares and means of tiles."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin
from rasterio.warp import transform

from peil.area.area import area_of
from peil.area.tiling import (
    LAND_USE,
)
from peil.outcome import Refused

X, Y = 4_000_000, 3_100_000  # on EPSG:3035

AREA = {
    "crs": "EPSG:3035",
    "tile_m": 100,
    "zones": {"path": "tiny/zones.geojson"},
}


def raster(
    file: Path,
    values: Any,
    west: float,
    north: float,
    size: float,
    crs: str | None,
    nodata: float | None = None,
) -> None:
    array = np.asarray(values, dtype="float32")
    with rasterio.open(
        file,
        "w",
        driver="GTiff",
        height=array.shape[0],
        width=array.shape[1],
        count=1,
        dtype="float32",
        crs=crs,
        transform=from_origin(west, north, size, size),
        nodata=nodata,
    ) as opened:
        opened.write(array, 1)


def test_a_raster_of_classes_becomes_shares_and_one_of_heights_means(placed: Any) -> None:
    folder = placed.deliveries / "tiny"
    # 50 m cells: of tile (row 1, column 0), in the north-west, three are forest and one is water
    classes = np.full((4, 12), 2.0)
    classes[0, 0] = 5
    classes[:2, 0:2][classes[:2, 0:2] == 2] = 23
    classes[2:, 10:] = -1
    raster(folder / "classes.tif", classes, X, Y + 200, 50, "EPSG:3035", nodata=-1)
    heights = np.repeat(np.arange(12)[None, :], 4, axis=0) * 10.0
    raster(folder / "heights.tif", heights, X, Y + 200, 50, "EPSG:3035")
    placed.write_charter(
        area={
            **AREA,
            "elevation": "tiny/heights.tif",
            "land_use": {
                "path": "tiny/classes.tif",
                "classes": {"forest": [23, 24], "water": [5], "residential": [2]},
            },
        }
    )
    area = area_of(placed.charter, placed.store)
    assert area.land_use == "as delivered"
    tiles = area.tiles.set_index("tile_id")
    assert tiles.loc[6, LAND_USE].tolist() == [0, 0, 0.75, 0.25, 0]
    assert tiles.loc[0, LAND_USE].tolist() == [0, 1, 0, 0, 0]
    assert tiles.loc[5, LAND_USE].tolist() == [0, 0, 0, 0, 0]  # where the raster says nothing
    assert tiles["elevation_m"].tolist() == [5, 25, 45, 65, 85, 105] * 2


def test_a_raster_in_degrees_lands_on_the_plane(placed: Any) -> None:
    folder = placed.deliveries / "tiny"
    (west,), (north,) = transform("EPSG:3035", "EPSG:4326", [X - 2000], [Y + 2000])
    # a grid of some 20 m cells: height is the distance in columns, so it must grow eastwards
    values = np.repeat(np.arange(400)[None, :], 400, axis=0)
    raster(folder / "heights.tif", values, west, north, 0.0003, "EPSG:4326")
    placed.write_charter(area={**AREA, "elevation": "tiny/heights.tif"})
    heights = area_of(placed.charter, placed.store).tiles["elevation_m"].to_numpy().reshape(2, 6)
    centres = area_of(placed.charter, placed.store).tiles
    lon, _ = transform("EPSG:3035", "EPSG:4326", centres["x_m"], centres["y_m"])
    expected = (np.array(lon) - west) / 0.0003 - 0.5
    assert heights.ravel() == pytest.approx(expected, abs=0.6)
    assert (np.diff(heights, axis=1) > 3).all()


def test_shares_are_one_raster_for_each_kind(placed: Any) -> None:
    folder = placed.deliveries / "tiny"
    raster(folder / "forest.tif", np.full((2, 6), 40), X, Y + 200, 100, "EPSG:3035")
    share = {**AREA, "land_use": {"shares": {"forest": "tiny/forest.tif"}, "whole": 100}}
    placed.write_charter(area=share)
    assert set(area_of(placed.charter, placed.store).tiles["forest"].round(6)) == {0.4}
    placed.write_charter(area={**share, "land_use": {"shares": {"forest": "tiny/forest.tif"}}})
    with pytest.raises(Refused, match=r"forest.tif holds no shares from 0 to 1"):
        area_of(placed.charter, placed.store)


@pytest.mark.parametrize(
    ("west", "crs", "content", "sentence"),
    [
        (X + 5000, "EPSG:3035", None, "heights.tif lies elsewhere"),
        (X, None, None, "heights.tif does not say its coordinate reference system"),
        (X, "EPSG:3035", b"no raster", "heights.tif cannot be read"),
        (X, "EPSG:3035", "cut", "heights.tif cannot be read"),
    ],
)
def test_a_wrong_raster_is_told_by_name(
    placed: Any, west: float, crs: str | None, content: Any, sentence: str
) -> None:
    file = placed.deliveries / "tiny" / "heights.tif"
    raster(file, np.ones((200, 600)), west, Y + 200, 1, crs)
    if content is not None:
        file.write_bytes(file.read_bytes()[:2000] if content == "cut" else content)
    placed.write_charter(area={**AREA, "elevation": "tiny/heights.tif"})
    with pytest.raises(Refused, match=sentence):
        area_of(placed.charter, placed.store)
