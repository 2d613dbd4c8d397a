"""Columns of a footprint: shares of the cells in a tile, with or without some of them.

Arithmetic on connection probabilities; radio is `peil_models.footprint.propagation`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from peil_models.footprint.propagation import Floats


def share_of_column(strength: sparse.csr_array) -> sparse.csr_array:
    """Divide each column by its sum; empty columns stay empty."""
    totals = np.bincount(strength.indices, weights=strength.data, minlength=strength.shape[1])
    return sparse.csr_array(
        (strength.data / totals[strength.indices], strength.indices, strength.indptr),
        shape=strength.shape,
    )


def best_of_column(strength: sparse.csr_array) -> sparse.csr_array:
    """Keep the largest of each column as a share: 1, or 1/n where n are equal."""
    best = np.zeros(strength.shape[1])
    np.maximum.at(best, strength.indices, strength.data)
    coo = strength.tocoo()
    is_best = (coo.data > 0) & (coo.data == best[coo.col])
    rows, columns = coo.row[is_best], coo.col[is_best]
    n_best = np.bincount(columns, minlength=strength.shape[1])
    return sparse.csr_array((1.0 / n_best[columns], (rows, columns)), shape=strength.shape)


def strongest_of_column(tile: NDArray[np.intp], strength: Floats, limit: int) -> NDArray[np.intp]:
    """Positions of the `limit` largest of each tile; of equals, the first cell."""
    if np.bincount(tile).max(initial=0) <= limit:
        return np.arange(len(tile))
    order = np.lexsort((-strength, tile))
    ranked = tile[order]
    starts = np.searchsorted(ranked, ranked, side="left")
    return np.sort(order[np.arange(len(order)) - starts < limit])


def without_cells(chances: Any, is_out: ArrayLike) -> sparse.csr_array:
    """Footprint of an hour in which some cells are out: the others share their tiles.

    Parameters
    ----------
    chances : {array-like, sparse matrix} of shape (n_cells, n_tiles)
        Connection probability of the whole network.
    is_out : array-like of bool of shape (n_cells,)

    Returns
    -------
    csr_array of shape (n_cells, n_tiles)
        Rows of cells that are out are empty; columns sum to 1, or to 0 where no cell is left.

    Raises
    ------
    ValueError
        `is_out` has another length.

    Notes
    -----
    Exact for `FootprintSignalStrength`: the share of a cell among those left is its dominance over
    the sum of theirs.

    Examples
    --------
    >>> without_cells([[0.5, 1.0], [0.25, 0.0], [0.25, 0.0]], [True, False, False]).toarray()
    array([[0. , 0. ],
           [0.5, 0. ],
           [0.5, 0. ]])
    """
    footprint = sparse.csr_array(chances, dtype=np.float64)
    out = np.asarray(is_out, dtype=bool)
    if out.shape != (footprint.shape[0],):
        raise ValueError(f"is_out has shape {out.shape}, expected ({footprint.shape[0]},)")
    left = sparse.csr_array(sparse.diags_array((~out).astype(np.float64)) @ footprint)
    left.eliminate_zeros()
    return share_of_column(left)


def silent_cells(
    chances: Any, counts: ArrayLike, prior: ArrayLike, *, least_expected: float = 50.0
) -> NDArray[np.bool_]:
    """Cells that counted nobody in an hour although many devices were to be expected.

    Parameters
    ----------
    chances : {array-like, sparse matrix} of shape (n_cells, n_tiles)
    counts : array-like of shape (n_cells,)
        Of one hour. Unit: devices.
    prior : array-like of shape (n_tiles,)
        Any scale; scaled to the devices counted.
    least_expected : float, default=50.0
        Fewer are no evidence of an outage: a prior may be wrong by a factor. Unit: devices.

    Returns
    -------
    ndarray of bool of shape (n_cells,)

    Notes
    -----
    A cell that was renamed is silent as well; what it counts stands under its new name. Entries
    withheld for being small are no silence as long as `least_expected` is well above their
    threshold.

    Examples
    --------
    >>> silent_cells([[0.5, 0.5], [0.5, 0.5]], [200.0, 0.0], [1.0, 1.0])
    array([False,  True])
    """
    footprint = sparse.csr_array(chances, dtype=np.float64)
    counted, mass = np.asarray(counts, np.float64), np.asarray(prior, np.float64)
    if counted.shape != (footprint.shape[0],) or mass.shape != (footprint.shape[1],):
        raise ValueError(
            f"counts and prior have shapes {counted.shape} and {mass.shape}, expected "
            f"({footprint.shape[0]},) and ({footprint.shape[1]},)"
        )
    expected = np.asarray(footprint @ mass)
    total = expected.sum()
    expected = expected * (counted.sum() / total) if total > 0 else expected
    return np.asarray((counted == 0) & (expected >= least_expected))
