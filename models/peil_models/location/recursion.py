"""Forward and backward recursion over a grid, compiled: the loops of `LocationHMM`.

Moves reversed, one routine carries mass forwards and likelihood back.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from peil_models.compiled import compiled
from peil_models.location.messages import begin, blend, mix, step_once, trim, weigh, widen

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

RESTART = -1
"""In place of a gap: the chain begins anew, from the prior."""


@compiled
def travel(
    now: Floats,
    spare: Floats,
    box: Ints,
    spare_box: Ints,
    towards: Ints,
    gap: int,
    kernels: Floats,
    switch: Floats,
    is_back: bool,
    stay: Floats,
    inside: Floats,
    grid: Ints,
    scratch: Ints,
    rows: Floats,
) -> int:
    """Carry a message over a gap; after an odd number of steps the answer is in `spare`.

    Forwards modes are mixed after each move, backwards before it. Mass that cannot be within
    `towards` at the end of the gap is dropped on the way: it could not count. Returns the number
    of state updates.
    """
    begun, next_box = scratch[0], scratch[1]
    begun[:] = box
    n_modes, n_updates = len(kernels), 0
    for step in range(1, gap + 1):
        widen(begun, step, towards, gap - step, grid, next_box)
        trim(spare, spare_box, next_box)
        if is_back and n_modes > 1:
            mix(now, box, switch, rows)
        step_once(now, spare, next_box, kernels, stay, inside)
        n_updates += n_modes * (next_box[1] - next_box[0]) * (next_box[3] - next_box[2])
        now, spare = spare, now
        spare_box[:] = box
        box[:] = next_box
        if n_modes > 1 and not is_back:
            mix(now, box, switch, rows)
    return n_updates


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
def forward(
    gap: Ints,
    row: Ints,
    blocks: Floats,
    block_start: Ints,
    block_box: Ints,
    prior: Floats,
    modes: Floats,
    kernels: Floats,
    switch: Floats,
    stay: Floats,
    inside: Floats,
    floor: float,
    boxes: Ints,
    pool_start: Ints,
    pool: Floats,
) -> tuple[float, int, int]:
    """Filter one device's events. `kernels` are flipped, `switch` is transposed.

    An event that no path explains begins the chain anew (a break), which is written into `gap`.
    With a `floor` above minus infinity the recursion stops once the log likelihood is below it,
    and a break ends it. With a pool that is not empty, messages are kept in it.

    Returns log likelihood, number of breaks, number of state updates.
    """
    now, spare = np.zeros_like(stay), np.zeros_like(stay)
    grid = np.array([0, prior.shape[0] - 2, 0, prior.shape[1] - 2])
    totals, rows = np.empty(grid[3]), np.empty((len(modes), grid[3]))
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
                n_updates += travel(
                    now,
                    spare,
                    box,
                    spare_box,
                    target,
                    gap[k],
                    kernels,
                    switch,
                    False,
                    stay,
                    inside,
                    grid,
                    scratch,
                    rows,
                )
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
            begin(now, box, prior, modes, target)
            factor = 1.0
            if row[k] >= 0:
                n_updates += len(modes) * (box[1] - box[0]) * (box[3] - box[2])
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
            for m in range(len(modes)):
                for i in range(box[0], box[1]):
                    source = now[m, i + 1, box[2] + 1 : box[2] + 1 + width]
                    pool[used : used + width] = source
                    used += width
            pool_start[k + 1] = used
    return likelihood, n_breaks, n_updates


@compiled
def backward(
    gap: Ints,
    row: Ints,
    blocks: Floats,
    block_start: Ints,
    block_box: Ints,
    kernels: Floats,
    switch: Floats,
    stay: Floats,
    inside: Floats,
    boxes: Ints,
    pool_start: Ints,
    pool: Floats,
) -> int:
    """Turn the kept messages of one device into posteriors given all its events, in place.

    Returns the number of state updates.
    """
    now, spare = np.zeros_like(stay), np.zeros_like(stay)
    grid = np.array([0, inside.shape[0] - 2, 0, inside.shape[1] - 2])
    totals, rows, ones = np.empty(grid[3]), np.empty((len(stay), grid[3])), np.ones(len(stay))
    box, spare_box = np.zeros(4, np.int64), np.zeros(4, np.int64)
    scratch, old = np.zeros((2, 4), np.int64), np.zeros(4, np.int64)
    n_updates = 0
    factor = 1.0
    for k in range(len(gap) - 1, -1, -1):
        if k == len(gap) - 1 or gap[k + 1] == RESTART:
            begin(now, box, inside, ones, boxes[k])
        else:
            if row[k + 1] >= 0:
                weigh(
                    now,
                    box,
                    factor,
                    blocks[block_start[row[k + 1]] :],
                    block_box[row[k + 1]],
                    totals,
                )
            if gap[k + 1] > 0:
                n_updates += travel(
                    now,
                    spare,
                    box,
                    spare_box,
                    boxes[k],
                    gap[k + 1],
                    kernels,
                    switch,
                    True,
                    stay,
                    inside,
                    grid,
                    scratch,
                    rows,
                )
                if gap[k + 1] % 2 == 1:
                    now, spare = spare, now
            else:
                old[:] = box
                widen(box, 0, boxes[k], 0, grid, box)
                trim(now, old, box)
        total = blend(pool[pool_start[k] : pool_start[k + 1]], now, boxes[k], totals)
        factor = 1.0 / total if total > 0.0 else 1.0
    return n_updates
