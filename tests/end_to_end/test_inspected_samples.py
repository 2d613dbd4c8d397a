"""Outside deliveries by `peil inspect` alone: read, signed, run; landed, checked, on a map."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections import Counter
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from peil.area.area import area_of
from peil.charter import reading
from peil.charter.schema import Charter
from peil.ingest.cell_plan import cell_delivery
from peil.inspecting import problems
from peil.outcome import Refused
from peil.settings import PROJECT, Settings
from peil.store.store import Store
from tests.stores import peil, peil_here, take_along

ZUID_LIMBURG = (
    "Cell plan and tiles: mobloc, EUPL-1.2; land use: © OpenStreetMap contributors, ODbL 1.0; "
    "elevation: EU-DEM, Copernicus; boundaries: CBS / Kadaster, CC BY 4.0"
)


def inspected(
    tmp_path: Path, outside_data: Path, folder: str, *words: str
) -> subprocess.CompletedProcess[str]:
    """Run `peil inspect` on an outside folder, with a charter beside the others of a test."""
    return peil(
        tmp_path / "data",
        "inspect",
        str(outside_data / folder),
        "--charter",
        str(tmp_path / "pilots" / f"{folder}.yml"),
        *words,
        PEIL_OUTSIDE_DATA=str(outside_data),
        PEIL_PILOTS=str(tmp_path / "pilots"),
    )


def accounted(data: Path, pilot: str) -> Counter[str]:
    """Rows of every file by what became of them."""
    reasons: Counter[str] = Counter()
    for file in sorted((data / "operator/sealed" / pilot).glob("*.staged.json")):
        for row in json.loads(file.read_text())["accounting"]:
            reasons[row["reason"] or row["outcome"]] += row["n_rows"]
    return reasons


@pytest.mark.slow
@pytest.mark.parametrize(
    ("pilot", "words", "n_rows", "n_null"),
    [("multimno_sample", [], 1823, 594), ("essnet_sample", ["--mcc", "204"], 20422, 0)],
)
def test_inspect_sign_and_run_is_all_that_an_outside_delivery_needs(
    small_deliveries: Settings,
    outside_data: Path,
    tmp_path: Path,
    pilot: str,
    words: list[str],
    n_rows: int,
    n_null: int,
) -> None:
    take_along(small_deliveries, tmp_path / "data")
    done = inspected(tmp_path, outside_data, pilot, "--basis", "synthetic", *words)
    assert done.returncode == 0, done.stderr
    assert f"{n_rows:,} rows" in " ".join(done.stdout.split())
    by_hand = reading.load(PROJECT / "pilots" / f"{pilot}.yml")
    stub = reading.load(tmp_path / "pilots" / f"{pilot}.yml")
    assert stub.inputs == by_hand.inputs
    assert stub.period == by_hand.period and stub.operator.mcc == by_hand.operator.mcc
    assert (stub.area.crs, stub.area.country) == (by_hand.area.crs, by_hand.area.country)
    environment = {"PEIL_OUTSIDE_DATA": str(outside_data), "PEIL_PILOTS": str(tmp_path / "pilots")}
    key = str(tmp_path / "keys" / "a.key")
    person = ("party", "enroll", "--role", "operator", "--name", "A. Tester", "--key", key)
    vouch = ("charter", "sign", pilot, "--synthetic", str(outside_data / pilot), "--key", key)
    for typed in (person, vouch):
        signed = peil(tmp_path / "data", *typed, **environment)
        assert signed.returncode == 0, signed.stderr
    # its first two days to their release; of the others what is read and staged is enough here
    days = by_hand.days()
    charter, last = str(tmp_path / "pilots" / f"{pilot}.yml"), str(days[:2][-1])
    ran = peil(tmp_path / "data", "run", charter, "--to", last, **environment)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    for day, verb in product(days[2:], ("ingest", "stage")):
        step = peil_here(tmp_path / "data", verb, pilot, str(day), **environment)
        assert step.returncode == 0, step.stdout + step.stderr
    reasons = accounted(tmp_path / "data", pilot)
    assert reasons.total() == n_rows and reasons["null_value"] == n_null
    released = sorted(
        (tmp_path / "data/agency/released" / pilot / "presence").glob("*/metadata.json")
    )
    assert len(released) == len(days[:2])
    for file in released:
        assert json.loads(file.read_text())["land_use"] == "none: every tile is alike"
    # the repository's own charter stages the same rows
    own = tmp_path / "own"
    take_along(small_deliveries, own)
    pilots = shutil.copytree(PROJECT / "pilots", tmp_path / "own_pilots")
    outside = {"PEIL_OUTSIDE_DATA": str(outside_data), "PEIL_PILOTS": str(pilots)}
    another = str(tmp_path / "keys" / "b.key")
    for line in (
        [*person[:-1], another],
        [*vouch[:-1], another],
        *([verb, pilot, str(day)] for day, verb in product(days, ("ingest", "stage"))),
    ):
        step = peil_here(own, *line, **outside)
        assert step.returncode == 0, step.stdout + step.stderr
    assert accounted(own, pilot) == reasons


@pytest.mark.slow
def test_the_demos_delivery_is_told_as_its_own_charter_reads_it(
    small_deliveries: Settings, tmp_path: Path
) -> None:
    stub = tmp_path / "demo.yml"
    done = peil_here(
        small_deliveries.data,
        "inspect",
        str(small_deliveries.deliveries_folder / "demo"),
        "--charter",
        str(stub),
        "--basis",
        "synthetic",
    )
    assert done.returncode == 0, done.stderr
    own, inspected_charter = reading.load("demo"), reading.load(stub)
    # What is counted and let go is for a person to choose: the stub proposes none.
    assert own.inputs.events.counted and not inspected_charter.inputs.events.counted
    assert inspected_charter.inputs.events == own.inputs.events.model_copy(update={"counted": {}})
    assert inspected_charter.inputs.opt_out == own.inputs.opt_out
    assert inspected_charter.inputs.cells.columns == own.inputs.cells.columns
    assert inspected_charter.area == own.area
    assert (inspected_charter.time_zone, inspected_charter.operator.mcc) == (
        own.time_zone,
        own.operator.mcc,
    )


def charter_of(tmp_path: Path, pilot: str, monkeypatch: pytest.MonkeyPatch) -> Charter:
    """The stub with what a person must say, so that it can be loaded."""
    import yaml

    file = tmp_path / "pilots" / f"{pilot}.yml"
    content = yaml.safe_load(file.read_text())
    content["period"] = {"start": "2022-03-07", "end": "2022-03-07"}
    content["expires"] = "2022-12-31"
    for role in ("events", "cells"):
        if isinstance(content["inputs"][role], str):
            content["inputs"][role] = {"reader": "generic", "path": "none/*.csv"}
            if role == "events":
                content["inputs"][role]["columns"] = {
                    name: name for name in ("subscriber_id", "observed_at", "mcc", "mnc", "cell_id")
                }
    file.write_text(yaml.safe_dump(content))
    monkeypatch.setenv("PEIL_PILOTS", str(tmp_path / "pilots"))
    return reading.load(pilot)


def layers(file: Path) -> dict[str, Any]:
    """The layers of a map, by name, and its attribution."""
    text = file.read_text()
    data = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.S)
    assert data is not None
    look = json.loads(data[1])
    return {"attribution": look["attribution"], **{layer["key"]: layer for layer in look["layers"]}}


def test_zuid_limburg_is_landed_checked_and_on_a_map(
    outside_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "map.html"
    done = inspected(
        tmp_path,
        outside_data,
        "zuid_limburg",
        "--basis",
        "synthetic",
        "--map",
        str(page),
        "--attribution",
        ZUID_LIMBURG,
    )
    assert done.returncode == 0, done.stderr
    flat = " ".join(done.stdout.split())
    assert "To be filled in by people: period, expires, inputs.events" in flat
    monkeypatch.setenv("PEIL_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("PEIL_OUTSIDE_DATA", str(outside_data))
    charter = charter_of(tmp_path, "zuid_limburg", monkeypatch)
    area = area_of(charter, Store())
    assert (len(area.tiles), len(area.bottom())) == (144_000, 18)
    assert area.register is not None and area.register.sum() == 599_025
    assert area.tiles["elevation_m"].max() == pytest.approx(365.8, abs=0.05)
    assert area.land_use == "as delivered"
    with problems.desk(outside_data) as opened:
        file = outside_data / "zuid_limburg/zl_cellplan.csv"
        read = problems.of_cells(opened, [file], charter.inputs.cells)
        assert read.problems == [] and read.n_rows == 631
        cells = opened.execute("SELECT * FROM plan ORDER BY cell_id").df()
    assert cells["is_directional"].sum() == 615 and (cells["cell_type"] == "micro").sum() == 16
    placed = area.placed(cells.assign(latitude=None, longitude=None))
    assert placed["x_m"].between(4_012_000, 4_048_000).all()
    assert placed["y_m"].between(3_077_000, 3_117_000).all()
    shown = layers(page)
    assert set(shown) == {"attribution", "cells", "zones municipality", "land_use", "elevation"}
    assert shown["attribution"] == ZUID_LIMBURG
    assert sum(row[1] for row in shown["cells"]["rows"]) == 631


def test_tiles_fall_into_the_zones_that_the_data_set_itself_says(
    outside_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inspected(tmp_path, outside_data, "zuid_limburg", "--basis", "synthetic")
    monkeypatch.setenv("PEIL_OUTSIDE_DATA", str(outside_data))
    charter = charter_of(tmp_path, "zuid_limburg", monkeypatch)
    zones = area_of(charter, Store()).tiles["zone_id"].fillna("-")
    assert charter.area.tiles is not None
    columns = {k: v for k, v in charter.area.tiles.columns.items() if k != "zone_id"}
    tiles = charter.area.tiles.model_copy(update={"columns": columns})
    without = charter.model_copy(update={"area": charter.area.model_copy(update={"tiles": tiles})})
    assert (area_of(without, Store()).tiles["zone_id"].fillna("-") == zones).all()


def test_the_netherlands_are_two_levels_with_their_register_and_on_a_map(
    outside_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "map.html"
    done = inspected(
        tmp_path,
        outside_data,
        "netherlands",
        "--basis",
        "synthetic",
        "--map",
        str(page),
        "--attribution",
        "CBS / Kadaster, CC BY 4.0",
    )
    assert done.returncode == 0, done.stderr
    monkeypatch.setenv("PEIL_OUTSIDE_DATA", str(outside_data))
    charter = charter_of(tmp_path, "netherlands", monkeypatch)
    part = charter.model_copy(update={"area": charter.area.model_copy(update={"only": ["PV31"]})})
    area = area_of(part, Store())
    assert len(area.bottom()) == 31 and area.register is not None
    assert area.register.sum() == 1_118_302
    assert len(area.tiles) == pytest.approx(area.zones.geometry.area.max() / 1e4, rel=1e-3)
    assert area.land_use == "none: every tile is alike"
    shown = layers(page)
    assert len(shown["zones municipality"]["items"]) == 345
    provinces = shown["zones province"]
    assert len(provinces["items"]) == 12
    assert sum(row[2] for row in provinces["rows"]) == 17_590_672
    assert shown["attribution"] == "CBS / Kadaster, CC BY 4.0"


@pytest.mark.slow
def test_cells_of_volunteers_load_for_a_country_and_for_a_part_of_it(
    outside_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "map.html"
    done = inspected(
        tmp_path, outside_data, "opencellid", "--basis", "synthetic", "--map", str(page)
    )
    assert done.returncode == 0, done.stderr
    shown = layers(page)
    assert "OpenCelliD" in shown["attribution"]
    monkeypatch.setenv("PEIL_OUTSIDE_DATA", str(outside_data))
    charter = charter_of(tmp_path, "opencellid", monkeypatch)
    inspected(tmp_path, outside_data, "netherlands", "--basis", "synthetic")
    zones = charter_of(tmp_path, "netherlands", monkeypatch).area
    file = [outside_data / "opencellid/204.csv.gz"]
    counts = {}
    for name, area in (("country", zones), ("part", zones.model_copy(update={"only": ["PV31"]}))):
        moved = charter.model_copy(update={"area": area})
        with problems.desk(outside_data) as opened:
            counts[name] = problems.of_cells(opened, file, cell_delivery(moved, Store())).n_rows
    assert counts["country"] == 43_602
    assert 1_000 < counts["part"] < 10_000
    areas = np.array([[item["x"], item["y"]] for item in shown["cells"]["items"]])
    assert np.ptp(areas[:, 1]) == pytest.approx(320_000, rel=0.05)


def test_a_charter_of_zones_with_a_wrong_plane_is_refused_in_one_sentence(
    outside_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inspected(tmp_path, outside_data, "zuid_limburg", "--basis", "synthetic")
    monkeypatch.setenv("PEIL_OUTSIDE_DATA", str(outside_data))
    charter = charter_of(tmp_path, "zuid_limburg", monkeypatch)
    wrong = charter.model_copy(
        update={"area": charter.area.model_copy(update={"crs": "EPSG:28992"})}
    )
    with pytest.raises(Refused, match="zone GM0881 holds no centre of a tile"):
        tiles = wrong.area.tiles
        assert tiles is not None
        columns = {k: v for k, v in tiles.columns.items() if k != "zone_id"}
        moved = wrong.area.model_copy(
            update={"tiles": tiles.model_copy(update={"columns": columns})}
        )
        area_of(wrong.model_copy(update={"area": moved}), Store(Settings()))
