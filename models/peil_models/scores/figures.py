"""How far estimates are from the truth. Every function takes the truth first.

Report a score beside those of Voronoi and SB on the same data, with an interval over seeds.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from peil_models.scores.transport import transport_cost

Floats = NDArray[np.float64]


def mape(truth: ArrayLike, estimate: ArrayLike) -> float:
    """Mean absolute percentage error over entries with a truth above 0.

    Parameters
    ----------
    truth, estimate : array-like of the same shape
        Unit: persons. Entries with truth 0 have no percentage and are left out.

    Returns
    -------
    float
        A share: 0.05 is 5 %.

    Examples
    --------
    >>> mape([100.0, 200.0, 0.0], [110.0, 180.0, 5.0])
    0.1
    """
    true, guess = _pair(truth, estimate)
    is_there = true > 0
    if not is_there.any():
        raise ValueError("truth is 0 everywhere: a percentage error does not exist")
    return float(np.mean(np.abs(guess - true)[is_there] / true[is_there]))


def wape(truth: ArrayLike, estimate: ArrayLike) -> float:
    """Weighted absolute percentage error, the sum of absolute errors over the sum of the truth.

    Examples
    --------
    >>> wape([100.0, 200.0, 0.0], [110.0, 180.0, 6.0])
    0.12
    """
    true, guess = _pair(truth, estimate)
    if not true.sum() > 0:
        raise ValueError("truth is 0 everywhere: a percentage error does not exist")
    return float(np.abs(guess - true).sum() / true.sum())


def bias(truth: ArrayLike, estimate: ArrayLike) -> float:
    """Sum of the estimates over the sum of the truth, minus 1; positive is too many.

    Examples
    --------
    >>> bias([100.0, 100.0], [110.0, 100.0])
    0.05
    """
    true, guess = _pair(truth, estimate)
    if not true.sum() > 0:
        raise ValueError("truth is 0 everywhere: a relative bias does not exist")
    return float((guess - true).sum() / true.sum())


def common_part_of_commuters(truth: ArrayLike, estimate: ArrayLike) -> float:
    """Common part of two flow matrices, ``2 sum(min) / (sum + sum)`` [1]_: 1 is equal, 0 disjoint.

    Parameters
    ----------
    truth, estimate : array-like of the same shape
        Trips by zone pair, not negative.

    References
    ----------
    .. [1] Lenormand et al. (2012), PLOS ONE 7. doi:10.1371/journal.pone.0045985

    Examples
    --------
    >>> common_part_of_commuters([[0, 8], [2, 0]], [[0, 6], [4, 0]])
    0.8
    """
    true, guess = _pair(truth, estimate)
    for name, values in (("truth", true), ("estimate", guess)):
        if (values < 0).any():
            raise ValueError(f"{name} is negative (first at {int((values < 0).argmax())})")
    total = true.sum() + guess.sum()
    if not total > 0:
        raise ValueError("truth and estimate hold no trip: a common part does not exist")
    return float(2.0 * np.minimum(true, guess).sum() / total)


def wape_squares(
    x_m: ArrayLike,
    y_m: ArrayLike,
    truth: ArrayLike,
    estimate: ArrayLike,
    *,
    square_m: float = 1000.0,
) -> float:
    """WAPE after adding tiles to larger squares.

    Parameters
    ----------
    x_m, y_m : array-like of shape (n_tiles,)
        Centres. Unit: metres.
    truth, estimate : array-like of shape (n_tiles,) or (n_tiles, n_hours)
    square_m : float, default=1000.0
        Side of a square, aligned to 0. Unit: metres.

    Examples
    --------
    >>> wape_squares([50, 150, 1050], [50, 50, 50], [10.0, 0.0, 10.0], [0.0, 10.0, 5.0])
    0.25
    """
    true, guess = _pair(truth, estimate)
    _, square = _squares(x_m, y_m, square_m)
    return wape(_sums(square, true), _sums(square, guess))


def earth_movers_distance(
    x_m: ArrayLike,
    y_m: ArrayLike,
    truth: ArrayLike,
    estimate: ArrayLike,
    *,
    square_m: float = 500.0,
) -> float:
    """Mean distance that estimated mass must be moved to become the true mass.

    Both are normalised to 1 and added to squares; the cost of moving is the distance between the
    centres of squares. Exact: a transport problem solved by linear programming (the extra
    `disclosure`).

    Parameters
    ----------
    x_m, y_m : array-like of shape (n_tiles,)
        Centres. Unit: metres.
    truth, estimate : array-like of shape (n_tiles,)
    square_m : float, default=500.0
        Side of a square. Unit: metres.

    Returns
    -------
    float
        Unit: metres.

    Examples
    --------
    >>> round(earth_movers_distance([250, 1250], [250, 250], [1.0, 1.0], [2.0, 0.0]), 3)
    500.0
    """
    true, guess = _pair(truth, estimate)
    if true.ndim != 1:
        raise ValueError(f"truth has {true.ndim} dimensions, expected 1: one hour at a time")
    if not (true.sum() > 0 and guess.sum() > 0):
        raise ValueError("truth or estimate has no mass: a distance does not exist")
    centres, square = _squares(x_m, y_m, square_m)
    surplus = _sums(square, guess) / guess.sum() - _sums(square, true) / true.sum()
    return transport_cost(centres, surplus)


def interval_coverage(truth: ArrayLike, lower: ArrayLike, upper: ArrayLike) -> float:
    """Share of entries whose interval holds the truth, ends included.

    Examples
    --------
    >>> interval_coverage([1.0, 5.0], [0.0, 0.0], [2.0, 4.0])
    0.5
    """
    true, low = _pair(truth, lower)
    _, high = _pair(truth, upper)
    return float(np.mean((low <= true) & (true <= high)))


def interval_score(
    truth: ArrayLike, lower: ArrayLike, upper: ArrayLike, *, level: float = 0.9
) -> float:
    """Winkler's interval score [1]_: mean width plus a fine for every miss; smaller is better.

    The fine is ``2 / (1 - level)`` times the distance from the truth to the interval, so that
    width cannot buy coverage. Unit: persons.

    References
    ----------
    .. [1] Gneiting & Raftery (2007), JASA 102. doi:10.1198/016214506000001437

    Examples
    --------
    >>> round(interval_score([1.0, 5.0], [0.0, 0.0], [2.0, 4.0], level=0.9), 6)
    13.0
    """
    true, low = _pair(truth, lower)
    _, high = _pair(truth, upper)
    if (low > high).any():
        raise ValueError(f"lower is above upper (first at {int((low > high).argmax())})")
    fine = 2.0 / (1.0 - level)
    miss = np.maximum(low - true, 0.0) + np.maximum(true - high, 0.0)
    return float(np.mean(high - low + fine * miss))


def _pair(truth: ArrayLike, other: ArrayLike) -> tuple[Floats, Floats]:
    true = np.asarray(truth, dtype=np.float64)
    guess = np.asarray(other, dtype=np.float64)
    if true.shape != guess.shape:
        raise ValueError(f"truth has shape {true.shape}, the estimate has {guess.shape}")
    for name, values in (("truth", true), ("estimate", guess)):
        if np.isnan(values).any():
            raise ValueError(f"{name} holds NaN (first at {int(np.isnan(values).argmax())})")
    return true, guess


def _squares(x_m: ArrayLike, y_m: ArrayLike, square_m: float) -> tuple[Floats, NDArray[np.intp]]:
    """Centres of the squares that hold a tile, and the square of each tile."""
    points = np.column_stack([np.asarray(x_m, np.float64), np.asarray(y_m, np.float64)])
    corners, square = np.unique(np.floor(points / square_m), axis=0, return_inverse=True)
    return (corners + 0.5) * square_m, np.asarray(square, dtype=np.intp)


def _sums(square: NDArray[np.intp], values: Floats) -> Floats:
    out = np.zeros((int(square.max()) + 1, *values.shape[1:]))
    np.add.at(out, square, values)
    return out
