"""Hold the persons of an hour to what is known of their sum.

Weights of single zones belong to `night_ratio` and `home_weights`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from peil_models.weighting.inputs import Floats, checked


def persons_in_area(
    residents: float,
    devices: ArrayLike,
    inbound: ArrayLike,
    *,
    away_share: float = 0.0,
) -> Floats:
    """Compute the persons in a whole country in each hour: residents at home in it, and visitors.

    ``N[h] = residents (1 - away_share) (1 + inbound[h] / (devices[h] - inbound[h]))``: a visitor's
    device stands for as many persons as a resident's.

    Parameters
    ----------
    residents : float
        Register of the area. Unit: persons.
    devices : array-like of shape (n_hours,)
        Distinct devices that the network counted; 0 where that is not published.
    inbound : array-like of shape (n_hours,)
        Those of visitors from abroad; 0 where that is not published.
    away_share : float in [0, 1), default=0.0
        Share of the residents who are outside the area.

    Returns
    -------
    ndarray of shape (n_hours,)
        Unit: persons.

    Raises
    ------
    ValueError
        NaN or a negative number; more visitors than devices; a share outside [0, 1).

    Notes
    -----
    Assumes that nobody but residents and visitors from abroad is in the area: a country, not a
    city. Not identified: the operator's share among visitors, which is taken to be that among
    residents; phones that are off at some hours cancel, where both kinds switch them off alike.

    Examples
    --------
    >>> persons_in_area(1000.0, [410.0, 400.0], [10.0, 0.0])
    array([1025., 1000.])
    """
    if not 0 <= away_share < 1:
        raise ValueError(f"away_share must lie in [0, 1), got {away_share}")
    everybody = checked("devices", devices, 1)
    visitors = checked("inbound", inbound, 1)
    own = everybody - visitors
    if (own < 0).any():
        raise ValueError(f"inbound is more than devices (first at {int((own < 0).argmax())})")
    share = np.divide(visitors, own, out=np.zeros_like(own), where=own > 0)
    return np.asarray(residents * (1.0 - away_share) * (1.0 + share))


def held_to_totals(persons: ArrayLike, totals: ArrayLike) -> Floats:
    """Scale the persons of each hour to their sum.

    Parameters
    ----------
    persons : array-like of shape (n_zones, n_hours)
        Of the lowest level, so that every other level is a sum of it. Unit: persons.
    totals : array-like of shape (n_hours,)
        Unit: persons.

    Returns
    -------
    ndarray of shape (n_zones, n_hours)
        Sums to `totals`; an hour in which nobody was estimated anywhere stays 0.

    Raises
    ------
    ValueError
        NaN, a negative number or a wrong shape.

    Examples
    --------
    >>> held_to_totals([[300.0], [100.0]], [500.0])
    array([[375.],
           [125.]])
    """
    estimates, wanted = checked("persons", persons, 2), checked("totals", totals, 1)
    if wanted.shape != (estimates.shape[1],):
        raise ValueError(f"totals has shape {wanted.shape}, expected ({estimates.shape[1]},)")
    sums = estimates.sum(axis=0)
    return np.asarray(estimates * np.divide(wanted, sums, out=np.zeros_like(sums), where=sums > 0))
