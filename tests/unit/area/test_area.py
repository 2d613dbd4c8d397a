"""Where a pilot is: reference files as they are, or a plain grid."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import box

from peil.area import area as area_module
from peil.area.area import LAND_USE, Area, area_of, fingerprint
from peil.outcome import Refused

REFERENCE = {
    "crs": "EPSG:3035",
    "tiles": "tiny/tiles.parquet",
    "zones": "tiny/zones.geojson",
    "register": "tiny/register.csv",
}


@pytest.fixture
def referenced(tiny: Any) -> Any:
    """The pilot with two municipalities of two tiles each, one country, a register."""
    tiny.write_charter(area=REFERENCE)
    folder = tiny.deliveries / "tiny"
    tiles = pd.DataFrame(
        {
            "tile_id": [4, 3, 2, 1],
            "x_m": [350.0, 250, 150, 50],
            "y_m": 50.0,
            "zone_id": ["B", "B", "A", "A"],
            "elevation_m": 0.0,
        }
    )
    for name in LAND_USE:
        tiles[name] = 0.0
    tiles.loc[tiles["tile_id"] == 1, "residential"] = 0.9
    tiles.loc[tiles["tile_id"] == 2, "building"] = 0.9
    tiles.to_parquet(folder / "tiles.parquet")
    zones = pd.DataFrame(
        {
            "zone_id": ["NL", "B", "A"],
            "name": ["Land", "Bee", "Ay"],
            "parent_id": [None, "NL", "NL"],
            "level": ["country", "city", "city"],
        }
    )
    shapes = [box(0, 0, 400, 100), box(200, 0, 400, 100), box(0, 0, 200, 100)]
    gpd.GeoDataFrame(zones, geometry=shapes, crs="EPSG:3035").to_file(folder / "zones.geojson")
    (folder / "register.csv").write_text("zone_id,n_persons\nA,400\nB,100\n")
    return tiny


def read(tiny: Any) -> Area:
    return area_of(tiny.charter, tiny.store)


def test_reference_files_are_read_in_a_fixed_order(referenced: Any) -> None:
    area = read(referenced)
    assert list(area.tiles["tile_id"]) == [1, 2, 3, 4]
    assert list(area.zones["zone_id"]) == ["A", "B", "NL"]
    assert area.bottom() == ["A", "B"]
    assert area.register is not None and area.register.to_dict() == {"A": 400.0, "B": 100.0}


def test_elevation_is_that_of_tiles_that_lie_anywhere_but_at_sea_level(referenced: Any) -> None:
    assert not read(referenced).has_elevation
    file = referenced.deliveries / "tiny" / "tiles.parquet"
    pd.read_parquet(file).assign(elevation_m=[0.0, 0.0, 0.0, 12.0]).to_parquet(file)
    assert read(referenced).has_elevation


def test_residents_are_spread_by_residential_land_and_sum_to_the_register(
    referenced: Any,
) -> None:
    residents = read(referenced).residents_per_tile()
    assert residents == pytest.approx([400 * 1 / 1.3, 400 * 0.3 / 1.3, 50, 50], rel=1e-6)


def test_a_register_is_needed_only_where_it_is_asked_for(referenced: Any) -> None:
    referenced.write_charter(area={k: v for k, v in REFERENCE.items() if k != "register"})
    area = read(referenced)
    assert area.register is None
    with pytest.raises(Refused, match="needs a register"):
        area.residents_per_tile()


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("register.csv", None, "register.csv is missing"),
        ("tiles.parquet", None, "tiles.parquet is missing"),
        ("zones.geojson", None, "zones.geojson is missing"),
        (
            "register.csv",
            "zone_id,people\nA,1\n",
            "register.csv, line 1 lacks the column n_persons",
        ),
        ("register.csv", "zone_id,n_persons\nA,400\n", "zone B has no population"),
        ("register.csv", "zone_id,n_persons\nA,400\nB,many\n", "register.csv, line 3, n_persons"),
        ("register.csv", "zone_id,n_persons\nA,400\nB,-5\n", "register.csv, line 3, n_persons"),
        ("register.csv", "zone_id,n_persons\nA,400\nB,5\nA,6\n", "register.csv, line 4, zone_id"),
        ("register.csv", "zone_id,n_persons\nA,400\nB,inf\n", "register.csv, line 3, n_persons"),
        ("register.csv", "zone_id,n_persons\nA,950\nB,20.507\n", "line 3, n_persons: its point"),
        ("register.csv", 'zone_id,n_persons\nA,950\nB,"20,507"\n', "nothing between its thousands"),
        ("register.csv", "zone_id,n_persons\nA,0\nB,0\n", "register.csv: no zone .* a person"),
        ("register.csv", "zone_id,n_persons\nA,0\nB,0\nC,5\n", "no zone of the area has a person"),
        (
            "register.csv",
            "zone_id,n_persons,n_persons\nA,1,9\nB,2,9\n",
            "register.csv, line 1 names a column twice",
        ),
        ("register.csv", "", "register.csv cannot be read"),
        ("tiles.parquet", "no parquet", "tiles.parquet cannot be read"),
        ("zones.geojson", "{", "zones.geojson cannot be read"),
    ],
)
def test_a_wrong_reference_file_is_told_by_name_and_place(
    referenced: Any, name: str, content: str | None, sentence: str
) -> None:
    file: Path = referenced.deliveries / "tiny" / name
    file.write_text(content) if content is not None else file.unlink()
    with pytest.raises(Refused, match=sentence) as refused:
        read(referenced)
    assert "many" not in str(refused.value)


def test_a_register_in_another_encoding_says_so(referenced: Any) -> None:
    file: Path = referenced.deliveries / "tiny" / "register.csv"
    file.write_text("zone_id,n_persons,name\nA,1,Orléans\nB,2,Metz\n", encoding="latin-1")
    with pytest.raises(Refused, match=r"register\.csv is not UTF-8"):
        read(referenced)


def test_a_tile_in_no_known_zone_is_told(referenced: Any) -> None:
    file = referenced.deliveries / "tiny" / "tiles.parquet"
    tiles = pd.read_parquet(file)
    tiles.assign(zone_id=["B", "B", "A", "C"]).to_parquet(file)
    with pytest.raises(Refused, match=r"tiles.parquet: zone C is not among the zones"):
        read(referenced)
    tiles.drop(columns="forest").to_parquet(file)
    with pytest.raises(Refused, match=r"tiles.parquet lacks the column forest"):
        read(referenced)


def test_a_changed_reference_file_gives_runs_another_name(referenced: Any) -> None:
    before = fingerprint(referenced.charter, referenced.store)
    assert fingerprint(referenced.charter, referenced.store) == before
    (referenced.deliveries / "tiny" / "register.csv").write_text("zone_id,n_persons\nA,1\nB,2\n")
    changed = fingerprint(referenced.charter, referenced.store)
    assert changed != before
    referenced.write_charter(area={**REFERENCE, "tile_m": 50})
    assert fingerprint(referenced.charter, referenced.store) not in (before, changed)


def test_a_grid_covers_the_plane_once(tiny: Any) -> None:
    area = read(tiny)
    assert len(area.tiles) == 10 * 5
    assert (area.tiles["x_m"].min(), area.tiles["y_m"].max()) == (50.0, 450.0)
    assert area.bottom() == ["E00N00", "E01N00"]
    assert area.tiles.groupby("zone_id").size().to_dict() == {"E00N00": 25, "E01N00": 25}
    whole = area.zones.set_index("zone_id").loc["ALL"]
    assert pd.isna(whole["parent_id"]) and whole["geometry"].area == 1000 * 500
    squares = area.zones[area.zones["parent_id"] == "ALL"]
    assert squares.geometry.area.sum() == 1000 * 500


def test_cells_on_the_globe_are_placed_on_the_plane(referenced: Any) -> None:
    cells = pd.DataFrame(
        {
            "cell_id": ["globe", "plane"],
            "latitude": [52.0, np.nan],
            "longitude": [10.0, np.nan],
            "x_m": [np.nan, 7.0],
            "y_m": [np.nan, 8.0],
        }
    )
    placed = read(referenced).placed(cells)
    # EPSG:3035 has its origin at 52 N, 10 E: false easting 4 321 km, northing 3 210 km
    assert placed["x_m"].to_numpy() == pytest.approx([4_321_000, 7.0])
    assert placed["y_m"].to_numpy() == pytest.approx([3_210_000, 8.0])
    assert cells["x_m"].isna().sum() == 1


def test_latitudes_have_no_place_on_a_local_plane(tiny: Any) -> None:
    cells = pd.DataFrame(
        {
            "cell_id": ["a"],
            "latitude": [52.0],
            "longitude": [10.0],
            "x_m": [np.nan],
            "y_m": [np.nan],
        }
    )
    with pytest.raises(Refused, match="the charter's plane is `local`"):
        read(tiny).placed(cells)


def test_an_area_is_read_once_while_its_files_are_the_same_and_nobody_shares_its_tables(
    referenced: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = read(referenced)
    reads: list[int] = []
    monkeypatch.setattr(
        area_module, "_read", lambda *given, real=area_module._read: reads.append(1) or real(*given)
    )
    first.tiles["zone_id"] = "spoilt"
    first.zones["name"] = "spoilt"
    second = read(referenced)
    assert second.register is not None and first.register is not None
    first.register.iloc[:] = 0
    assert reads == []
    assert set(second.tiles["zone_id"]) == {"A", "B"}
    assert "spoilt" not in set(second.zones["name"])
    assert second.register.sum() == 500
    (referenced.deliveries / "tiny" / "register.csv").write_text("zone_id,n_persons\nA,1\nB,2\n")
    third = read(referenced).register
    assert third is not None and third.sum() == 3
    assert reads == [1]
    monkeypatch.setattr(area_module, "KEPT_TILES", 1)
    (referenced.deliveries / "tiny" / "register.csv").write_text("zone_id,n_persons\nA,5\nB,5\n")
    assert [read(referenced).register.sum() for _ in range(2)] == [10, 10]  # type: ignore[union-attr]
    assert reads == [1, 1, 1]
