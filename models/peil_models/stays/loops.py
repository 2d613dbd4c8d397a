"""Segment the events of devices: the loops, compiled.

Rules of segmentation belong here; parameters and checks are in `segmentation`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from peil_models.compiled import compiled

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

# How an event follows the located event before it.
PASSED_OVER, FIRST, EXTENDS, MOVES, LOST, ARRIVES = range(6)
STAY, MOVE, UNDETERMINED, UNKNOWN, ABROAD = range(5)
UNLOCATED, OUTSIDE = -1, -2


@compiled
def first_disorder(device: Ints, at_s: Floats, cell: NDArray[np.int32], n_cells: int) -> int:
    """Position of the first event out of order or with a cell or time that cannot be; or -1."""
    for i in range(len(device)):
        if not np.isfinite(at_s[i]) or cell[i] >= n_cells or cell[i] < OUTSIDE:
            return i
        if i > 0:
            if device[i] < device[i - 1]:
                return i
            if device[i] == device[i - 1] and (
                at_s[i] < at_s[i - 1] or (at_s[i] == at_s[i - 1] and cell[i] < cell[i - 1])
            ):
                return i
    return -1


@compiled
def share_tiles(a: int, b: int, indptr: NDArray[np.int32], indices: NDArray[np.int32]) -> bool:
    """Whether b is among the sorted columns of row a."""
    low, high = indptr[a], indptr[a + 1]
    while low < high:
        middle = (low + high) >> 1
        if indices[middle] < b:
            low = middle + 1
        else:
            high = middle
    return bool(low < indptr[a + 1] and indices[low] == b)


@compiled
def follow(
    device: Ints,
    at_s: Floats,
    cell: NDArray[np.int32],
    indptr: NDArray[np.int32],
    indices: NDArray[np.int32],
    max_gap_stay_s: float,
    max_gap_move_s: float,
    max_gap_abroad_s: float,
    after_move: NDArray[np.bool_],
) -> NDArray[np.int8]:
    """How each event follows the one before: the rules of segmentation.

    Where `after_move`, a device's first event is the end of a move that was written before.
    """
    n_cells = len(indptr) - 1
    link = np.empty(len(device), np.int8)
    in_segment = np.zeros(n_cells, np.int64)  # the last segment that the cell was in
    distinct = np.empty(n_cells, np.int32)
    n_distinct, segment, previous = 0, 0, -1
    for i in range(len(device)):
        at_cell = cell[i]
        if at_cell == UNLOCATED:
            link[i] = PASSED_OVER
            continue
        if previous < 0 or device[previous] != device[i]:
            kind = ARRIVES if after_move[i] else FIRST
        else:
            gap = at_s[i] - at_s[previous]
            before = cell[previous]
            kind = MOVES if gap <= max_gap_move_s else LOST
            if at_cell == OUTSIDE or before == OUTSIDE:
                if at_cell == before and gap <= max_gap_abroad_s:
                    kind = EXTENDS
            elif gap <= max_gap_stay_s:
                agrees = True
                if in_segment[at_cell] != segment:
                    for k in range(n_distinct - 1, -1, -1):
                        if not share_tiles(at_cell, distinct[k], indptr, indices):
                            agrees = False
                            break
                if agrees:
                    kind = EXTENDS
        if kind != EXTENDS:
            segment += 1
            n_distinct = 0
        if at_cell != OUTSIDE and in_segment[at_cell] != segment:
            in_segment[at_cell] = segment
            distinct[n_distinct] = at_cell
            n_distinct += 1
        link[i] = kind
        previous = i
    return link


@compiled
def count_segments(link: NDArray[np.int8]) -> int:
    """How many rows `write_segments` will write at most."""
    n = 0
    for i in range(len(link)):
        if link[i] == FIRST or link[i] == ARRIVES:
            n += 1
        elif link[i] == MOVES:
            n += 3
        elif link[i] == LOST:
            n += 2
    return n


@compiled
def write_segments(
    device: Ints,
    at_s: Floats,
    cell: NDArray[np.int32],
    link: NDArray[np.int8],
    n_cells: int,
    min_stay_s: float,
    padding_s: float,
    longest_move_s: float,
    max_rest_s: float,
    out_device: Ints,
    start_s: Floats,
    end_s: Floats,
    state: NDArray[np.int8],
    out_cell: NDArray[np.int32],
    first_event: Ints,
    last_event: Ints,
) -> int:
    """Write the segments into the given arrays; how many there are.

    A silence of at most `max_rest_s`, but for its last `longest_move_s`, counts as time at the
    place before; 0 counts none.
    """
    n = 0
    n_of_cell = np.zeros(n_cells, np.int64)
    i, n_events = 0, len(device)
    while i < n_events and link[i] == PASSED_OVER:
        i += 1
    while i < n_events:
        # the events of one run, and what follows it
        first, last = i, i
        best, most = cell[i], 0
        j = i
        while j < n_events and (j == i or link[j] == EXTENDS or link[j] == PASSED_OVER):
            if link[j] != PASSED_OVER:
                last = j
                c = cell[j]
                if c >= 0:
                    n_of_cell[c] += 1
                    if n_of_cell[c] > most or (n_of_cell[c] == most and c < best):
                        most, best = n_of_cell[c], c
            j += 1
        for k in range(first, last + 1):
            if cell[k] >= 0:
                n_of_cell[cell[k]] = 0
        follows = link[j] if j < n_events else FIRST
        # a silence that is longer than a move was spent where the device was
        leaves = at_s[last]
        if follows == MOVES:
            leaves = max(leaves, at_s[j] - longest_move_s)
        lasts_s = at_s[last] - at_s[first]
        if follows in (MOVES, LOST):
            # so long a silence before it is seen elsewhere was no journey
            silent_s = at_s[j] - at_s[last]
            if silent_s <= max_rest_s:
                lasts_s += max(silent_s - longest_move_s, 0.0)
        if best == OUTSIDE:
            is_state = ABROAD
        elif lasts_s > min_stay_s:
            is_state = STAY
        else:
            is_state = UNDETERMINED
        arrives = link[first] == MOVES or link[first] == ARRIVES
        begins = at_s[first] - (0.0 if arrives else padding_s)
        ends = leaves + (padding_s if follows != MOVES else 0.0)
        if ends > begins:
            out_device[n], start_s[n], end_s[n] = device[first], begins, ends
            state[n], out_cell[n] = is_state, best
            first_event[n], last_event[n] = first, last
            n += 1
        if follows == MOVES:
            middle = 0.5 * (leaves + at_s[j])
            for half in range(2):
                at = last if half == 0 else j
                begins = leaves if half == 0 else middle
                ends = middle if half == 0 else at_s[j]
                if ends > begins:
                    out_device[n], start_s[n], end_s[n] = device[first], begins, ends
                    state[n] = ABROAD if cell[at] == OUTSIDE else MOVE
                    out_cell[n] = cell[at]
                    first_event[n], last_event[n] = at, at
                    n += 1
        elif follows == LOST:
            out_device[n], start_s[n] = device[first], at_s[last] + padding_s
            end_s[n], state[n], out_cell[n] = at_s[j] - padding_s, UNKNOWN, UNLOCATED
            first_event[n], last_event[n] = last, j
            n += 1
        i = j
    return n
