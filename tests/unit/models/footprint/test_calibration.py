"""Calibration takes only what it may know, and refuses what it cannot use."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from peil_models.footprint import (
    FootprintSignalStrength,
    calibrate_footprint,
    footprint_deviance,
    misfit_of_shares,
)
from peil_models.footprint.calibration import BOUNDS

CELLS = pd.DataFrame(
    {"x_m": [0.0, 3000.0, 6000.0], "y_m": 0.0, "azimuth_deg": [90.0, np.nan, 270.0]}
)
TILES = pd.DataFrame({"x_m": np.linspace(-2000.0, 8000.0, 80), "y_m": 300.0})
RESIDENTS = np.linspace(1.0, 3.0, 80)


def expected(footprint: FootprintSignalStrength) -> np.ndarray:
    return footprint.fit(CELLS, TILES).connection_probability_ @ RESIDENTS


def test_counts_as_expected_have_no_deviance_and_no_misfit():
    footprint = FootprintSignalStrength()
    counts = 50.0 * expected(footprint)
    assert footprint_deviance(footprint, CELLS, TILES, counts, RESIDENTS) == pytest.approx(0.0)
    assert misfit_of_shares(expected(footprint) / RESIDENTS.sum(), counts) == 0.0


def test_misfit_is_the_relative_error_of_cells_beyond_sampling():
    footprint = FootprintSignalStrength()
    counts = np.rint(1e6 * expected(footprint) * np.array([1.2, 1.0, 0.8]))[:, None] * [1, 2]
    shares = expected(footprint) / RESIDENTS.sum()
    assert 0.12 < misfit_of_shares(shares, counts) < 0.2
    with pytest.raises(ValueError, match="0 everywhere"):
        misfit_of_shares(shares, 0.0 * counts)


def test_the_scale_of_residents_and_of_counts_does_not_matter_to_the_fit():
    counts = np.rint(900.0 * expected(FootprintSignalStrength(path_loss_exponent=4.2)))
    first = calibrate_footprint(CELLS, TILES, counts, RESIDENTS)
    other = calibrate_footprint(CELLS, TILES, counts, 7.0 * RESIDENTS)
    assert first.get_params() == pytest.approx(other.get_params(), abs=1e-3, nan_ok=True)


def test_the_same_counts_give_the_same_footprint():
    counts = np.rint(900.0 * expected(FootprintSignalStrength(steepness=0.3)))
    first, other = (calibrate_footprint(CELLS, TILES, counts, RESIDENTS) for _ in range(2))
    assert first.get_params() == other.get_params()


def test_what_is_not_fitted_stays_as_it_started_and_the_start_is_left_alone():
    start = FootprintSignalStrength(dominance_threshold=0.01, tilt_deg=3.0)
    counts = 100.0 * expected(FootprintSignalStrength(path_loss_exponent=4.5))
    fitted = calibrate_footprint(CELLS, TILES, counts, RESIDENTS, start)
    assert (fitted.dominance_threshold, fitted.tilt_deg) == (0.01, 3.0)
    assert fitted.path_loss_exponent != 3.75 and start.path_loss_exponent == 3.75


def test_hours_are_added():
    counts = 40.0 * expected(FootprintSignalStrength(path_loss_exponent=4.2))
    hours = np.column_stack([0.25 * counts, 0.75 * counts])
    first, two = (
        footprint_deviance(FootprintSignalStrength(), CELLS, TILES, c, RESIDENTS)
        for c in (counts, hours)
    )
    assert first == pytest.approx(two)


def test_small_cells_and_exponents_of_the_plan_are_not_fitted():
    counts = 40.0 * expected(FootprintSignalStrength())
    for own in (CELLS.assign(cell_type="pico", range_m=9e3), CELLS.assign(path_loss_exponent=4.0)):
        first, other = (
            footprint_deviance(
                FootprintSignalStrength(path_loss_exponent=e), own, TILES, counts, RESIDENTS
            )
            for e in (3.0, 4.5)
        )
        assert first == other > 0


@pytest.mark.parametrize(("name", "own"), [("midpoint_dbm", -85.0), ("steepness", 0.15)])
def test_midpoint_and_steepness_of_the_plan_are_not_fitted(name, own):
    start = FootprintSignalStrength()
    given = CELLS.assign(**{name: own})
    true = FootprintSignalStrength(path_loss_exponent=4.1).fit(given, TILES)
    counts = 900.0 * (true.connection_probability_ @ RESIDENTS)
    low, high = (
        footprint_deviance(start.set_params(**{name: v}), given, TILES, counts, RESIDENTS)
        for v in BOUNDS[name]
    )
    assert low == high > 0
    started = FootprintSignalStrength()
    fitted = calibrate_footprint(given, TILES, counts, RESIDENTS, started)
    deviances = [
        footprint_deviance(footprint, given, TILES, counts, RESIDENTS)
        for footprint in (started, fitted)
    ]
    assert deviances[1] < 0.05 * deviances[0]
    # what one cell has of its own says nothing of the others: theirs is fitted
    one = CELLS.assign(**{name: [own, np.nan, np.nan]})
    low, high = (
        footprint_deviance(start.set_params(**{name: v}), one, TILES, counts, RESIDENTS)
        for v in BOUNDS[name]
    )
    assert low != high


def test_residents_left_without_coverage_are_paid_for():
    counts = 40.0 * expected(FootprintSignalStrength())
    deaf = FootprintSignalStrength(dominance_threshold=0.97)
    assert footprint_deviance(deaf, CELLS, TILES, counts, RESIDENTS) > 100.0


@pytest.mark.parametrize(
    ("counts", "residents", "words"),
    [
        ([1.0, np.nan, 2.0], RESIDENTS, r"counts.*\(1,\)"),
        ([1.0, 2.0], RESIDENTS, "counts has shape"),
        ([0.0, 0.0, 0.0], RESIDENTS, "counts is 0"),
        ([1.0, 2.0, 3.0], -RESIDENTS, r"resident_devices.*\(0,\)"),
        ([1.0, 2.0, 3.0], 0 * RESIDENTS, "resident_devices is 0"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_position(counts, residents, words):
    with pytest.raises(ValueError, match=words):
        calibrate_footprint(CELLS, TILES, counts, residents)
