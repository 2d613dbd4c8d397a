"""Two releases of nearly the same people: who is in one of them only is no few."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from peil.outcome import Refused
from peil_models.disclosure.blocks import Margins
from peil_models.disclosure.differences import differences
from tests.unit.conftest import Tiny
from tests.unit.release.test_disclosure import (
    COLUMN,
    DEVICES,
    ROW,
    THIRDS,
    cross,
    linked,
    release,
    without,
)

QUARTERS = np.minimum(COLUMN, 3)
HALVES = QUARTERS // 2
TWO_OF_Z0 = np.where((ROW == 2) & (COLUMN == 0), 2.0, 0.0)
SIXTEEN_OF_Z1 = np.where((ROW < 2) & (COLUMN == 4), 8.0, 0.0)


@pytest.mark.parametrize("zones", [(QUARTERS, HALVES), (HALVES, QUARTERS)])
def test_zones_that_are_sums_of_others_are_subtracted_too(
    tiny: Tiny, zones: tuple[np.ndarray, np.ndarray]
) -> None:
    """Of the whole eighteen are missing; only one half says that two of them were in it."""
    cross(tiny, without(release(tiny, "first", zones[0]), "0"))
    again = release(tiny, "second", zones[1], devices=DEVICES - TWO_OF_Z0 - SIXTEEN_OF_Z1)
    with pytest.raises(
        Refused, match=r"before somebody opted out.* 15 devices of Z0 at 2026-03-01"
    ):
        cross(tiny, without(again, "9 b"))
    enough = release(tiny, "second", zones[1], devices=DEVICES - SIXTEEN_OF_Z1)
    cross(tiny, without(enough, "9 b"))


@pytest.mark.parametrize("n_more", [2.0, -2.0])
def test_few_of_a_file_that_came_since_are_not_told_by_a_difference(
    tiny: Tiny, n_more: float
) -> None:
    """The released pilot had one file; a late one of two devices is landed by another pilot."""
    files = ("a" * 64, "b" * 64)
    cross(tiny, release(tiny, "first", THIRDS, files[:1]))
    devices = DEVICES + TWO_OF_Z0 * np.sign(n_more)
    with pytest.raises(Refused) as refusal:
        cross(tiny, release(tiny, "second", THIRDS, files, devices))
    assert str(refusal.value) == (
        "second 2026-03-02: first released presence of the same records (2026-03-02) though not of "
        "all the same files, and the difference would tell of fewer than 15 devices of Z0 at "
        "2026-03-01 23:00 UTC: it is not released."
    )
    cross(tiny, release(tiny, "alike", THIRDS, files))
    cross(tiny, release(tiny, "more", THIRDS, files, DEVICES + 9.0))


def test_files_of_another_period_are_no_difference(tiny: Tiny) -> None:
    """An hour rests on fewer files than its day, and a day shares one with the next."""
    cross(tiny, release(tiny, "first", THIRDS, ("a" * 64, "b" * 64)))
    of_hour = release(tiny, "second", THIRDS, devices=DEVICES - TWO_OF_Z0)
    cross(tiny, replace(of_hour, period="2026-03-02T00"))


def test_people_who_are_followed_are_not_told_again_of_other_files(tiny: Tiny) -> None:
    cross(tiny, linked("visitors", "first", THIRDS, ["Z0", "Z1"]))
    again = replace(linked("visitors", "second", THIRDS, ["Z1"]), delivery=["a" * 64, "b" * 64])
    with pytest.raises(
        Refused, match=r"not of all the same files.* 15 devices of Z1 at 2026-03-02"
    ):
        cross(tiny, again)


def test_every_sum_that_two_releases_both_tell_is_made_of_the_differences() -> None:
    """By linear algebra: sums of cells in the span of both, of zones that cut each other anyhow."""
    rng = np.random.default_rng(5)
    n_told = 0
    for _ in range(60):
        n_cells = int(rng.integers(3, 9))
        told, releases, counts = [], [], rng.poisson(9.0, n_cells).astype(float)
        taken = rng.poisson(2.0, n_cells)
        for devices in (counts, counts - taken):
            part = np.append(rng.integers(-1, 4, n_cells - 1), 3)  # the last zone has a cell
            sums = [*(np.array([n]) for n in range(4)), np.arange(4)]
            values = np.array([[devices[np.isin(part, members)].sum()] for members in sums])
            values[rng.random(values.shape) < 0.2] = np.nan
            releases.append(Margins(part, sums, values, 0 * values, np.isnan(values)))
            rows = [np.isin(part, members) for members in sums]
            told.append(np.array(rows, dtype=float)[~np.isnan(values[:, 0])])
        n_both = np.linalg.matrix_rank(told[0]) + np.linalg.matrix_rank(told[1])
        n_both -= np.linalg.matrix_rank(np.concatenate(told))  # dimension of what both tell
        subtracted = list(differences(*releases))
        assert len(subtracted) == n_both
        n_told += n_both
    assert n_told > 50
