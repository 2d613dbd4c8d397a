"""Weights by the zone where a device is, from the nights.

Weights by the zone where it lives are in `home_weights`.
"""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_is_fitted

from peil_models.weighting.inputs import (
    CountsToPersons,
    Floats,
    devices_and_register,
    devices_of,
)


class NightRatio(CountsToPersons):
    """Persons per device in each zone, such that the median night meets the register.

    ``ratio[z] = (register[z] + k r) / (median over night hours of devices[z] + k)``, with r the
    ratio of all zones together and k `pooled_devices`, then applied to all hours.

    Parameters
    ----------
    min_devices : float in [0, inf), default=1.0
        A zone whose median night holds fewer devices, or with nobody in its register, has no ratio
        of its own: it takes the ratio of all zones together. Unit: devices.
    most_times_together : float in [1, inf], default=inf
        A ratio beyond so many times that of all zones together, or below that ratio over as many,
        takes the bound: it tells of a footprint that is wrong about the zone, not of its people.
    pooled_devices : float in [0, inf), default=0.0
        So many devices with the ratio of all zones together are added to each zone: a ratio of few
        devices is drawn towards the others. With 0 the median night meets the register.

    Attributes
    ----------
    ratio_ : ndarray of shape (n_zones,)
        Unit: persons per device.
    is_pooled_ : ndarray of bool of shape (n_zones,)
        Zones that took the ratio of all zones together.
    is_bounded_ : ndarray of bool of shape (n_zones,)
        Zones whose own ratio lay out of bounds: their median night does not meet the register.
    night_devices_ : ndarray of shape (n_zones,)
        Devices of the median night hour, the ground of each ratio. Unit: devices.

    Notes
    -----
    Assumes that the residents of a zone, and only they, sleep there, and that a device stands for
    as many persons by day as by night wherever it came from. **It hides overnight visitors and
    absent residents by construction**: the median night equals the register even in a resort in
    season [1]_. Give the nights before working days. It absorbs whatever bias of a zone is the
    same by day and by night: market share, holders of two devices, a wrong footprint. Where hardly
    any device is put by night and many by day, a ratio without bounds makes persons of that error.
    Not identified: market share apart from footprint bias.

    References
    ----------
    .. [1] CBS (2020), Pilot study MPMDR: introduction to the research method.

    Examples
    --------
    >>> night = np.array([[40.0, 50.0, 60.0], [10.0, 10.0, 10.0]])
    >>> weights = NightRatio().fit(night, np.array([150.0, 50.0]))
    >>> weights.transform(np.array([[20.0], [30.0]]))
    array([[ 60.],
           [150.]])
    """

    ratio_: Floats
    is_pooled_: NDArray[np.bool_]
    is_bounded_: NDArray[np.bool_]
    night_devices_: Floats

    def __init__(
        self,
        *,
        min_devices: float = 1.0,
        most_times_together: float = float("inf"),
        pooled_devices: float = 0.0,
    ) -> None:
        self.min_devices = min_devices
        self.most_times_together = most_times_together
        self.pooled_devices = pooled_devices

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Compare the median night with the register.

        Parameters
        ----------
        X : array-like of shape (n_zones, n_night_hours)
            Devices present in the hours that count as night. Unit: devices.
        y : array-like of shape (n_zones,)
            Register: residents. Unit: persons.

        Raises
        ------
        ValueError
            NaN, a negative number or a wrong shape, with the argument and the position;
            no device or no resident in any zone; a bound below 1, fewer pooled devices than 0.
        """
        if not self.most_times_together >= 1:
            raise ValueError(
                f"most_times_together must be at least 1, got {self.most_times_together}"
            )
        if not self.pooled_devices >= 0:
            raise ValueError(f"pooled_devices must be at least 0, got {self.pooled_devices}")
        devices, persons = devices_and_register(self, X, y)
        median = np.median(devices, axis=1)
        if not median.sum() > 0:
            raise ValueError("X holds no device on the median night of any zone")
        if not persons.sum() > 0:
            raise ValueError("y holds no person in any zone")
        self.night_devices_ = median
        self.is_pooled_ = (median < self.min_devices) | (median == 0) | (persons == 0)
        together = persons.sum() / median.sum()
        pooled = float(self.pooled_devices)
        own = np.divide(
            persons + pooled * together,
            median + pooled,
            out=np.full_like(median, together),
            where=median > 0,
        )
        times = float(self.most_times_together)
        bounded = np.clip(own, together / times, together * times)
        self.is_bounded_ = ~self.is_pooled_ & (bounded != own)
        self.ratio_ = np.where(self.is_pooled_, together, bounded)
        return self

    def transform(self, X: ArrayLike) -> Floats:
        """Turn devices into persons.

        Parameters
        ----------
        X : array-like of shape (n_zones, n_hours)
            The zones of `fit`, any hours. Unit: devices.

        Returns
        -------
        ndarray of shape (n_zones, n_hours)
            Unit: persons.

        Raises
        ------
        ValueError
            NaN, a negative number or a wrong shape, with the argument and the position.
        """
        check_is_fitted(self)
        counts = devices_of(X)
        if len(counts) != len(self.ratio_):
            raise ValueError(f"X has {len(counts)} rows, fit saw {len(self.ratio_)} zones")
        return np.asarray(counts * self.ratio_[:, None])
