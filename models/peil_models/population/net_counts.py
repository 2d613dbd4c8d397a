"""Distribution of the holders of devices in a region, each counted once.

Duplicity of each device is given (`peil_models.multiplicity`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

NEGLIGIBLE = 1e-15
MOST_AT_ONCE = 2_000_000
"""Elements of the transform's workspace."""


@dataclass(frozen=True)
class NetCount:
    """Distribution of a net count: devices of one holder count half each.

    Attributes
    ----------
    values : ndarray of shape (n_values,)
        Halves of whole numbers, increasing. Unit: holders of devices (persons observed).
    probability : ndarray of shape (n_values,)
        Sums to 1.

    Examples
    --------
    >>> NetCount(np.array([1.0, 1.5]), np.array([0.5, 0.5])).mean
    1.25
    """

    values: Floats
    probability: Floats

    def __post_init__(self) -> None:
        values, chance = (np.asarray(a, dtype=np.float64) for a in (self.values, self.probability))
        object.__setattr__(self, "values", values)
        object.__setattr__(self, "probability", chance)
        if values.ndim != 1 or values.shape != chance.shape or not len(values):
            raise ValueError(f"values has shape {values.shape}, probability {chance.shape}")
        for name, is_bad in (
            (
                "values is NaN, negative or no half of a whole number",
                ~(values >= 0) | (np.floor(2 * values) != 2 * values),
            ),
            ("values do not increase", np.diff(values, prepend=-1.0) <= 0),
            ("probability is NaN or negative", ~(chance >= 0)),
        ):
            if is_bad.any():
                raise ValueError(f"{name} (first at {int(is_bad.argmax())})")
        if abs(chance.sum() - 1.0) > 1e-9:
            raise ValueError(f"probability sums to {chance.sum()}, expected 1")

    @classmethod
    def known(cls, n_holders: float) -> Self:
        """A count without uncertainty."""
        return cls(np.array([n_holders]), np.array([1.0]))

    @property
    def mean(self) -> float:
        """Expected count."""
        return float(self.values @ self.probability)

    def interval(self, level: float = 0.9) -> tuple[float, float]:
        """Quantiles that leave half of ``1 - level`` on either side."""
        cumulated = np.cumsum(self.probability)
        at = np.searchsorted(cumulated, [(1 - level) / 2, (1 + level) / 2])
        low, high = self.values[np.minimum(at, len(self.values) - 1)]
        return float(low), float(high)


def net_count(presence: ArrayLike, duplicity: ArrayLike) -> NetCount:
    """Net count of one region: ``N_net = sum_d T_d``, exactly.

    T is 1 with probability presence (1 - duplicity), 1/2 with presence times duplicity, else 0:
    a Poisson multinomial, whose distribution is the inverse Fourier transform of the product of the
    devices' characteristic functions.

    Parameters
    ----------
    presence : array-like of shape (n_devices,)
        Probability that the device is in the region.
    duplicity : array-like of shape (n_devices,)
        Probability that its holder carries a second one (`peil_models.multiplicity`).

    Returns
    -------
    NetCount

    Raises
    ------
    ValueError
        NaN or a number outside 0 to 1, with its position; different lengths.

    Notes
    -----
    Assumes that devices are independent given their probabilities: two devices of one holder are
    in fact together, so that their halves come together and the true spread is wider by up to
    a quarter of a holder's variance per pair. Time grows with the square of the number of devices:
    from some 20 000 on use `net_counts_drawn`.

    Examples
    --------
    >>> counts = net_count([1.0, 0.5], [0.0, 1.0])
    >>> counts.values, counts.probability
    (array([1. , 1.5]), array([0.5, 0.5]))
    """
    inside, two = _shares("presence", presence), _shares("duplicity", duplicity)
    if inside.shape != two.shape or inside.ndim != 1:
        raise ValueError(f"presence has shape {inside.shape}, duplicity {two.shape}")
    n = 2 * len(inside) + 1
    turn = np.exp(-2j * np.pi * np.arange(n) / n)
    transform = np.ones(n, dtype=np.complex128)
    lines = max(1, MOST_AT_ONCE // n)
    for begin in range(0, len(inside), lines):
        gamma, p = inside[begin : begin + lines, None], two[begin : begin + lines, None]
        transform *= np.prod(1 - gamma + gamma * p * turn + gamma * (1 - p) * turn**2, axis=0)
    chance = np.fft.ifft(transform).real
    chance[chance < NEGLIGIBLE] = 0.0
    possible = np.flatnonzero(chance)
    return NetCount(possible / 2.0, chance[possible] / chance.sum())


def net_counts_drawn(
    presence: ArrayLike,
    duplicity: ArrayLike,
    n_draws: int = 1000,
    random_state: int | np.random.Generator | None = None,
) -> Floats:
    """Net counts of all regions together, by Monte Carlo.

    Parameters
    ----------
    presence : array-like of shape (n_devices, n_regions)
        Probability of each region; rows sum to at most 1, the rest is elsewhere.
    duplicity : array-like of shape (n_devices,)
    n_draws : int, default=1000
    random_state : int or Generator, default=None
        Pass a whole number for the same draws every time.

    Returns
    -------
    ndarray of shape (n_draws, n_regions)
        Unit: holders of devices. A device is in one region at most within a draw.

    Raises
    ------
    ValueError
        NaN or a number outside 0 to 1, rows that sum to more than 1, with the position.

    Examples
    --------
    >>> net_counts_drawn([[1.0, 0.0], [0.0, 1.0]], [0.0, 1.0], n_draws=1, random_state=1)
    array([[1. , 0.5]])
    """
    inside, two = _shares("presence", presence), _shares("duplicity", duplicity)
    if inside.ndim != 2 or two.shape != (len(inside),):
        raise ValueError(f"presence has shape {inside.shape}, duplicity {two.shape}")
    is_bad = inside.sum(axis=1) > 1 + 1e-9
    if is_bad.any():
        raise ValueError(f"presence sums to more than 1 (first at device {int(is_bad.argmax())})")
    if n_draws < 1:
        raise ValueError(f"n_draws must be at least 1, got {n_draws}")
    random = np.random.default_rng(random_state)
    cumulated = np.cumsum(inside, axis=1)
    n_regions = inside.shape[1]
    out = np.zeros((n_draws, n_regions))
    for draw in range(n_draws):
        region = (random.random(len(inside))[:, None] >= cumulated).sum(axis=1)
        weight = np.where(random.random(len(inside)) < two, 0.5, 1.0)
        out[draw] = np.bincount(region, weight, n_regions + 1)[:n_regions]
    return out


def deduplication_factors(presence: ArrayLike, duplicity: ArrayLike) -> tuple[Floats, Floats]:
    """Shares of a region's devices whose holders carry one, and two.

    ``Omega1[r] = sum_d presence[d, r] (1 - duplicity[d]) / sum_d presence[d, r]``, Omega2 the rest:
    a device stands for ``Omega1 + Omega2 / 2`` holders.

    Parameters
    ----------
    presence : array-like of shape (n_devices, n_regions)
    duplicity : array-like of shape (n_devices,)

    Returns
    -------
    omega_1, omega_2 : ndarray of shape (n_regions,)
        Sum to 1; in a region without devices those of all regions together.

    Raises
    ------
    ValueError
        NaN or a number outside 0 to 1, with its position; no device anywhere.

    Examples
    --------
    >>> deduplication_factors([[1.0, 0.0], [0.5, 0.5]], [0.0, 0.6])
    (array([0.8, 0.4]), array([0.2, 0.6]))
    """
    inside, two = _shares("presence", presence), _shares("duplicity", duplicity)
    if inside.ndim != 2 or two.shape != (len(inside),):
        raise ValueError(f"presence has shape {inside.shape}, duplicity {two.shape}")
    devices, second = inside.sum(axis=0), two @ inside
    if not devices.sum() > 0:
        raise ValueError("presence is 0 everywhere (first at device 0): no device to go by")
    together = np.full_like(devices, second.sum() / devices.sum())
    omega_2 = np.divide(second, devices, out=together, where=devices > 0)
    return 1.0 - omega_2, omega_2


def _shares(name: str, values: ArrayLike) -> Floats:
    array = np.asarray(values, dtype=np.float64)
    is_bad = ~((array >= 0) & (array <= 1 + 1e-12))
    if is_bad.any():
        at = tuple(int(i) for i in np.unravel_index(int(is_bad.argmax()), array.shape))
        raise ValueError(f"{name} is NaN or not between 0 and 1 (first at {at})")
    return np.minimum(array, 1.0)
