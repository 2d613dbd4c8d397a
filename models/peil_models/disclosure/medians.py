"""What a known median tells of values that are withheld among those it was taken of."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike


def median_bounds(published: ArrayLike, n_withheld: int, median: float) -> tuple[float, float]:
    """Bound each of the withheld values by the median of all values.

    Parameters
    ----------
    published : array-like of shape (n_published,)
        Values that are told, none negative.
    n_withheld : int
        Values that are not; at least 1. Nothing else is known of them than that none is negative.
    median : float
        Of published and withheld values together.

    Returns
    -------
    lower, upper : float
        `upper` is infinity where the median says nothing. Where published values leave no room
        for the median, as rounding can have it, both lie at the nearest end.

    Notes
    -----
    A value can be as large as it is where all other withheld values are 0, and as small as it is
    where they are without bound.

    Examples
    --------
    Of three hours of a night the middle one is the register's: the one that is not told is exactly
    that, or above the larger of two; of two that are not told neither is more.

    >>> median_bounds([40.0, 60.0], 1, 50.0)
    (50.0, 50.0)
    >>> median_bounds([40.0, 60.0], 1, 60.0)
    (60.0, inf)
    >>> median_bounds([60.0], 2, 50.0)
    (0.0, 50.0)
    """
    if n_withheld < 1:
        raise ValueError(f"n_withheld must be at least 1, got {n_withheld}")
    values = np.asarray(published, dtype=np.float64)
    others = np.zeros(n_withheld - 1)
    low = _reaches(np.append(values, others + np.inf), median)[0]
    high = _reaches(np.append(values, others), median)[1]
    return low, max(low, high)


def _reaches(others: np.ndarray, median: float) -> tuple[float, float]:
    """From where on a further value lifts the median of all to this, and up to where it leaves it.

    >>> _reaches(np.array([1.0, 2.0, 3.0]), 2.25)
    (2.5, 2.5)
    """
    ranked = np.sort(others)
    middle, is_odd = divmod(len(ranked), 2)
    least = float(ranked[middle - 1]) if middle else 0.0
    most = float(ranked[middle + is_odd]) if middle + is_odd < len(ranked) else math.inf
    wanted = median
    if is_odd:  # the mean of the middle one of the others and of this value, or its neighbour
        wanted = 2 * median - float(ranked[middle]) if math.isfinite(ranked[middle]) else 0.0
    # two hours with the same counts are equal up to what floating point leaves of a mean
    low = 0.0 if wanted <= least + _noise(least) else min(wanted, most)
    high = math.inf if wanted >= most - _noise(most) else max(wanted, least)
    return low, high


def _noise(value: float) -> float:
    return 1e-9 * (1.0 + value) if math.isfinite(value) else 0.0
