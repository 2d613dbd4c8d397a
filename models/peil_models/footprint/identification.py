"""How well counts of nights tell the parameters of a footprint apart.

Fitting them is in `calibration`; how wrong a footprint is about counts is `misfit_of_shares`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from peil_models.footprint.calibration import BOUNDS
from peil_models.footprint.night_counts import UNEXPECTED, NightCounts
from peil_models.footprint.propagation import Floats
from peil_models.footprint.signal_strength import FootprintSignalStrength

STEP = 0.002  # of the range of a parameter: slopes are read over so far to each side
RIDGE = 0.95  # two parameters that are correlated so far move together at hardly any cost
FLAT = 1e-8  # of the most that is told of a direction: of one with less, nothing is told


@dataclass(frozen=True)
class Identification:
    """What counts of nights say of the fitted parameters.

    Attributes
    ----------
    standard_errors : dict of str to float
        Infinite where the counts say nothing of a parameter.
    at_bound : tuple of str
        Parameters at an edge of `BOUNDS`: the counts ask for more than is allowed.
    correlation : float
        Of the two parameters that are told apart worst, by its absolute value.
    between : tuple of two str
        Those two.
    dispersion : float
        Deviance over its degrees of freedom: how much more counts vary than sampling would have
        them, by which the standard errors are widened.

    Examples
    --------
    >>> well = Identification({"a": 0.1, "b": 0.2}, (), 0.5, ("a", "b"), 1.0)
    >>> well.is_ridge, well.sentence()
    (False, '')
    """

    standard_errors: dict[str, float]
    at_bound: tuple[str, ...]
    correlation: float
    between: tuple[str, str]
    dispersion: float

    @property
    def is_ridge(self) -> bool:
        """Whether two parameters can trade places, or one is not told at all."""
        unknown = any(math.isinf(error) for error in self.standard_errors.values())
        return unknown or abs(self.correlation) > RIDGE

    def sentence(self) -> str:
        """What a reader must know of the parameters; empty where they are well told.

        >>> Identification({"a": 0.1, "b": 0.2}, ("a",), 0.97, ("a", "b"), 1.0).sentence()
        'a at the edge of what is allowed; a and b on a ridge (correlation 0.97)'
        """
        words = [f"{' and '.join(self.at_bound)} at the edge of what is allowed"]
        ridge = f"{' and '.join(self.between)} on a ridge (correlation {self.correlation:.2f})"
        unknown = [name for name, error in self.standard_errors.items() if math.isinf(error)]
        flat = f"the counts say nothing of {' and '.join(unknown)}"
        notes = [*(words if self.at_bound else []), *([flat] if unknown else [])]
        return "; ".join([*notes, *([ridge] if self.is_ridge and not unknown else [])])


def identify_footprint(
    footprint: FootprintSignalStrength,
    cells: pd.DataFrame,
    tiles: pd.DataFrame,
    counts: ArrayLike,
    resident_devices: ArrayLike,
) -> Identification:
    """Standard errors of a calibrated footprint, and which parameters the counts cannot tell.

    Parameters
    ----------
    footprint : FootprintSignalStrength
        As `calibrate_footprint` returned it.
    cells, tiles, counts, resident_devices
        Those that it was given.

    Returns
    -------
    Identification

    Raises
    ------
    ValueError
        As `calibrate_footprint`.

    Notes
    -----
    Expected information of the multinomial counts at the fit, slopes by differences, its inverse
    widened by the deviance per degree of freedom: hours of a night see the same sleepers, and
    cells err beyond sampling (quasi-likelihood [1]_). At an edge slopes are those just inside.
    Where parameters trade places along a curve, errors are those of its tangent. Not seen: what is
    wrong with the model itself, residents who sleep elsewhere above all.

    References
    ----------
    .. [1] Wedderburn (1974), Biometrika 61 (3). doi:10.1093/biomet/61.3.439

    Examples
    --------
    >>> places = np.arange(0.0, 9000.0, 300.0)
    >>> tiles = pd.DataFrame({"x_m": places, "y_m": 0.0})
    >>> cells = pd.DataFrame({"x_m": [0.0, 2000.0, 4500.0, 7000.0, 9000.0], "y_m": 0.0,
    ...                       "power_w": [5, 20, 10, 5, 20]})
    >>> true = FootprintSignalStrength()
    >>> counts = np.rint(1000 * true.fit(cells, tiles).connection_probability_.sum(axis=1))
    >>> found = identify_footprint(true, cells, tiles, counts, np.ones(len(tiles)))
    >>> found.at_bound, found.is_ridge
    ((), True)
    """
    night = NightCounts.read(footprint, cells, tiles, counts, resident_devices)
    names = list(BOUNDS)
    low, high = np.array(list(BOUNDS.values())).T
    values = np.array([float(getattr(footprint, name)) for name in names])
    at = (values - low) / (high - low)

    def shares(point: Floats) -> Floats:
        expected = night.expected_shares(*(float(value) for value in low + point * (high - low)))
        return np.asarray(expected / max(float(expected.sum()), UNEXPECTED))

    n_seen = int((night.counts > 0).sum())
    deviance = night.deviance(*(float(value) for value in values))
    dispersion = max(deviance / max(n_seen - 1 - len(names), 1), 1.0)
    inside = np.clip(at, STEP, 1.0 - STEP)
    covariance = _inverse(_information(shares, inside, night.counts.sum())) * dispersion
    errors = np.sqrt(np.diag(covariance))
    pairs = list(combinations(range(len(names)), 2))
    with np.errstate(invalid="ignore"):
        related = [covariance[i, j] / (errors[i] * errors[j]) for i, j in pairs]
    correlations = np.nan_to_num(np.abs(related), nan=0.0)
    worst = int(correlations.argmax())
    is_at_edge = (at <= 1e-3) | (at >= 1.0 - 1e-3)
    return Identification(
        {name: float(e * w) for name, e, w in zip(names, errors, high - low, strict=True)},
        tuple(name for name, edge in zip(names, is_at_edge, strict=True) if edge),
        float(np.nan_to_num(related[worst])),
        (names[pairs[worst][0]], names[pairs[worst][1]]),
        float(dispersion),
    )


def _information(shares: Callable[[Floats], Floats], at: Floats, total: float) -> Floats:
    """Expected information of multinomial counts: products of the slopes of all shares."""
    step = STEP * np.eye(len(at))
    slopes = np.array([(shares(at + each) - shares(at - each)) / (2.0 * STEP) for each in step])
    expected = np.maximum(shares(at), UNEXPECTED)
    return np.asarray(total * (slopes / expected) @ slopes.T)


def _inverse(information: Floats) -> Floats:
    """Covariance; infinite for what takes part in a direction that nothing is told of."""
    size, direction = np.linalg.eigh(information)
    is_flat = size <= FLAT * max(float(size[-1]), 0.0)
    variance = np.divide(1.0, size, out=np.zeros_like(size), where=~is_flat)
    covariance = (direction * variance) @ direction.T
    unknown = (np.abs(direction[:, is_flat]) > 0.1).any(axis=1)
    covariance[np.ix_(unknown, unknown)] = np.inf
    return np.asarray(covariance)
