"""The grain at which trips are published: which pairs of areas, in how long periods.

Chosen from what is expected, never from what was counted, so that the choice says nothing about
the counts. What is then published of it is decided by the threshold, elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
HOUR, PART, DAY = 0, 1, 2


@dataclass(frozen=True)
class PairGrain:
    """Units of pairs of zones, and in which periods each is published.

    Every pair of two zones is in one unit. An end of a unit is a zone, or those zones of a region
    that have no unit of their own with the other end.

    Attributes
    ----------
    unit_of_pair : ndarray of int64, shape (n_zones, n_zones)
        -1 on the diagonal.
    from_end, to_end : ndarray of int64, shape (n_units,)
        A zone's number, or n_zones and more: that of a region.
    is_whole : ndarray of bool, shape (n_units,)
        Whether a unit holds all pairs between its ends.
    period : ndarray of int64, shape (n_units, n_parts)
        `HOUR`, `PART` or `DAY` in each part of the day; a unit by day is so in all of them.

    Examples
    --------
    >>> one_pair = PairGrain(np.array([[-1, 0], [0, -1]]), np.array([2]), np.array([2]),
    ...                      np.array([True]), np.array([[DAY]]))
    >>> int(one_pair.unit_of_pair[0, 1])
    0
    """

    unit_of_pair: Ints
    from_end: Ints
    to_end: Ints
    is_whole: NDArray[np.bool_]
    period: Ints


def pair_grain(
    expected: ArrayLike,
    size: ArrayLike,
    region: ArrayLike,
    part_hours: ArrayLike,
    part_share: ArrayLike,
    *,
    wanted: float,
    mass_share: float,
) -> PairGrain:
    """Choose units and periods so that entries are expected to hold as many devices as wanted.

    A pair of zones of which less is expected a day joins those between its larger zone and the
    region of its smaller one; where that is too little still, those between both regions. A unit is
    by hour in the parts of the day whose mean hour is expected to reach `wanted`, else by part;
    where more than ``1 - mass_share`` of its trips are expected in parts below `wanted`, by day.

    Parameters
    ----------
    expected : array-like of shape (n_zones, n_zones)
        Devices with a trip a day, from public things.
    size : array-like of shape (n_zones,)
        Residents: which of two zones is the larger; the first of two alike.
    region : array-like of int of shape (n_zones,)
        From 0.
    part_hours, part_share : array-like of shape (n_parts,)
        Hours of each part of the day, and the share of a day's trips that is expected in it.
    wanted : float
        Unit: devices.
    mass_share : float

    Returns
    -------
    PairGrain

    Raises
    ------
    ValueError
        Shapes that do not fit, or `expected` is negative or NaN.

    Examples
    --------
    >>> grain = pair_grain([[0, 90, 9], [90, 0, 9], [9, 9, 0]], [500, 400, 20], [0, 0, 0],
    ...                    [12, 12], [0.5, 0.5], wanted=15, mass_share=0.8)
    >>> grain.unit_of_pair
    array([[-1,  0,  2],
           [ 1, -1,  2],
           [ 2,  2, -1]])
    >>> grain.is_whole.tolist(), grain.period[[0, 2]].tolist()
    ([True, True, False], [[1, 1], [1, 1]])
    """
    trips = np.asarray(expected, dtype=np.float64)
    persons = np.asarray(size, dtype=np.float64)
    above = np.asarray(region, dtype=np.int64)
    n = len(trips)
    if trips.shape != (n, n) or persons.shape != (n,) or above.shape != (n,):
        raise ValueError("expected must be zones by zones, size and region a number a zone")
    if not (trips >= 0).all():
        raise ValueError("expected holds NaN or a negative number")
    own = np.arange(n)
    is_pair = own[:, None] != own
    from_end = np.broadcast_to(own[:, None], (n, n)).copy()
    to_end = np.broadcast_to(own, (n, n)).copy()
    is_first = own[:, None] < own
    from_larger = (persons[:, None] > persons) | ((persons[:, None] == persons) & is_first)
    is_few = is_pair & (trips < wanted)
    from_end = np.where(is_few & ~from_larger, n + above[:, None], from_end)
    to_end = np.where(is_few & from_larger, n + above, to_end)
    number, total = _units(from_end, to_end, trips, is_pair)
    # of one zone there is no pair, hence no unit: a number then leads to the 0 at the end
    still_few = is_few & (np.append(total, 0.0)[number] < wanted)
    from_end = np.where(still_few, n + above[:, None], from_end)
    to_end = np.where(still_few, n + above, to_end)
    number, total = _units(from_end, to_end, trips, is_pair)
    first = np.full(len(total), n * n, dtype=np.int64)
    np.minimum.at(first, number[is_pair], np.flatnonzero(is_pair))
    ends = from_end.ravel()[first], to_end.ravel()[first]
    n_pairs = np.bincount(number[is_pair], minlength=len(total))
    return PairGrain(
        np.where(is_pair, number, -1),
        *ends,
        n_pairs == _pairs_between(*ends, above, n),
        _periods(total, part_hours, part_share, wanted, mass_share),
    )


def _units(
    from_end: Ints, to_end: Ints, trips: Floats, is_pair: NDArray[np.bool_]
) -> tuple[Ints, Floats]:
    """Number of each pair's unit, in the order of its ends, and what is expected of each unit."""
    key = from_end * (2 * len(trips)) + to_end
    keys = np.unique(key[is_pair])
    number = np.minimum(np.searchsorted(keys, key), max(len(keys) - 1, 0))
    total = np.bincount(number[is_pair], trips[is_pair], minlength=len(keys))
    return number, np.asarray(total, dtype=np.float64)


def _pairs_between(from_end: Ints, to_end: Ints, region: Ints, n: int) -> Ints:
    """How many pairs of two zones there are between the ends of each unit."""
    sizes = np.append(np.ones(n, dtype=np.int64), np.bincount(region, minlength=n))
    region_of_end = np.append(region, np.arange(n))
    has_both_regions = (from_end >= n) & (to_end >= n)
    is_alike = region_of_end[from_end] == region_of_end[to_end]
    in_both = np.where(has_both_regions, sizes[from_end], 1) * is_alike
    in_both[(from_end < n) & (to_end < n)] = 0  # two zones, which differ
    return np.asarray(sizes[from_end] * sizes[to_end] - in_both)


def _periods(
    total: Floats, part_hours: ArrayLike, part_share: ArrayLike, wanted: float, mass_share: float
) -> Ints:
    hours = np.asarray(part_hours, dtype=np.float64)
    share = np.asarray(part_share, dtype=np.float64)
    if hours.shape != share.shape or not np.isclose(share.sum(), 1.0):
        raise ValueError("part_share must give each part its share of the day, 1 together")
    of_part = total[:, None] * share
    period = np.where(of_part / hours >= wanted, HOUR, PART)
    below = np.where(of_part < wanted, of_part, 0.0).sum(axis=1)
    by_day = below > (1.0 - mass_share) * total
    return np.asarray(np.where(by_day[:, None], DAY, period), dtype=np.int64)
