"""Home cell of a device by simple rules of counting.

Baselines that every other estimator of homes must beat.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

CellRule = Literal["most_night_events", "most_days", "last_of_day", "most_events"]


def home_cells(
    device: ArrayLike,
    cell: ArrayLike,
    day: ArrayLike,
    is_night: ArrayLike,
    rule: CellRule,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Home cell of each device by a rule of counting.

    Parameters
    ----------
    device, cell, day : array-like of int of shape (n_events,)
        Sorted by device and time; day is the number of the local day. Events without a cell
        (negative) do not count.
    is_night : array-like of bool of shape (n_events,)
    rule : {"most_night_events", "most_days", "last_of_day", "most_events"}
        What is counted per cell: events by night (all events of a device without any), days with
        an event, days whose last event it is, events.

    Returns
    -------
    device : ndarray of int64, shape (n_devices,)
        Ascending.
    cell : ndarray of int64, shape (n_devices,)
        With the highest count, ties to the lower number.
    margin : ndarray of float64, shape (n_devices,)
        Its share of the counts less that of the runner-up.

    Raises
    ------
    ValueError
        A rule that does not exist; columns of different lengths.

    References
    ----------
    Vanhoof, Reis, Ploetz & Smoreda (2018), Journal of Official Statistics 34.
    doi:10.2478/jos-2018-0046

    Examples
    --------
    >>> home_cells([0, 0, 0], [5, 5, 6], [0, 0, 1], [False, False, True], "most_night_events")
    (array([0]), array([6]), array([1.]))
    """
    if rule not in get_args(CellRule):
        raise ValueError(f"rule must be one of {', '.join(get_args(CellRule))}, got {rule!r}")
    who, where, when = (np.asarray(v, dtype=np.int64) for v in (device, cell, day))
    night = np.asarray(is_night, dtype=bool)
    for name, values in (("cell", where), ("day", when), ("is_night", night)):
        if values.shape != who.shape:
            raise ValueError(f"{name} has shape {values.shape}, device has shape {who.shape}")
    has_cell = where >= 0
    who, where, when, night = who[has_cell], where[has_cell], when[has_cell], night[has_cell]
    counted = np.ones(len(who), dtype=bool)
    if rule == "most_night_events":
        has_night = np.isin(who, who[night])
        counted = night | ~has_night
    elif rule == "most_days":
        counted = np.zeros(len(who), dtype=bool)
        counted[np.unique(np.column_stack([who, where, when]), axis=0, return_index=True)[1]] = True
    elif rule == "last_of_day":
        counted = np.append((who[1:] != who[:-1]) | (when[1:] != when[:-1]), True)[: len(who)]
    pairs, n = np.unique(
        np.column_stack([who[counted], where[counted]]), axis=0, return_counts=True
    )
    order = np.lexsort((pairs[:, 1], -n, pairs[:, 0]))
    pairs, n = pairs[order], n[order]
    first = np.flatnonzero(np.append(True, pairs[1:, 0] != pairs[:-1, 0])[: len(pairs)])
    total = np.add.reduceat(n, first) if len(first) else np.zeros(0)
    has_next = np.append(np.diff(first), len(n) - first[-1:]) > 1
    runner = np.where(has_next, n[np.minimum(first + 1, max(len(n) - 1, 0))], 0)
    return pairs[first, 0], pairs[first, 1], (n[first] - runner) / total
