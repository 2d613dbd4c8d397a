"""Offsets of some weeks let intervals cover what they say in the weeks after."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from peil_models.crowding.conformal import MOST_WIDENED, Offsets
from peil_models.crowding.forecasting import QUANTILES

N_ZONES, WEEKS = 12, 4
LOW, HIGH = QUANTILES.index(0.1), QUANTILES.index(0.9)
RAW = np.array([-1.0, -0.6, -0.3, 0.0, 0.3, 0.6, 1.0])  # narrower than what comes


def weeks_of(n_weeks: int, rng: np.random.Generator, spread: float) -> tuple[NDArray, ...]:  # type: ignore[type-arg]
    """Values by zone, day and hour; each week of a zone has a width of its own."""
    zone, day, hour = (
        grid.ravel()
        for grid in np.meshgrid(
            np.arange(N_ZONES), np.arange(7 * n_weeks), np.arange(24), indexing="ij"
        )
    )
    width = np.exp(rng.normal(0.0, spread, (N_ZONES, n_weeks)))
    return width[zone, day // 7] * rng.normal(0.0, 1.0, len(zone)), zone, day, hour


def learnt(value: NDArray, zone: NDArray, day: NDArray, hour: NDArray) -> Offsets:  # type: ignore[type-arg]
    return Offsets.of(np.tile(RAW, (len(value), 1)), value, zone, day, hour, N_ZONES)


def coverage(offsets: Offsets, value: NDArray, zone: NDArray, hour: NDArray) -> float:  # type: ignore[type-arg]
    moved = offsets.applied(np.tile(RAW, (len(value), 1)), zone, hour)
    return float(((value >= moved[:, LOW]) & (value <= moved[:, HIGH])).mean())


def test_where_weeks_differ_the_next_are_covered_as_said() -> None:
    rng = np.random.default_rng(1)
    widened, as_learnt = [], []
    for _ in range(20):
        offsets = learnt(*weeks_of(WEEKS, rng, 0.6))
        value, zone, _, hour = weeks_of(WEEKS, rng, 0.6)
        widened.append(coverage(offsets, value, zone, hour))
        narrow = Offsets(offsets.by_block, offsets.by_zone)
        as_learnt.append(coverage(narrow, value, zone, hour))
    assert np.mean(widened) == pytest.approx(0.8, abs=0.01)
    assert np.mean(as_learnt) < 0.79


def test_where_weeks_are_alike_hardly_anything_is_widened() -> None:
    offsets = learnt(*weeks_of(WEEKS, np.random.default_rng(2), 0.0))
    assert np.abs(np.array(offsets.by_level) - 1.0).max() < 0.05


def test_a_single_week_says_nothing_of_others() -> None:
    offsets = learnt(*weeks_of(1, np.random.default_rng(3), 0.6))
    assert offsets.by_level == (1.0,) * len(QUANTILES)


def test_quantiles_stay_in_their_order_and_the_widening_has_an_end() -> None:
    rng = np.random.default_rng(4)
    value, zone, day, hour = weeks_of(WEEKS, rng, 0.0)
    value = np.where(day < 7, 50.0 * value, value)
    offsets = learnt(value, zone, day, hour)
    assert max(offsets.by_level) == MOST_WIDENED
    moved = offsets.applied(np.tile(RAW, (len(value), 1)), zone, hour)
    assert (np.diff(moved, axis=1) >= 0).all()
