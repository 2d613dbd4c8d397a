"""Persons that devices stand for by the zone where they live: whole windows, hours, trips.

A registry keeps it as it is before it is fitted: words and numbers alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from peil_models.uncertainty import weighted_interval
from peil_models.weighting import NightRatio

Floats = NDArray[np.float64]


class PersonsByHome(BaseEstimator):  # type: ignore[misc, unused-ignore]
    """What a device, or a trip of it, stands for, by the zone where its holder lives.

    Devices of a zone stand for the persons of its register. A device from abroad is in no register:
    it stands for as many as the operator's share says, less those who carry no phone, of whom there
    are none from abroad.

    Parameters
    ----------
    without_phone_share : float in [0, 1), default=0.0
        Persons of the register without a phone of their own.
    without_phone_workday, without_phone_weekend : float in [0, inf), default=1.0
        Trips of one of them over those of somebody who carries one.
    level : float in (0, 1), default=0.9
        Probability that an interval should cover.
    sampling_overdispersion : float in [1, inf), default=1.0
        As `peil_models.uncertainty.weighted_interval`.
    model_error_share : float in [0, inf), default=0.0
        Relative standard deviation of what the model gets wrong.
    choices : mapping of str to value, default=None
        Choices of a pilot that this version differs in; for the record, not used in `fit`.
    footprint, stays : str, default=""
        Versions that stood when this one was registered; for the record.

    Attributes
    ----------
    ratio_ : ndarray of shape (n_zones,)
        Unit: persons per device.
    abroad_ratio_ : float
        Of a device from abroad. Unit: persons per device.

    Notes
    -----
    Assumes that the devices of a zone are used as its other residents would. Not identified: the
    operator's share apart from homes that are found in the wrong zone.

    References
    ----------
    .. [1] CBS (2020), Pilot study MPMDR: introduction to the research method.

    Examples
    --------
    >>> model = PersonsByHome(without_phone_share=0.2, without_phone_workday=0.5)
    >>> model.fit([100.0, 20.0], [300.0, 50.0]).ratio_
    array([3. , 2.5])
    >>> model.persons([10.0, 4.0, 6.0], [0, 1, -1]).round(1)
    array([30., 10., 14.])
    >>> round(model.travels(is_weekend=False), 3)
    0.9
    >>> lower, upper = model.interval([30.0, 10.0], [90.0, 25.0])
    >>> lower.round(), upper.round()
    (array([17.,  4.]), array([49., 21.]))
    """

    ratio_: Floats
    abroad_ratio_: float

    def __init__(
        self,
        *,
        without_phone_share: float = 0.0,
        without_phone_workday: float = 1.0,
        without_phone_weekend: float = 1.0,
        level: float = 0.9,
        sampling_overdispersion: float = 1.0,
        model_error_share: float = 0.0,
        choices: Mapping[str, Any] | None = None,
        footprint: str = "",
        stays: str = "",
    ) -> None:
        self.without_phone_share = without_phone_share
        self.without_phone_workday = without_phone_workday
        self.without_phone_weekend = without_phone_weekend
        self.level = level
        self.sampling_overdispersion = sampling_overdispersion
        self.model_error_share = model_error_share
        self.choices = choices
        self.footprint = footprint
        self.stays = stays

    def fit(self, X: ArrayLike, y: ArrayLike, n_homed: float | None = None) -> Self:
        """Let devices stand for the register.

        Parameters
        ----------
        X : array-like of shape (n_zones,)
            Devices by zone of home: of a window, or those seen in an hour. Unit: devices.
        y : array-like of shape (n_zones,)
            Register: residents. Unit: persons.
        n_homed : float, optional
            Devices with a home in any zone, by which the operator's share is known; those of X by
            default.

        Raises
        ------
        ValueError
            NaN, a negative number or a wrong shape, no device or no resident; a share that is none.
        """
        if not 0 <= self.without_phone_share < 1:
            raise ValueError(f"without_phone_share must be in [0, 1): {self.without_phone_share}")
        devices, register = np.asarray(X, np.float64), np.asarray(y, np.float64)
        self.ratio_ = NightRatio().fit(devices[:, None], register).ratio_
        n_homed = float(devices.sum()) if n_homed is None else n_homed
        carry = 1.0 - float(self.without_phone_share)
        self.abroad_ratio_ = max(float(carry * register.sum() / max(n_homed, 1.0)), 1.0)
        return self

    def persons(self, n_counted: ArrayLike, home: ArrayLike) -> Floats:
        """Persons that counted devices stand for.

        Parameters
        ----------
        n_counted : array-like of shape (n,)
            Devices, or events of devices.
        home : array-like of int of shape (n,)
            Zone of home; -1 of those from abroad.
        """
        check_is_fitted(self)
        weights = np.append(self.ratio_, self.abroad_ratio_)
        return np.asarray(weights[np.asarray(home)] * np.asarray(n_counted, np.float64))

    def travels(self, *, is_weekend: bool) -> float:
        """Trips of a person of the register over those of somebody who carries a phone.

        Weights let devices stand for all persons of the register, those without a phone of their
        own too (children, some of the old), who travel less between zones.
        """
        trips = self.without_phone_weekend if is_weekend else self.without_phone_workday
        return 1.0 - self.without_phone_share * (1.0 - trips)

    def interval(self, n_persons: ArrayLike, n_squared: ArrayLike) -> tuple[Floats, Floats]:
        """Interval of figures that are sums of what devices stand for.

        Parameters
        ----------
        n_persons, n_squared : array-like of shape (n,)
            The sums, and those of squares: of counted devices ``persons(persons(n, home), home)``.

        Returns
        -------
        lower, upper : ndarray of shape (n,)
        """
        return weighted_interval(
            n_persons,
            n_squared,
            level=self.level,
            sampling_overdispersion=self.sampling_overdispersion,
            model_error_share=self.model_error_share,
        )
