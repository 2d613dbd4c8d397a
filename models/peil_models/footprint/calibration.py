"""Fit a footprint to the counts of nights, with the register as the only other source.

The search and the misfit of a footprint belong here; its likelihood is in `night_counts`, how well
the counts tell the parameters in `identification`.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.optimize import minimize
from sklearn.base import clone

from peil_models.footprint.night_counts import NightCounts
from peil_models.footprint.propagation import Floats
from peil_models.footprint.signal_strength import FootprintSignalStrength

BOUNDS = {
    "path_loss_exponent": (2.5, 5.0),
    "midpoint_dbm": (-115.0, -70.0),
    "steepness": (0.05, 0.6),
}
"""Where a fitted parameter may lie; at an edge it is not identified by the counts."""


def calibrate_footprint(
    cells: pd.DataFrame,
    tiles: pd.DataFrame,
    counts: ArrayLike,
    resident_devices: ArrayLike,
    start: FootprintSignalStrength | None = None,
    *,
    max_evaluations: int = 150,
) -> FootprintSignalStrength:
    """Fit path-loss exponent, logistic midpoint and steepness to the counts of nights.

    Model: at night a device is at home, so ``counts[c] ~ Poisson(k * sum_t P[c, t](theta) r[t])``
    with the residents r of the register. Given the total, the counts are multinomial and k drops
    out; the likelihood of the shares is maximised within bounds (Nelder & Mead). No truth is used.

    Parameters
    ----------
    cells, tiles : DataFrame
        As for `FootprintSignalStrength.fit`.
    counts : array-like of shape (n_cells,) or (n_cells, n_night_hours)
        Devices counted by each cell in hours of the night. Unit: devices.
    resident_devices : array-like of shape (n_tiles,)
        Residents per tile, any scale: the register spread over residential land.
    start : FootprintSignalStrength, default=None
        Where the search starts, and every parameter that is not fitted; None is the defaults.
    max_evaluations : int, default=150
        Evaluations of the likelihood.

    Returns
    -------
    FootprintSignalStrength
        Not fitted to a plan; a clone of `start` with the three parameters replaced. It is `start`
        itself (cloned) where nothing better was found.

    Raises
    ------
    ValueError
        NaN, a negative number or a wrong shape, with the argument and the position; no device or
        no resident at all.

    Notes
    -----
    Assumes that residents sleep where the register has them, that market share is the same
    everywhere, and that every resident is served by some cell: a footprint that leaves residents
    uncovered pays for it. What the plan says of a cell is not fitted: a cell with an exponent,
    midpoint or steepness of its own keeps it, and a small cell its exponent; where every cell has
    one, it stays as in `start`. Not identified: midpoint and power shift together; where strong
    signals are everywhere the logistic is exponential and only the product of steepness and
    exponent is.

    References
    ----------
    Tennekes & Gootzen (2022), J. Spatial Information Science 25. doi:10.5311/JOSIS.2022.25.166

    Examples
    --------
    >>> places = np.arange(0.0, 9000.0, 300.0)
    >>> tiles = pd.DataFrame({"x_m": places, "y_m": 0.0})
    >>> cells = pd.DataFrame({"x_m": [0.0, 4500.0, 9000.0], "y_m": 0.0, "power_w": [5, 20, 10]})
    >>> true = FootprintSignalStrength(path_loss_exponent=4.1).fit(cells, tiles)
    >>> counts = 1000 * true.connection_probability_.sum(axis=1)
    >>> fitted = calibrate_footprint(cells, tiles, counts, np.ones(len(tiles)))
    >>> default = FootprintSignalStrength()
    >>> bool(footprint_deviance(fitted, cells, tiles, counts, np.ones(len(tiles)))
    ...      < footprint_deviance(default, cells, tiles, counts, np.ones(len(tiles))))
    True
    """
    start = FootprintSignalStrength() if start is None else start
    night = NightCounts.read(start, cells, tiles, counts, resident_devices)
    names = list(BOUNDS)
    low = np.array([BOUNDS[name][0] for name in names])
    high = np.array([BOUNDS[name][1] for name in names])

    def deviance(point: Floats) -> float:
        return night.deviance(*(float(value) for value in low + point * (high - low)))

    first = np.array([float(getattr(start, name)) for name in names])
    first = np.clip((first - low) / (high - low), 0.0, 1.0)
    corners = np.vstack([first, first + 0.2 * np.diag(np.where(first > 0.5, -1.0, 1.0))])
    best = minimize(
        deviance,
        first,
        method="Nelder-Mead",
        bounds=[(0.0, 1.0)] * 3,
        options={
            "initial_simplex": corners,
            "maxfev": max_evaluations,
            "xatol": 1e-3,
            "fatol": 1e-6 * max(1.0, night.counts.sum()),
        },
    )
    calibrated: FootprintSignalStrength = clone(start)
    if best.fun < deviance(first):
        # Four decimals: finer is noise, and differs from machine to machine.
        values = np.round(low + best.x * (high - low), 4)
        calibrated.set_params(**{n: float(v) for n, v in zip(names, values, strict=True)})
    return calibrated


def footprint_deviance(
    footprint: FootprintSignalStrength,
    cells: pd.DataFrame,
    tiles: pd.DataFrame,
    counts: ArrayLike,
    resident_devices: ArrayLike,
) -> float:
    """Deviance of counts of nights under a footprint; use nights it was not fitted on.

    Parameters
    ----------
    footprint : FootprintSignalStrength
        Its parameters are used; it need not be fitted.
    cells, tiles, counts, resident_devices
        As for `calibrate_footprint`.

    Returns
    -------
    float
        Multinomial deviance of the counts per cell, summed over the hours; 0 is perfect, smaller
        is better. Compare footprints on the same counts only.

    Examples
    --------
    >>> tiles = pd.DataFrame({"x_m": [0.0, 4000.0], "y_m": 0.0})
    >>> cells = tiles.assign(power_w=[5.0, 20.0])
    >>> footprint = FootprintSignalStrength()
    >>> expected = footprint.fit(cells, tiles).connection_probability_.sum(axis=1)
    >>> round(footprint_deviance(footprint, cells, tiles, 100 * expected, [1.0, 1.0]), 6)
    0.0
    """
    # Pairs are read once: a chunk of them at a time is enough, whatever the size of the plan.
    night = NightCounts.read(footprint, cells, tiles, counts, resident_devices, keeps_pairs=False)
    return night.deviance(footprint.path_loss_exponent, footprint.midpoint_dbm, footprint.steepness)


def misfit_of_shares(expected_shares: ArrayLike, counts: ArrayLike) -> float:
    """Relative standard deviation of counts around a footprint, beyond sampling.

    Tells `PresenceEM(stopping="discrepancy")` how closely it may follow the counts.

    Parameters
    ----------
    expected_shares : array-like of shape (n_cells,)
        Of a fitted footprint: ``connection_probability_ @ residents / residents.sum()``.
    counts : array-like of shape (n_cells,) or (n_cells, n_hours)
        The mean over the hours is compared. Unit: devices.

    Returns
    -------
    float
        Relative standard deviation: .25 says that a cell sees what is expected give or take 25 %.

    Raises
    ------
    ValueError
        No cell that should see devices has any: nothing to compare.

    Notes
    -----
    By moments, cells weighted by what is expected of them. Residents who are not at home, and
    market shares that differ, count as misfit: the figure is on the safe side.

    Examples
    --------
    >>> round(misfit_of_shares([0.5, 0.5], [1200.0, 800.0]), 2)
    0.2
    """
    shares = np.asarray(expected_shares, dtype=np.float64)
    counted = np.asarray(counts, dtype=np.float64).reshape(len(shares), -1).mean(axis=1)
    is_reached = shares > 0
    counted = counted[is_reached]
    if not counted.sum() > 0:
        raise ValueError("counts is 0 everywhere: nothing to fit on")
    expected = shares[is_reached] * (counted.sum() / shares.sum())
    beyond_sampling = np.sum(np.square(counted - expected) / expected) - len(counted)
    return math.sqrt(max(0.0, float(beyond_sampling / expected.sum())))
