"""Find cells that overlap: a device that changes between them need not have moved.

Made of a footprint once; used by `segmentation` for every event.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse


def cell_overlaps(
    posterior: sparse.csr_array | ArrayLike, *, min_overlap: float = 0.25
) -> sparse.csr_array:
    """Cells whose devices are in the same places.

    Two footprints share tiles almost everywhere that signals can be heard at all; what matters is
    how much of their devices they share. Measured by the Bhattacharyya coefficient of the two
    posteriors, ``sum_t sqrt(P(t|a) P(t|b))``: 1 when equal, 0 when they share no tile [1]_.

    Parameters
    ----------
    posterior : {sparse matrix, array-like} of shape (n_cells, n_tiles)
        `peil_models.location.posterior`: rows sum to 1, or are empty for cells without a footprint.
    min_overlap : float, default=0.25
        Least coefficient of cells that overlap; 0 asks for a shared tile only.

    Returns
    -------
    csr_array of bool of shape (n_cells, n_cells)
        Symmetric; every cell overlaps itself.

    Raises
    ------
    ValueError
        A coefficient out of 0 to 1; negative or not finite posteriors, with the first entry.

    References
    ----------
    .. [1] Bhattacharyya (1943), Bulletin of the Calcutta Mathematical Society 35.

    Examples
    --------
    >>> cell_overlaps([[0.5, 0.5, 0.0], [0.0, 0.5, 0.5], [0.0, 0.0, 1.0]]).toarray()
    array([[ True,  True, False],
           [ True,  True,  True],
           [False,  True,  True]])
    """
    if not 0 <= min_overlap <= 1:
        raise ValueError(f"min_overlap must be between 0 and 1, got {min_overlap}")
    shared = sparse.coo_array(overlap_coefficients(posterior))
    is_enough = (shared.data > 0) & (shared.data >= min_overlap)
    row, column = shared.coords
    n = shared.shape[0]
    pairs = sparse.csr_array(
        (np.ones(int(is_enough.sum()), bool), (row[is_enough], column[is_enough])), shape=(n, n)
    )
    overlaps: Any = sparse.csr_array(pairs + pairs.T + sparse.eye_array(n, dtype=bool))
    overlaps.sort_indices()
    return sparse.csr_array(overlaps)


def overlap_coefficients(posterior: sparse.csr_array | ArrayLike) -> sparse.csr_array:
    """Bhattacharyya coefficient of the posteriors of each two cells.

    Parameters
    ----------
    posterior : {sparse matrix, array-like} of shape (n_cells, n_tiles)
        As for `cell_overlaps`.

    Returns
    -------
    csr_array of shape (n_cells, n_cells)

    Raises
    ------
    ValueError
        Negative or not finite posteriors, with the first entry.

    Examples
    --------
    >>> overlap_coefficients([[0.5, 0.5], [0.0, 1.0]]).toarray().round(3)
    array([[1.   , 0.707],
           [0.707, 1.   ]])
    """
    root: Any = sparse.csr_array(posterior, dtype=np.float64)  # type: ignore[arg-type]
    is_bad = ~((root.data >= 0) & np.isfinite(root.data))
    if is_bad.any():
        raise ValueError(f"posterior holds NaN or a negative number (entry {is_bad.argmax()})")
    root = sparse.csr_array(
        (np.sqrt(root.data), root.indices.copy(), root.indptr.copy()), shape=root.shape
    )
    return sparse.csr_array(root @ root.T)
