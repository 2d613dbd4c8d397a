"""Published intervals, turned back by the formula that stands beside them, tell no device count."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from peil import methods
from peil.charter import reading
from peil.release.presence import figures, with_rounded_ends
from peil_models.uncertainty import presence_interval

WIDTH = methods.section("linked_interval", "demo")
COLUMNS = ["n_persons", "n_persons_lower", "n_persons_upper"]
Z_BOTH_SIDES = 2 * 1.6449  # of 90 %


def released(rounds: bool) -> tuple[np.ndarray, pd.DataFrame]:
    """Devices behind 600 entries of a product that follows devices, and what leaves of them."""
    rng = np.random.default_rng(7)
    devices = np.rint(15 + 40 * rng.gamma(1.0, 1.0, 600))
    ratio = 2.6 * np.exp(0.12 * rng.standard_normal(600))
    persons = devices * ratio
    lower, upper = presence_interval(persons, devices, ratio, **WIDTH)
    rows = pd.DataFrame(dict(zip(COLUMNS, (persons, lower, upper), strict=True)))
    if rounds:
        rows = with_rounded_ends(reading.load("demo"), rows, COLUMNS, "linked_step_share")
    shown = np.ones(600, dtype=bool)
    return devices, figures(pd.DataFrame(index=rows.index), rows, COLUMNS, shown, "PS")


def turned_back(table: pd.DataFrame) -> np.ndarray:
    """The variance of a count is its number times what `methods.toml` says, in every bundle."""
    value, low, high = (
        table[name].to_numpy(dtype=float) for name in ("OBS_VALUE", "OBS_LOWER", "OBS_UPPER")
    )
    return WIDTH["sampling_overdispersion"] * (Z_BOTH_SIDES * value / (high - low)) ** 2


@pytest.mark.parametrize("rounds", [False, True])
def test_ends_that_are_rounded_outwards_hide_the_devices(rounds: bool) -> None:
    devices, table = released(rounds)
    guess = turned_back(table)
    guess *= np.median(devices / guess)  # whoever knows that ends are rounded allows for it
    error = np.median(np.abs(guess / devices - 1))
    is_exact = (np.abs(guess - devices) < 0.5).mean()
    if not rounds:  # teeth: so it was
        assert error < 0.02 and is_exact > 0.4
        return
    print(error, is_exact)
    assert error > 0.07 and is_exact < 0.15
    by_one_ratio = table["OBS_VALUE"].to_numpy(dtype=float)
    by_one_ratio *= np.median(devices / by_one_ratio)
    of_values = np.median(np.abs(by_one_ratio / devices - 1))
    print(of_values)
    assert error > 0.9 * of_values  # values alone tell about as much
