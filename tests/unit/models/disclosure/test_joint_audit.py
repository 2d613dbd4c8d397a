"""Several releases of the same people at once: what a further one would give away."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linprog

from peil_models.disclosure.blocks import Margins, common_parts
from peil_models.disclosure.joint_audit import narrowed
from peil_models.disclosure.joint_hour import CrossingError

T = 15
# sixteen cells; a row of four is a zone of the first pilot
ROWS = np.repeat(np.arange(4), 4)
COUNTS = np.array([9, 20, 30, 1, 40, 50, 60, 70, 80, 2, 90, 100, 30, 31, 32, 33], dtype=float)


def margins(
    part: np.ndarray,
    counts: np.ndarray = COUNTS,
    sums: tuple[tuple[int, ...], ...] = (),
    hidden: tuple[int, ...] = (),
    off: float = 0.0,
) -> Margins:
    """Every part, then sums of parts, of one hour; `hidden` entries are withheld."""
    n_parts = int(part.max()) + 1
    entries = [np.array(s) for s in (*((p,) for p in range(n_parts)), *sums)]
    devices = np.array([[counts[np.isin(part, entry)].sum() + off] for entry in entries])
    withheld = np.isin(np.arange(len(entries)), hidden)[:, None]
    return Margins(part, entries, np.where(withheld, np.nan, devices), 0 * devices + 0.2, withheld)


def moved(cells: list[int], to: int) -> np.ndarray:
    part = ROWS.copy()
    part[cells] = to
    return part


def test_zones_that_differ_by_few_people_are_told_with_their_zones() -> None:
    report = narrowed([margins(ROWS), margins(moved([3], 1))], T)  # one device
    assert [(few.around, few.release, few.width < 1) for few in report] == [((0, 1), -1, True)]


def test_zones_that_differ_by_many_people_pass() -> None:
    assert narrowed([margins(ROWS), margins(moved([2], 1))], T) == []  # 30 devices


def test_nested_zones_pass_both_ways() -> None:
    halves = margins(ROWS // 2)
    assert narrowed([margins(ROWS), halves], T) == []
    assert narrowed([halves, margins(ROWS)], T) == []


def test_the_same_zones_with_another_entry_withheld_give_the_first_away() -> None:
    first = margins(ROWS, sums=((0, 1, 2, 3),), hidden=(0, 3))
    assert narrowed([first, margins(ROWS, sums=((0, 1, 2, 3),), hidden=(0, 3))], T) == []
    report = narrowed([first, margins(ROWS, sums=((0, 1, 2, 3),), hidden=(0, 1))], T)
    assert {(few.release, few.entry) for few in report} == {(0, 0), (0, 3), (1, 0)}


def test_a_total_over_parts_gives_away_what_two_parts_hid() -> None:
    two_hidden = margins(ROWS, sums=((0, 1, 2, 3),), hidden=(0, 3))
    assert narrowed([two_hidden, margins(ROWS // 2)], T) != []  # rows 0 and 1 together


def test_a_total_without_its_published_parts_is_what_is_compared() -> None:
    two_hidden = margins(ROWS, sums=((0, 1, 2, 3),), hidden=(0, 3))
    all_but_one_cell = np.where(ROWS % 3 == 0, 0, -1)
    all_but_one_cell[3] = -1
    report = narrowed([two_hidden, margins(all_but_one_cell)], T)
    assert [(few.around, few.release) for few in report] == [((4, -1), -1)]  # one device


def test_three_releases_give_away_what_no_two_do() -> None:
    first = margins(ROWS, hidden=(0, 1))
    pair = margins(np.where(ROWS < 2, 0, -1))  # rows 0 and 1 together
    other = margins(np.where(ROWS == 1, 0, -1))
    assert narrowed([first, pair], T) == []
    report = narrowed([first, pair, other], T)
    assert (0, 0) in {(few.release, few.entry) for few in report}


def test_what_earlier_releases_give_away_is_not_laid_on_a_later_one() -> None:
    both = [margins(ROWS), margins(moved([3], 1))]
    assert narrowed([*both, margins(np.where(ROWS == 3, 0, -1))], T) == []
    assert narrowed([*both, margins(moved([9], 1))], T) != []


def test_two_models_that_contradict_each_other_are_reconciled() -> None:
    crossing = np.tile(np.arange(4), 4)
    report = narrowed([margins(ROWS), margins(crossing, off=3.0)], T)
    assert report == []
    hidden = (0, 1)
    sums = ((0, 1, 2, 3),)
    report = narrowed(
        [margins(ROWS, sums=sums, hidden=hidden), margins(ROWS, sums=sums, hidden=hidden, off=4.0)],
        T,
    )
    assert report == []


def test_an_hour_that_was_not_observed_tells_nothing() -> None:
    unobserved = margins(moved([3], 1))
    nothing = np.full_like(unobserved.devices, np.nan)
    silent = Margins(
        unobserved.part, unobserved.entries, nothing, unobserved.half_step, unobserved.withheld
    )
    assert narrowed([margins(ROWS), silent], T) == []


def test_shapes_that_differ_are_refused() -> None:
    with pytest.raises(ValueError, match="entries by hours"):
        Margins(ROWS, [], np.zeros((1, 1)), np.zeros((1, 1)), np.zeros((1, 1), bool))


def brute(releases: list[Margins], goal: np.ndarray) -> float:
    """Width of a set of atoms by one linear programme over all atoms, without any structure."""
    atoms = common_parts(releases)
    rows, lower, upper = [], [], []
    for release, code in zip(releases, atoms, strict=True):
        for entry, parts in enumerate(release.entries):
            if not np.isnan(release.devices[entry, 0]):
                rows.append(np.isin(code, parts).astype(float))
                lower.append(release.devices[entry, 0] - 1e-6)
                upper.append(release.devices[entry, 0] + 1e-6)
    matrix = np.array(rows)
    ends = []
    for sign in (1.0, -1.0):
        solved = linprog(
            sign * goal,
            A_ub=np.vstack([matrix, -matrix]),
            b_ub=np.concatenate([upper, -np.array(lower)]),
        )
        ends.append(sign * solved.fun if solved.status == 0 else np.inf)
    return float(ends[1] - ends[0])


@pytest.mark.parametrize("seed", range(12))
def test_the_structure_finds_what_a_plain_programme_finds(seed: int) -> None:
    rng = np.random.default_rng(seed)
    counts = rng.integers(0, 12, 12).astype(float)
    releases = []
    for _ in range(2):
        part = rng.integers(0, 4, 12)
        part[:4] = np.arange(4)
        release = margins(part, counts, sums=((0, 1), (0, 1, 2, 3)), hidden=tuple(rng.choice(4, 2)))
        releases.append(
            Margins(part, release.entries, release.devices, 0 * release.half_step, release.withheld)
        )
    atoms = common_parts(releases)
    expected = set()
    for number, release in enumerate(releases):
        for entry in np.flatnonzero(release.withheld[:, 0]):
            goal = np.isin(atoms[number], release.entries[entry]).astype(float)
            width = brute(releases, goal)
            alone = brute([release], np.isin(common_parts([release])[0], release.entries[entry]))
            if width < T - 1e-2 and width < alone - 1e-2:
                expected.add((number, int(entry)))
    report = narrowed(releases, T)
    assert {(few.release, few.entry) for few in report if few.release >= 0} == expected


def test_zones_that_cross_everywhere_are_not_worked_out() -> None:
    side = 21  # 441 crossings
    column, row = (axis.ravel() for axis in np.meshgrid(np.arange(side), np.arange(side)))
    counts = np.full(side * side, 50.0)
    with pytest.raises(CrossingError, match="cross in 441 places"):
        narrowed([margins(column, counts), margins(row, counts)], T)
    fifth = side // 5
    few = [margins(axis // fifth, counts) for axis in (column, row)]
    assert narrowed(few, T) == []
