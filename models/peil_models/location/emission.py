"""Emission of the hidden Markov model: the chance of an event given the tile and the last cell.

Movement is in `moves`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from peil_models.location.histories import MISSING, Histories

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def connection_by_strength(signal_dbm: ArrayLike, sharpness: float) -> Floats:
    """Connection probability of devices that prefer the strongest cell.

    ``P[a, g] = exp(k S[a, g]) / sum_b exp(k S[b, g])``: with sharpness k = 0 every cell is alike,
    with .23 (ln 10 / 10) the chance is proportional to received power, and the larger the closer
    to the best server.

    Parameters
    ----------
    signal_dbm : array-like of shape (n_cells, n_tiles)
        Mean signal; minus infinity where a cell does not reach. Unit: dBm.
    sharpness : float
        Unit: 1/dBm. Found by likelihood, never on true positions.

    Returns
    -------
    ndarray of shape (n_cells, n_tiles)
        Columns sum to 1, or to 0 where no cell reaches.

    Raises
    ------
    ValueError
        NaN or plus infinity, with its position; a negative sharpness.

    Examples
    --------
    >>> connection_by_strength([[-80.0, -90.0], [-90.0, -90.0]], 0.2).round(3)
    array([[0.881, 0.5  ],
           [0.119, 0.5  ]])
    """
    signal = np.asarray(signal_dbm, dtype=np.float64)
    is_bad = np.isnan(signal) | (signal == np.inf)
    if is_bad.any():
        row, column = np.unravel_index(int(is_bad.argmax()), signal.shape)
        raise ValueError(f"signal_dbm is no number (first at row {row}, column {column})")
    if not 0 <= sharpness < np.inf:
        raise ValueError(f"sharpness must not be negative, got {sharpness}")
    best = signal.max(axis=0)
    behind = signal - np.where(np.isfinite(best), best, 0.0)
    # Where nothing reaches, minus infinity stays so whatever the sharpness.
    power = np.where(np.isfinite(signal), np.exp(sharpness * np.maximum(behind, -1e6)), 0.0)
    total = power.sum(axis=0)
    shares: Floats = np.divide(power, total, out=np.zeros_like(power), where=total > 0)
    return shares


@dataclass(frozen=True)
class Blocks:
    """Emissions as dense blocks on the boxes of their cells: ``base + memory * slope``.

    Attributes
    ----------
    start : ndarray of shape (n_rows + 1,)
        Where the block of each row begins.
    box : ndarray of shape (n_rows, 4)
        First row, end row, first column, end column of the grid.
    base, slope : ndarray of shape (start[-1],)
    """

    start: Ints
    box: Ints
    base: Floats
    slope: Floats

    def values(self, memory: float) -> Floats:
        """Emissions at this memory, between 0 and 1."""
        return self.base + memory * self.slope


def kinds_of_events(histories: Histories, has_memory: bool) -> tuple[Ints, Ints, Ints]:
    """Tell the emission row of each event, and which kinds of emission there are.

    Returns
    -------
    row : ndarray of shape (n_events,)
        Emission row, -1 where nothing was seen.
    cell, previous : ndarray of shape (n_rows,)
        Of each row; previous is -1 where it does not matter.
    """
    cell = histories.cell
    served = np.flatnonzero(cell != MISSING)
    previous = np.full(len(cell), -1, dtype=np.int64)
    if has_memory and len(served) > 1:
        device = histories.device()[served]
        follows = np.flatnonzero(device[1:] == device[:-1])
        previous[served[follows + 1]] = cell[served[follows]]
    # both as one number: far faster to sort than pairs, and in the same order
    span = int(cell.max(initial=0)) + 2
    pairs, row_of_seen = np.unique(cell[served] * span + previous[served] + 1, return_inverse=True)
    row = np.full(len(cell), -1, dtype=np.int64)
    row[served] = row_of_seen
    return row, pairs // span, pairs % span - 1


def make_blocks(
    chances: sparse.csr_array,
    shape: tuple[int, int],
    cell: Ints,
    previous: Ints,
    hold_share: float = 0.0,
) -> Blocks:
    """Lay out the emission of every kind of event.

    With memory h the chance of the same cell again is ``h + (1 - h) P``, of another cell
    ``(1 - h) P``, wherever the previous cell holds: it covers the tile, with at least `hold_share`
    of the chance of the best cell there. Elsewhere it is P.
    """
    if not 0 <= hold_share <= 1:
        raise ValueError(f"hold_share must lie between 0 and 1, got {hold_share}")
    matrix: Any = chances
    best = np.zeros(matrix.shape[1])
    np.maximum.at(best, matrix.indices, matrix.data)
    holds = matrix.data >= hold_share * best[matrix.indices]
    n_columns = shape[1]
    box = np.zeros((len(cell), 4), dtype=np.int64)
    bases: list[Floats] = []
    slopes: list[Floats] = []
    for number, (own, before) in enumerate(zip(cell, previous, strict=True)):
        at = matrix.indices[matrix.indptr[own] : matrix.indptr[own + 1]]
        if not len(at):
            bases.append(np.zeros(0))
            slopes.append(np.zeros(0))
            continue
        rows, columns = at // n_columns, at % n_columns
        box[number] = rows.min(), rows.max() + 1, columns.min(), columns.max() + 1
        top, bottom, left, right = box[number]
        base = np.zeros((bottom - top, right - left))
        base[rows - top, columns - left] = matrix.data[matrix.indptr[own] : matrix.indptr[own + 1]]
        slope = np.zeros_like(base)
        if before >= 0:
            stored = slice(matrix.indptr[before], matrix.indptr[before + 1])
            near = matrix.indices[stored][holds[stored]]
            down, right_of = near // n_columns, near % n_columns
            inside = (down >= top) & (down < bottom) & (right_of >= left) & (right_of < right)
            is_kept = np.zeros(base.shape, dtype=bool)
            is_kept[down[inside] - top, right_of[inside] - left] = True
            slope = np.where(is_kept, float(before == own) - base, 0.0)
        bases.append(base.ravel())
        slopes.append(slope.ravel())
    start = np.concatenate([[0], np.cumsum([len(block) for block in bases], dtype=np.int64)])
    return Blocks(
        start.astype(np.int64),
        box,
        np.concatenate(bases) if bases else np.zeros(0),
        np.concatenate(slopes) if slopes else np.zeros(0),
    )
