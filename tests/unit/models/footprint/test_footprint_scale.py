"""A country in parts, land around cells, and cells that are out give the footprint they must."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from peil_models.footprint import (
    FootprintBestServer,
    FootprintSignalStrength,
    silent_cells,
    without_cells,
)


@pytest.fixture
def plan() -> tuple[pd.DataFrame, pd.DataFrame]:
    random = np.random.default_rng(3)
    cells = pd.DataFrame(random.uniform(0, 9000, (20, 2)), columns=["x_m", "y_m"])
    cells["azimuth_deg"] = random.uniform(0, 360, 20)
    cells["altitude_m"] = random.uniform(0, 50, 20)
    tiles = pd.DataFrame(random.uniform(0, 9000, (500, 2)), columns=["x_m", "y_m"])
    tiles["elevation_m"] = random.uniform(0, 50, 500)
    return cells, tiles


@pytest.mark.parametrize("kind", [FootprintSignalStrength, FootprintBestServer])
def test_parts_side_by_side_are_the_whole(plan, kind):
    cells, tiles = plan
    parts = (tiles.iloc[at : at + 130] for at in range(0, 500, 130))
    shares = sparse.hstack(list(kind(max_cells_per_tile=5).stream(cells, parts)))
    whole = kind(max_cells_per_tile=5).fit(cells, tiles).connection_probability_
    assert shares.shape == whole.shape == (20, 500)
    assert (shares != whole).nnz == 0


def test_parts_are_made_one_at_a_time(plan):
    cells, tiles = plan
    requests = []

    def parts():
        for at in range(0, 500, 100):
            requests.append(at)
            yield tiles.iloc[at : at + 100]

    stream = FootprintSignalStrength().stream(cells, parts())
    next(stream)
    assert requests == [0]


def test_a_part_does_not_know_the_terrain_of_every_cell(plan):
    cells, tiles = plan
    cells.loc[7, "altitude_m"] = np.nan
    with pytest.raises(ValueError, match=r"altitude_m is missing.*row 7"):
        next(FootprintSignalStrength().stream(cells, [tiles]))


def test_signals_decay_as_the_land_around_the_cell_is_built():
    tiles = pd.DataFrame({"x_m": [0.0, 3000.0, 50_000.0, 53_000.0], "y_m": 0.0})
    tiles["dense_share"] = [1.0, 1.0, 0.0, 0.0]
    cells = pd.DataFrame({"x_m": [0.0, 50_000.0], "y_m": 0.0})
    by_land = FootprintSignalStrength(open_path_loss_exponent=3.5, dense_path_loss_exponent=4.0)
    strength = by_land.fit(cells, tiles).dominance_.toarray()
    for cell, exponent in ((0, 4.0), (1, 3.5)):
        plain = FootprintSignalStrength(path_loss_exponent=exponent).fit(cells, tiles)
        assert strength[cell] == pytest.approx(plain.dominance_.toarray()[cell])
    own = by_land.fit(cells.assign(path_loss_exponent=[np.nan, 3.9]), tiles).dominance_.toarray()
    assert (own[0] == strength[0]).all() and own[1].sum() < strength[1].sum()
    small = cells.assign(cell_type=["micro", "macro"])
    plain = FootprintSignalStrength().fit(small, tiles).dominance_.toarray()
    assert (by_land.fit(small, tiles).dominance_.toarray()[0] == plain[0]).all()


def test_the_land_around_is_a_mean_over_near_tiles_or_the_nearest():
    tiles = pd.DataFrame({"x_m": [0.0, 600.0, 5000.0], "y_m": 0.0})
    tiles["dense_share"] = [0.2, 0.6, 1.0]
    cells = pd.DataFrame({"x_m": [300.0, 9000.0, np.nan], "y_m": 0.0})
    from peil_models.footprint.plan import with_surroundings

    exponents = with_surroundings(cells, tiles, 3.0, 4.0, 1000.0)["path_loss_exponent"]
    assert exponents.to_numpy() == pytest.approx([3.4, 4.0, np.nan], nan_ok=True)


@pytest.mark.parametrize(
    ("parameters", "share", "words"),
    [
        ({"open_path_loss_exponent": 3.5}, [0.5, 0.5], "both or none"),
        (
            {"open_path_loss_exponent": 3.5, "dense_path_loss_exponent": 4.0},
            None,
            "no column dense",
        ),
        (
            {"open_path_loss_exponent": 3.5, "dense_path_loss_exponent": 4.0},
            [0.5, 1.5],
            "dense_share.*row 1",
        ),
    ],
)
def test_land_use_that_cannot_be_is_refused(parameters, share, words):
    tiles = pd.DataFrame({"x_m": [0.0, 1.0], "y_m": 0.0})
    if share is not None:
        tiles["dense_share"] = share
    with pytest.raises(ValueError, match=words):
        FootprintSignalStrength(**parameters).fit(tiles[["x_m", "y_m"]], tiles)


def test_without_the_cells_that_are_out_the_footprint_is_that_of_the_others(plan):
    cells, tiles = plan
    is_out = np.arange(20) % 4 == 1
    whole = FootprintSignalStrength().fit(cells, tiles).connection_probability_
    shares = without_cells(whole, is_out).toarray()
    others = FootprintSignalStrength().fit(cells[~is_out], tiles).connection_probability_.toarray()
    assert shares[~is_out] == pytest.approx(others)
    assert (shares[is_out] == 0).all()
    with pytest.raises(ValueError, match="is_out has shape"):
        without_cells(whole, is_out[:3])


def test_cells_are_silent_only_where_many_were_to_be_expected(plan):
    cells, tiles = plan
    chances = FootprintSignalStrength().fit(cells, tiles).connection_probability_
    expected = chances @ np.full(500, 20.0)
    counts = np.random.default_rng(1).poisson(expected).astype(float)
    counts[[2, 9]] = 0.0
    assert np.flatnonzero(silent_cells(chances, counts, np.ones(500))).tolist() == [2, 9]
    assert not silent_cells(chances, counts / 1000, np.ones(500)).any()
    assert not silent_cells(chances, counts * 0, np.ones(500)).any()
    with pytest.raises(ValueError, match="have shapes"):
        silent_cells(chances, counts, np.ones(3))
