"""Origin-destination tables: trips by zone pair and period of departure.

Counting belongs here, with its sampling error; models of the table are in `gravity`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from peil_models.mobility.trips import Trips
from peil_models.stays import Places
from peil_models.uncertainty import weighted_interval

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class FlowTable:
    """Trips by period of departure, zone of departure and zone of arrival.

    Tables of several batches add up, since no device is in two batches. The last zone, number
    n_zones, is abroad or not known.

    Attributes
    ----------
    n_trips : ndarray of shape (n_periods, n_zones + 1, n_zones + 1)
        Trips, weighted. Unit: trips of devices, or of persons where weights were given.
    n_trips_squared : ndarray, same shape
        Sum of the squared weights: the sampling variance of `n_trips` if trips were independent.
    n_devices : ndarray of int64, same shape
        Distinct devices with a trip between the likeliest zones. What a threshold is asked of.

    Examples
    --------
    >>> batch = FlowTable(np.array([[3.0]]), np.array([[3.0]]), np.array([[2]]))
    >>> (batch + batch).n_trips, (batch + batch).n_devices
    (array([[6.]]), array([[4]]))
    """

    n_trips: Floats
    n_trips_squared: Floats
    n_devices: NDArray[np.int64]

    def __add__(self, other: FlowTable) -> FlowTable:
        """Tables of two batches of devices together."""
        return FlowTable(
            self.n_trips + other.n_trips,
            self.n_trips_squared + other.n_trips_squared,
            self.n_devices + other.n_devices,
        )


def flow_table(
    trips: Trips,
    places: Places,
    bounds_s: ArrayLike,
    *,
    weight_of_device: ArrayLike | None = None,
    is_shared: bool = False,
) -> FlowTable:
    """Count trips by zone pair and period of departure.

    Parameters
    ----------
    trips : Trips
    places : Places
        Of the segments that the trips were found in.
    bounds_s : array-like of shape (n_periods + 1,)
        Bounds of the periods, such as hours or local days; trips that depart outside count nowhere.
        Unit: seconds since the window's start.
    weight_of_device : array-like of shape (highest device + 1,), optional
        What a trip of each device counts for, such as persons per device of its home; 1 by default.
    is_shared : bool, default=False
        Share every trip over the likely zones of both ends, as if these were independent, rather
        than count it between the likeliest: right on average where places are vague, yet it makes
        trips across borders of stays near them.

    Returns
    -------
    FlowTable
        The sum over all entries of `n_trips` is the sum of the weights of the trips inside.

    Raises
    ------
    ValueError
        Bounds that do not ascend; negative weights or a device without one, with the first place.

    Examples
    --------
    >>> places = Places(np.array([3, 8]), np.array([0, 1]),
    ...                 sparse.csr_array([[1.0, 0.0], [0.25, 0.75]]))
    >>> trip = Trips(*(np.array([v]) for v in (0, 100.0, 900.0, 0, 1)))
    >>> flow_table(trip, places, [0.0, 3600.0], is_shared=True).n_trips[0]
    array([[0.25, 0.75, 0.  ],
           [0.  , 0.  , 0.  ],
           [0.  , 0.  , 0.  ]])
    """
    bounds = np.asarray(bounds_s, dtype=np.float64)
    if bounds.ndim != 1 or len(bounds) < 2 or not (np.diff(bounds) > 0).all():
        raise ValueError("bounds_s must hold two moments or more, ascending")
    n_periods, n_zones = len(bounds) - 1, places.zone_shares.shape[1]
    shape = (n_periods, n_zones + 1, n_zones + 1)
    weight = np.ones(len(trips))
    if weight_of_device is not None:
        given = np.asarray(weight_of_device, dtype=np.float64)
        is_bad = ~(given >= 0) | np.isinf(given)
        if is_bad.any():
            raise ValueError(f"weight_of_device is NaN or negative (first at {is_bad.argmax()})")
        if len(trips) and int(trips.device.max()) >= len(given):
            raise ValueError(f"weight_of_device has {len(given)} devices, trips have more")
        weight = given[trips.device]
    period = np.searchsorted(bounds, trips.departs_s, side="right") - 1
    inside = (period >= 0) & (period < n_periods)
    keep = np.flatnonzero(inside)
    period, weight = period[keep], weight[keep]
    zone = np.where(places.zone < 0, n_zones, places.zone)
    if is_shared:
        shares = _with_unknown(places)
    else:
        n = len(zone)
        shares = sparse.csr_array((np.ones(n), zone, np.arange(n + 1)), shape=(n, n_zones + 1))
    begin: Any = shares[trips.from_segment[keep]]
    end: Any = shares[trips.to_segment[keep]]
    # every pair of a likely zone of departure and one of arrival
    n_from, n_to = np.diff(begin.indptr), np.diff(end.indptr)
    n_pairs = n_from * n_to
    trip = np.repeat(np.arange(len(keep)), n_pairs)
    nth = np.arange(len(trip)) - np.repeat(np.cumsum(n_pairs) - n_pairs, n_pairs)
    a = begin.indptr[trip] + nth // n_to[trip]
    b = end.indptr[trip] + nth % n_to[trip]
    entry = np.ravel_multi_index((period[trip], begin.indices[a], end.indices[b]), shape)
    mass = weight[trip] * begin.data[a] * end.data[b]
    size = int(np.prod(shape))
    n_trips = np.asarray(np.bincount(entry, weights=mass, minlength=size), dtype=np.float64)
    squared = np.asarray(
        np.bincount(entry, weights=mass * weight[trip], minlength=size), dtype=np.float64
    )
    likely = np.ravel_multi_index(
        (period, zone[trips.from_segment[keep]], zone[trips.to_segment[keep]]), shape
    )
    pairs = np.unique(np.column_stack([trips.device[keep], likely]), axis=0)
    n_devices = np.bincount(pairs[:, 1].astype(np.int64), minlength=size).reshape(shape)
    return FlowTable(n_trips.reshape(shape), squared.reshape(shape), n_devices.astype(np.int64))


def _with_unknown(places: Places) -> sparse.csr_array:
    """Zone shares; whole in the last column where no zone is known."""
    shares = sparse.csr_array(places.zone_shares)
    is_empty = np.diff(shares.indptr) == 0
    last = sparse.csr_array(is_empty.astype(np.float64)[:, None])
    return sparse.csr_array(sparse.hstack([shares, last], format="csr"))


def flow_interval(
    table: FlowTable,
    *,
    level: float = 0.9,
    sampling_overdispersion: float = 1.154,
    model_error_share: float = 0.0001,
) -> tuple[Floats, Floats]:
    """Interval of every entry: sampling of devices and model error.

    Parameters
    ----------
    table : FlowTable
        Whole: add batches first.
    level : float, default=0.9
    sampling_overdispersion : float, default=1.154
        Variance of a number of trips over Poisson: a device makes the same trip again.
    model_error_share : float, default=0.0001
        Relative error of the method, learnt on worlds with known truth.

    Returns
    -------
    lower, upper : ndarray of the table's shape
        Quantiles of a gamma distribution, as `peil_models.uncertainty.weighted_interval`; an entry
        without trips is taken to have the mean weight.

    Examples
    --------
    >>> table = FlowTable(np.array([[100.0]]), np.array([[100.0]]), np.array([[80]]))
    >>> [bound.round().item() for bound in flow_interval(table, model_error_share=0.0)]
    [83.0, 119.0]
    """
    total = float(table.n_trips.sum())
    usual = float(table.n_trips_squared.sum()) / total if total > 0 else 1.0
    return weighted_interval(
        table.n_trips,
        table.n_trips_squared,
        weight_of_none=usual,
        level=level,
        sampling_overdispersion=sampling_overdispersion,
        model_error_share=model_error_share,
    )
