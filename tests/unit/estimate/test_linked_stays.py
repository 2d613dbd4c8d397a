"""The estimators of stays take their choices from methods.toml and fit together."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from peil import methods
from peil.estimate.linked.stays import staying
from peil_models.footprint import FootprintSignalStrength
from peil_models.stays import STAY

HOUR = 3600.0


@pytest.fixture(scope="module")
def small():
    return made()


def made():
    """Two masts twenty kilometres apart on a strip of tiles, two zones."""
    cells = pd.DataFrame({"x_m": [500.0, 20500.0], "y_m": [50.0, 50.0]})
    tiles = pd.DataFrame({"x_m": np.arange(50.0, 21000.0, 100.0)}).assign(y_m=50.0)
    footprint = FootprintSignalStrength().fit(cells, tiles)
    zone = (tiles["x_m"].to_numpy() > 10500).astype(np.int64)
    even = np.ones(len(tiles))
    return staying("demo", footprint.connection_probability_, cells, tiles, even, even, zone)


def test_choices_are_those_of_methods(small, tmp_path, monkeypatch):
    told = methods.text()
    for old, new in (
        ("value = 78.12", "value = 80.0"),
        ("value = 900.0", "value = 700.0"),
        ("value = 300\n", "value = 240\n"),
    ):
        told = told.replace(old, new)
    (tmp_path / "methods.toml").write_text(told)
    monkeypatch.setenv("PEIL_METHODS", str(tmp_path / "methods.toml"))
    other = made()
    assert other.rings.step_m == 80.0
    assert other.homes.radius_m == 700.0
    assert 240 in other.segmentation.get_params().values()
    monkeypatch.undo()
    assert small.segmentation.get_params() == methods.section("stays", "demo")
    for estimator, section in (
        (small.rings, "timing"),
        (small.placing, "placing"),
        (small.homes, "residence"),
    ):
        chosen = methods.section(section, "demo")
        assert {name: estimator.get_params()[name] for name in chosen} == chosen
    assert small.max_unknown_s == methods.section("linking", "demo")["max_unknown_s"]


def test_a_week_of_one_device_has_its_stays_and_its_home(small):
    at_s = np.array([0, 2, 4, 6, 8, 8.2, 10, 14, 17, 17.3, 20, 23]) * HOUR
    cell = np.array([0] * 5 + [1] * 4 + [0] * 3)
    timing = np.where(cell == 0, 19, 2)  # 1.5 km from the first mast, 200 m from the second
    segments, places, row = small.stays(np.zeros(12, int), at_s, cell, timing)
    stays = segments.state == STAY
    assert places.zone[stays].tolist() == [0, 1, 0]
    assert (np.abs(places.tile[stays] * 100 + 50 - np.array([1950, 20600, 1950])) <= 300).all()
    home = small.homes.place(segments, places, row, np.where(stays, segments.duration_s, 0.0))
    assert (home.zone.tolist(), home.is_there[stays].tolist()) == ([0], [True, False, True])
