"""Draw the persons of a day together, so that every sum and change of them has an interval.

Errors of single entries, independent of each other, belong to `widths`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from peil_models.uncertainty.guests import draw_guests
from peil_models.uncertainty.neighbours import made_up_nearby
from peil_models.uncertainty.origins import shares_of_visitors
from peil_models.weighting.coherence import held_to_totals
from peil_models.weighting.inputs import checked
from peil_models.weighting.night_ratio import NightRatio

Floats = NDArray[np.float64]

LEAST = 0.5  # devices: what nobody seen may still be


@dataclass(frozen=True)
class PresenceErrors:
    """How wrong the parts of an estimate may be.

    Attributes
    ----------
    overdispersion : float in (0, inf)
        Variance of a count of devices over that of a Poisson count: below 1 where the operator has
        a large share, above 1 where devices come in households.
    home_share : float in [0, 1]
        Of the devices of a zone, no more than sleep there: the share that are at home. Their
        sampling is the night's, and cancels in the ratio of day and night.
    night_home_share : float in [0, 1]
        The same in the hours of the night: guests sleep there and residents elsewhere.
    lasting_share : float in [0, 1]
        Part of the sampling variance of the others that is the same in all hours.
    share_sd : float in [0, inf)
        Standard deviation of the logarithm of the operator's share between homes; a visitor has
        that of home, in all zones and hours.
    local_sd : float in [0, inf)
        The same of what is a zone's own: who its visitors are, and where they are put.
    resort_share, guests_mean : float
        Share of zones with overnight guests, and their mean over residents there (`draw_guests`).
    total_sd : float in [0, inf)
        Relative standard deviation of the persons in the whole area.

    Examples
    --------
    >>> PresenceErrors(1.3, 0.8, 0.9, 0.7, 0.1, 0.05, 0.1, 0.1, 0.005).home_share
    0.8
    """

    overdispersion: float
    home_share: float
    night_home_share: float
    lasting_share: float
    share_sd: float
    local_sd: float
    resort_share: float
    guests_mean: float
    total_sd: float


def draw_persons(
    persons: ArrayLike,
    devices: ArrayLike,
    redrawn: ArrayLike,
    register: ArrayLike,
    night: ArrayLike,
    ratio: NightRatio,
    errors: PresenceErrors,
    *,
    night_hours: ArrayLike,
    homes: ArrayLike | None = None,
    near: ArrayLike | None = None,
    totals: ArrayLike | None = None,
    n_draws: int = 200,
    seed: int | list[int] = 0,
) -> Floats:
    """Draw persons per zone and hour, all zones and hours of a draw together.

    Each draw takes one of the re-drawn footprints, samples the devices at home and the others anew,
    draws the operator's share of every home, which its residents bring wherever they are, makes
    the night ratio of that night, adds overnight guests, and holds every hour to a total that is
    drawn as well. The draws of an entry have the estimate as their median but for what guests and
    totals move.

    Parameters
    ----------
    persons, devices : array-like of shape (n_zones, n_hours)
        Estimates of the lowest zones.
    redrawn : array-like of shape (n_footprints, n_zones, n_hours)
        Devices by footprints drawn again (`redrawn_footprint`). Unit: devices.
    register : array-like of shape (n_zones,)
        Unit: persons.
    night : array-like of shape (n_zones, n_night_hours)
        Devices of the night that calibrates. Unit: devices.
    ratio : NightRatio
        How the estimates were calibrated; cloned, not changed.
    errors : PresenceErrors
    night_hours : array-like of int
        Positions of the night among the hours of `devices`: how far a footprint drawn again is off
        at night. None where the night was not observed.
    homes : array-like of shape (n_zones, n_zones), default=None
        Where the visitors of each zone live (`homes_of_visitors`); None where nothing is known of
        it: they then bring the usual share.
    near : array-like of shape (n_zones, n_zones), default=None
        Which zones lie side by side (`neighbourhoods`): what one has too much of, those near it
        lack. None: each errs by itself.
    totals : array-like of shape (n_hours,), default=None
        Persons in the area; None holds a draw to nothing. Unit: persons.
    n_draws : int, default=200
    seed : int or list of int, default=0

    Returns
    -------
    ndarray of shape (n_draws, n_zones, n_hours)
        Unit: persons. With `totals` the zones of a draw sum to the same relative error in all
        hours.

    Raises
    ------
    ValueError
        NaN, a negative number or a wrong shape, with the argument and the position.

    Notes
    -----
    Assumes that devices at home by day were at home by night. The share of a home cancels in its
    night ratio for those at home, and does not for its visitors: zones with visitors from the same
    places err alike, and so do their sums. Whoever is counted in the wrong zone, or visits one more
    often than was sampled, is missing nearby, which `near` is for. A parametric bootstrap [1]_: the
    widths of `errors` are to be learnt where the truth is known.

    References
    ----------
    .. [1] Efron & Tibshirani (1993), An Introduction to the Bootstrap.
       doi:10.1007/978-1-4899-4541-9

    Examples
    --------
    >>> devices = np.array([[400.0, 300.0], [100.0, 200.0]])
    >>> errors = PresenceErrors(1.0, 0.8, 0.9, 0.7, 0.0, 0.0, 0.0, 0.1, 0.0)
    >>> draws = draw_persons(2 * devices, devices, devices[None], [800.0, 200.0], devices[:, :1],
    ...                      NightRatio(), errors, night_hours=[0], totals=[1000.0, 1000.0])
    >>> draws.shape, bool(np.allclose(draws.sum(axis=1), 1000.0))
    ((200, 2, 2), True)
    >>> low, high = np.quantile(draws[:, 1], [0.05, 0.95], axis=0).round(-1)
    >>> bool(high[0] - low[0] < high[1] - low[1])  # the night is known from the register
    True
    """
    estimates, counted = checked("persons", persons, 2), checked("devices", devices, 2)
    again, dark = checked("redrawn", redrawn, 3), checked("night", night, 2)
    residents = checked("register", register, 1)
    mix = np.zeros((len(residents),) * 2) if homes is None else checked("homes", homes, 2)
    if counted.shape != estimates.shape or again.shape[1:] != estimates.shape:
        raise ValueError(
            f"persons, devices and redrawn have shapes {estimates.shape}, {counted.shape} and "
            f"{again.shape}"
        )
    hours = np.asarray(night_hours, dtype=np.intp)
    random = np.random.default_rng(seed)
    asleep = np.median(dark, axis=1)
    share = np.full(counted.shape[1], errors.home_share)
    share[hours] = errors.night_home_share
    at_home = share * np.minimum(counted, asleep[:, None])
    others = np.maximum(counted - at_home, LEAST)
    moved = _change(again, counted)
    moved_at_night = np.ones(again.shape[:2])
    if len(hours):
        moved_to = np.median(again[:, :, hours], axis=2)
        moved_at_night = _change(moved_to, np.median(counted[:, hours], axis=1))
    draws = np.empty((n_draws, *estimates.shape))
    lasting = errors.lasting_share * errors.overdispersion / others.mean(axis=1)
    passing = (1.0 - errors.lasting_share) * errors.overdispersion / others
    for number in range(n_draws):
        footprint = number % len(again)
        of_home, of_zone = np.exp(
            random.standard_normal((2, len(counted))) * [[errors.share_sd], [errors.local_sd]]
        )
        asleep_again = of_home * _gamma(random, errors.overdispersion / np.maximum(asleep, LEAST))
        visits = _gamma(random, lasting)[:, None] * _gamma(random, passing)
        visits *= (shares_of_visitors(of_home, mix) * of_zone)[:, None]
        present = moved[footprint] * (at_home * asleep_again[:, None] + others * visits)
        night_again = dark * (moved_at_night[footprint] * asleep_again)[:, None]
        weights = _refitted(ratio, night_again, residents)
        draws[number] = present * weights[:, None]
        if totals is not None:
            draws[number] = held_to_totals(draws[number], totals)
    median = np.median(draws, axis=0)
    draws *= np.where(estimates > 0, estimates / np.maximum(median, 1e-9), 1.0)
    draws *= 1.0 + _guests(dark, residents, moved_at_night, errors, n_draws, random)[:, :, None]
    if near is not None:
        draws = made_up_nearby(draws, near)
    wholes = np.exp(errors.total_sd * random.standard_normal(n_draws))[:, None, None]
    if totals is not None:
        sums = draws.sum(axis=1, keepdims=True)
        draws *= np.divide(np.asarray(totals), sums, out=np.zeros_like(sums), where=sums > 0)
    draws *= wholes
    return draws


def _guests(
    dark: Floats,
    residents: Floats,
    moved_at_night: Floats,
    errors: PresenceErrors,
    n_draws: int,
    random: np.random.Generator,
) -> Floats:
    """Guests over residents, (n_draws, n_zones): those that the night's devices do not rule out."""
    asleep = np.median(dark, axis=1)
    expected = residents * asleep.sum() / residents.sum()
    times = np.divide(asleep, expected, out=np.zeros_like(asleep), where=expected > 0)
    footprint = np.log(np.maximum(moved_at_night, 1e-9)).var(axis=0)
    sampling = errors.overdispersion / np.maximum(asleep, LEAST)
    return draw_guests(
        times,
        np.sqrt(errors.share_sd**2 + footprint + sampling),
        resort_share=errors.resort_share,
        guests_mean=errors.guests_mean,
        n_draws=n_draws,
        random=random,
    )


def _refitted(ratio: NightRatio, night: Floats, register: Floats) -> Floats:
    return np.asarray(NightRatio(**ratio.get_params()).fit(night, register).ratio_)


def _change(again: Floats, plain: Floats) -> Floats:
    """How many times as many devices, 1 where there were none."""
    return np.asarray(np.where(plain > 0, again / np.maximum(plain, 1e-9), 1.0))


def _gamma(random: np.random.Generator, variance: Floats) -> Floats:
    """Positive factors of mean 1."""
    bounded = np.clip(variance, 1e-12, 4.0)
    return random.gamma(1.0 / bounded, bounded)
