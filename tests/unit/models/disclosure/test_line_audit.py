"""All lines at once: what two families of totals together give away, and what mends it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peil_models.disclosure.line_audit import line_widths, suppress_crossing
from peil_models.disclosure.lines import suppress_lines

T = 15
# two squares of four, each hidden well, and an entry that links them
LINKED = [[0, 1], [2, 3], [1, 3], [5, 6], [7, 8], [6, 8], [0, 2, 4, 9], [4, 5, 7, 9]]
DEVICES = np.array([9.0, 30.0, 30.0, 9.0, 9.0, 9.0, 30.0, 30.0, 9.0, 99.0])


def test_lines_that_each_hide_two_entries_give_one_away_together() -> None:
    withheld = suppress_lines(DEVICES, LINKED, T)
    for line in LINKED:
        assert withheld[line].sum() >= 2 and DEVICES[line][withheld[line]].sum() >= 2 * T
    width = line_widths(DEVICES, withheld, LINKED)
    assert width[4] < 1e-6 and (width[[0, 1, 2, 3, 5, 6, 7, 8]] > T).all()


def test_the_entry_is_hidden_once_another_is_withheld() -> None:
    withheld, n_narrow = suppress_crossing(DEVICES, LINKED, T)
    assert n_narrow == 0 and withheld[9]
    assert (line_widths(DEVICES, withheld, LINKED)[withheld] >= T).all()


def test_a_total_that_says_enough_by_itself_is_counted() -> None:
    withheld, n_narrow = suppress_crossing([2.0, 3.0, 60.0], [[0, 1], [2]], T)
    assert withheld.tolist() == [True, True, False] and n_narrow == 2


def test_rounding_widens_what_can_be_known() -> None:
    lines = [[0, 1, 2]]
    one_hidden = [True, False, False]
    assert line_widths([5.0, 40.0, 60.0], one_hidden, lines)[0] < 1e-6
    assert line_widths([5.0, 40.0, 60.0], one_hidden, lines, rounded_to=1.0)[0] == pytest.approx(2)


def test_a_total_that_is_not_known_well_says_less() -> None:
    lines = [[0, 1, 2]]
    width = line_widths([5.0, 40.0, 55.0], [True, False, False], lines, within=0.02)
    assert width[0] == pytest.approx(4.0)
    withheld, _ = suppress_crossing(DEVICES, LINKED, T, within=[0.2] * len(LINKED))
    assert not withheld[9]  # nothing more than each line asks for


def test_an_entry_on_no_line_is_not_bounded() -> None:
    assert line_widths([5.0, 9.0], [True, True], [[0]])[1] == np.inf


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 60).map(float), min_size=9, max_size=9), st.sampled_from([1.0, 2.5]))
def test_no_entry_of_a_grid_is_bounded_tighter_than_the_threshold(
    counts: list[float], weight: float
) -> None:
    grid = np.arange(9).reshape(3, 3)
    lines, devices = [*grid, *grid.T], np.array(counts)
    persons = weight * devices
    withheld, n_narrow = suppress_crossing(
        devices, lines, T, persons=persons, persons_per_device=weight
    )
    assert (withheld | (devices >= T)).all()
    alone = suppress_lines(devices, lines, T, persons=persons, persons_per_device=weight)
    assert (withheld | ~alone).all()
    width = line_widths(persons, withheld, lines)
    narrow = withheld & (width < T * weight * (1 - 1e-9))
    assert int(narrow.sum()) == n_narrow
    for line in lines:
        assert not narrow[line].any() or withheld[line].all()


@pytest.mark.parametrize(
    ("withheld", "lines", "within", "words"),
    [
        ([True], [[0]], 0.0, r"withheld has shape \(1,\), values has \(2,\)"),
        ([True, True], [[0], [2]], 0.0, r"not there \(first in line 1\)"),
        ([True, True], [[0], [1]], [0.1, -0.1], r"negative share \(first of line 1\)"),
    ],
)
def test_what_cannot_be_is_refused(
    withheld: list[bool], lines: list[list[int]], within: float | list[float], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        line_widths([1.0, 2.0], withheld, lines, within=within)
