"""Messages of the recursions over a grid, compiled: carry, mix, weigh, trim.

A message has modes, rows and columns, padded by one tile of nothing on every side, so that no
neighbour needs a test. It is 0 outside its box, and only boxes are computed.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from peil_models.compiled import compiled

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FAINT = 1e-150
"""Mass below this is dropped: beyond any evidence, and slow to compute with."""


@compiled
def step_once(
    now: Floats, later: Floats, box: Ints, kernels: Floats, stay: Floats, inside: Floats
) -> None:
    """Carry a message one step; writes `later` on the box, reads `now` one tile around it.

    ``kernels[m, i, j]`` weighs the neighbour at (i - 1, j - 1) of each tile; `stay` its own value.
    """
    width, left = box[3] - box[2], box[2]
    for m in range(len(kernels)):
        k = kernels[m]
        a, b, c, d = k[0, 0], k[0, 1], k[0, 2], k[1, 0]
        e, f, g, h = k[1, 2], k[2, 0], k[2, 1], k[2, 2]
        for i in range(box[0], box[1]):
            above = now[m, i, left : left + width + 2]
            level = now[m, i + 1, left : left + width + 2]
            below = now[m, i + 2, left : left + width + 2]
            staying = stay[m, i + 1, left + 1 : left + 1 + width]
            is_open = inside[i + 1, left + 1 : left + 1 + width]
            out = later[m, i + 1, left + 1 : left + 1 + width]
            for j in range(width):
                upper = a * above[j] + b * above[j + 1] + c * above[j + 2]
                middle = d * level[j] + e * level[j + 2]
                lower = f * below[j] + g * below[j + 1] + h * below[j + 2]
                out[j] = staying[j] * level[j + 1] + is_open[j] * (upper + middle + lower)


@compiled
def mix(message: Floats, box: Ints, switch: Floats, rows: Floats) -> None:
    """Replace mode b of a message by ``sum_a switch[b, a] message[a]`` on its box."""
    n_modes, width, left = len(switch), box[3] - box[2], box[2] + 1
    for i in range(box[0] + 1, box[1] + 1):
        for m in range(n_modes):
            rows[m, :width] = message[m, i, left : left + width]
        for m in range(n_modes):
            out = message[m, i, left : left + width]
            out[:] = 0.0
            for other in range(n_modes):
                share = switch[m, other]
                if share > 0.0:
                    source = rows[other]
                    for j in range(width):
                        out[j] += share * source[j]


@compiled
def trim(message: Floats, old: Ints, box: Ints) -> None:
    """Set a message that filled an old box to 0 outside a new one."""
    if old[0] >= box[0] and old[1] <= box[1] and old[2] >= box[2] and old[3] <= box[3]:
        return
    for i in range(old[0], old[1]):
        rows = message[:, i + 1]
        if i < box[0] or i >= box[1]:
            rows[:, old[2] + 1 : old[3] + 1] = 0.0
        else:
            if old[2] < box[2]:
                rows[:, old[2] + 1 : min(box[2], old[3]) + 1] = 0.0
            if old[3] > box[3]:
                rows[:, max(box[3], old[2]) + 1 : old[3] + 1] = 0.0


@compiled
def widen(
    box: Ints, n_steps: int, within: Ints, n_steps_within: int, grid: Ints, out: Ints
) -> None:
    """Grow a box by some steps, as far as another box grown by some steps and the grid allow."""
    for low in (0, 2):
        high = low + 1
        out[low] = max(box[low] - n_steps, within[low] - n_steps_within, grid[low])
        out[high] = min(box[high] + n_steps, within[high] + n_steps_within, grid[high])
        out[high] = max(out[high], out[low])
        # An empty box keeps a place in the grid.
        out[low] = min(out[low], out[high])


@compiled
def weigh(
    message: Floats, box: Ints, factor: float, block: Floats, block_box: Ints, totals: Floats
) -> float:
    """Multiply a message by a factor and an emission whose box holds its own; return the sum.

    Summed by column first: a fixed order that the processor can take several at a time.
    """
    width = box[3] - box[2]
    block_width = block_box[3] - block_box[2]
    totals[:width] = 0.0
    for m in range(len(message)):
        for i in range(box[0], box[1]):
            at = (i - block_box[0]) * block_width + box[2] - block_box[2]
            values = block[at : at + width]
            out = message[m, i + 1, box[2] + 1 : box[2] + 1 + width]
            for j in range(width):
                value = out[j] * values[j] * factor
                value = value if value > FAINT else 0.0
                out[j] = value
                totals[j] += value
    total = 0.0
    for j in range(width):
        total += totals[j]
    return total


@compiled
def begin(message: Floats, box: Ints, start: Floats, modes: Floats, new_box: Ints) -> None:
    """Replace a message by another array's values on a box, times a share for each mode."""
    trim(message, box, new_box)
    box[:] = new_box
    for m in range(len(message)):
        for i in range(box[0] + 1, box[1] + 1):
            source = start[i, box[2] + 1 : box[3] + 1]
            message[m, i, box[2] + 1 : box[3] + 1] = modes[m] * source


@compiled
def blend(filtered: Floats, message: Floats, box: Ints, totals: Floats) -> float:
    """Multiply a kept message by the backward message; normalise; return the sum before."""
    width, height = box[3] - box[2], box[1] - box[0]
    totals[:width] = 0.0
    for m in range(len(message)):
        for i in range(height):
            at = (m * height + i) * width
            own = filtered[at : at + width]
            other = message[m, box[0] + i + 1, box[2] + 1 : box[2] + 1 + width]
            for j in range(width):
                value = own[j] * other[j]
                own[j] = value
                totals[j] += value
    total = 0.0
    for j in range(width):
        total += totals[j]
    if total > 0.0:
        factor = 1.0 / total
        for j in range(len(filtered)):
            filtered[j] *= factor
    return total
