"""A tile belongs to the nearest seed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from peil_models.footprint import FootprintVoronoi


def test_every_tile_belongs_to_the_nearest_seed():
    random = np.random.default_rng(1)
    cells = pd.DataFrame(random.uniform(0, 1000, (12, 2)), columns=["x_m", "y_m"])
    tiles = pd.DataFrame(random.uniform(0, 1000, (300, 2)), columns=["x_m", "y_m"])
    chances = FootprintVoronoi().fit(cells, tiles).connection_probability_
    distance = np.hypot(
        *(tiles[c].to_numpy()[None, :] - cells[c].to_numpy()[:, None] for c in ("x_m", "y_m"))
    )
    assert (chances.toarray().argmax(axis=0) == distance.argmin(axis=0)).all()
    assert chances.nnz == 300 and (chances.data == 1.0).all()


def test_sectors_of_one_site_are_told_apart_by_their_azimuth():
    cells = pd.DataFrame({"x_m": [0.0] * 3, "y_m": [0.0] * 3, "azimuth_deg": [0.0, 120.0, 240.0]})
    tiles = pd.DataFrame({"x_m": [0.0, 800.0, -800.0], "y_m": [900.0, -400.0, -400.0]})
    chances = FootprintVoronoi().fit(cells, tiles).connection_probability_.toarray()
    assert chances.tolist() == np.eye(3).tolist()


def test_an_azimuth_of_a_cell_that_is_not_directional_is_ignored():
    cells = pd.DataFrame(
        {
            "x_m": [0.0, 150.0],
            "y_m": 0.0,
            "azimuth_deg": [90.0, np.nan],
            "is_directional": [False, False],
        }
    )
    tiles = pd.DataFrame({"x_m": [100.0], "y_m": [0.0]})
    assert FootprintVoronoi().fit(cells, tiles).connection_probability_.toarray()[1, 0] == 1.0


def test_carriers_of_one_sector_share_its_tiles():
    cells = pd.DataFrame({"x_m": [0.0, 0.0], "y_m": 0.0, "azimuth_deg": [90.0, 90.0]})
    tiles = pd.DataFrame({"x_m": [50.0], "y_m": [0.0]})
    chances = FootprintVoronoi().fit(cells, tiles).connection_probability_.toarray()
    assert chances.tolist() == [[0.5], [0.5]]


def test_a_cell_without_a_position_owns_nothing():
    cells = pd.DataFrame({"x_m": [np.nan, 0.0], "y_m": [0.0, 0.0]})
    footprint = FootprintVoronoi().fit(cells, pd.DataFrame({"x_m": [9.0], "y_m": [9.0]}))
    assert footprint.n_unplaced_ == 1
    assert footprint.connection_probability_.toarray().tolist() == [[0.0], [1.0]]
    with pytest.raises(ValueError, match="position"):
        FootprintVoronoi().fit(cells.head(1), pd.DataFrame({"x_m": [9.0], "y_m": [9.0]}))
