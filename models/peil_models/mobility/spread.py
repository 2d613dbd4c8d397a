"""Distances and variety of places, as distributions per region.

No figure of one device leaves: regional quantiles are the result.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def radius_of_gyration_m(
    device: ArrayLike, x_m: ArrayLike, y_m: ArrayLike, duration_s: ArrayLike
) -> tuple[Ints, Floats]:
    """Root mean square distance of a device from its own mean place, weighted by time [1]_.

    Parameters
    ----------
    device : array-like of int of shape (n_stays,)
        In any order.
    x_m, y_m : array-like of shape (n_stays,)
        Place of each stay. Unit: metres.
    duration_s : array-like of shape (n_stays,)
        Its length. Unit: seconds.

    Returns
    -------
    device : ndarray of int64, shape (n_devices,)
        Ascending, those with time above 0.
    radius_m : ndarray of float64, shape (n_devices,)
        Hand it to `regional_quantiles`, nowhere else.

    Raises
    ------
    ValueError
        Lengths that differ, NaN, a negative duration; with the argument and the position.

    References
    ----------
    .. [1] González, Hidalgo & Barabási (2008), Nature 453. doi:10.1038/nature06958

    Examples
    --------
    >>> radius_of_gyration_m([7, 7], [0.0, 600.0], [0.0, 0.0], [1.0, 1.0])
    (array([7]), array([300.]))
    """
    who, (x, y, time) = _checked(device, x_m=x_m, y_m=y_m, duration_s=duration_s)
    devices, number = np.unique(who, return_inverse=True)
    total = np.bincount(number, weights=time)
    mean_x = np.bincount(number, weights=time * x) / total
    mean_y = np.bincount(number, weights=time * y) / total
    squares = (x - mean_x[number]) ** 2 + (y - mean_y[number]) ** 2
    return devices, np.sqrt(np.bincount(number, weights=time * squares) / total)


def visit_entropy(
    device: ArrayLike, place: ArrayLike, duration_s: ArrayLike
) -> tuple[Ints, Floats]:
    """Entropy of the shares of time that a device spends at its places [1]_. Unit: bits.

    Parameters
    ----------
    device, place : array-like of int of shape (n_stays,)
        A place is any number, such as that of a tile or zone.
    duration_s : array-like of shape (n_stays,)
        Unit: seconds.

    Returns
    -------
    device : ndarray of int64, shape (n_devices,)
    entropy_bits : ndarray of float64, shape (n_devices,)
        0 for one place, log2(k) for k places alike. Hand it to `regional_quantiles`.

    References
    ----------
    .. [1] Song, Qu, Blumm & Barabási (2010), Science 327. doi:10.1126/science.1177170

    Examples
    --------
    >>> visit_entropy([0, 0, 0], [5, 6, 5], [900.0, 1800.0, 900.0])
    (array([0]), array([1.]))
    """
    who, (where, time) = _checked(device, place=place, duration_s=duration_s)
    visits, of_visit = np.unique(np.column_stack([who, where]), axis=0, return_inverse=True)
    spent = np.bincount(of_visit.ravel(), weights=time)
    devices, number = np.unique(visits[:, 0].astype(np.int64), return_inverse=True)
    share = spent / np.bincount(number, weights=spent)[number]
    return devices, np.abs(np.bincount(number, weights=-share * np.log2(share)))


def regional_quantiles(
    values: ArrayLike,
    region: ArrayLike,
    n_regions: int,
    *,
    quantiles: Sequence[float] = (0.1, 0.25, 0.5, 0.75, 0.9),
    min_devices: int = 15,
) -> tuple[Floats, Ints]:
    """Quantiles of a figure of devices per home region; nothing of regions with few devices.

    Parameters
    ----------
    values : array-like of shape (n_devices,)
    region : array-like of int of shape (n_devices,)
        Home region of each device; negative is left out.
    n_regions : int
    quantiles : sequence of float
        Between 0 and 1, not the ends: the largest value is that of one device.
    min_devices : int, default=15
        Fewer devices beyond the outermost quantile, on either side, and it is not given either.

    Returns
    -------
    values : ndarray of shape (n_regions, n_quantiles)
        NaN where not given.
    n_devices : ndarray of int64 of shape (n_regions,)

    Raises
    ------
    ValueError
        A quantile that is not between 0 and 1; a region beyond the last, with its position.

    Notes
    -----
    A quantile is the mean of the `min_devices` values nearest to its rank, so that no figure is
    that of one device.

    Examples
    --------
    >>> regional_quantiles(np.arange(101.0), np.zeros(101, int), 2, quantiles=[0.5])
    (array([[50.],
           [nan]]), array([101,   0]))
    """
    data, place = np.asarray(values, np.float64), np.asarray(region, np.int64)
    if data.shape != place.shape or data.ndim != 1:
        raise ValueError(f"region has shape {place.shape}, values has shape {data.shape}")
    if (place >= n_regions).any():
        raise ValueError(
            f"region is beyond the last (first at {int((place >= n_regions).argmax())})"
        )
    if np.isnan(data).any():
        raise ValueError(f"values holds NaN (first at {int(np.isnan(data).argmax())})")
    for quantile in quantiles:
        if not 0 < quantile < 1:
            raise ValueError(f"quantiles must lie between 0 and 1, got {quantile}")
    table = np.full((n_regions, len(quantiles)), np.nan)
    counts = np.bincount(place[place >= 0], minlength=n_regions)
    order = np.lexsort((data, place))
    data, place = data[order], place[order]
    for number in np.flatnonzero(counts >= min_devices):
        own = data[place == number]
        for k, quantile in enumerate(quantiles):
            rank = quantile * (len(own) - 1)
            if min(rank, len(own) - 1 - rank) + 0.5 < min_devices / 2:
                continue
            first = round(rank - (min_devices - 1) / 2)
            first = min(max(first, 0), len(own) - min_devices)
            table[number, k] = own[first : first + min_devices].mean()
    return table, counts.astype(np.int64)


def _checked(device: ArrayLike, **columns: ArrayLike) -> tuple[Ints, list[Floats]]:
    """Columns as floats, rows with a duration above 0."""
    who = np.asarray(device, np.int64)
    read = {name: np.asarray(values, np.float64) for name, values in columns.items()}
    for name, values in read.items():
        if values.shape != who.shape or who.ndim != 1:
            raise ValueError(f"{name} has shape {values.shape}, device has shape {who.shape}")
        if not np.isfinite(values).all():
            at = int((~np.isfinite(values)).argmax())
            raise ValueError(f"{name} is not a number (first at {at})")
    time = read["duration_s"]
    if (time < 0).any():
        raise ValueError(f"duration_s is negative (first at {int((time < 0).argmax())})")
    has_time = time > 0
    return who[has_time], [values[has_time] for values in read.values()]
