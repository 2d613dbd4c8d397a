"""Cut segments at midnights.

Bounds of days are arguments; segments are made in `segmentation`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from peil_models.stays.segments import Segments


def split_at(segments: Segments, bounds_s: ArrayLike) -> tuple[Segments, NDArray[np.int64]]:
    """Cut segments at the given moments, such as midnights: one row per segment and day.

    Parameters
    ----------
    segments : Segments
    bounds_s : array-like of shape (n_days + 1,)
        Ascending: start of each day, and end of the last. Days of 23 and 25 hours are days.
        Unit: seconds since the start of the linkage window.

    Returns
    -------
    pieces : Segments
        In the order of `segments`; each keeps its state, cell and events.
    day : ndarray of int64, shape (n_pieces,)
        Number of the day: from 0; -1 before the first bound, n_days from the last on.

    Raises
    ------
    ValueError
        No bound, or bounds that do not ascend, with the first position.

    Examples
    --------
    >>> whole = Segments.of([0], [80_000.0], [90_000.0], [0], [3], [0], [9])
    >>> pieces, day = split_at(whole, [0.0, 86_400.0, 172_800.0])
    >>> pieces.start_s, pieces.end_s, day
    (array([80000., 86400.]), array([86400., 90000.]), array([0, 1]))
    """
    bounds = np.asarray(bounds_s, dtype=np.float64)
    if bounds.ndim != 1 or len(bounds) == 0:
        raise ValueError(f"bounds_s has shape {bounds.shape}, expected at least one moment")
    falls = ~(np.diff(bounds) > 0)
    if falls.any():
        raise ValueError(f"bounds_s does not ascend (first at {int(falls.argmax()) + 1})")
    low = np.searchsorted(bounds, segments.start_s, side="right")
    high = np.searchsorted(bounds, segments.end_s, side="left")
    n_pieces = np.maximum(high - low, 0) + 1
    segment = np.repeat(np.arange(len(segments)), n_pieces)
    within = np.arange(len(segment)) - np.repeat(np.cumsum(n_pieces) - n_pieces, n_pieces)
    day = low[segment] + within - 1
    pieces = segments.take(segment)
    start, end = pieces.start_s.copy(), pieces.end_s.copy()
    later, earlier = within > 0, within < n_pieces[segment] - 1
    start[later] = bounds[day[later]]
    end[earlier] = bounds[day[earlier] + 1]
    cut = Segments(
        pieces.device, start, end, pieces.state, pieces.cell, pieces.first_event, pieces.last_event
    )
    return cut, np.asarray(day, dtype=np.int64)
