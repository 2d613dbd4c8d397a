"""Standard errors of a calibrated footprint are as wide as fits differ; a ridge is told."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from peil_models.footprint import (
    FootprintSignalStrength,
    Identification,
    calibrate_footprint,
    identify_footprint,
)

PLACES = np.random.default_rng(5).uniform(0.0, 12_000.0, (2, 24))
POWERS = np.resize([1.0, 5.0, 20.0, 60.0], 24)
CELLS = pd.DataFrame({"x_m": PLACES[0], "y_m": PLACES[1], "power_w": POWERS})
GRID = np.arange(0.0, 12_000.0, 600.0)
TILES = pd.DataFrame({"x_m": np.repeat(GRID, 20), "y_m": np.tile(GRID, 20)})
RESIDENTS = np.random.default_rng(6).uniform(0.0, 3.0, 400)
TRUE = FootprintSignalStrength(path_loss_exponent=3.4, steepness=0.25)


def expected(footprint: FootprintSignalStrength) -> np.ndarray:
    return 40.0 * (footprint.fit(CELLS, TILES).connection_probability_ @ RESIDENTS)


def test_standard_errors_are_those_of_fits_to_other_nights():
    draw = np.random.default_rng(7)
    nights = [draw.poisson(expected(TRUE)) for _ in range(12)]
    fits = [calibrate_footprint(CELLS, TILES, night, RESIDENTS, TRUE) for night in nights]
    told = [
        identify_footprint(fit, CELLS, TILES, night, RESIDENTS)
        for fit, night in zip(fits[:4], nights[:4], strict=True)
    ]
    for name in ("path_loss_exponent", "steepness"):
        between = float(np.std([getattr(fit, name) for fit in fits], ddof=1))
        said = float(np.median([each.standard_errors[name] for each in told]))
        assert 0.5 < said / between < 2.0, name


def test_counts_that_vary_beyond_sampling_tell_less():
    counts = expected(TRUE)
    other = counts * np.random.default_rng(8).uniform(0.7, 1.3, len(counts))
    sure, unsure = (identify_footprint(TRUE, CELLS, TILES, c, RESIDENTS) for c in (counts, other))
    assert sure.dispersion == 1.0 and unsure.dispersion > 3.0
    ratio = unsure.standard_errors["steepness"] / sure.standard_errors["steepness"]
    assert ratio == pytest.approx(np.sqrt(unsure.dispersion), rel=0.3)


def test_strong_signals_everywhere_leave_a_ridge():
    # far above the midpoint the logistic is exponential: only a product of the parameters is told
    loud = CELLS.assign(power_w=1e6 * POWERS)
    counts = 40.0 * (TRUE.fit(loud, TILES).connection_probability_ @ RESIDENTS)
    told = identify_footprint(TRUE, loud, TILES, counts, RESIDENTS)
    assert told.is_ridge and ("ridge" in told.sentence() or "say nothing" in told.sentence())


def test_a_parameter_at_its_edge_is_named():
    edge = FootprintSignalStrength(path_loss_exponent=5.0)
    told = identify_footprint(edge, CELLS, TILES, expected(edge), RESIDENTS)
    assert told.at_bound == ("path_loss_exponent",)
    assert told.sentence().startswith("path_loss_exponent at the edge of what is allowed")


def test_nothing_is_said_of_parameters_that_are_told_well():
    told = Identification({"a": 0.1, "b": 0.2}, (), 0.5, ("a", "b"), 1.0)
    assert not told.is_ridge and told.sentence() == ""
