"""Read places, movements and journeys in common off the messages, compiled.

The messages themselves are made in `recursion`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from peil_models.compiled import compiled
from peil_models.location.recursion import RESTART, forward

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@compiled
def tiles_of_boxes(boxes: Ints, start: Ints, n_columns: int) -> Ints:
    """Tile of every element of flat messages."""
    out = np.empty(start[-1], dtype=np.int64)
    for k in range(len(boxes)):
        at = start[k]
        for i in range(boxes[k, 0], boxes[k, 1]):
            for j in range(boxes[k, 2], boxes[k, 3]):
                out[at] = i * n_columns + j
                at += 1
    return out


@compiled
def place(boxes: Ints, start: Ints, posterior: Floats, out: Floats) -> None:
    """Write mean column, mean row (of tile centres) and summed variance of each posterior.

    By way of sums per column, which the processor can take several at a time.
    """
    most = 0
    for k in range(len(boxes)):
        most = max(most, boxes[k, 3] - boxes[k, 2])
    column, weighted, squared = np.empty(most), np.empty(most), np.empty(most)
    for k in range(len(boxes)):
        width = boxes[k, 3] - boxes[k, 2]
        column[:width] = 0.0
        weighted[:width] = 0.0
        squared[:width] = 0.0
        # Around the middle of the box, so that the variance loses no digits.
        middle_x = 0.5 * (boxes[k, 2] + boxes[k, 3])
        middle_y = 0.5 * (boxes[k, 0] + boxes[k, 1])
        for i in range(boxes[k, 0], boxes[k, 1]):
            dy = i + 0.5 - middle_y
            at = start[k] + (i - boxes[k, 0]) * width
            mass = posterior[at : at + width]
            for j in range(width):
                column[j] += mass[j]
                weighted[j] += dy * mass[j]
                squared[j] += dy * dy * mass[j]
        x, y, square = 0.0, 0.0, 0.0
        for j in range(width):
            dx = boxes[k, 2] + j + 0.5 - middle_x
            x += dx * column[j]
            y += weighted[j]
            square += dx * dx * column[j] + squared[j]
        out[k, 0] = middle_x + x
        out[k, 1] = middle_y + y
        out[k, 2] = square - x * x - y * y


@compiled
def all_modes(start: Ints, message: Floats, n_modes: int) -> Floats:
    """Sum flat messages over their modes; the answer is cut up by ``start // n_modes``."""
    out = np.zeros(len(message) // n_modes)
    for k in range(len(start) - 1):
        size = (start[k + 1] - start[k]) // n_modes
        own = out[start[k] // n_modes : start[k] // n_modes + size]
        for m in range(n_modes):
            at = start[k] + m * size
            own += message[at : at + size]
    return out


@compiled
def moved(
    gap: Ints,
    boxes: Ints,
    start: Ints,
    filtered: Floats,
    smoothed: Floats,
    kernels: Floats,
    switch: Floats,
    stay: Floats,
    inside: Floats,
) -> Floats:
    """Pairwise posteriors ``f_k(g) T(g, g') s_{k+1}(g') / (T f_k)(g')``, over all modes."""
    n_modes, n_rows, n_columns = stay.shape[0], stay.shape[1] - 2, stay.shape[2] - 2
    out = np.zeros((max(len(gap) - 1, 0), 9, n_rows * n_columns))
    own, flow = np.zeros_like(stay), np.zeros(9)
    for k in range(len(gap) - 1):
        own[:] = 0.0
        at = start[k]
        for m in range(n_modes):
            for i in range(boxes[k, 0], boxes[k, 1]):
                for j in range(boxes[k, 2], boxes[k, 3]):
                    own[m, i + 1, j + 1] = filtered[at]
                    at += 1
        at = start[k + 1]
        for to in range(n_modes):
            for i in range(boxes[k + 1, 0], boxes[k + 1, 1]):
                for j in range(boxes[k + 1, 2], boxes[k + 1, 3]):
                    mass = smoothed[at]
                    at += 1
                    if mass <= 0.0:
                        continue
                    if gap[k + 1] == 0:
                        out[k, 4, i * n_columns + j] += mass
                        continue
                    for move in range(9):
                        a, b = i + 1 - (move // 3 - 1), j + 1 - (move % 3 - 1)
                        flow[move] = 0.0
                        for m in range(n_modes):
                            chance = kernels[m, move // 3, move % 3]
                            if move == 4:
                                chance = stay[m, a, b]
                            flow[move] += own[m, a, b] * chance * switch[m, to]
                    total = flow.sum()
                    for move in range(9):
                        if flow[move] > 0.0:
                            a, b = i - (move // 3 - 1), j - (move % 3 - 1)
                            out[k, move, a * n_columns + b] += mass * flow[move] / total
    return out


@compiled
def joint_likelihood(
    pairs: Ints,
    floor: Floats,
    offsets: Ints,
    step: Ints,
    row: Ints,
    longest: int,
    blocks: Floats,
    block_start: Ints,
    block_box: Ints,
    prior: Floats,
    modes: Floats,
    kernels: Floats,
    switch: Floats,
    stay: Floats,
    inside: Floats,
) -> Floats:
    """Log likelihood of the events of both devices on one path; given up below the floor."""
    out = np.empty(len(pairs))
    no_boxes, no_start, no_pool = np.zeros((0, 4), np.int64), np.zeros(0, np.int64), np.zeros(0)
    for n in range(len(pairs)):
        i, end_i = offsets[pairs[n, 0]], offsets[pairs[n, 0] + 1]
        j, end_j = offsets[pairs[n, 1]], offsets[pairs[n, 1] + 1]
        size = end_i - i + end_j - j
        gap, kind = np.empty(size, np.int64), np.empty(size, np.int64)
        before = np.int64(0)
        for k in range(size):
            if j >= end_j or (i < end_i and step[i] <= step[j]):
                now, kind[k] = step[i], row[i]
                i += 1
            else:
                now, kind[k] = step[j], row[j]
                j += 1
            gap[k] = now - before if k > 0 and now - before <= longest else RESTART
            before = now
        out[n] = forward(
            gap,
            kind,
            blocks,
            block_start,
            block_box,
            prior,
            modes,
            kernels,
            switch,
            stay,
            inside,
            floor[n],
            no_boxes,
            no_start,
            no_pool,
        )[0]
    return out
