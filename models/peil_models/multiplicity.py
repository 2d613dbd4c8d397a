"""Probability that two devices are carried by one person, from journeys in common.

Scores of devices belong here; holders are counted with them in `peil_models.population`.
"""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from scipy.sparse import csgraph
from scipy.special import expit, logit
from sklearn.base import BaseEstimator

from peil_models.compiled import compiled

__all__ = ["MultiplicityOneToOne", "MultiplicityPairwise", "prior_of_pair"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MAX_STEPS = 2_000
CLOSE = 1e-10
MOST_LOG_ODDS = 40.0
"""More is certainty, and products of it would overflow."""
LEAST_ODDS = 1e-9
"""Pairs below are left out: they decide nothing, and link devices that have nothing in common."""
MOST_EXACT = 14
"""Devices of a group up to which every matching is summed."""


def prior_of_pair(n_devices: int, n_persons: float) -> float:
    """Probability that two devices picked at random are of one person, at most two per person.

    ``P1 = 2 (N - n) / (N (N - 1))``: of all pairs, N - n are carried together.

    Parameters
    ----------
    n_devices : int
        N, at least 2.
    n_persons : float
        n, between N / 2 and N.

    Raises
    ------
    ValueError
        Numbers that cannot be.

    Examples
    --------
    >>> round(prior_of_pair(218, 185), 8)
    0.00139517
    """
    if n_devices < 2 or not n_devices / 2 <= n_persons <= n_devices:
        raise ValueError(
            f"n_persons must lie between half of n_devices and n_devices, got {n_persons} persons "
            f"with {n_devices} devices"
        )
    return 2.0 * (n_devices - n_persons) / (n_devices * (n_devices - 1.0))


class MultiplicityPairwise(BaseEstimator):  # type: ignore[misc, unused-ignore]
    """Probability that the holder of a device carries a second one, pair by pair.

    For a pair with gain ``g = l_ij - l_i - l_j`` (log likelihood of one common journey against two
    separate ones, `peil_models.location.LocationHMM`) the probability of one holder is
    ``1 / (1 + (1 - P1) / P1 exp(-g))``; a device takes that of its best pair [1]_.

    Parameters
    ----------
    n_persons : float in [n_devices / 2, n_devices], default=None
        Persons that carry the devices, where known: it sets the prior of a pair. None: the prior
        is found by maximum likelihood. Unit: persons.

    Attributes
    ----------
    pair_probability_ : ndarray of shape (n_pairs,)
        That the two devices are of one person.
    duplicity_ : ndarray of shape (n_devices,)
        That the holder of the device carries a second one.
    pair_prior_ : float
        P1, of any pair before its events are seen.
    n_persons_ : float
        Expected number of holders. Unit: persons.

    Notes
    -----
    Assumes at most two devices a person, both carried all the time, and journeys of persons that
    are independent: a couple in one car is one person to it. Pairs are judged each on its own,
    so that one device may be paired with several: `MultiplicityOneToOne` forbids it.
    Not identified: two persons who travel together from one person with two devices.

    References
    ----------
    .. [1] Salgado et al. (2021), EPJ Data Science 10, 45. doi:10.1140/epjds/s13688-021-00303-6

    Examples
    --------
    >>> gain = np.array([10.0, -3.0, -8.0])
    >>> scores = MultiplicityPairwise(n_persons=2).fit([[0, 1], [0, 2], [1, 2]], gain, 3)
    >>> scores.duplicity_.round(3), round(scores.n_persons_, 2)
    (array([1.   , 1.   , 0.024]), 1.99)
    """

    pair_probability_: Floats
    duplicity_: Floats
    pair_prior_: float
    n_persons_: float

    def __init__(self, n_persons: float | None = None) -> None:
        self.n_persons = n_persons

    def fit(self, pairs: ArrayLike, gain: ArrayLike, n_devices: int) -> Self:
        """Weigh all pairs.

        Parameters
        ----------
        pairs : array-like of int of shape (n_pairs, 2)
            Devices by number; pairs that are left out are taken as impossible.
        gain : array-like of shape (n_pairs,)
            Minus infinity where no common journey explains both. Unit: nats.
        n_devices : int

        Raises
        ------
        ValueError
            NaN or plus infinity in `gain`, a pair of one device, a device that does not exist, a
            pair that comes twice: each with the first position.
        """
        devices, gains = _checked(pairs, gain, n_devices)
        if self.n_persons is not None:
            prior_of_pair(n_devices, float(self.n_persons))  # refuses what cannot be
            prior = self._prior(n_devices - float(self.n_persons), n_devices)
            chance = self._chances(devices, gains, prior, n_devices)
        else:
            prior = self._prior(0.05 * n_devices, n_devices)
            for _ in range(MAX_STEPS):
                chance = self._chances(devices, gains, prior, n_devices)
                before, prior = prior, self._prior(float(chance.sum()), n_devices)
                if abs(prior - before) <= 1e-8 * before or prior <= 0:
                    break
        self.pair_prior_, self.pair_probability_ = prior, chance
        self.duplicity_ = self._duplicity(devices, chance, n_devices)
        self.n_persons_ = float(n_devices - self.duplicity_.sum() / 2.0)
        self.n_features_in_ = 2
        return self

    def _prior(self, n_pairs: float, n_devices: int) -> float:
        """Prior of a pair under which this many pairs are expected."""
        return min(prior_of_pair(n_devices, n_devices - min(n_pairs, n_devices / 2)), 0.999)

    def _chances(self, pairs: Ints, gain: Floats, prior: float, n_devices: int) -> Floats:
        return np.asarray(expit(logit(prior) + gain))

    def _duplicity(self, pairs: Ints, chance: Floats, n_devices: int) -> Floats:
        best = np.zeros(n_devices)
        for side in (0, 1):
            np.maximum.at(best, pairs[:, side], chance)
        return best


class MultiplicityOneToOne(MultiplicityPairwise):
    """Probability that the holder of a device carries a second one, in one pair at most.

    All ways to match devices are weighed together: a matching has the product of its pairs' odds
    ``P1 / (1 - P1) exp(g)``, P1 such that matchings without evidence hold as many pairs as there
    are (more than the P1 of `prior_of_pair`: a device taken leaves fewer to pair). Groups of up to
    14 devices are summed over every matching; larger ones by belief propagation, exact where
    likely pairs form no loops [1]_. Parameters and attributes are those of `MultiplicityPairwise`;
    `duplicity_` is a sum over a device's pairs.

    Notes
    -----
    Assumes what `MultiplicityPairwise` does, but three devices that move alike share their
    probability. Not identified: as there.

    References
    ----------
    .. [1] Bayati, Shah & Sharma (2008), IEEE Trans. Information Theory 54.
       doi:10.1109/TIT.2007.915695

    Examples
    --------
    >>> gain = np.array([10.0, 10.0, 10.0])
    >>> scores = MultiplicityOneToOne(n_persons=2).fit([[0, 1], [0, 2], [1, 2]], gain, 3)
    >>> scores.duplicity_.round(2), round(scores.n_persons_, 2)
    (array([0.67, 0.67, 0.67]), 2.0)
    """

    def _prior(self, n_pairs: float, n_devices: int) -> float:
        # A device that is taken leaves fewer: more odds are needed for as many pairs.
        taken = min(2.0 * n_pairs / n_devices, 0.999)
        odds = taken / ((1.0 - taken) ** 2 * (n_devices - 1.0))
        return odds / (1.0 + odds)

    def _chances(self, pairs: Ints, gain: Floats, prior: float, n_devices: int) -> Floats:
        odds = np.exp(np.clip(logit(prior) + gain, -1000.0, MOST_LOG_ODDS))
        live = np.flatnonzero(odds > LEAST_ODDS)
        out = np.zeros(len(odds))
        links = sparse.coo_array(
            (np.ones(len(live)), (pairs[live, 0], pairs[live, 1])), shape=(n_devices, n_devices)
        )
        _, group = csgraph.connected_components(links, directed=False)
        size = np.bincount(group, minlength=1)
        is_large = size[group[pairs[live, 0]]] > MOST_EXACT
        out[live[is_large]] = by_propagation(pairs[live[is_large]], odds[live[is_large]], n_devices)
        small = live[~is_large]
        small = small[np.argsort(group[pairs[small, 0]], kind="stable")]
        cuts = np.flatnonzero(np.diff(group[pairs[small, 0]])) + 1
        for part in np.split(small, cuts) if len(small) else ():
            members, place = np.unique(pairs[part], return_inverse=True)
            out[part] = by_enumeration(place.reshape(-1, 2), odds[part], len(members))
        return out

    def _duplicity(self, pairs: Ints, chance: Floats, n_devices: int) -> Floats:
        both = [np.bincount(pairs[:, side], chance, n_devices) for side in (0, 1)]
        return np.asarray(np.minimum(both[0] + both[1], 1.0))


def by_propagation(pairs: Ints, odds: Floats, n_devices: int) -> Floats:
    """Probability of each pair under all matchings, by belief propagation (loops: nearly)."""
    n = len(odds)
    source = np.concatenate([pairs[:, 0], pairs[:, 1]])
    target = np.concatenate([pairs[:, 1], pairs[:, 0]])
    weight = np.concatenate([odds, odds])
    back = np.concatenate([np.arange(n, 2 * n), np.arange(n)])
    # message[e]: chance that the source of e is free, were it not for its target
    message = np.full(2 * n, 0.5)
    for _ in range(MAX_STEPS if n else 0):
        pull = weight * message
        others = np.bincount(target, pull, n_devices)[source] - pull[back]
        # Half a step at a time: whole steps swing back and forth on loops.
        step = 0.5 * (1.0 / (1.0 + np.maximum(others, 0.0)) - message)
        message = message + step
        if np.abs(step).max() < CLOSE:
            break
    joint = odds * message[:n] * message[n:]
    return np.asarray(joint / (1.0 + joint))


@compiled
def by_enumeration(pairs: Ints, odds: Floats, n_devices: int) -> Floats:
    """Probability of each pair under all matchings, by the sum over every matching."""
    weight = np.zeros((n_devices, n_devices))
    for k in range(len(odds)):
        weight[pairs[k, 0], pairs[k, 1]] = odds[k]
        weight[pairs[k, 1], pairs[k, 0]] = odds[k]
    # whole[s]: sum over the matchings of the devices in the set s, a bit each
    whole = np.ones(1 << n_devices)
    for members in range(1, 1 << n_devices):
        first = 0
        while not members >> first & 1:
            first += 1
        rest = members & ~(1 << first)
        total = whole[rest]
        for other in range(first + 1, n_devices):
            if rest >> other & 1:
                total += weight[first, other] * whole[rest & ~(1 << other)]
        whole[members] = total
    out = np.empty(len(odds))
    everybody = (1 << n_devices) - 1
    for k in range(len(odds)):
        others = everybody & ~(1 << pairs[k, 0]) & ~(1 << pairs[k, 1])
        out[k] = odds[k] * whole[others] / whole[everybody]
    return out


def _checked(pairs: ArrayLike, gain: ArrayLike, n_devices: int) -> tuple[Ints, Floats]:
    devices, gains = np.asarray(pairs), np.asarray(gain, dtype=np.float64)
    if n_devices < 2:
        raise ValueError(f"n_devices must be at least 2, got {n_devices}")
    if devices.ndim != 2 or devices.shape[1] != 2 or devices.dtype.kind not in "iu":
        raise ValueError(
            f"pairs has shape {devices.shape} of {devices.dtype}, expected whole numbers (n, 2)"
        )
    if gains.shape != (len(devices),):
        raise ValueError(f"gain has shape {gains.shape}, expected ({len(devices)},)")
    devices = devices.astype(np.int64)
    ordered = np.sort(devices, axis=1)
    for is_bad, what in (
        (np.isnan(gains) | (gains == np.inf), "gain is NaN or infinite"),
        ((ordered < 0).any(axis=1) | (ordered >= n_devices).any(axis=1), "pairs names no device"),
        (ordered[:, 0] == ordered[:, 1], "pairs holds a device with itself"),
    ):
        if is_bad.any():
            raise ValueError(f"{what} (first at pair {int(is_bad.argmax())})")
    key = ordered[:, 0] * n_devices + ordered[:, 1]
    is_first = np.zeros(len(key), dtype=bool)
    is_first[np.unique(key, return_index=True)[1]] = True
    if not is_first.all():
        raise ValueError(f"pairs holds a pair twice (first at pair {int((~is_first).argmax())})")
    return devices, gains
