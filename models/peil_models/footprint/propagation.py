"""Radio propagation: strength of a cell at a place. Arrays in, decibels out.

Formulas of loss belong here; which pairs of cell and tile are computed does not.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq

Floats = NDArray[np.float64]

NEAREST_M = 0.01
"""Distances are at least this, so that a tile under the antenna has a finite signal."""


@lru_cache(maxsize=4096)
def angular_sigma(beam_deg: float, back_attenuation_db: float) -> float:
    """Width of the angular loss that is -3 dB at half the beam width.

    Parameters
    ----------
    beam_deg : float
        Full -3 dB beam width. Unit: degrees.
    back_attenuation_db : float
        Loss at 180 degrees, negative. Unit: dB.

    Returns
    -------
    float
        Sigma in degrees; infinity where the beam is too wide for any solution (with -30 dB wider
        than 113.8 degrees): the loss then grows with the square of the angle.

    Examples
    --------
    >>> round(angular_sigma(65.0, -30.0), 4)
    72.5849
    """
    half = beam_deg / 2.0
    if half >= 180.0 * math.sqrt(3.0 / abs(back_attenuation_db)):
        return math.inf

    def excess_db(sigma: float) -> float:
        return 3.0 + back_attenuation_db * (
            math.expm1(-(half**2) / (2.0 * sigma**2)) / math.expm1(-(180.0**2) / (2.0 * sigma**2))
        )

    return float(brentq(excess_db, half / 10.0, 1e5, xtol=1e-12, rtol=1e-14))


def angular_loss(angle_deg: Floats, sigma_deg: Floats, back_attenuation_db: float) -> Floats:
    """Loss off the axis of an antenna, 0 on it and `back_attenuation_db` behind it.

    Parameters
    ----------
    angle_deg : ndarray of shape (n,)
        Angle to the axis, any sign, within [-180, 180]. Unit: degrees.
    sigma_deg : ndarray of shape (n,)
        From `angular_sigma`. Unit: degrees.
    back_attenuation_db : float
        Unit: dB, negative.

    Returns
    -------
    ndarray of shape (n,)
        Unit: dB, at most 0.
    """
    is_wide = np.isinf(sigma_deg)
    inverse = -0.5 / np.square(np.where(is_wide, 1.0, sigma_deg))
    loss = np.square(angle_deg)
    wide = loss / 180.0**2
    loss *= inverse
    np.expm1(loss, out=loss)
    loss /= np.expm1(180.0**2 * inverse)
    return np.asarray(back_attenuation_db * np.where(is_wide, wide, loss))


def directional_loss(
    dx_m: Floats,
    dy_m: Floats,
    dz_m: Floats,
    *,
    azimuth_deg: Floats,
    tilt_deg: Floats,
    sigma_horizontal_deg: Floats,
    sigma_vertical_deg: Floats,
    back_horizontal_db: float,
    back_vertical_db: float,
) -> Floats:
    """Loss of a directional antenna towards a place, horizontal plus vertical [1]_.

    Parameters
    ----------
    dx_m, dy_m : ndarray of shape (n,)
        Place minus antenna, on the plane, east and north. Unit: metres.
    dz_m : ndarray of shape (n,)
        Antenna minus place, upwards. Unit: metres.
    azimuth_deg, tilt_deg : ndarray of shape (n,)
        Axis of the antenna, clockwise from north and downwards. Unit: degrees.
    sigma_horizontal_deg, sigma_vertical_deg : ndarray of shape (n,)
        From `angular_sigma`. Unit: degrees.
    back_horizontal_db, back_vertical_db : float
        Unit: dB, negative.

    Returns
    -------
    ndarray of shape (n,)
        Unit: dB, at most 0.

    References
    ----------
    .. [1] Tennekes & Gootzen (2022), J. Spatial Information Science 25.
       doi:10.5311/JOSIS.2022.25.166
    """
    off_axis = np.arctan2(dx_m, dy_m) - np.radians(azimuth_deg)
    ground = np.hypot(dx_m, dy_m)
    tilt = np.radians(tilt_deg)
    sideways = np.degrees(
        np.arctan2(
            ground * np.sin(off_axis),
            ground * np.cos(off_axis) * np.cos(tilt) + dz_m * np.sin(tilt),
        )
    )
    downwards = np.degrees(np.arctan2(dz_m, ground)) - tilt_deg
    return angular_loss(sideways, sigma_horizontal_deg, back_horizontal_db) + angular_loss(
        downwards, sigma_vertical_deg, back_vertical_db
    )


def power_dbm(power_w: ArrayLike) -> Floats:
    """Convert transmitted power from watts to dBm.

    Examples
    --------
    >>> power_dbm([10.0, 5.0]).round(4)
    array([40.    , 36.9897])
    """
    return np.asarray(10.0 * np.log10(np.asarray(power_w, dtype=np.float64)) + 30.0)


def distance_loss(distance_m: Floats, path_loss_exponent: ArrayLike) -> Floats:
    """Loss over a distance, `10 * exponent * log10(distance)`. Unit: dB, positive beyond 1 m.

    Examples
    --------
    >>> distance_loss(np.array([1000.0]), 3.75)
    array([112.5])
    """
    return np.asarray(10.0 * np.asarray(path_loss_exponent)) * np.log10(
        np.maximum(distance_m, NEAREST_M)
    )


def dominance(
    signal_dbm: Floats, *, midpoint_dbm: float | Floats, steepness: float | Floats
) -> Floats:
    """Share of use that a signal invites, logistic in its strength, between 0 and 1.

    Examples
    --------
    >>> dominance(np.array([-72.5, -110.0]), midpoint_dbm=-92.5, steepness=0.2).round(6)
    array([0.982014, 0.029312])
    """
    with np.errstate(over="ignore"):
        return np.asarray(1.0 / (1.0 + np.exp(-steepness * (signal_dbm - midpoint_dbm))))
