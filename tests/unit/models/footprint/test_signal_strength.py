"""The footprint gives the published numbers, on the plan as it is delivered."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from peil_models.footprint import (
    FootprintBestServer,
    FootprintSignalStrength,
    footprint_deviance,
    reach,
)
from peil_models.footprint.propagation import (
    angular_loss,
    angular_sigma,
    directional_loss,
    distance_loss,
    dominance,
    power_dbm,
)

OUTSIDE = os.environ.get("PEIL_OUTSIDE_DATA")
needs_outside = pytest.mark.skipif(OUTSIDE is None, reason="needs PEIL_OUTSIDE_DATA")


def cell(**fields: object) -> pd.DataFrame:
    return pd.DataFrame([{"cell_id": "a", "x_m": 0.0, "y_m": 0.0, "altitude_m": 0.0} | fields])


def tile(x: float, y: float = 0.0, elevation: float = 0.0) -> pd.DataFrame:
    return pd.DataFrame({"x_m": [x], "y_m": [y], "elevation_m": [elevation]})


@pytest.mark.parametrize(
    ("power", "exponent", "distance", "signal", "share"),
    [
        (10, 3.75, 500, -61.2114, 0.998088),
        (10, 3.75, 1000, -72.5, 0.982014),
        (10, 3.75, 2000, -83.7886, 0.850976),
        (10, 3.75, 5000, -98.7114, 0.224040),
        (10, 3.75, 10000, -110.0, 0.029312),
        (5, 6.0, 100, -83.0103, 0.869658),
        (5, 6.0, 200, -101.0721, 0.152591),
    ],
)
def test_signal_and_dominance_are_the_published_ones(power, exponent, distance, signal, share):
    level = power_dbm(power) - distance_loss(np.array([float(distance)]), exponent)
    assert level[0] == pytest.approx(signal, abs=5e-5)
    strength = dominance(level, midpoint_dbm=-92.5, steepness=0.2)
    assert strength[0] == pytest.approx(share, abs=5e-7)


@pytest.mark.parametrize(("beam", "sigma"), [(65.0, 72.5849), (9.0, 9.8030), (4.0, 4.3569)])
def test_sigma_is_exact(beam, sigma):
    width = angular_sigma(beam, -30.0)
    assert width == pytest.approx(sigma, abs=5e-5)
    half = angular_loss(np.array([beam / 2]), np.array([width]), -30.0)
    assert half[0] == pytest.approx(-3.0, abs=1e-9)


def test_a_beam_too_wide_for_a_solution_saturates_without_a_jump():
    assert angular_sigma(120.0, -30.0) == np.inf
    wide = angular_loss(np.array([60.0, 180.0]), np.array([np.inf, np.inf]), -30.0)
    assert wide == pytest.approx([-30 / 9, -30.0])
    almost = angular_loss(np.array([60.0]), np.array([1e4]), -30.0)
    assert almost[0] == pytest.approx(wide[0], abs=1e-3)


def test_a_tile_under_the_antenna_has_a_finite_signal():
    footprint = FootprintSignalStrength(antenna_height_m=0.0).fit(cell(), tile(0.0))
    assert footprint.dominance_.toarray()[0, 0] == pytest.approx(1.0)


def test_columns_sum_to_one_where_covered_and_to_zero_where_not():
    cells = pd.DataFrame({"cell_id": ["a", "b"], "x_m": [0.0, 3000.0], "y_m": 0.0})
    tiles = pd.DataFrame({"x_m": [500.0, 1500.0, 40_000.0], "y_m": 0.0})
    footprint = FootprintSignalStrength().fit(cells, tiles)
    assert footprint.connection_probability_.sum(axis=0) == pytest.approx([1.0, 1.0, 0.0])
    assert footprint.connection_probability_.shape == (2, 3)


def test_less_dominance_than_the_threshold_is_no_coverage():
    strict = FootprintSignalStrength(dominance_threshold=0.9)
    footprint = strict.fit(cell(), pd.DataFrame({"x_m": [1000.0, 2000.0], "y_m": 0.0}))
    assert (footprint.dominance_.toarray()[0] > 0).tolist() == [True, False]


def test_range_is_cut_off_over_the_ground():
    short = FootprintSignalStrength().fit(
        cell(range_m=1000.0), pd.DataFrame({"x_m": [1000.0, 1001.0], "y_m": 0.0})
    )
    assert (short.dominance_.toarray()[0] > 0).tolist() == [True, False]


def test_a_directional_cell_hears_less_behind_it_and_azimuth_turns_clockwise_from_north():
    tiles = pd.DataFrame({"x_m": [2000.0, -2000.0, 0.0], "y_m": [0.0, 0.0, 2000.0]})
    east = FootprintSignalStrength().fit(cell(azimuth_deg=90.0), tiles).dominance_.toarray()[0]
    assert east[0] > east[2] > east[1]


def test_tilt_points_downwards():
    near = tile(300.0)
    flat, down = (
        FootprintSignalStrength().fit(cell(azimuth_deg=90.0, tilt_deg=t), near) for t in (0.0, 6.0)
    )
    assert down.dominance_[0, 0] > flat.dominance_[0, 0]


def test_a_missing_azimuth_means_omnidirectional_and_is_counted():
    tiles = pd.DataFrame({"x_m": [2000.0, -2000.0], "y_m": 0.0})
    footprint = FootprintSignalStrength().fit(cell(is_directional=True, azimuth_deg=np.nan), tiles)
    assert footprint.dominance_.toarray()[0, 0] == footprint.dominance_.toarray()[0, 1]
    assert footprint.imputed_["azimuth_deg"] == 1


def test_missing_fields_take_the_default_and_are_counted_only_where_needed():
    cells = pd.DataFrame(
        {
            "cell_id": ["a", "b", "c"],
            "x_m": 0.0,
            "y_m": 0.0,
            "azimuth_deg": [0.0, 0.0, np.nan],
            "tilt_deg": [5.0, np.nan, np.nan],
            "power_w": [10.0, 10.0, np.nan],
            "cell_type": ["macro", "macro", "macro"],
        }
    )
    footprint = FootprintSignalStrength().fit(cells, tile(900.0, 900.0))
    counts = {"tilt_deg": 1, "power_w": 1, "antenna_height_m": 3, "cell_type": 0, "range_m": 3}
    assert {name: footprint.imputed_[name] for name in counts} == counts
    strength = footprint.dominance_.toarray()[:, 0]
    assert strength[0] == strength[1]


def test_small_cells_have_defaults_of_their_own():
    near, far = tile(100.0), tile(1500.0)
    small = cell(cell_type="pico", antenna_height_m=0.0)
    strength = FootprintSignalStrength().fit(small, near).dominance_[0, 0]
    assert strength == pytest.approx(0.869658, abs=5e-7)
    assert FootprintSignalStrength().fit(small, far).dominance_.nnz == 0


def test_an_exponent_in_the_plan_wins():
    plain = FootprintSignalStrength(path_loss_exponent=4.0).fit(cell(), tile(3000.0))
    own = FootprintSignalStrength().fit(cell(path_loss_exponent=4.0), tile(3000.0))
    assert own.dominance_[0, 0] == plain.dominance_[0, 0]


def test_a_cell_has_its_own_logistic_and_the_others_that_of_the_footprint():
    footprint = FootprintSignalStrength(midpoint_dbm=-80.0, steepness=0.3, path_loss_exponent=4.0)
    places = pd.DataFrame({"x_m": [300.0, 900.0, 1500.0], "y_m": 0.0})
    both = pd.concat([cell(midpoint_dbm=-95.0, steepness=0.15), cell(cell_id="b")])
    own, plain = footprint.fit(both, places).dominance_.toarray()
    by_hand = FootprintSignalStrength(midpoint_dbm=-95.0, steepness=0.15, path_loss_exponent=4.0)
    assert own.tolist() == by_hand.fit(cell(), places).dominance_.toarray()[0].tolist()
    assert plain.tolist() == footprint.fit(cell(), places).dominance_.toarray()[0].tolist()
    half = footprint.fit(cell(midpoint_dbm=-95.0), places).dominance_.toarray()[0]
    lower = by_hand.set_params(steepness=0.3).fit(cell(), places).dominance_.toarray()[0]
    assert half.tolist() == lower.tolist()
    with pytest.raises(ValueError, match=r"cells.steepness is not above 0 \(first at row 0\)"):
        footprint.fit(cell(steepness=-0.2), places)


def test_a_cell_without_a_position_reaches_nothing_and_is_counted():
    cells = pd.concat([cell(), cell(cell_id="b", x_m=np.nan)], ignore_index=True)
    footprint = FootprintSignalStrength().fit(cells, tile(500.0))
    assert footprint.n_unplaced_ == 1
    assert footprint.connection_probability_.toarray().tolist() == [[1.0], [0.0]]


def test_a_cap_keeps_the_strongest_cells_of_each_tile():
    cells = pd.DataFrame({"cell_id": list("abc"), "x_m": [0.0, 1000.0, 5000.0], "y_m": 0.0})
    tiles = pd.DataFrame({"x_m": [900.0, 4500.0], "y_m": 0.0})
    capped = FootprintSignalStrength(max_cells_per_tile=2).fit(cells, tiles).dominance_.toarray()
    assert (capped > 0).tolist() == [[True, False], [True, True], [False, True]]


def test_chunks_change_no_bit():
    random = np.random.default_rng(3)
    cells = pd.DataFrame(random.uniform(0, 9000, (20, 2)), columns=["x_m", "y_m"])
    cells["azimuth_deg"] = random.uniform(0, 360, 20)
    tiles = pd.DataFrame(random.uniform(0, 9000, (500, 2)), columns=["x_m", "y_m"])
    whole, many = (FootprintSignalStrength(chunk_tiles=n).fit(cells, tiles) for n in (10_000, 7))
    assert (whole.connection_probability_ != many.connection_probability_).nnz == 0


def test_a_plan_of_very_many_cells_is_compared_with_few_tiles_at_a_time(monkeypatch):
    random = np.random.default_rng(4)
    cells = pd.DataFrame(random.uniform(0, 9000, (60, 2)), columns=["x_m", "y_m"])
    tiles = pd.DataFrame(random.uniform(0, 9000, (200, 2)), columns=["x_m", "y_m"])
    counts = random.poisson(100, 60)
    footprint = FootprintSignalStrength(max_cells_per_tile=9)
    whole, deviance = (
        footprint.fit(cells, tiles).connection_probability_,
        footprint_deviance(footprint, cells, tiles, counts, np.ones(200)),
    )
    monkeypatch.setattr(reach, "COMPARED_AT_ONCE", 60 * 7)
    widths = [
        int(np.ptp(part.tile)) for part in footprint.pairs(footprint._plan(cells, tiles), tiles)
    ]
    assert len(widths) == 29 and max(widths) < 7
    again = footprint.fit(cells, tiles).connection_probability_
    assert (whole != again).nnz == 0 and np.diff(again.tocsc().indptr).max() == 9
    same = footprint_deviance(footprint, cells, tiles, counts, np.ones(200))
    assert same == pytest.approx(deviance, rel=1e-12) and deviance > 0


def test_the_best_server_takes_the_whole_tile():
    cells = pd.DataFrame({"cell_id": ["a", "b"], "x_m": [0.0, 3000.0], "y_m": 0.0})
    tiles = pd.DataFrame({"x_m": [500.0, 2900.0], "y_m": 0.0})
    chances = FootprintBestServer().fit(cells, tiles).connection_probability_.toarray()
    assert chances.tolist() == [[1.0, 0.0], [0.0, 1.0]]


@pytest.mark.parametrize(
    ("cells", "tiles", "words"),
    [
        (cell(power_w=0.0), tile(1.0), r"cells\.power_w.*row 0"),
        (cell(), tile(np.nan), r"tiles\.x_m.*row 0"),
        (cell(), tile(1.0).drop(columns="y_m"), "no column y_m"),
        (cell(), tile(1.0).head(0), "tiles has no rows"),
    ],
)
def test_what_cannot_be_is_refused_with_its_row(cells, tiles, words):
    with pytest.raises(ValueError, match=words):
        FootprintSignalStrength().fit(cells, tiles)


@needs_outside
def test_signal_strength_equals_the_reference_implementation():
    """The reference takes sigma from a table: half beams in whole degrees, sigma in .18 steps."""
    table = pd.read_csv(Path(str(OUTSIDE)) / "golden" / "signal_strength.csv")
    assert len(table) == 500

    angles, steps = np.linspace(0.0, 180.0, 720), 0.18 * np.arange(1, 1001)
    at_3_db = [
        angles[np.argmin(np.abs(angular_loss(angles, np.full(720, s), -30.0) + 3.0))] for s in steps
    ]

    def rounded_sigma(beams: pd.Series) -> np.ndarray:
        return np.array([steps[np.argmin(np.abs(at_3_db - np.round(b / 2)))] for b in beams])

    dx, dy = (table.x - table.cx).to_numpy(), (table.y - table.cy).to_numpy()
    dz = (table.cz - table.z).to_numpy()
    chances = (
        power_dbm(table.W)
        - distance_loss(np.sqrt(dx**2 + dy**2 + dz**2), table.ple.to_numpy())
        + directional_loss(
            dx,
            dy,
            dz,
            azimuth_deg=table.dir.to_numpy(),
            tilt_deg=table.tilt.to_numpy(dtype=float),
            sigma_horizontal_deg=rounded_sigma(table.bh),
            sigma_vertical_deg=rounded_sigma(table.bv),
            back_horizontal_db=-30.0,
            back_vertical_db=-30.0,
        )
    )
    assert np.abs(chances - table.S.to_numpy()).max() < 1e-9
    strength = dominance(chances, midpoint_dbm=-92.5, steepness=0.2)
    assert np.abs(strength - table.s.to_numpy()).max() < 1e-9


@needs_outside
@pytest.mark.slow
def test_a_real_landscape_takes_less_than_ten_seconds():
    folder = Path(str(OUTSIDE)) / "zuid_limburg"
    plan = pd.read_csv(folder / "zl_cellplan.csv")
    land = pd.read_parquet(folder / "zl_tiles_100m.parquet")
    cells = pd.DataFrame(
        {
            "cell_id": plan["cell"],
            "x_m": plan["x"],
            "y_m": plan["y"],
            "antenna_height_m": plan["height"],
            "azimuth_deg": plan["direction"],
            "tilt_deg": plan["tilt"],
            "beam_horizontal_deg": plan["beam_h"],
            "beam_vertical_deg": plan["beam_v"],
            "cell_type": np.where(plan["small"], "micro", "macro"),
        }
    )
    tiles = pd.DataFrame({"x_m": land["x"], "y_m": land["y"], "elevation_m": land["elevation"]})
    started = time.process_time()
    footprint = FootprintSignalStrength().fit(cells, tiles)
    assert time.process_time() - started < 10.0
    assert footprint.connection_probability_.shape == (631, 144_000)
    sums = footprint.connection_probability_.sum(axis=0)
    assert np.allclose(sums[sums > 0], 1.0, atol=1e-12)
    assert (sums > 0).mean() > 0.9
