"""Events of devices as the compiled loops of this package take them: checked, sorted, typed.

What is made of events (segments, places) does not belong here.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from peil_models.stays import loops


def checked_events(
    device: ArrayLike, at_s: ArrayLike, cell: ArrayLike, n_cells: int
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int32]]:
    """Events as arrays of the types that the loops take.

    Raises
    ------
    ValueError
        As `StaySegmentation.segment`.

    Examples
    --------
    >>> checked_events([0, 0], [5, 1], [0, 0], 1)
    Traceback (most recent call last):
    ValueError: at_s goes back within a device (first at event 1): sort by device, at_s, cell
    """
    who, when = np.asarray(device), np.asarray(at_s)
    where = np.asarray(cell)
    for name, values in (("device", who), ("at_s", when), ("cell", where)):
        if values.ndim != 1 or len(values) != len(who):
            raise ValueError(f"{name} has shape {values.shape}, expected ({len(who)},)")
    for name, values in (("device", who), ("cell", where)):
        if len(values) and not np.issubdtype(values.dtype, np.integer):
            raise ValueError(f"{name} holds {values.dtype}, expected integers")
    who = np.ascontiguousarray(who, dtype=np.int64)
    when = np.ascontiguousarray(when, dtype=np.float64)
    where = np.ascontiguousarray(where, dtype=np.int32)
    at = loops.first_disorder(who, when, where, n_cells)
    if at >= 0:
        if not np.isfinite(when[at]):
            raise ValueError(f"at_s is not a number (first at event {at})")
        if not -2 <= where[at] < n_cells:
            raise ValueError(f"cell has no row in overlaps (first at event {at})")
        if who[at] < who[at - 1]:
            raise ValueError(f"device is not ascending (first at event {at})")
        which = (
            "at_s goes back within a device"
            if when[at] < when[at - 1]
            else ("cell is not ascending within a moment")
        )
        raise ValueError(f"{which} (first at event {at}): sort by device, at_s, cell")
    return who, when, where
