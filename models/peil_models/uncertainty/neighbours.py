"""Errors of place are moves between neighbours: what one zone has too much, those near it lack.

A footprint that is drawn again puts devices elsewhere, most of them next door. Calibrated by each
zone's own night, zones side by side would err alike in a draw, and their sums far more than the sum
of a region does.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from peil_models.uncertainty.distances import distances_between
from peil_models.weighting.inputs import checked

Floats = NDArray[np.float64]


def neighbourhoods(register: ArrayLike, centres: ArrayLike, *, reach: float) -> Floats:
    """Share of each zone in the neighbourhood of each.

    ``near[z, w] ~ register[w] exp(-d[z, w]**2 / (2 h**2))`` with ``h = reach`` times the
    median distance of a zone to the nearest other: side by side, whatever the size of zones.

    Parameters
    ----------
    register : array-like of shape (n_zones,)
        Unit: persons.
    centres : array-like of shape (n_zones, 2)
        Centres of the zones on a plane. Unit: metres.
    reach : float in (0, inf)

    Returns
    -------
    ndarray of shape (n_zones, n_zones)
        Rows sum to 1. A zone far from all others, the only one, or one without neighbours who live
        there is its own neighbourhood.

    Raises
    ------
    ValueError
        NaN, a negative register, centres of a wrong shape, or no reach.

    Examples
    --------
    >>> neighbourhoods([100, 100, 300], [[0, 0], [1000, 0], [9000, 0]], reach=1.0).round(2)
    array([[0.62, 0.38, 0.  ],
           [0.38, 0.62, 0.  ],
           [0.  , 0.  , 1.  ]])
    """
    persons = checked("register", register, 1)
    distance = distances_between(centres, len(persons))
    if not reach > 0:
        raise ValueError(f"reach must be above 0, got {reach}")
    alone = np.eye(len(persons))
    if len(persons) < 2:
        return np.asarray(alone)
    nearest = np.where(alone > 0, np.inf, distance).min(axis=1)
    width = max(reach * float(np.median(nearest)), 1e-9)
    pull = persons * np.exp(-0.5 * (distance / width) ** 2)
    sums = pull.sum(axis=1, keepdims=True)
    return np.asarray(np.divide(pull, sums, out=alone.copy(), where=sums > 0))


def made_up_nearby(draws: ArrayLike, near: ArrayLike) -> Floats:
    """Take out of draws what a neighbourhood errs by as a whole; medians stay.

    ``L' = L - (1 - near[z, z]) * (near @ L)`` of ``L``, the logarithm of a draw over the median of
    its entry: what is left of an error is made up for nearby. A zone that is its own neighbourhood
    keeps its own.

    Parameters
    ----------
    draws : array-like of shape (n_draws, n_zones, n_hours)
        Unit: persons.
    near : array-like of shape (n_zones, n_zones)
        As of `neighbourhoods`.

    Returns
    -------
    ndarray of shape (n_draws, n_zones, n_hours)
        Unit: persons.

    Raises
    ------
    ValueError
        NaN, a negative number or a wrong shape.

    Notes
    -----
    How far errors reach is not identified without truth: `neighbourhoods`' reach is to be learnt
    where that is known.

    Examples
    --------
    >>> near = neighbourhoods([100, 100], [[0, 0], [1000, 0]], reach=2.0)
    >>> draws = np.array([[[90.0], [90.0]], [[100.0], [100.0]], [[110.0], [110.0]]])
    >>> made_up_nearby(draws, near)[:, 0, 0].round(0)  # both erred alike
    array([ 95., 100., 105.])
    """
    given, shares = checked("draws", draws, 3), checked("near", near, 2)
    if shares.shape != (given.shape[1],) * 2:
        raise ValueError(f"near has shape {shares.shape}, draws have {given.shape[1]} zones")
    median = np.median(given, axis=0)
    apart = np.log(np.maximum(given, 1e-9) / np.maximum(median, 1e-9))
    alike = np.einsum("zw,dwh->dzh", shares, apart)
    apart -= (1.0 - np.diag(shares))[None, :, None] * alike
    return np.asarray(np.where(given > 0, median * np.exp(apart), 0.0))
