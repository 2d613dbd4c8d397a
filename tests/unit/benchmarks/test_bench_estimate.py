"""The benchmark of estimation measures what it says, each size in a process of its own."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks import estimate
from benchmarks.recording import FOLDER, NothingMeasured
from peil_models.footprint import FootprintSignalStrength


@pytest.mark.slow
def test_every_kind_is_measured_and_written(tmp_path: Path) -> None:
    progress: list[object] = []
    sizes = (("region", 20, 400), ("country", 5_000, 62_500), ("presence", 60, 900))
    rings = (("rings", 9, 400),)
    on = ["presence", "rings"]
    outcome = estimate.estimate(progress.append, sizes, on=on, out=tmp_path, rings=rings)
    record = json.loads((tmp_path / "figures" / "estimate.json").read_text())
    assert [size["what"] for size in record["sizes"]] == ["region", "country", "presence"]
    assert record["rings"]["sizes"][0]["n_entries"] > 0
    assert all(size["n_pairs"] > 0 and size["peak_gib"] > 0.05 for size in record["sizes"])
    lines = (tmp_path / "estimate.md").read_text().splitlines()
    assert len([line for line in lines if line.startswith("| ")]) == 2 + 5
    assert len(progress) == 4 and outcome.facts["n_tiles"] == 900


def test_a_measurement_of_nothing_is_no_measurement(tmp_path: Path) -> None:
    # One cell, drawn far from the first block of the country.
    with pytest.raises(NothingMeasured, match="measured nothing"):
        estimate.estimate(lambda _: None, (("country", 1, 62_500),), on=["presence"], out=tmp_path)
    for part in estimate.PARTS:
        with pytest.raises(NothingMeasured, match="sizes is empty"):
            estimate.estimate(lambda _: None, (), events=(), on=[part], out=tmp_path, rings=())
    assert not list(tmp_path.rglob("*.json"))


def test_blocks_of_the_country_do_not_overlap_and_cells_reach_the_same_as_at_once() -> None:
    parts = list(estimate.blocks(3 * 62_500))
    corners = {(part["x_m"].min(), part["y_m"].min()) for part in parts}
    assert corners == {(50.0, 50.0), (25_050.0, 50.0), (50_050.0, 50.0)}
    *_, last = estimate.blocks(25 * 62_500)
    assert (last["x_m"].min(), last["y_m"].min()) == (50.0, 25_050.0)
    cells = estimate.plan(400, 75_000.0, 10_000.0)
    streamed = sum(part.nnz for part in FootprintSignalStrength().stream(cells, iter(parts)))
    whole = estimate.square(3 * 62_500, side=750)
    footprint = FootprintSignalStrength().fit(cells, whole).connection_probability_
    assert whole["y_m"].max() == parts[0]["y_m"].max()
    assert streamed == footprint.nnz > 0
    assert np.isfinite(footprint.data).all()


def test_rings_of_a_country_stay_within_the_room_they_were_given() -> None:
    """1.5 GiB and 30 CPU s, of the whole process and of the step: as committed."""
    sizes = json.loads((FOLDER / "figures" / "estimate.json").read_text())["rings"]["sizes"]
    (rings,) = sizes
    assert (rings["n_cells"], rings["n_tiles"]) == (4_000, 400_000)
    assert rings["n_entries"] > rings["n_pairs"] > 20_000_000
    assert rings["peak_gib"] <= 1.5 and rings["cpu_s"] <= 30.0
