"""Weights by the zone where a device lives.

Homes and flows are given; weights by the zone of presence are in `night_ratio`.
"""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_is_fitted

from peil_models.weighting.inputs import (
    CountsToPersons,
    Floats,
    devices_and_register,
    devices_of,
)


class HomeWeights(CountsToPersons):
    """Persons per device of each home zone and hour, such that all residents are somewhere.

    ``W[h, t] = register[h] / sum_r F[h, r, t]``, where the flow cube F holds the devices that live
    in h and are in r at hour t; present are ``N[r, t] = sum_h W[h, t] F[h, r, t]`` [1]_.

    Attributes
    ----------
    weights_ : ndarray of shape (n_homes, n_hours)
        Unit: persons per device; 0 where no device of a home was seen.
    unplaced_ : ndarray of shape (n_hours,)
        Residents of homes of which no device was seen at the hour. Unit: persons.

    Notes
    -----
    Assumes that every device has one home zone and that it is the right one, that the devices of a
    home are seen wherever they are (who is abroad makes the others weigh more), and that a device
    stands for its neighbours, not for who is around it. Market share may differ by home zone; an
    error of the footprint that is the same by day and by night stays: `NightRatio` on the result
    takes it out. Roamers have no home here: a factor of their own.
    ``transform(F).sum(axis=0) + unplaced_ == register.sum()`` for the cube of `fit`.
    Not identified: devices per person. Needs devices to be followed over a linkage window; the
    counted table does not.

    References
    ----------
    .. [1] CBS (2020), Pilot study MPMDR: introduction to the research method.

    Examples
    --------
    >>> flows = np.array([[[8.0], [2.0]], [[0.0], [5.0]]])
    >>> weights = HomeWeights().fit(flows, np.array([30.0, 50.0]))
    >>> weights.transform(flows)
    array([[24.],
           [56.]])
    """

    weights_: Floats
    unplaced_: Floats

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Compare the devices of each home with its register.

        Parameters
        ----------
        X : array-like of shape (n_homes, n_zones, n_hours) or (n_homes, n_zones)
            Devices by home zone and zone of presence. Unit: devices.
        y : array-like of shape (n_homes,)
            Register: residents. Unit: persons.

        Raises
        ------
        ValueError
            NaN, a negative number or a wrong shape, with the argument and the position; no device
            at all.
        """
        flows, persons = devices_and_register(self, X, y, allow_nd=True)
        cube = _cube(flows)
        devices = cube.sum(axis=1)
        if not devices.sum() > 0:
            raise ValueError("X holds no device")
        residents = np.broadcast_to(persons[:, None], devices.shape)
        self.weights_ = np.divide(residents, devices, out=np.zeros_like(devices), where=devices > 0)
        self.unplaced_ = np.where(devices > 0, 0.0, residents).sum(axis=0)
        return self

    def transform(self, X: ArrayLike) -> Floats:
        """Persons present in each zone.

        Parameters
        ----------
        X : array-like of shape (n_homes, n_zones, n_hours) or (n_homes, n_zones)
            The homes and hours of `fit`, any zones. Unit: devices.

        Returns
        -------
        ndarray of shape (n_zones, n_hours) or (n_zones,)
            Unit: persons.

        Raises
        ------
        ValueError
            NaN, a negative number or a wrong shape, with the argument and the position.
        """
        check_is_fitted(self)
        flows = devices_of(X, allow_nd=True)
        cube = _cube(flows)
        if (cube.shape[0], cube.shape[2]) != self.weights_.shape:
            raise ValueError(
                f"X has {cube.shape[0]} homes and {cube.shape[2]} hours, fit saw "
                f"{self.weights_.shape[0]} and {self.weights_.shape[1]}"
            )
        persons = np.einsum("ht,hrt->rt", self.weights_, cube)
        return np.asarray(persons[:, 0] if flows.ndim == 2 else persons)


def _cube(flows: Floats) -> Floats:
    """Flows of one hour as a cube of one layer."""
    if flows.ndim > 3:
        raise ValueError(f"X has {flows.ndim} dimensions, expected 2 or 3")
    return flows[:, :, None] if flows.ndim == 2 else flows
