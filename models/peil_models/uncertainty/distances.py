"""How far zones lie apart."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def distances_between(centres: ArrayLike, n_zones: int) -> Floats:
    """Return the distance of each zone from each.

    Parameters
    ----------
    centres : array-like of shape (n_zones, 2)
        On a plane. Unit: metres.
    n_zones : int in [0, inf)
        How many there must be.

    Returns
    -------
    ndarray of shape (n_zones, n_zones)
        Unit: metres.

    Raises
    ------
    ValueError
        A wrong shape, NaN or infinity.

    Examples
    --------
    >>> distances_between([[0, 0], [300, 400]], 2)
    array([[  0., 500.],
           [500.,   0.]])
    """
    where = np.asarray(centres, dtype=np.float64)
    if where.shape != (n_zones, 2):
        raise ValueError(f"centres has shape {where.shape}, expected ({n_zones}, 2)")
    if not np.isfinite(where).all():
        raise ValueError("centres holds NaN or infinity")
    return np.asarray(np.hypot(*(where[:, None] - where).transpose(2, 0, 1)))
