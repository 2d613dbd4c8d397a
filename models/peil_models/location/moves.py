"""Movement in one step: modes, each with nine moves, and the chances between modes.

Kernels belong here; their fit is in `movement`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from peil_models.location.grid import Grid

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Moves:
    """Movement of a hidden Markov chain over tiles and modes.

    In a step a device in mode a moves as a does, then takes mode b with probability switch[a, b].

    Attributes
    ----------
    kernels : ndarray of shape (n_modes, 3, 3)
        Probability of moving by (row - 1, column - 1); each sums to 1. What would leave the grid
        or enter a hole stays.
    switch : ndarray of shape (n_modes, n_modes)
        Rows sum to 1.
    start : ndarray of shape (n_modes,)
        Modes where a chain begins; sums to 1.
    """

    kernels: Floats
    switch: Floats
    start: Floats

    def stay(self, grid: Grid) -> Floats:
        """Probability of being in the same tile after a step, (n_modes, rows + 2, columns + 2)."""
        out = np.zeros((len(self.kernels), *grid.inside.shape))
        for i in range(3):
            for j in range(3):
                # Whether the tile that a move leads to is inside, for every tile.
                there = np.roll(grid.inside, (1 - i, 1 - j), axis=(0, 1))
                is_back = np.ones_like(there) if i == j == 1 else 1.0 - there
                out += self.kernels[:, i, j, None, None] * is_back
        return out * grid.inside

    @property
    def flipped(self) -> Floats:
        """Kernels with every move reversed: what arrives at a tile, by where it comes from."""
        return np.ascontiguousarray(self.kernels[:, ::-1, ::-1])


def neighbours(edge: float, diagonal: float) -> Moves:
    """One mode: to each neighbour by side, to each by corner, else nowhere.

    Examples
    --------
    >>> neighbours(0.1, 0.05).kernels.round(2).tolist()
    [[[0.05, 0.1, 0.05], [0.1, 0.4, 0.1], [0.05, 0.1, 0.05]]]
    """
    kernel = np.array([[diagonal, edge, diagonal], [edge, 0.0, edge], [diagonal, edge, diagonal]])
    kernel[1, 1] = 1.0 - 4.0 * edge - 4.0 * diagonal
    return Moves(kernel[None], np.ones((1, 1)), np.ones(1))


def headings(
    go: float, stop: float, turn: float, slow: float, fast: float, fast_share: float, n: int
) -> Moves:
    """Rest, or a heading that is kept, for each of two speeds; a device keeps its speed.

    Parameters
    ----------
    go, stop, turn : float
        Probability in a step of setting out, of coming to rest, and of taking a new heading.
    slow, fast : float
        Tiles moved in a step, at most 1.
    fast_share : float
        Share of the devices that move fast.
    n : int
        Headings, evenly spread.

    Notes
    -----
    A fraction of a tile is a chance to move one tile, in both directions of the grid apart: on
    average the right way and speed, with a spread that real movement has not.

    Examples
    --------
    >>> moves = headings(0.1, 0.2, 0.0, 0.1, 0.5, 0.5, 4)
    >>> moves.kernels.shape, moves.kernels[6, 1].tolist()
    ((10, 3, 3), [0.0, 0.5, 0.5])
    """
    size = n + 1
    kernels = np.zeros((2 * size, 3, 3))
    switch = np.zeros((2 * size, 2 * size))
    own = np.zeros((size, size))
    own[0] = [1.0 - go, *np.full(n, go / n)]
    own[1:, 0] = stop
    own[1:, 1:] = (1.0 - stop) * (turn / n + (1.0 - turn) * np.eye(n))
    at_rest = stop / (go + stop) if go + stop > 0 else 1.0
    settled = np.array([at_rest, *np.full(n, (1.0 - at_rest) / n)])
    for gait, tiles in enumerate((slow, fast)):
        first = gait * size
        kernels[first, 1, 1] = 1.0
        for k in range(n):
            angle = 2.0 * np.pi * k / n
            x, y = (round(tiles * way, 15) for way in (np.cos(angle), np.sin(angle)))
            by_column = [max(-x, 0.0), 1.0 - abs(x), max(x, 0.0)]
            by_row = [max(-y, 0.0), 1.0 - abs(y), max(y, 0.0)]
            kernels[first + 1 + k] = np.outer(by_row, by_column)
        switch[first : first + size, first : first + size] = own
    start = np.concatenate([(1.0 - fast_share) * settled, fast_share * settled])
    return Moves(kernels, switch, start)
