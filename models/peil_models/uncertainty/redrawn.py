"""Draw a footprint again, as wrong as it may be.

How wrong that is belongs to `misfit_of_shares`; what becomes of the estimates to `draws`.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from scipy.special import ndtri

Floats = NDArray[np.float64]
Keys = NDArray[np.uint64]

ODD = np.uint64(0x9E3779B97F4A7C15)

PAIRS_AT_ONCE = 1_000_000
"""Pairs of cell and tile that are worked on together: memory beyond the result's own."""


def redrawn_footprint(
    X: sparse.csr_array, cells: ArrayLike, places: ArrayLike, *, spread: float, draw: int
) -> sparse.csr_array:
    """Change the strength of every cell at random, as a whole and place by place.

    ``X'[c, t] ~ X[c, t] exp(spread (e[c] + e[c, place of t]))`` with standard normal e, scaled so
    that each tile is covered as well as before. The first error is that of a cell's power, tilt or
    height, the second that of its azimuth, of terrain and of shadows.

    Parameters
    ----------
    X : csr_array of shape (n_cells, n_tiles)
        Connection probability.
    cells : array-like of int, shape (n_cells,)
        A number for each cell, the same in every plan: a cell keeps its errors where a plan or the
        set of cells on the air changes.
    places : array-like of int, shape (n_tiles,)
        Tiles with the same number share an error.
    spread : float in [0, inf)
        Standard deviation of each error of the logarithm.
    draw : int
        The same number gives the same errors.

    Returns
    -------
    csr_array of shape (n_cells, n_tiles)
        Columns sum to what they summed to.

    Raises
    ------
    ValueError
        A wrong shape, or a spread that is negative or not a number.

    Examples
    --------
    >>> X = sparse.csr_array(np.array([[0.5, 1.0], [0.5, 0.0]]))
    >>> again = redrawn_footprint(X, [1, 2], [0, 0], spread=0.5, draw=1)
    >>> again.sum(axis=0).round(12).tolist(), bool(abs(again[0, 0] - 0.5) > 0.01)
    ([1.0, 1.0], True)
    """
    if not spread >= 0:
        raise ValueError(f"spread must be at least 0, got {spread}")
    names, where = np.asarray(cells).astype(np.uint64), np.asarray(places).astype(np.uint64)
    if names.shape != (X.shape[0],) or where.shape != (X.shape[1],):
        raise ValueError(
            f"cells and places have shapes {names.shape} and {where.shape}, X {X.shape}"
        )
    own = _mixed(names ^ _mixed(np.full(1, draw, dtype=np.uint64)))
    of_cell, of_place = _normal(own), _mixed(where + ODD)
    data = np.empty(len(X.data))
    before, after = np.zeros(X.shape[1]), np.zeros(X.shape[1])
    for part, row in _parts(X):
        tile = X.indices[part].astype(np.intp)
        error = of_cell[row] + _normal(_mixed(own[row] ^ of_place[tile]))
        data[part] = X.data[part] * np.exp(spread * error)
        np.add.at(before, tile, X.data[part])
        np.add.at(after, tile, data[part])
    scale = np.divide(before, after, out=np.zeros_like(after), where=after > 0)
    for part, _ in _parts(X):
        data[part] *= scale[X.indices[part]]
    return sparse.csr_array((data, X.indices, X.indptr), shape=X.shape)


def _parts(X: sparse.csr_array) -> Iterator[tuple[slice, NDArray[np.intp]]]:
    """Yield runs of the stored entries, with the row of each entry."""
    for first in range(0, len(X.data), PAIRS_AT_ONCE):
        end = min(first + PAIRS_AT_ONCE, len(X.data))
        bounds: NDArray[np.intp] = np.clip(X.indptr, first, end).astype(np.intp)
        yield slice(first, end), np.repeat(np.arange(X.shape[0]), bounds[1:] - bounds[:-1])


def _mixed(keys: Keys) -> Keys:
    """Scatter whole numbers over all 64 bits (SplitMix64): near ones become far."""
    out = keys + ODD
    out = (out ^ (out >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    out = (out ^ (out >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(out ^ (out >> np.uint64(31)))


def _normal(keys: Keys) -> Floats:
    """A standard normal number for each scattered key."""
    return np.asarray(ndtri(((keys >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53))
