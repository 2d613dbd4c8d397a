"""Tables by home zone: where devices are, and where they spend nights.

Homes are given; weights that make persons of devices are in `peil_models.weighting`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from peil_models.stays import ABROAD, UNKNOWN, Places, Segments

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class FlowCube:
    """Devices by home zone, zone where they are, and moment. Cubes of several batches add up.

    The last home, number n_zones, is that of devices without one (roamers among them, unless they
    are kept apart).

    Attributes
    ----------
    devices : ndarray of float64, shape (n_moments, n_zones + 1, n_zones)
        Expected devices: each is shared over the zones where it may be.
    n_devices : ndarray of int64, same shape
        Distinct devices, each in its likeliest zone. What a threshold is asked of.
    unseen, abroad : ndarray of int64, shape (n_moments, n_zones + 1)
        Devices whose time is unknown, or that are abroad or at no known place, by home.

    Examples
    --------
    >>> batch = FlowCube(np.array([[[2.5]]]), np.array([[[3]]]), np.array([[1]]), np.array([[0]]))
    >>> (batch + batch).devices.item(), (batch + batch).n_devices.item()
    (5.0, 6)
    """

    devices: Floats
    n_devices: Ints
    unseen: Ints
    abroad: Ints

    def __add__(self, other: FlowCube) -> FlowCube:
        """Cubes of two batches of devices together."""
        return FlowCube(
            self.devices + other.devices,
            self.n_devices + other.n_devices,
            self.unseen + other.unseen,
            self.abroad + other.abroad,
        )


def flow_cube(
    segments: Segments, places: Places, home_of_device: ArrayLike, moments_s: ArrayLike
) -> FlowCube:
    """Count devices at some moments by home and by where they are.

    Parameters
    ----------
    segments : Segments
        Whole, all states.
    places : Places
        Of all segments, moves too.
    home_of_device : array-like of int of shape (highest device + 1,)
        Home zone by number of the device, -1 where it has none.
    moments_s : array-like of shape (n_moments,)
        Ascending, such as the half hours that presence is counted at. Unit: seconds since the
        window's start.

    Returns
    -------
    FlowCube
        At every moment each device of the batch counts once: in a zone, as unseen or as abroad;
        before its first and after its last segment it is not counted.

    Raises
    ------
    ValueError
        Moments that do not ascend; a device without an entry, a home beyond the last zone.

    Examples
    --------
    >>> segments = Segments.of([0, 1], [0, 0], [7200, 7200], [0, 3], [0, -1], [0, 1], [0, 1])
    >>> places = Places(np.array([3, -1]), np.array([1, -1]),
    ...                 sparse.csr_array([[0.25, 0.75], [0.0, 0.0]]))
    >>> cube = flow_cube(segments, places, [0, -1], [1800.0])
    >>> cube.devices[0], cube.unseen[0]
    (array([[0.25, 0.75],
           [0.  , 0.  ],
           [0.  , 0.  ]]), array([0, 0, 1]))
    """
    moments = np.asarray(moments_s, dtype=np.float64)
    if moments.ndim != 1 or not (np.diff(moments) > 0).all():
        raise ValueError("moments_s must ascend")
    n_zones = places.zone_shares.shape[1]
    home = homes_of(segments, home_of_device, n_zones)
    n_moments = len(moments)
    low = np.searchsorted(moments, segments.start_s, side="left")
    n = np.searchsorted(moments, segments.end_s, side="left") - low
    segment = np.repeat(np.arange(len(segments)), n)
    moment = np.arange(len(segment)) - np.repeat(np.cumsum(n) - n, n) + low[segment]
    # shares: one entry per segment, moment and likely zone
    shares = sparse.csr_array(places.zone_shares)
    n_likely = np.diff(shares.indptr)[segment]
    pair = np.repeat(np.arange(len(segment)), n_likely)
    nth = np.arange(len(pair)) - np.repeat(np.cumsum(n_likely) - n_likely, n_likely)
    entry = shares.indptr[segment[pair]] + nth
    shape = (n_moments, n_zones + 1, n_zones)
    size = int(np.prod(shape))
    at = np.ravel_multi_index((moment[pair], home[segment[pair]], shares.indices[entry]), shape)
    devices = np.bincount(at, weights=shares.data[entry], minlength=size).reshape(shape)
    zone = places.zone[segment]
    is_placed = zone >= 0
    at = np.ravel_multi_index((moment[is_placed], home[segment[is_placed]], zone[is_placed]), shape)
    distinct = np.bincount(at, minlength=size).reshape(shape)

    def lost(which: NDArray[np.bool_]) -> Ints:
        code = moment[which] * (n_zones + 1) + home[segment[which]]
        sums = np.bincount(code, minlength=n_moments * (n_zones + 1))
        return sums.reshape(n_moments, n_zones + 1).astype(np.int64)

    unknown = segments.state[segment] == UNKNOWN
    return FlowCube(
        np.asarray(devices, dtype=np.float64),
        distinct.astype(np.int64),
        lost(~is_placed & unknown),
        lost(~is_placed & ~unknown),
    )


def homes_of(segments: Segments, home_of_device: ArrayLike, n_zones: int) -> Ints:
    """Home of the device of each segment, `n_zones` where it has none.

    Raises
    ------
    ValueError
        A device without an entry; a home beyond the last zone, with its place.

    Examples
    --------
    >>> homes_of(Segments.of([1], [0], [1], [0], [0], [0], [0]), [0, -1], 5)
    array([5])
    """
    given = np.asarray(home_of_device, dtype=np.int64)
    if len(segments) and int(segments.device.max()) >= len(given):
        raise ValueError(f"home_of_device has {len(given)} devices, the segments have more")
    if (given >= n_zones).any():
        at = int((given >= n_zones).argmax())
        raise ValueError(f"home_of_device is beyond the last zone (first at {at})")
    return np.where(given < 0, n_zones, given)[segments.device]


@dataclass(frozen=True)
class NightTable:
    """Nights spent, by home zone and zone of the night. Tables of several batches add up.

    Attributes
    ----------
    n_nights : ndarray of int64, shape (n_days, n_zones + 1, n_zones)
        Devices that spent the night that ends on the local day in the zone: most of its seconds.
    lengths : ndarray of int64, shape (n_zones + 1, n_zones, n_days + 1)
        Visits by the number of nights in a row, by home and zone; a visit that the window cuts off
        counts with the nights that are seen of it.

    Examples
    --------
    >>> table = NightTable(np.array([[[4]]]), np.array([[[0, 2, 1]]]))  # visits of 0, 1, 2 nights
    >>> table.mean_length().round(2)
    array([[1.33]])
    """

    n_nights: Ints
    lengths: Ints

    def __add__(self, other: NightTable) -> NightTable:
        """Tables of two batches of devices together."""
        return NightTable(self.n_nights + other.n_nights, self.lengths + other.lengths)

    def mean_length(self) -> Floats:
        """Mean nights in a row by home and zone, shape (n_zones + 1, n_zones); NaN without."""
        visits = self.lengths.sum(axis=2)
        nights = self.lengths @ np.arange(self.lengths.shape[2])
        mean = np.full(visits.shape, np.nan)
        np.divide(nights, visits, out=mean, where=visits > 0)
        return mean


def night_table(
    segments: Segments, places: Places, home_of_device: ArrayLike, nights_s: ArrayLike
) -> NightTable:
    """Count nights and visits by home zone and zone of the night.

    Parameters
    ----------
    segments, places, home_of_device
        As for `flow_cube`.
    nights_s : array-like of shape (n_nights, 2)
        Start and end of each night, ascending and apart. Unit: seconds since the window's start.

    Returns
    -------
    NightTable
        Residents are on the diagonal; all else is an overnight stay of a visitor.

    Raises
    ------
    ValueError
        Nights that overlap or do not ascend; homes as in `flow_cube`.

    Examples
    --------
    >>> segments = Segments.of([0], [0], [400_000], [0], [0], [0], [0])
    >>> places = Places(np.array([3]), np.array([1]), sparse.csr_array([[0.25, 0.75]]))
    >>> table = night_table(segments, places, [0], [[0, 21_600], [86_400, 108_000]])
    >>> table.n_nights[:, 0, 1], table.lengths[0, 1]
    (array([1, 1]), array([0, 0, 1]))
    """
    nights = np.asarray(nights_s, dtype=np.float64).reshape(-1, 2)
    edges = nights.ravel()
    if len(nights) == 0 or not (np.diff(edges) > 0).all():
        raise ValueError("nights_s must hold a night or more, ascending and apart")
    n_nights, n_zones = len(nights), places.zone_shares.shape[1]
    home = homes_of(segments, home_of_device, n_zones)
    usable = (segments.state != UNKNOWN) & (segments.state != ABROAD) & (places.zone >= 0)
    low = np.searchsorted(nights[:, 1], segments.start_s, side="right")
    n = np.maximum(np.searchsorted(nights[:, 0], segments.end_s, side="left") - low, 0)
    n = np.where(usable, n, 0)
    segment = np.repeat(np.arange(len(segments)), n)
    night = np.arange(len(segment)) - np.repeat(np.cumsum(n) - n, n) + low[segment]
    spent = np.minimum(segments.end_s[segment], nights[night, 1]) - np.maximum(
        segments.start_s[segment], nights[night, 0]
    )
    keys, at = np.unique(
        np.column_stack([segments.device[segment], night, places.zone[segment]]),
        axis=0,
        return_inverse=True,
    )
    total = np.bincount(at.ravel(), weights=spent, minlength=len(keys))
    order = np.lexsort((keys[:, 2], -total, keys[:, 1], keys[:, 0]))
    keys = keys[order]
    is_best = np.append(True, (keys[1:, :2] != keys[:-1, :2]).any(axis=1))[: len(keys)]
    device, night, zone = keys[is_best].T
    first_segment = np.searchsorted(segments.device, device)
    from_home = home[first_segment] if len(device) else device
    table = np.zeros((n_nights, n_zones + 1, n_zones), dtype=np.int64)
    np.add.at(table, (night, from_home, zone), 1)
    goes_on = (device[1:] == device[:-1]) & (zone[1:] == zone[:-1]) & (np.diff(night) == 1)
    starts = np.flatnonzero(np.append(True, ~goes_on)[: len(device)])
    length = np.diff(np.append(starts, len(device)))
    lengths = np.zeros((n_zones + 1, n_zones, n_nights + 1), dtype=np.int64)
    np.add.at(lengths, (from_home[starts], zone[starts], length), 1)
    return NightTable(table, lengths)
