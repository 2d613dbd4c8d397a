"""Infer people present from holders of one operator's devices.

Two distributions belong here; the net count they start from is in `net_counts`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaln, gammaln
from scipy.stats import nbinom
from sklearn.base import BaseEstimator

from peil_models.population.net_counts import NetCount

Floats = NDArray[np.float64]


class PopulationNB(BaseEstimator):  # type: ignore[misc, unused-ignore]
    """People present in each region, from net count and operator's share: negative binomial.

    The share of persons seen, ``share = (Omega1 + Omega2 / 2) * penetration``, stands for
    ``alpha = share * register`` persons seen among ``register``, beta the others. Then
    ``N = N_net + NegBin(N_net + 1, (alpha - 1) / (alpha + beta - 1))`` [1]_, mixed over the
    distribution of N_net.

    Parameters
    ----------
    level : float in (0, 1), default=0.9
        Of the interval.

    Attributes
    ----------
    mean_, lower_, upper_ : ndarray of shape (n_regions,)
        Unit: persons.
    alpha_, beta_ : ndarray of shape (n_regions,)

    Notes
    -----
    Assumes that people present in a region are seen with the share of its residents: visitors from
    a region where the operator is stronger are overcounted. The share is taken as known;
    `PopulationBNB` lets it vary as if it had been read off `register` persons.
    Roamers are in no register: take them out and add `visitors_from_roamers`.
    Not identified: a share that is lower here from fewer people present.

    References
    ----------
    .. [1] Salgado et al. (2021), EPJ Data Science 10, 45. doi:10.1140/epjds/s13688-021-00303-6

    Examples
    --------
    >>> net = [NetCount.known(11)]
    >>> people = PopulationNB().fit(net, [0.6878592], [0.3121408], [0.3684211], [38])
    >>> people.mean_.round(2), people.lower_, people.upper_
    (array([40.05]), array([25.]), array([58.]))
    """

    mean_: Floats
    lower_: Floats
    upper_: Floats
    alpha_: Floats
    beta_: Floats

    def __init__(self, level: float = 0.9) -> None:
        self.level = level

    def fit(
        self,
        net_counts: Sequence[NetCount],
        omega_1: ArrayLike,
        omega_2: ArrayLike,
        penetration: ArrayLike,
        register: ArrayLike,
    ) -> Self:
        """Infer the population of each region.

        Parameters
        ----------
        net_counts : sequence of NetCount
            One per region.
        omega_1, omega_2 : array-like of shape (n_regions,)
            `deduplication_factors`.
        penetration : array-like of shape (n_regions,)
            The operator's devices per registered person.
        register : array-like of shape (n_regions,)
            Unit: persons.

        Raises
        ------
        ValueError
            NaN or a number that cannot be, different lengths, a region where less than one
            (NB) or two (BNB) persons are expected to be seen: with the first position.
        """
        if not 0 < self.level < 1:
            raise ValueError(f"level must lie between 0 and 1, got {self.level}")
        given = {
            name: np.asarray(values, dtype=np.float64)
            for name, values in (
                ("omega_1", omega_1),
                ("omega_2", omega_2),
                ("penetration", penetration),
                ("register", register),
            )
        }
        for name, values in given.items():
            if values.shape != (len(net_counts),):
                raise ValueError(f"{name} has shape {values.shape}, expected ({len(net_counts)},)")
            is_bad = ~(values >= 0) | np.isinf(values)
            if is_bad.any():
                raise ValueError(
                    f"{name} is NaN, infinite or negative (first at region {int(is_bad.argmax())})"
                )
        share = (given["omega_1"] + given["omega_2"] / 2.0) * given["penetration"]
        if (share >= 1).any():
            raise ValueError(
                "penetration and omega see as many persons as there are, or more "
                f"(first at region {int((share >= 1).argmax())})"
            )
        self.alpha_, self.beta_ = share * given["register"], (1 - share) * given["register"]
        is_bad = ~(self.alpha_ > self._least_seen)
        if is_bad.any():
            raise ValueError(
                f"register times share leaves at most {self._least_seen} person to be seen "
                f"(first at region {int(is_bad.argmax())}): join it with another region"
            )
        estimates = [
            self._mixed(net, alpha, beta)
            for net, alpha, beta in zip(net_counts, self.alpha_, self.beta_, strict=True)
        ]
        self.mean_, self.lower_, self.upper_ = np.array(estimates).reshape(-1, 3).T
        return self

    _least_seen = 1.0

    def _unseen(self, n_net: Floats, alpha: float, beta: float) -> Any:
        """Distribution of the persons not seen, given the net count."""
        return nbinom(n_net + 1, (alpha - 1) / (alpha + beta - 1))

    def _mixed(self, net: NetCount, alpha: float, beta: float) -> tuple[float, float, float]:
        unseen = self._unseen(net.values, alpha, beta)
        mean = float(net.probability @ (net.values + unseen.mean()))
        lower = self._quantile(net, unseen, (1 - self.level) / 2)
        return mean, lower, self._quantile(net, unseen, (1 + self.level) / 2)

    def _quantile(self, net: NetCount, unseen: Any, tail: float) -> float:
        """Smallest whole number of persons whose probability of not being exceeded is `tail`."""

        def chance(n: float) -> float:
            return float(net.probability @ unseen.cdf(n - net.values))

        low, high = -1.0, max(2.0 * float(net.values[-1]), 16.0)
        while chance(high) < tail:
            low, high = high, 2.0 * high
        while high - low > 1:
            middle = float(np.floor((low + high) / 2))
            low, high = (low, middle) if chance(middle) >= tail else (middle, high)
        return high


class PopulationBNB(PopulationNB):
    """People present in each region: beta negative binomial, the share itself uncertain.

    ``N = N_net + BetaNegBin(N_net + 1, alpha - 1, beta)`` with alpha and beta of `PopulationNB`,
    parameters and attributes as there.

    Notes
    -----
    Assumes that the share varies as if it had been read off `register` persons: where it is better
    known this interval is too wide, and where markets differ within a region too narrow.
    Not identified: as for `PopulationNB`.

    References
    ----------
    Salgado et al. (2021), EPJ Data Science 10, 45. doi:10.1140/epjds/s13688-021-00303-6

    Examples
    --------
    >>> net = [NetCount.known(11)]
    >>> people = PopulationBNB().fit(net, [0.6878592], [0.3121408], [0.3684211], [38])
    >>> people.mean_.round(2)
    array([43.01])
    """

    _least_seen = 2.0

    def _unseen(self, n_net: Floats, alpha: float, beta: float) -> Any:
        return _BetaNegativeBinomial(n_net + 1, alpha - 1, beta)


class _BetaNegativeBinomial:
    """Beta negative binomials of any real size (scipy's takes whole ones only)."""

    def __init__(self, size: Floats, a: float, b: float) -> None:
        self.size, self.a, self.b = size, a, b

    def mean(self) -> Floats:
        return np.asarray(self.size * self.b / (self.a - 1))

    def cdf(self, most: Floats) -> Floats:
        """Probability of at most so many, element by element."""
        last = np.floor(most).astype(np.int64)
        k = np.arange(max(int(last.max(initial=-1)) + 1, 0), dtype=np.float64)
        constant = gammaln(k + 1) + betaln(self.a, self.b)
        out = np.zeros(len(self.size))
        for i, (size, end) in enumerate(zip(self.size, last, strict=True)):
            if end >= 0:
                n = k[: end + 1]
                joint = gammaln(size + n) - gammaln(size) + betaln(self.a + size, self.b + n)
                out[i] = np.exp(joint - constant[: end + 1]).sum()
        return np.minimum(out, 1.0)
