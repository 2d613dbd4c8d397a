"""A cell that fails is found, a place that empties is not taken for one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from peil_models.footprint import silent_hours

N_CELLS, N_HOURS = 60, 24
DAY = 1.0 + 0.3 * np.sin(np.arange(N_HOURS) * np.pi / 12)


@pytest.fixture
def counted() -> np.ndarray:
    """A day of cells of 20 to 400 devices an hour, entries under 15 withheld."""
    random = np.random.default_rng(7)
    size = np.geomspace(20.0, 400.0, N_CELLS)
    counts = random.poisson(size[:, None] * DAY).astype(np.float64)
    return np.where(counts < 15, 0.0, counts)


def found(counts: np.ndarray, prior: np.ndarray | None = None) -> np.ndarray:
    prior = np.geomspace(20.0, 400.0, N_CELLS) if prior is None else prior
    return silent_hours(np.eye(N_CELLS), counts, prior)


def test_withheld_entries_are_no_outage(counted: np.ndarray) -> None:
    assert (counted == 0).sum() > 10
    assert not found(counted).any()


def test_an_outage_is_found_in_its_hours_and_in_no_other(counted: np.ndarray) -> None:
    counted[30:33, 10:16] = 0.0
    is_out = found(counted)
    assert is_out[30:33, 10:16].all()
    assert is_out.sum() == 18


@pytest.mark.parametrize("hours", [slice(0, 5), slice(20, 24)])
def test_an_outage_at_the_edge_of_the_day_is_found(counted: np.ndarray, hours: slice) -> None:
    counted[40, hours] = 0.0
    assert np.flatnonzero(found(counted)[40]).tolist() == list(range(24))[hours]


def test_a_place_that_empties_in_the_evening_is_no_outage(counted: np.ndarray) -> None:
    evening = np.array([150.0, 80.0, 40.0, 18.0, 0.0, 0.0, 0.0, 0.0])
    counted[40, 16:] = evening
    assert not found(counted).any()


def test_a_cell_silent_all_day_needs_a_prior_that_is_sure(counted: np.ndarray) -> None:
    prior = np.geomspace(20.0, 400.0, N_CELLS)
    counted[[10, 50]] = 0.0
    is_out = found(counted, prior)
    assert is_out[50].all() and prior[50] > 220
    assert not is_out[10].any() and prior[10] < 40


def test_a_small_cell_without_residents_is_no_outage(counted: np.ndarray) -> None:
    counted[40, 10:16] = 0.0
    prior = np.geomspace(20.0, 400.0, N_CELLS)
    prior[40] = 1.0
    assert not found(counted, prior).any()


def test_an_hour_in_which_nobody_was_counted_is_no_outage(counted: np.ndarray) -> None:
    counted[:, 12] = 0.0
    assert not found(counted).any()


def test_devices_beyond_the_reach_of_the_prior_raise_no_expectation() -> None:
    counts = np.array([[0.0] * 4, [9000.0] * 4])
    chances = np.array([[1.0, 0.0], [0.0, 0.0]])
    assert not silent_hours(chances, counts, [1.0, 1.0]).any()


@given(st.permutations(range(12)), st.integers(0, 2**32 - 1))
def test_the_order_of_cells_does_not_matter(order: list[int], seed: int) -> None:
    counts = np.random.default_rng(seed).integers(0, 3, (12, 6)) * 200.0
    prior = np.arange(1.0, 13.0)
    chances = np.eye(12)
    shuffled = silent_hours(chances[order], counts[order], prior)
    assert (shuffled == silent_hours(chances, counts, prior)[order]).all()


@pytest.mark.parametrize(
    ("counts", "prior", "message"),
    [
        (np.ones(3), np.ones(2), r"counts and prior have shapes \(3,\) and \(2,\)"),
        (np.ones((3, 2)), np.ones(3), r"expected \(3, n_hours\) and \(2,\)"),
        (np.array([[1.0], [np.nan], [1.0]]), np.ones(2), r"counts holds NaN.*\(1, 0\)"),
        (np.array([[1.0], [1.0], [-1.0]]), np.ones(2), r"negative number \(first at \(2, 0\)\)"),
    ],
)
def test_what_does_not_fit_is_refused(counts: np.ndarray, prior: np.ndarray, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        silent_hours(np.ones((3, 2)) / 3, counts, prior)
