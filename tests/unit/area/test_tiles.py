"""Tiles lie on one lattice, each in the zone of its centre."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio.warp import transform
from shapely.geometry import MultiPolygon, Point, box

from peil.area.area import area_of
from peil.area.tiling import (
    LAND_USE,
    Lattice,
    delivered_tiles,
    lattice_of,
    lattice_over,
    made_tiles,
    zone_of,
)
from peil.charter.area_schema import Bounds, TileFile
from peil.ingest.cell_plan import cell_delivery
from peil.outcome import Refused
from peil.settings import PROJECT

X, Y = 4_000_000, 3_100_000  # on EPSG:3035

AREA = {
    "crs": "EPSG:3035",
    "tile_m": 100,
    "zones": {"path": "tiny/zones.geojson"},
}


def zones_of(*shapes: Any, crs: str | None = None) -> gpd.GeoDataFrame:
    names = [chr(ord("A") + number) for number in range(len(shapes))]
    return gpd.GeoDataFrame({"zone_id": names}, geometry=list(shapes), crs=crs)


def test_zones_are_cut_into_tiles_and_without_land_use_all_are_alike(placed: Any) -> None:
    area = area_of(placed.charter, placed.store)
    assert area.tiles[["tile_id", "x_m", "y_m", "zone_id"]].to_numpy().tolist() == [
        [row * 6 + column, X + 50 + 100 * column, Y + 50 + 100 * row, "A" if column < 3 else "B"]
        for row in range(2)
        for column in range(6)
    ]
    assert area.land_use == "none: every tile is alike"
    assert area.tiles[[*LAND_USE, "elevation_m"]].drop_duplicates().to_numpy().tolist() == [
        [0, 1, 0, 0, 0, 0]
    ]


def test_a_part_of_the_zones_has_whole_zones_and_the_land_around_them(placed: Any) -> None:
    within = {"x_min_m": X - 50, "x_max_m": X + 420, "y_min_m": Y - 50, "y_max_m": Y + 250}
    placed.write_charter(area={**AREA, "within": within})
    area = area_of(placed.charter, placed.store)
    assert area.bottom() == ["A"]
    assert area.tiles["zone_id"].tolist() == ["A", "A", "A", None, None] * 2
    placed.write_charter(area={**AREA, "only": ["B"]})
    area = area_of(placed.charter, placed.store)
    assert area.bottom() == ["B"] and set(area.tiles["zone_id"]) == {"B"}
    placed.write_charter(area={**AREA, "within": {**within, "x_max_m": X + 200}})
    with pytest.raises(Refused, match=r"area.within holds no zone whole"):
        area_of(placed.charter, placed.store)
    placed.write_charter(area={**AREA, "tile_m": 5000})
    with pytest.raises(Refused, match=r"area.tile_m: zone . holds no centre of a tile"):
        area_of(placed.charter, placed.store)
    placed.write_charter(area={**AREA, "within": {**within, "x_min_m": 0, "x_max_m": 1}})
    with pytest.raises(Refused, match=r"area.within lies outside the zones"):
        area_of(placed.charter, placed.store)


def test_a_country_is_not_laid_at_once_where_a_part_is_asked_for() -> None:
    country = (0.0, 0.0, 1_000_000.0, 1_000_000.0)
    part = Bounds(x_min_m=10, y_min_m=10, x_max_m=10_010, y_max_m=990)
    lattice = lattice_over(country, part, "local", 100)
    assert (lattice.n_columns, lattice.n_rows) == (101, 10)
    with pytest.raises(Refused, match=r"are more than a machine holds; give `within`"):
        lattice_over(country, None, "local", 100)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(-30, 30), st.integers(-30, 30), st.integers(1, 20), st.integers(1, 20)
        ),
        min_size=1,
        max_size=4,
    ),
    st.sampled_from([3.0, 4.0, 7.5]),
)
def test_every_tile_is_in_the_first_zone_that_its_centre_lies_in(
    corners: list[tuple[int, int, int, int]], tile_m: float
) -> None:
    shapes = [
        box(x, y, x + w, y + h).union(box(x + 40, y, x + 40 + w, y + h)) for x, y, w, h in corners
    ]
    zones = zones_of(*(MultiPolygon([s]) if s.geom_type == "Polygon" else s for s in shapes))
    lattice = lattice_over(tuple(zones.total_bounds), None, "local", tile_m)
    zone_numbers = zone_of(lattice, zones)
    for row in range(lattice.n_rows):
        for column in range(lattice.n_columns):
            x = lattice.x_min_m + (column + 0.5) * tile_m
            y = lattice.y_min_m + (row + 0.5) * tile_m
            holding = [n for n, shape in enumerate(shapes) if shape.intersects(Point(x, y))]
            assert zone_numbers[row, column] == (holding[0] if holding else -1)
    assert len(made_tiles(lattice, zones)) == (zone_numbers >= 0).sum()


def delivered(tmp_path: Path, **changes: Any) -> Path:
    table = {
        "rid": [2, 1, 3],
        "x": [150.0, 50.0, 50.0],
        "y": [50.0, 50.0, 150.0],
        "elevation": [1.0, None, 3.0],
        "muni": ["A", "", None],
        **{key: [0.0, 0.5, 1.0] for key in LAND_USE},
        **changes,
    }
    pd.DataFrame(table).to_parquet(tmp_path / "tiles.parquet")
    return tmp_path


MAPPED = TileFile(
    path="tiles.parquet",
    columns={
        "tile_id": "rid",
        "x_m": "x",
        "y_m": "y",
        "zone_id": "muni",
        "elevation_m": "elevation",
    },
)


def test_tiles_of_a_table_are_read_by_mapping(tmp_path: Path) -> None:
    tiles = delivered_tiles(delivered(tmp_path), MAPPED, 100, None)
    assert tiles["tile_id"].tolist() == [1, 2, 3]
    assert tiles["zone_id"].tolist() == [None, "A", None]
    assert tiles["forest"].tolist() == [0.5, 0.0, 1.0]
    assert lattice_of(tiles, "local", 100) == Lattice("local", 0.0, 0.0, 100, 2, 2)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"rid": [2, 1, 2]}, "row 3: every tile once"),
        ({"x": [150.0, np.nan, 50.0]}, "row 2: a tile has a centre"),
        ({"x": [150.0, 50.0, 80.0]}, "row 3: tiles do not lie 100 m apart"),
        ({"forest": [0.0, 50.0, 0.0]}, "row 2: shares lie from 0 to 1"),
        ({"forest": [0.0, None, 0.0]}, "row 2: shares lie from 0 to 1"),
    ],
)
def test_a_wrong_tile_is_told_by_row(
    tmp_path: Path, changes: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(Refused, match=rf"tiles\.parquet, {sentence}"):
        delivered_tiles(delivered(tmp_path, **changes), MAPPED, 100, None)


def test_a_table_without_zones_or_land_use_is_given_them(placed: Any) -> None:
    x, y = np.meshgrid(np.arange(6) * 100 + X + 50, np.arange(3) * 100 + Y + 50)
    pd.DataFrame({"tile_id": np.arange(18), "x_m": x.ravel(), "y_m": y.ravel()}).to_parquet(
        placed.deliveries / "tiny" / "tiles.parquet"
    )
    placed.write_charter(area={**AREA, "tiles": "tiny/tiles.parquet"})
    area = area_of(placed.charter, placed.store)
    assert area.tiles["zone_id"].tolist() == (["A"] * 3 + ["B"] * 3) * 2 + [None] * 6
    assert area.land_use == "none: every tile is alike"
    placed.write_charter(
        area={**AREA, "tiles": {"path": "tiny/tiles.parquet", "columns": {"zone_id": "muni"}}}
    )
    with pytest.raises(Refused, match=r"tiles.parquet lacks the column muni"):
        area_of(placed.charter, placed.store)


def test_a_register_is_read_by_mapping_and_one_date(placed: Any) -> None:
    (placed.deliveries / "tiny" / "people.csv").write_text(
        "when;code;count\n2021;A;1\n2022;A;400\n2022;B;100\n2022;C;7\n"
    )
    named = {
        "path": "tiny/people.csv",
        "separator": ";",
        "rows": {"when": "2022"},
        "columns": {"zone_id": "code", "n_persons": "count"},
    }
    placed.write_charter(area={**AREA, "register": named})
    register = area_of(placed.charter, placed.store).register
    assert register is not None and register.to_dict() == {"A": 400.0, "B": 100.0}
    for rows, sentence in (
        ({"when": "1999"}, "people.csv holds no row"),
        ({}, "people.csv, line 3, code: every zone once"),
        ({"year": "2022"}, "people.csv, line 1 lacks the column year"),
    ):
        placed.write_charter(area={**AREA, "register": {**named, "rows": rows}})
        with pytest.raises(Refused, match=sentence):
            area_of(placed.charter, placed.store)


def test_cells_of_volunteers_are_landed_in_and_near_the_area_only(placed: Any) -> None:
    def line(cell: int, x: float) -> str:
        (lon,), (lat,) = transform("EPSG:3035", "EPSG:4326", [x], [Y + 100])
        return f"LTE,204,16,1,{cell},0,{lon:.5f},{lat:.5f},1000,5,1,1,1,0\n"

    far = [line(1, X + 300), line(2, X - 9_000), line(3, X - 12_000), line(4, X + 90_000)]
    placed.put("cells.csv", "".join(far))
    placed.deliver("a.csv", "imsi,at,mcc,mnc,cell,imei\n1,2026-03-02 08:30:00,204,16,c,\n")
    placed.write_charter(
        area=AREA, inputs__cells={"reader": "opencellid", "path": "tiny/cells.csv"}
    )
    placed.ingest()
    assert placed.raw("SELECT cell_id FROM main.cells ORDER BY ALL") == [
        ("204-16-1-1",),
        ("204-16-1-2",),
    ]
    given = {"reader": "opencellid", "path": "tiny/cells.csv", "box": [1.0, 2.0, 3.0, 4.0]}
    placed.write_charter(area=AREA, inputs__cells=given)
    assert cell_delivery(placed.charter, placed.store).box == (1.0, 2.0, 3.0, 4.0)


def test_the_area_that_the_guide_shows_is_a_valid_one(tiny: Any) -> None:
    guide = (PROJECT / "docs/your-own-data.md").read_text()
    blocks = re.findall(r"^```yaml\n(area:\n.*?)^```$", guide, re.M | re.S)
    assert len(blocks) == 1
    tiny.write_charter(**yaml.safe_load(blocks[0]))
    area = tiny.charter.area
    assert [zones.level for zones in area.zones] == ["municipality", "province"]
    assert area.only == ["PV31"] and area.land_use.classes["water"] == [51]
    assert len(area.paths()) == 5


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"tiles": "/etc/passwd"}, "must be relative to the deliveries"),
        ({"elevation": "../a.tif"}, "must be relative to the deliveries"),
        ({"land_use": {"path": "a.tif"}}, "`classes` says which values"),
        ({"land_use": {"classes": {"forest": [1]}}}, "give either `path` with `classes`"),
        ({"tiles": "a.parquet", "land_use": {"shares": {"forest": "a.tif"}}}, "`tiles` hold land"),
        ({"zones": {"path": "z.gpkg", "columns": {"zone": "a"}}}, r"area\.zones\.0\.columns"),
        ({"within": {"x_min_m": 1, "y_min_m": 1, "x_max_m": 0, "y_max_m": 2}}, "smaller bound"),
    ],
)
def test_a_wrong_area_is_told_with_its_key(
    tiny: Any, changes: dict[str, Any], sentence: str
) -> None:
    from peil.charter import reading

    tiny.write_charter(area={**AREA, **changes})
    with pytest.raises(Refused, match=sentence):
        reading.load("tiny")
