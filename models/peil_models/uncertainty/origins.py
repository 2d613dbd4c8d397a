"""Where a zone's visitors live, from public things alone, and the operator's share they bring.

A share belongs to a home: visitors bring that of theirs wherever they go, so that zones with
visitors from the same places err alike. What becomes of estimates by it is drawn in `draws`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from peil_models.uncertainty.distances import distances_between
from peil_models.weighting.inputs import checked

Floats = NDArray[np.float64]


def homes_of_visitors(
    register: ArrayLike, centres: ArrayLike, *, near_m: float, distance_exponent: float
) -> Floats:
    """Share of each home among the visitors of each zone, by a gravity law.

    ``mix[z, h] ~ register[h] (1 + d[z, h] / near_m) ** -distance_exponent``, its own zone left out:
    whoever lives in a zone does not visit it.

    Parameters
    ----------
    register : array-like of shape (n_zones,)
        Unit: persons.
    centres : array-like of shape (n_zones, 2)
        Centres of the zones on a plane. Unit: metres.
    near_m : float in (0, inf)
        Distance from which on being further away matters. Unit: metres.
    distance_exponent : float in [0, inf)
        0: visitors come from everywhere alike.

    Returns
    -------
    ndarray of shape (n_zones, n_zones)
        Zones visited by homes. Rows sum to 1, or to 0 where nobody lives elsewhere; the diagonal
        is 0.

    Raises
    ------
    ValueError
        NaN, a negative register, centres of a wrong shape, a law out of bounds.

    Notes
    -----
    A prior, of registered persons and distances: no device is followed. Assumes that everybody
    prefers what is near alike; a power law with an offset, as trips are found to follow [1]_.
    Not identified: commuting that follows lines and jobs rather than distance.

    References
    ----------
    .. [1] González, Hidalgo & Barabási (2008), Nature 453, 779-782. doi:10.1038/nature06958

    Examples
    --------
    >>> homes_of_visitors([100, 300, 100], [[0, 0], [1000, 0], [2000, 0]],
    ...                   near_m=1000.0, distance_exponent=1.0).round(2)
    array([[0.  , 0.82, 0.18],
           [0.5 , 0.  , 0.5 ],
           [0.18, 0.82, 0.  ]])
    """
    persons = checked("register", register, 1)
    distance = distances_between(centres, len(persons))
    if not (near_m > 0 and distance_exponent >= 0):
        raise ValueError(
            "near_m must be above 0 and distance_exponent at least 0, "
            f"got {near_m} and {distance_exponent}"
        )
    pull = persons * (1.0 + distance / near_m) ** -distance_exponent
    np.fill_diagonal(pull, 0.0)
    sums = pull.sum(axis=1, keepdims=True)
    return np.asarray(np.divide(pull, sums, out=np.zeros_like(pull), where=sums > 0))


def shares_of_visitors(of_home: ArrayLike, homes: ArrayLike) -> Floats:
    """How many times the usual share of the operator the visitors of each zone bring.

    Parameters
    ----------
    of_home : array-like of shape (n_zones,)
        How many times the usual share the residents of each zone have.
    homes : array-like of shape (n_zones, n_zones)
        As of `homes_of_visitors`.

    Returns
    -------
    ndarray of shape (n_zones,)
        The mean over homes; 1 where nobody lives elsewhere.

    Raises
    ------
    ValueError
        NaN, a negative number or a wrong shape.

    Examples
    --------
    >>> shares_of_visitors([1.1, 0.9], [[0.0, 1.0], [0.0, 0.0]])
    array([0.9, 1. ])
    """
    times, mix = checked("of_home", of_home, 1), checked("homes", homes, 2)
    if mix.shape != (len(times), len(times)):
        raise ValueError(f"homes has shape {mix.shape}, expected {(len(times), len(times))}")
    return np.asarray(1.0 + mix @ (times - 1.0))
