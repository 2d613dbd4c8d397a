"""A slow loss: Page's test for a ramp, on what days deviate from their weekday."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from peil.quality.choices import Choices
from peil.quality.ranges import MAD_TO_SD, WEEK, Array

WITHIN_TWICE = 0.9205  # mean square of a standard normal value that is held within -2 and 2


@dataclass(frozen=True)
class Loss:
    """A ramp that ends today.

    Attributes
    ----------
    n_days : int
        Days since it began, today included.
    share : float
        Lost a day.
    score : float
        In standard deviations; without any one of its days it is still a good part of it.
    """

    n_days: int
    share: float
    score: float


def deviations(today: float, history: Array) -> Array:
    """Log ratio of each day to its weekday, today first; nan where a day is not known.

    Parameters
    ----------
    today : float
        Rows.
    history : ndarray of shape (n_days,)
        Rows of the days before, the latest first.

    Notes
    -----
    A weekday's level is the mean of its days without the lowest and the highest: nearly as sure
    as the mean of normal noise, and a bad day does not move it.
    """
    logs = np.log(np.concatenate([[today], history]) + 1.0)
    levels = np.array([_trimmed(logs[WEEK + first :: WEEK]) for first in range(WEEK)])
    return np.asarray(logs - levels[np.arange(len(logs)) % WEEK])


def _trimmed(values: Array, n_left: int = 1) -> float:
    """Mean without the lowest and highest few; of three values or fewer, of all."""
    ordered = np.sort(values[~np.isnan(values)])
    if len(ordered) < 2:
        return float("nan")
    return float(np.mean(ordered[n_left:-n_left] if n_left and len(ordered) > 3 else ordered))


def noise_of(differences: Array) -> float:
    """Standard deviation of what is mostly noise: the MAD, then the mean square within its twice.

    As sure as 90 % of the plain one on normal noise, and a few wild values do not move it.

    >>> round(noise_of(np.array([1.0, -1.0] * 20 + [50.0])), 2)
    1.14
    """
    first = MAD_TO_SD * float(np.median(np.abs(differences)))
    if first == 0:
        return 0.0
    within = np.clip(differences / first, -2, 2)
    return first * float(np.sqrt(np.mean(within**2) / WITHIN_TWICE))


def slow_loss(today: float, history: Array, choices: Choices) -> Loss | None:
    """Say whether rows are being lost day by day, and since when.

    For every beginning, the days since then are compared with a ramp that falls by the same
    share each day, by generalised least squares: the noise of the days, that of their weekdays'
    levels, and that of the level before the beginning, which all of them share. The best
    beginning counts (Page's test with a ramp for a step). A single low day is no ramp: without
    any one of its days a ramp must still be one, and where one day lies off the ramp of the others
    by as much as alerts are told of, the others alone are the ramp.

    Parameters
    ----------
    today : float
        Rows, what other causes took away put back.
    history : ndarray of shape (n_days,)
        The days before, the latest first; whole weeks.

    Returns
    -------
    Loss or None
        None also where two weeks of history are not there.

    References
    ----------
    Page (1954), doi:10.1093/biomet/41.1-2.100; Lai (1995), doi:10.1111/j.2517-6161.1995.tb02052.x

    Examples
    --------
    >>> from peil.quality.choices import choices_of
    >>> before = 1000 * np.exp(0.03 * np.sin(np.arange(56) ** 2))
    >>> falling = np.concatenate([1000 * 0.97 ** np.array([3.0, 2.0, 1.0]), before[:-3]])
    >>> found = slow_loss(1000 * 0.97**4, falling, choices_of("demo"))
    >>> found.n_days, round(found.share, 2)
    (4, 0.03)
    >>> slow_loss(1000.0, before, choices_of("demo")) is None
    True
    """
    gaps = np.log(history[:-WEEK] + 1.0) - np.log(history[WEEK:] + 1.0)
    n_gaps = int(np.count_nonzero(~np.isnan(gaps)))
    if n_gaps < WEEK:
        return None
    noise = max(noise_of(gaps[~np.isnan(gaps)]) / np.sqrt(2), choices.noise_share_min)
    away = deviations(today, history)
    n_weeks = max(int(np.count_nonzero(~np.isnan(history)) // WEEK), 1)
    best: Loss | None = None
    for n_days in range(int(choices.loss_days_min), int(choices.loss_days_max) + 1):
        before = away[n_days : n_days + 4 * WEEK]
        counted = before[~np.isnan(before)]
        days = away[:n_days]
        if np.isnan(days).any() or len(counted) < WEEK:
            continue
        fallen = _trimmed(counted, len(counted) // 8) - days
        shared = 1 / len(counted)
        ramp = np.arange(n_days, 0.0, -1.0)
        score, share = _ramp(fallen, ramp, noise, 1 / n_weeks, shared)
        without = [
            _ramp(np.delete(fallen, left), np.delete(ramp, left), noise, 1 / n_weeks, shared)
            for left in range(n_days)
        ]
        away_from_rest = [
            abs(fallen[left] - slope * ramp[left]) for left, (_, slope) in enumerate(without)
        ]
        odd = int(np.argmax(away_from_rest))
        rest = min(score_left for score_left, _ in without)
        if away_from_rest[odd] > choices.alert_sd * noise:  # as a day by itself
            score, share = without[odd]
        is_ramp = rest >= max(choices.loss_rest_sd, choices.loss_rest_share * score)
        if score >= choices.loss_sd and is_ramp and share >= choices.loss_share / 3:
            candidate = Loss(n_days, float(-np.expm1(-share)), score)
            if best is None or candidate.score > best.score:
                best = candidate
    return best


def _ramp(
    fallen: Array, ramp: Array, noise: float, of_weekday: float, shared: float
) -> tuple[float, float]:
    """Score of a ramp and its slope, by generalised least squares."""
    of_days = np.eye(len(ramp)) * (1 + of_weekday) + shared
    weighted = np.linalg.solve(of_days, ramp) / noise**2
    information = float(weighted @ ramp)
    slope = float(weighted @ fallen) / information
    return slope * float(np.sqrt(information)), slope
