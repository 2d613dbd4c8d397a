"""Zones by mapping, on the charter's plane, one hierarchy; what is wrong is told by feature."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
from shapely.geometry import LineString, MultiPolygon, Point, Polygon, box

from peil.area.zones import bottom, read_zones, select_zones
from peil.charter.area_schema import ZoneFile
from peil.outcome import Refused

NAMED = {"zone_id": "statcode", "name": "statnaam", "parent_id": "prov"}
AT = (155_000, 463_000)  # on the Dutch plane, EPSG:28992


def square(x: float, size: float = 1000) -> Polygon:
    return box(AT[0] + x, AT[1], AT[0] + x + size, AT[1] + size)


def frame(rows: list[tuple[Any, ...]], **names: str) -> gpd.GeoDataFrame:
    columns = {
        names.get("zone_id", "statcode"): [r[0] for r in rows],
        "statnaam": [r[1] for r in rows],
    }
    if names.get("parent", "prov"):
        columns["prov"] = [r[2] for r in rows]
    return gpd.GeoDataFrame(columns, geometry=[r[3] for r in rows], crs="EPSG:28992")


CITIES = [("GM1", "Utrecht", "Utrecht", square(0)), ("GM2", "Zeist", "Utrecht", square(1000))]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    province = frame([("PV1", "Utrecht", None, box(155_000, 463_000, 157_000, 464_000))])
    province.drop(columns="prov").to_parquet(tmp_path / "provinces.parquet")
    return tmp_path


PROVINCES = ZoneFile(
    path="provinces.parquet", level="province", columns={"zone_id": "statcode", "name": "statnaam"}
)


@pytest.mark.parametrize("name", ["cities.gpkg", "cities.geojson", "cities.parquet"])
def test_zones_of_every_format_become_the_same_hierarchy(folder: Path, name: str) -> None:
    frames = frame(CITIES)
    if name.endswith("parquet"):
        frames.to_parquet(folder / name)
    elif name.endswith("geojson"):
        frames.to_crs("EPSG:4326").to_file(folder / name)
    else:
        frames.to_file(folder / name, layer="cities")
        frames.iloc[:1].to_file(folder / name, layer="other")
    cities = ZoneFile(
        path=name,
        columns=NAMED,
        level="municipality",
        layer="cities" if name.endswith("gpkg") else None,
    )
    zones = read_zones(folder, [cities, PROVINCES], "EPSG:28992", 100, "Land")
    assert zones.drop(columns="geometry").to_numpy().tolist() == [
        ["GM1", "Utrecht", "PV1", "municipality"],
        ["GM2", "Zeist", "PV1", "municipality"],
        ["PV1", "Utrecht", None, "province"],
    ]
    assert zones.geometry.area.round(-1).tolist() == [1e6, 1e6, 2e6]
    assert list(bottom(zones)["zone_id"]) == ["GM1", "GM2"]


def test_zones_without_parents_get_one_above_them_all(folder: Path) -> None:
    frame(CITIES).to_parquet(folder / "cities.parquet")
    plain = ZoneFile(path="cities.parquet", columns={"zone_id": "statcode"})
    zones = read_zones(folder, [plain], "EPSG:3035", 100, "Land")
    assert zones["parent_id"].tolist() == [None, "ALL", "ALL"]
    assert zones["name"].tolist() == ["Land", "GM1", "GM2"]
    assert zones.geometry.area.tolist() == pytest.approx([2e6, 1e6, 1e6], rel=0.01)


def test_only_some_zones_come_with_what_is_above_and_in_them(folder: Path) -> None:
    frame(
        [*CITIES, ("GM3", "Assen", "PV2", square(5000)), ("PV2", "Drenthe", None, square(5000))]
    ).to_parquet(folder / "cities.parquet")
    cities = ZoneFile(path="cities.parquet", columns=NAMED, level="municipality")
    zones = read_zones(folder, [cities, PROVINCES], "EPSG:28992", 100, "Land")
    assert set(select_zones(zones, ["PV1"])["zone_id"]) == {"GM1", "GM2", "PV1"}
    assert set(select_zones(zones, ["GM3"])["zone_id"]) == {"GM3", "PV2"}
    assert len(select_zones(zones, [])) == 5
    with pytest.raises(Refused, match=r"area.only: PV9 is not among the zones"):
        select_zones(zones, ["PV1", "PV9"])


BOWTIE = Polygon([(155_000, 463_000), (156_000, 464_000), (156_000, 463_000), (155_000, 464_000)])


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (("GM3", "C", None, BOWTIE), "feature 3: its geometry is invalid"),
        (("GM3", "C", None, None), "feature 3: it has no geometry"),
        (("GM3", "C", None, Polygon()), "feature 3: it has no geometry"),
        (("GM3", "C", None, Point(AT)), "feature 3: it is no polygon"),
        (("GM3", "C", None, LineString([AT, (0, 0)])), "feature 3: it is no polygon"),
        (("GM2", "C", None, square(2000)), "feature 3: its zone_id came before"),
        ((None, "C", None, square(2000)), "feature 3: it has no zone_id"),
        ((" ", "C", None, square(2000)), "feature 3: it has no zone_id"),
        (("GM3", "C\tD", None, square(2000)), "feature 3: an id or name holds a control character"),
        (("G\x1b[3m", "C", None, square(2000)), "feature 3: an id or name holds a control char"),
        (("GM3", "C\u202eD", None, square(2000)), "feature 3: an id or name holds a control ch"),
        (("GM3", "C", "PV9", square(2000)), "feature 3: its parent is not among the zones"),
        (("GM3", "C", "GM3", square(2000)), "feature 3: it lies in itself"),
        (
            ("GM3", "C", None, square(1900)),
            r"feature 3 overlaps feature 2 of cities.parquet by 10.0 ha",
        ),
    ],
)
def test_a_wrong_zone_is_told_by_file_and_feature(
    folder: Path, row: tuple[Any, ...], sentence: str
) -> None:
    frame([*CITIES, row]).to_parquet(folder / "cities.parquet")
    cities = ZoneFile(path="cities.parquet", columns=NAMED, level="municipality")
    with pytest.raises(Refused, match=rf"cities\.parquet, {sentence}"):
        read_zones(folder, [cities, PROVINCES], "EPSG:28992", 100, "Land")


def test_borders_that_differ_by_less_than_a_tile_are_no_overlap(folder: Path) -> None:
    sliver = ("GM3", "C", None, MultiPolygon([square(1999.5), square(9000)]))
    frame([*CITIES, sliver]).to_parquet(folder / "cities.parquet")
    cities = ZoneFile(path="cities.parquet", columns=NAMED, level="municipality")
    assert len(read_zones(folder, [cities, PROVINCES], "EPSG:28992", 100, "Land")) == 4
    with pytest.raises(Refused, match="overlaps"):
        read_zones(folder, [cities, PROVINCES], "EPSG:28992", 10, "Land")


def test_a_missing_column_plane_or_feature_is_told(folder: Path) -> None:
    zones = frame(CITIES)
    zones.to_parquet(folder / "cities.parquet")
    with pytest.raises(Refused, match=r"cities.parquet lacks the column zone_id"):
        read_zones(folder, [ZoneFile(path="cities.parquet")], "EPSG:28992", 100, "Land")
    zones.set_crs(None, allow_override=True).to_parquet(folder / "cities.parquet")
    plain = ZoneFile(path="cities.parquet", columns={"zone_id": "statcode"})
    with pytest.raises(Refused, match=r"cities.parquet does not say its coordinate reference"):
        read_zones(folder, [plain], "EPSG:3035", 100, "Land")
    with_plane = plain.model_copy(update={"crs": "EPSG:28992"})
    assert len(read_zones(folder, [with_plane], "EPSG:3035", 100, "Land")) == 3
    zones.iloc[:0].to_parquet(folder / "cities.parquet")
    with pytest.raises(Refused, match=r"cities.parquet holds no zone"):
        read_zones(folder, [with_plane], "EPSG:28992", 100, "Land")


def test_a_file_of_several_layers_or_files_is_not_read_by_chance(folder: Path) -> None:
    cities = frame(CITIES)
    cities.to_file(folder / "cities.gpkg", layer="cities")
    cities.to_file(folder / "cities.gpkg", layer="older")
    cities.to_file(folder / "cities.shp")
    named = {"zone_id": "statcode"}
    for layer in (None, "newer"):
        with pytest.raises(Refused, match=r"cities.gpkg has the layers cities, older: write which"):
            either = ZoneFile(path="cities.gpkg", columns=named, layer=layer)
            read_zones(folder, [either], "EPSG:28992", 100, "Land")
    with pytest.raises(Refused, match=r"cities.shp is a Shapefile, .* as a GeoPackage"):
        read_zones(folder, [ZoneFile(path="cities.shp", columns=named)], "EPSG:28992", 100, "Land")


def test_codes_that_are_kept_as_floating_point_are_whole(folder: Path) -> None:
    rows = [(51800.0, "A", None, square(0)), (51801.0, "B", None, square(1000))]
    frame(rows).to_file(folder / "cities.gpkg")
    plain = ZoneFile(path="cities.gpkg", columns={"zone_id": "statcode"})
    zones = read_zones(folder, [plain], "EPSG:28992", 100, "Land")
    assert set(zones["zone_id"]) == {"51800", "51801", "ALL"}
    frame([*rows, (51802.0, "C", None, square(1500))]).to_file(folder / "cities.gpkg")
    with pytest.raises(
        Refused, match=r"gpkg, feature 3 overlaps feature 2 of cities.gpkg .*parent"
    ):
        read_zones(folder, [plain], "EPSG:28992", 100, "Land")
