"""Change of home between two periods.

Homes are given; they are estimated in `anchors`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def migration_overlap(
    before: ArrayLike, after: ArrayLike, n_zones: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Devices by home in two periods, and how much the residents of each zone stayed the same.

    Parameters
    ----------
    before, after : array-like of int of shape (n_devices,)
        Home zone of each device in the two periods, -1 where none was found. The pseudonym must
        have lived through both: within one linkage window.
    n_zones : int

    Returns
    -------
    n_devices : ndarray of int64, shape (n_zones, n_zones)
        From the zone before to the zone after; devices without a home in either are left out.
    overlap : ndarray of float64, shape (n_zones,)
        ``2 common / (n before + n after)``: 1 where nobody moved, NaN without residents.

    Raises
    ------
    ValueError
        Lengths that differ; a zone beyond the last, with its position.

    Examples
    --------
    >>> migration_overlap([0, 0, 1, 1, -1], [0, 1, 1, 1, 0], 2)
    (array([[1, 1],
           [0, 2]]), array([0.66666667, 0.8       ]))
    """
    old, new = np.asarray(before, dtype=np.int64), np.asarray(after, dtype=np.int64)
    if old.shape != new.shape or old.ndim != 1:
        raise ValueError(f"after has shape {new.shape}, before has shape {old.shape}")
    for name, values in (("before", old), ("after", new)):
        if (values >= n_zones).any():
            raise ValueError(f"{name} is beyond the last zone (at {(values >= n_zones).argmax()})")
    has_both = (old >= 0) & (new >= 0)
    moved = np.bincount(old[has_both] * n_zones + new[has_both], minlength=n_zones**2)
    n_devices = moved.reshape(n_zones, n_zones).astype(np.int64)
    residents = n_devices.sum(axis=1) + n_devices.sum(axis=0)
    overlap = np.full(n_zones, np.nan)
    np.divide(2.0 * n_devices.diagonal(), residents, out=overlap, where=residents > 0)
    return n_devices, overlap
