"""The mean of footprints: between them, and in the order of none."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from peil_models.footprint import FootprintMean, FootprintSignalStrength

CELLS = pd.DataFrame({"x_m": [0.0, 4000.0, 9000.0], "y_m": 0.0, "power_w": [5.0, 20.0, 10.0]})
TILES = pd.DataFrame({"x_m": np.arange(0.0, 9000.0, 500.0), "y_m": 0.0})
BOTH = [FootprintSignalStrength(), FootprintSignalStrength(path_loss_exponent=4.6)]


def chances(*footprints: FootprintSignalStrength) -> np.ndarray:
    mean = FootprintMean(footprints).fit(CELLS, TILES).connection_probability_
    return np.asarray(mean.toarray())


def test_every_chance_is_midway() -> None:
    apart = [
        clone(footprint).fit(CELLS, TILES).connection_probability_.toarray() for footprint in BOTH
    ]
    assert not np.allclose(*apart)
    np.testing.assert_allclose(chances(*BOTH), 0.5 * (apart[0] + apart[1]), atol=1e-15)
    np.testing.assert_allclose(chances(*BOTH).sum(axis=0), 1.0, atol=1e-12)


def test_order_does_not_matter_and_one_is_itself() -> None:
    assert (chances(*BOTH) == chances(*BOTH[::-1])).all()
    own = clone(BOTH[1]).fit(CELLS, TILES).connection_probability_.toarray()
    np.testing.assert_allclose(chances(BOTH[1]), own)


def test_the_footprints_given_are_left_as_they_were() -> None:
    FootprintMean(BOTH).fit(CELLS, TILES)
    assert not any(hasattr(footprint, "connection_probability_") for footprint in BOTH)


def test_none_is_refused() -> None:
    with pytest.raises(ValueError, match="footprints is empty"):
        FootprintMean([]).fit(CELLS, TILES)
