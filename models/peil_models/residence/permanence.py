"""Permanence scores: in how many hours a device stayed at a place.

Stays bridged between events and their scores belong here; what a place is called by its score does
not (`peil_models.residence.usual`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from peil_models.residence.calendar import DAY_TYPES, HOUR_S, Calendar

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

ALL_DAY, NIGHT, WORKING_HOURS, EVENING = range(4)
INTERVALS = {"all day": (0, 24), "night": (18, 8), "working hours": (8, 17), "evening": (16, 22)}
"""Local hours from and up to; over midnight where the end is before the start [U]."""


@dataclass(frozen=True)
class PermanenceScores:
    """Hours of each device at each of its places.

    Attributes
    ----------
    device, place : ndarray of int64, shape (n_pairs,)
        Ascending by both.
    score : ndarray of int64, shape (n_pairs, 3, 4)
        Hours of which half or more was spent there, by day type (`DAY_TYPES`) and interval
        (`INTERVALS`).
    nights : ndarray of int64, shape (n_pairs,)
        Local days with such an hour in the interval of the night.
    observed, observed_nights : ndarray of int64, shape (n_pairs, 3, 4) and (n_pairs,)
        The same of the device at any place.

    Examples
    --------
    >>> hours = np.full((1, 3, 4), 6)
    >>> scores = PermanenceScores(np.array([7]), np.array([3]), hours, np.array([2]), 2 * hours,
    ...                           np.array([4]))
    >>> scores.score[0, 0, NIGHT] / scores.observed[0, 0, NIGHT]
    np.float64(0.5)
    """

    device: Ints
    place: Ints
    score: Ints
    nights: Ints
    observed: Ints
    observed_nights: Ints


def bridged_stays(
    device: ArrayLike,
    at_s: ArrayLike,
    cell: ArrayLike,
    x_m: ArrayLike,
    y_m: ArrayLike,
    is_night: ArrayLike,
    *,
    bridge_s: float = 900.0,
    bridge_same_cell_s: float = 7_200.0,
    bridge_night_s: float = 28_800.0,
    fastest_m_per_s: float = 13.9,
) -> tuple[Ints, Floats, Floats, Ints]:
    """Time at the cell of each event, bridged to its neighbours: the stays that scores rest on.

    Between two events of a device: in the same cell all the time between counts for it, up to
    `bridge_same_cell_s`, by night up to `bridge_night_s`; between two cells half for each, up to
    `bridge_s`, or nothing where that would be faster than `fastest_m_per_s`. Beyond, an event
    stands for half of `bridge_s` on that side.

    Parameters
    ----------
    device, cell : array-like of int of shape (n_events,)
        Sorted by device and time; no negative cell.
    at_s : array-like of shape (n_events,)
        Unit: seconds.
    x_m, y_m : array-like of shape (n_events,)
        Place of the event's cell. Unit: metres.
    is_night : array-like of bool of shape (n_events,)
        Whether the time from this event to the next is night (from 23:00 to 09:00).

    Returns
    -------
    device, start_s, end_s, cell : ndarray of shape (n_events,)

    References
    ----------
    Eurostat, multimno 1.0 documentation (2025), daily permanence score.

    Examples
    --------
    >>> stays = bridged_stays([0, 0, 0], [0.0, 3600.0, 4200.0], [1, 1, 2], [0, 0, 500], [0, 0, 0],
    ...                       [False] * 3)
    >>> stays[1], stays[2]
    (array([-450., 1800., 3900.]), array([1800., 3900., 4650.]))
    """
    who, where = np.asarray(device, np.int64), np.asarray(cell, np.int64)
    when, x, y = (np.asarray(v, np.float64) for v in (at_s, x_m, y_m))
    night = np.asarray(is_night, dtype=bool)
    for name, values in (
        ("at_s", when),
        ("cell", where),
        ("x_m", x),
        ("y_m", y),
        ("is_night", night),
    ):
        if values.shape != who.shape:
            raise ValueError(f"{name} has shape {values.shape}, device has shape {who.shape}")
    gap = np.diff(when)
    same_device = who[1:] == who[:-1]
    if (same_device & (gap < 0)).any():
        at = int((same_device & (gap < 0)).argmax()) + 1
        raise ValueError(f"at_s goes back within a device (first at event {at})")
    same_cell = where[1:] == where[:-1]
    longest = np.where(
        same_cell, np.where(night[:-1], bridge_night_s, bridge_same_cell_s), bridge_s
    )
    distance = np.hypot(np.diff(x), np.diff(y))
    is_move = distance > fastest_m_per_s * np.maximum(gap, 1.0)
    half = np.where(gap <= longest, gap / 2.0, np.minimum(gap, bridge_s) / 2.0)
    half = np.where(is_move, 0.0, half)
    edge = bridge_s / 2.0
    after = np.append(np.where(same_device, half, edge), edge)[: len(who)]
    before = np.append(edge, np.where(same_device, half, edge))[: len(who)]
    return who, when - before, when + after, where


def permanence_scores(
    device: ArrayLike,
    start_s: ArrayLike,
    end_s: ArrayLike,
    place: ArrayLike,
    calendar: Calendar,
) -> PermanenceScores:
    """Score every place of every device: the hours of which half or more was spent there.

    Parameters
    ----------
    device, place : array-like of int of shape (n_stays,)
        A place is any number, such as that of a square; negative is left out.
    start_s, end_s : array-like of shape (n_stays,)
        Stays of a device must not overlap each other. Unit: seconds since the window's start.
    calendar : Calendar

    Returns
    -------
    PermanenceScores

    Raises
    ------
    ValueError
        Columns of different lengths; an end before its start, with the position.

    Examples
    --------
    >>> from datetime import date
    >>> from peil_models.residence.calendar import make_calendar
    >>> monday = make_calendar([0, 86400], date(2026, 3, 2))
    >>> scores = permanence_scores([7, 7], [0, 9 * 3600], [8.6 * 3600, 17 * 3600], [1, 2], monday)
    >>> scores.score[:, 0]
    array([[9, 8, 1, 0],
           [8, 0, 8, 1]])
    """
    who, where = np.asarray(device, np.int64), np.asarray(place, np.int64)
    start, end = np.asarray(start_s, np.float64), np.asarray(end_s, np.float64)
    for name, values in (("start_s", start), ("end_s", end), ("place", where)):
        if values.shape != who.shape:
            raise ValueError(f"{name} has shape {values.shape}, device has shape {who.shape}")
    if (end < start).any():
        raise ValueError(f"end_s is before start_s (first at {int((end < start).argmax())})")
    edges = np.append(calendar.start_s, calendar.end_s)
    first = np.searchsorted(edges, start, side="right") - 1
    last = np.searchsorted(edges, end, side="left") - 1
    first, last = np.maximum(first, 0), np.minimum(last, len(edges) - 2)
    n = np.where(where >= 0, np.maximum(last - first + 1, 0), 0)
    stay = np.repeat(np.arange(len(who)), n)
    slot = np.arange(len(stay)) - np.repeat(np.cumsum(n) - n, n) + first[stay]
    spent = np.minimum(end[stay], edges[slot + 1]) - np.maximum(start[stay], edges[slot])
    keys, at = np.unique(
        np.column_stack([who[stay], where[stay], slot]), axis=0, return_inverse=True
    )
    is_scored = np.bincount(at.ravel(), weights=spent, minlength=len(keys)) >= HOUR_S / 2
    who, where, slot = keys[is_scored].T
    intervals = np.column_stack([calendar.between(*hours) for hours in INTERVALS.values()])
    pairs, of_pair = np.unique(np.column_stack([who, where]), axis=0, return_inverse=True)
    score, nights = _sums(of_pair.ravel(), len(pairs), slot, calendar, intervals)
    # an hour at two places, half and half, was observed once
    devices, of_device = np.unique(who, return_inverse=True)
    hours_of = np.unique(np.column_stack([of_device.ravel(), slot]), axis=0)
    observed, observed_nights = _sums(
        hours_of[:, 0], len(devices), hours_of[:, 1], calendar, intervals
    )
    back = np.searchsorted(devices, pairs[:, 0])
    return PermanenceScores(
        pairs[:, 0], pairs[:, 1], score, nights, observed[back], observed_nights[back]
    )


def _sums(
    group: Ints, n_groups: int, slot: Ints, calendar: Calendar, intervals: NDArray[np.bool_]
) -> tuple[Ints, Ints]:
    """Slots per group, day type and interval; local days with a slot of the night per group."""
    kind = calendar.day_type[slot].astype(np.int64)
    sums = np.zeros((n_groups, len(DAY_TYPES), len(INTERVALS)), dtype=np.int64)
    for k in range(len(INTERVALS)):
        inside = intervals[slot, k]
        np.add.at(sums[:, :, k], (group[inside], kind[inside]), 1)
    by_night = intervals[slot, NIGHT]
    nights = np.unique(np.column_stack([group, calendar.day[slot]])[by_night], axis=0)
    return sums, np.bincount(nights[:, 0], minlength=n_groups).astype(np.int64)
