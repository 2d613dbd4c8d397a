"""Forward and backward recursion over a grid, compiled: the loops of `LocationHMM`.

Arrays of the grid are padded by one tile of nothing on every side, so that no neighbour needs a
test. A message (the state of a recursion) is 0 outside its box; only boxes are computed. The
transition matrix is symmetric: one routine carries mass forwards and likelihood backwards.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.compiled import compiled

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

RESTART = -1
"""In place of a gap: the chain begins anew, from the prior."""
FAINT = 1e-150
"""Mass below this is dropped: beyond any evidence, and slow to compute with."""


@compiled
def step_once(now: Floats, later: Floats, box: Ints, stay: Floats, inside: Floats, edge: float,
              diagonal: float) -> None:  # fmt: skip
    """Carry a message one step; writes `later` on the box, reads `now` one tile around it."""
    width = box[3] - box[2]
    left = box[2]
    for i in range(box[0], box[1]):
        above = now[i, left : left + width + 2]
        level = now[i + 1, left : left + width + 2]
        below = now[i + 2, left : left + width + 2]
        kept = stay[i + 1, left + 1 : left + 1 + width]
        is_open = inside[i + 1, left + 1 : left + 1 + width]
        out = later[i + 1, left + 1 : left + 1 + width]
        for j in range(width):
            sides = above[j + 1] + below[j + 1] + level[j] + level[j + 2]
            corners = above[j] + above[j + 2] + below[j] + below[j + 2]
            out[j] = kept[j] * level[j + 1] + is_open[j] * (edge * sides + diagonal * corners)


@compiled
def trim(message: Floats, old: Ints, box: Ints) -> None:
    """Set a message that filled an old box to 0 outside a new one."""
    for i in range(old[0], old[1]):
        row = message[i + 1]
        if i < box[0] or i >= box[1]:
            row[old[2] + 1 : old[3] + 1] = 0.0
        else:
            if old[2] < box[2]:
                row[old[2] + 1 : min(box[2], old[3]) + 1] = 0.0
            if old[3] > box[3]:
                row[max(box[3], old[2]) + 1 : old[3] + 1] = 0.0


@compiled
def widen(box: Ints, n_steps: int, within: Ints, n_steps_within: int, grid: Ints,
          out: Ints) -> None:  # fmt: skip
    """Grow a box by some steps, as far as another box grown by some steps and the grid allow."""
    for low in (0, 2):
        high = low + 1
        out[low] = max(box[low] - n_steps, within[low] - n_steps_within, grid[low])
        out[high] = min(box[high] + n_steps, within[high] + n_steps_within, grid[high])
        out[high] = max(out[high], out[low])
        # An empty box keeps a place in the grid.
        out[low] = min(out[low], out[high])


@compiled
def travel(now: Floats, spare: Floats, box: Ints, spare_box: Ints, towards: Ints, gap: int,
           stay: Floats, inside: Floats, edge: float, diagonal: float, grid: Ints,
           scratch: Ints) -> int:  # fmt: skip
    """Carry a message over a gap; after an odd number of steps the answer is in `spare`.

    Mass that cannot be within `towards` at the end of the gap is dropped on the way: it could not
    count. Returns the number of state updates.
    """
    begun, next_box = scratch[0], scratch[1]
    begun[:] = box
    n_updates = 0
    for step in range(1, gap + 1):
        widen(begun, step, towards, gap - step, grid, next_box)
        trim(spare, spare_box, next_box)
        step_once(now, spare, next_box, stay, inside, edge, diagonal)
        n_updates += (next_box[1] - next_box[0]) * (next_box[3] - next_box[2])
        now, spare = spare, now
        spare_box[:] = box
        box[:] = next_box
    return n_updates


@compiled
def weigh(message: Floats, box: Ints, factor: float, block: Floats, block_box: Ints,
          totals: Floats) -> float:  # fmt: skip
    """Multiply a message by a factor and an emission whose box holds its own; return the sum.

    Summed by column first: a fixed order that the processor can take several at a time.
    """
    width = box[3] - box[2]
    block_width = block_box[3] - block_box[2]
    totals[:width] = 0.0
    for i in range(box[0], box[1]):
        at = (i - block_box[0]) * block_width + box[2] - block_box[2]
        values = block[at : at + width]
        out = message[i + 1, box[2] + 1 : box[2] + 1 + width]
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
def begin(message: Floats, box: Ints, start: Floats, new_box: Ints) -> None:
    """Replace a message by another array's values on a box."""
    trim(message, box, new_box)
    box[:] = new_box
    for i in range(box[0] + 1, box[1] + 1):
        message[i, box[2] + 1 : box[3] + 1] = start[i, box[2] + 1 : box[3] + 1]


@compiled
def most_room(gap: Ints, row: Ints, block_box: Ints, grid: Ints) -> int:
    """Tiles that the boxes of a device's events hold at most, together."""
    box, n_tiles = grid.copy(), 0
    for k in range(len(gap)):
        if row[k] >= 0:
            box[:] = block_box[row[k]]
        elif gap[k] == RESTART:
            box[:] = grid
        else:
            widen(box, gap[k], grid, 0, grid, box)
        n_tiles += (box[1] - box[0]) * (box[3] - box[2])
    return n_tiles


@compiled
def forward(gap: Ints, row: Ints, blocks: Floats, block_start: Ints, block_box: Ints,
            prior: Floats, stay: Floats, inside: Floats, edge: float, diagonal: float,
            floor: float, boxes: Ints, pool_start: Ints,
            pool: Floats) -> tuple[float, int, int]:  # fmt: skip
    """Filter one device's events.

    An event that no path explains begins the chain anew (a break), which is written into `gap`.
    With a `floor` above minus infinity the recursion stops once the log likelihood is below it,
    and a break ends it. With a pool that is not empty, messages are kept in it.

    Returns log likelihood, number of breaks, number of state updates.
    """
    now, spare = np.zeros_like(prior), np.zeros_like(prior)
    grid = np.array([0, prior.shape[0] - 2, 0, prior.shape[1] - 2])
    totals = np.empty(grid[3])
    box, spare_box, target = np.zeros(4, np.int64), np.zeros(4, np.int64), grid.copy()
    scratch, old = np.zeros((2, 4), np.int64), np.zeros(4, np.int64)
    likelihood, factor, n_breaks, n_updates, used = 0.0, 1.0, 0, 0, 0
    for k in range(len(gap)):
        target[:] = grid
        if row[k] >= 0:
            target[:] = block_box[row[k]]
        total = -1.0
        if gap[k] != RESTART:
            if gap[k] > 0:
                n_updates += travel(now, spare, box, spare_box, target, gap[k], stay, inside,
                                    edge, diagonal, grid, scratch)  # fmt: skip
                if gap[k] % 2 == 1:
                    now, spare = spare, now
            else:
                old[:] = box
                widen(box, 0, target, 0, grid, box)
                trim(now, old, box)
            if row[k] >= 0:
                total = weigh(now, box, factor, blocks[block_start[row[k]] :], target, totals)
                if total <= 0.0:
                    n_breaks += 1
                    gap[k] = RESTART
                    if floor > -np.inf:
                        return -np.inf, n_breaks, n_updates
        if gap[k] == RESTART:
            begin(now, box, prior, target)
            factor = 1.0
            if row[k] >= 0:
                n_updates += (box[1] - box[0]) * (box[3] - box[2])
                total = weigh(now, box, factor, blocks[block_start[row[k]] :], target, totals)
        if row[k] >= 0:
            if total > 0.0:
                likelihood += np.log(total)
                factor = 1.0 / total
            else:
                # Fainter than FAINT everywhere: the next event will begin anew.
                likelihood = -np.inf
                factor = 1.0
            if likelihood < floor:
                return -np.inf, n_breaks, n_updates
        if len(pool) > 0:
            boxes[k] = box
            pool_start[k] = used
            width = box[3] - box[2]
            for i in range(box[0], box[1]):
                pool[used : used + width] = now[i + 1, box[2] + 1 : box[2] + 1 + width]
                used += width
            pool_start[k + 1] = used
    return likelihood, n_breaks, n_updates


@compiled
def blend(filtered: Floats, message: Floats, box: Ints) -> float:
    """Multiply a kept message by the backward message; normalise; return the sum before."""
    width = box[3] - box[2]
    total = 0.0
    for i in range(box[0], box[1]):
        at = (i - box[0]) * width
        own = filtered[at : at + width]
        other = message[i + 1, box[2] + 1 : box[2] + 1 + width]
        for j in range(width):
            own[j] *= other[j]
        total += own.sum()
    if total > 0.0:
        filtered[: (box[1] - box[0]) * width] /= total
    return total


@compiled
def backward(gap: Ints, row: Ints, blocks: Floats, block_start: Ints, block_box: Ints,
             stay: Floats, inside: Floats, edge: float, diagonal: float, boxes: Ints,
             pool_start: Ints, pool: Floats) -> int:  # fmt: skip
    """Turn the kept messages of one device into posteriors given all its events, in place.

    Returns the number of state updates.
    """
    now, spare = np.zeros_like(stay), np.zeros_like(stay)
    grid = np.array([0, stay.shape[0] - 2, 0, stay.shape[1] - 2])
    totals = np.empty(grid[3])
    box, spare_box = np.zeros(4, np.int64), np.zeros(4, np.int64)
    scratch, old = np.zeros((2, 4), np.int64), np.zeros(4, np.int64)
    n_updates = 0
    factor = 1.0
    for k in range(len(gap) - 1, -1, -1):
        if k == len(gap) - 1 or gap[k + 1] == RESTART:
            begin(now, box, inside, boxes[k])
        else:
            if row[k + 1] >= 0:
                weigh(now, box, factor, blocks[block_start[row[k + 1]] :],
                      block_box[row[k + 1]], totals)  # fmt: skip
            if gap[k + 1] > 0:
                n_updates += travel(now, spare, box, spare_box, boxes[k], gap[k + 1], stay,
                                    inside, edge, diagonal, grid, scratch)  # fmt: skip
                if gap[k + 1] % 2 == 1:
                    now, spare = spare, now
            else:
                old[:] = box
                widen(box, 0, boxes[k], 0, grid, box)
                trim(now, old, box)
        total = blend(pool[pool_start[k] : pool_start[k + 1]], now, boxes[k])
        factor = 1.0 / total if total > 0.0 else 1.0
    return n_updates
