"""Trips to be expected between zones, from public things alone: residents and distance.

For choices that must not be made by looking at the trips themselves. A model that is fitted to
trips is in `gravity`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
MEAN_DISTANCE_IN_DISC = 128.0 / (45.0 * np.pi)  # of two points of a disc, in its radius


def expected_trips(
    residents: ArrayLike,
    x_m: ArrayLike,
    y_m: ArrayLike,
    area_m2: ArrayLike,
    *,
    trips_per_person: float,
    distance_exponent: float,
) -> Floats:
    """Trips a day from zone to zone, if each resident makes so many and prefers what is near.

    The trips of a zone's residents are shared over all zones, its own included, in proportion to
    ``residents / distance ** exponent``; who goes out comes back, so that both directions of a pair
    are alike.

    Parameters
    ----------
    residents : array-like of shape (n_zones,)
        Registered persons.
    x_m, y_m : array-like of shape (n_zones,)
        Centres of the zones on a plane.
    area_m2 : array-like of shape (n_zones,)
        Their size: within a zone trips are as long as between two points of a disc.
    trips_per_person : float
        A day.
    distance_exponent : float

    Returns
    -------
    ndarray of shape (n_zones, n_zones)
        Symmetric; trips within a zone on the diagonal.

    Raises
    ------
    ValueError
        Lengths that differ, residents that are negative or NaN, a zone without a size.

    Notes
    -----
    Says nothing of work, school or leisure: right within a factor of about 1.5 on the simulated
    country.

    Examples
    --------
    >>> trips = expected_trips([1000, 1000], [0, 9000], [0, 0], [25e6, 25e6],
    ...                        trips_per_person=2.0, distance_exponent=2.0)
    >>> trips.round()
    array([[1851.,  149.],
           [ 149., 1851.]])
    """
    persons = np.asarray(residents, dtype=np.float64)
    east, north, size = (np.asarray(part, dtype=np.float64) for part in (x_m, y_m, area_m2))
    if not persons.shape == east.shape == north.shape == size.shape:
        raise ValueError("residents, x_m, y_m and area_m2 differ in length")
    if not (persons >= 0).all() or np.isinf(persons).any():
        raise ValueError("residents holds NaN, infinity or a negative number")
    if not (size > 0).all():
        raise ValueError(f"area_m2 must be above 0 (first at {int(np.argmin(size > 0))})")
    distance = np.hypot(east[:, None] - east, north[:, None] - north)
    within = MEAN_DISTANCE_IN_DISC * np.sqrt(size / np.pi)
    # centres may lie closer together than a zone is wide: one zone around another
    distance = np.maximum(distance, np.minimum(within[:, None], within))
    np.fill_diagonal(distance, within)
    pull = persons * distance**-distance_exponent
    share = pull / np.maximum(pull.sum(axis=1, keepdims=True), np.finfo(np.float64).tiny)
    out = trips_per_person * persons[:, None] * share
    return np.asarray((out + out.T) / 2.0)
