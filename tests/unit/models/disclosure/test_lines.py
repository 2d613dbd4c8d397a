"""Entries on lines with known totals: none is given away by the total of one line."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from peil_models.disclosure.bounds import Rows, widths
from peil_models.disclosure.lines import suppress_lines

T = 15.0
COUNTS = st.lists(st.integers(0, 60), min_size=4, max_size=24)


def bounds(values: np.ndarray, line: np.ndarray, withheld: np.ndarray) -> np.ndarray:
    """Width of what an attacker who knows a line's total learns of its withheld entries."""
    hidden = line[withheld[line]]
    rows = Rows(len(hidden))
    rest = values[line].sum() - values[line[~withheld[line]]].sum()
    rows.add(dict.fromkeys(range(len(hidden)), 1.0), rest, rest)
    return widths(rows, [[n] for n in range(len(hidden))])


@given(counts=COUNTS, weight=st.sampled_from([1.0, 2.5, 40.0]))
def test_a_line_with_a_gap_hides_twice_the_threshold_or_is_hidden_whole(
    counts: list[int], weight: float
) -> None:
    devices = np.array(counts, dtype=float)
    persons = devices * weight
    lines = [np.arange(0, len(devices), 2), np.arange(1, len(devices), 2)]
    withheld = suppress_lines(devices, lines, T, persons=persons)
    assert withheld[devices < T].all()
    for line in lines:
        hidden = withheld[line]
        if not hidden.any() or hidden.all():
            continue
        assert hidden.sum() >= 2
        assert (bounds(persons, line, withheld) >= 2 * T * weight - 1e-6).all()


@given(counts=COUNTS)
def test_crossing_lines_are_each_protected(counts: list[int]) -> None:
    devices = np.array(counts[: len(counts) // 4 * 4], dtype=float)
    grid = np.arange(len(devices)).reshape(-1, 4)
    lines = [*grid, *grid.T]
    withheld = suppress_lines(devices, lines, T)
    for line in lines:
        hidden = withheld[line]
        if hidden.any() and not hidden.all():
            assert hidden.sum() >= 2 and devices[line[hidden]].sum() >= 2 * T


def test_without_lines_the_threshold_alone_withholds() -> None:
    withheld = suppress_lines([14.0, 15.0, 0.0, 99.0], [], T)
    assert withheld.tolist() == [True, False, True, False]


def test_the_smallest_are_withheld_first_and_ties_by_their_order() -> None:
    assert suppress_lines([3.0, 40.0, 30.0, 30.0], [[0, 1, 2, 3]], T).tolist() == [
        True,
        False,
        True,
        False,
    ]


def test_the_heaviest_device_may_be_told() -> None:
    devices, persons = [1.0, 40.0, 60.0], [30.0, 100.0, 150.0]
    assert suppress_lines(devices, [[0, 1, 2]], T, persons=persons).all()
    informed = suppress_lines(devices, [[0, 1, 2]], T, persons=persons, persons_per_device=2.5)
    assert informed.tolist() == [True, True, False]
    with pytest.raises(ValueError, match="persons_per_device must be above 0"):
        suppress_lines(devices, [], T, persons=persons, persons_per_device=0.0)


@pytest.mark.parametrize(
    ("devices", "lines", "words"),
    [
        ([1.0, np.nan], [[0]], "devices holds NaN"),
        ([1.0, -2.0], [[0]], "devices holds NaN, infinity or a negative number"),
        ([1.0, 2.0], [[0], [2]], r"a position that is not there \(first in line 1\)"),
    ],
)
def test_what_cannot_be_is_refused(
    devices: list[float], lines: list[list[int]], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        suppress_lines(devices, lines, T)


def test_persons_of_another_length_are_refused() -> None:
    with pytest.raises(ValueError, match=r"persons has shape \(1,\), devices has \(2,\)"):
        suppress_lines([1.0, 2.0], [[0, 1]], T, persons=[1.0])
