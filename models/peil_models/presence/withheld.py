"""Read entries that the threshold withheld as what they are: between none and the threshold.

How an expectation is made belongs to the estimators.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import poisson

from peil_models.presence.inputs import Floats, check_values


def fill_withheld(
    expected: ArrayLike,
    y: ArrayLike,
    *,
    threshold: int,
    totals: ArrayLike | None = None,
) -> Floats:
    """Put in place of a withheld count what is to be expected of it.

    A count of 0 may be any number below the threshold. With ``y[c] ~ Poisson(expected[c])`` its
    mean, given that it is below, is ``m P(Y <= t - 2) / P(Y <= t - 1)``; where the devices withheld
    in an hour are known together, these means are scaled to their sum, as far as all entries below
    the threshold can hold it. This is the E-step of EM
    for counts with a censored end [1]_: estimate, fill, and estimate again.

    Parameters
    ----------
    expected : array-like of shape (n_cells, n_hours)
        What an estimator leads one to expect of each cell (`predict`). Unit: devices. A cell that
        reaches no tile, or is out, is to have 0: nothing is put there.
    y : array-like of shape (n_cells, n_hours)
        Counts, 0 where none is published. Unit: devices.
    threshold : int
        Fewest devices of an entry that is not withheld; 1 leaves `y` as it is.
    totals : array-like of shape (n_hours,), default=None
        Devices in the withheld entries of each hour. A total under the threshold is an entry to be
        withheld itself: it only bounds the sum.

    Returns
    -------
    ndarray of shape (n_cells, n_hours)
        `y`, with at most ``threshold - 1`` devices where it is 0. Unit: devices.

    Raises
    ------
    ValueError
        NaN, infinity, a negative number or a shape that differs; a threshold below 1.

    Notes
    -----
    Assumes that the expectation is right: an estimator that leaves a cell empty leaves its withheld
    devices out. Known exactly is only that each entry lies between 0 and the threshold.

    References
    ----------
    .. [1] Dempster, Laird & Rubin (1977), J. Royal Statistical Society B 39.
       doi:10.1111/j.2517-6161.1977.tb01600.x

    Examples
    --------
    >>> fill_withheld([[40.0], [3.0], [3.0]], [[38.0], [0.0], [0.0]], threshold=15).round(2)
    array([[38.],
           [ 3.],
           [ 3.]])
    >>> fill_withheld([[3.0], [1.0]], [[0.0], [0.0]], threshold=15, totals=[16.0]).round(1)
    array([[12.],
           [ 4.]])
    """
    means, counts = np.asarray(expected, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if means.shape != counts.shape or counts.ndim != 2:
        raise ValueError(f"expected has shape {means.shape}, y has {counts.shape}")
    check_values("expected", means)
    check_values("y", counts)
    if threshold < 1:
        raise ValueError(f"threshold must be at least 1, got {threshold}")
    most = float(threshold - 1)
    is_open = (counts == 0) & (means > 0)
    below = poisson.cdf(most, means)
    # far above the threshold the ratio of two vanishing chances is the threshold's own
    likely = np.divide(
        means * poisson.cdf(most - 1, means), below, out=np.full_like(means, most), where=below > 0
    )
    filled = np.where(is_open, np.minimum(likely, most), 0.0)
    if totals is not None:
        sums, wanted = filled.sum(axis=0), np.asarray(totals, dtype=np.float64)
        if wanted.shape != sums.shape:
            raise ValueError(f"totals has shape {wanted.shape}, expected {sums.shape}, one an hour")
        check_values("totals", wanted)
        wanted = np.where(wanted >= threshold, wanted, np.minimum(sums, most))
        filled = _scaled(filled, wanted, most)
    return np.where(is_open, filled, counts)


def _scaled(likely: Floats, wanted: Floats, most: float) -> Floats:
    """Scale each column to its sum; what is more than `most` anywhere goes to the others of it."""
    is_full = np.zeros(likely.shape, dtype=bool)
    while True:
        sums = np.where(is_full, 0.0, likely).sum(axis=0)
        rest = wanted - most * is_full.sum(axis=0)
        scale = np.divide(rest, sums, out=np.ones_like(sums), where=sums > 0)
        scaled = np.where(is_full, most, likely * scale)
        beyond = scaled > most
        if not beyond.any():
            return np.asarray(scaled)
        is_full |= beyond
