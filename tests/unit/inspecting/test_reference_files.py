"""`peil inspect` on zones, register and rasters beside one another, and on any bytes."""

from __future__ import annotations

import os
from datetime import date
from typing import Any

import geopandas as gpd
import numpy as np
import rasterio
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rasterio.transform import from_origin
from shapely.geometry import box
from typer.testing import CliRunner

from peil import cli
from peil.inspecting.inspection import inspect
from peil.outcome import Refused

DAY = date(2026, 3, 2)


def looked(*words: str) -> Any:
    return CliRunner().invoke(cli.app, ["inspect", *words])


def test_reference_files_are_looked_at_together(tiny: Any) -> None:
    folder = tiny.deliveries / "land"
    folder.mkdir()
    x, y = 4_000_000, 3_100_000
    cities = gpd.GeoDataFrame(
        {"statcode": ["A", "B"], "statnaam": ["Ay", "Bee"], "province": ["Land", "Land"]},
        geometry=[box(x, y, x + 1000, y + 1000), box(x + 1000, y, x + 2000, y + 1000)],
        crs="EPSG:3035",
    )
    cities.to_file(folder / "municipalities.gpkg")
    whole = gpd.GeoDataFrame(
        {"code": ["P"], "name": ["Land"]}, geometry=[box(x, y, x + 2000, y + 1000)], crs="EPSG:3035"
    )
    whole.to_file(folder / "provinces.geojson")
    (folder / "people.csv").write_text("when,code,inwoners\n2021,A,1\n2022,A,10\n2022,B,20\n")
    for name, values in (
        ("heights.tif", np.random.default_rng(1).normal(size=(20, 40))),
        ("classes.tif", np.ones((20, 40))),
    ):
        kind = "float32" if name == "heights.tif" else "uint8"
        with rasterio.open(
            folder / name,
            "w",
            driver="GTiff",
            height=20,
            width=40,
            count=1,
            dtype=kind,
            crs="EPSG:3035",
            transform=from_origin(x, y + 1000, 50, 50),
        ) as raster:
            raster.write(values.astype(kind), 1)
    proposals = {
        (proposal.role, proposal.path): proposal for proposal in inspect(folder, None, DAY)
    }
    assert {role for role, _ in proposals} == {"zones", "register", "land_use", "elevation"}
    cities_found = proposals["zones", "municipalities.gpkg"]
    assert {ours: guess.theirs for ours, guess in cities_found.columns.items()} == {
        "zone_id": "statcode",
        "name": "statnaam",
        "parent_id": "province",
    }
    assert proposals["register", "people.csv"].settings == {"rows": {"when": "2022"}}
    assert all(not proposal.problems for proposal in proposals.values())
    file = tiny.charter_file.with_name("land.yml")
    outcome = looked(str(folder), "--charter", str(file), "--basis", "synthetic")
    assert outcome.exit_code == 0, outcome.output
    area = yaml.safe_load(file.read_text())["area"]
    assert [zones["path"] for zones in area["zones"]] == [
        "land/municipalities.gpkg",
        "land/provinces.geojson",
    ]
    assert area["crs"] == "EPSG:3035" and area["elevation"] == "land/heights.tif"
    assert "FILL IN" in area["land_use"]["classes"]


def test_a_layer_is_asked_for_and_a_file_that_is_not_right_comes_once(tiny: Any) -> None:
    folder = tiny.deliveries / "land"
    folder.mkdir()
    wards = gpd.GeoDataFrame({"code": ["A"], "district": ["D"]}, geometry=[box(0, 0, 1000, 1000)])
    wards = wards.set_crs("EPSG:32643")
    wards.to_file(folder / "wards.gpkg", layer="wards")
    wards.to_file(folder / "wards.gpkg", layer="older")
    (only,) = inspect(folder, None, DAY)
    assert only.settings["layer"] == "wards"
    assert "layer: it has wards, older; which?" in only.questions
    districts = wards.assign(code="D").drop(columns="district")
    districts.to_file(folder / "districts.gpkg")
    assert [zones.columns.get("parent_id") is not None for zones in inspect(folder, None, DAY)] == [
        False,
        True,
    ]
    districts.assign(code="E").to_file(folder / "districts.gpkg")
    proposals = inspect(folder, None, DAY)
    assert [zones.path for zones in proposals] == ["districts.gpkg", "wards.gpkg"]
    assert ["overlaps" in str(zones.problems) for zones in proposals] == [True, False]
    wards.to_file(folder / "wards.shp")
    reasons = {proposal.path: proposal.why for proposal in inspect(folder, None, DAY)}
    assert reasons["wards.shp"].startswith("a Shapefile, whose codes lie in a file beside it")


@settings(
    max_examples=int(os.environ.get("PEIL_FUZZ_EXAMPLES", "20")),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.one_of(
        st.binary(max_size=300),
        st.lists(st.text(alphabet="abIMSI;,\t\n\"'0123456789-: é", max_size=30), max_size=8).map(
            lambda lines: "\n".join(["IMSI;TIME;CELL", *lines]).encode()
        ),
    ),
    st.sampled_from(["a.csv", "a.csv.gz", "a.parquet", "a.json", "a.tif", "a.gpkg", "a.xml"]),
)
def test_any_bytes_end_in_a_proposal_or_one_sentence(tiny: Any, content: bytes, name: str) -> None:
    file = tiny.folder / "given" / name
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(content)
    try:
        proposals = inspect(file, None, DAY)
    except Refused as stop:
        assert name in str(stop)
    else:
        assert len(proposals) == 1 and proposals[0].path == name
