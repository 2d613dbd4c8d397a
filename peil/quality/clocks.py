"""A clock that is off: a day's profile of hours against the expected one, shifted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from peil.quality.choices import Choices
from peil.quality.ranges import WEEK, Array, median


@dataclass(frozen=True)
class Shift:
    """How far the clock is off: positive where time stamps are too late.

    Attributes
    ----------
    hours : int
    gain : float
        Share of the profile's misfit that the shift explains.
    misfit : float
        Misfit without the shift, in times the usual one.
    """

    hours: int
    gain: float
    misfit: float


def shift_of(today: Array, history: Array, choices: Choices) -> Shift | None:
    """Say whether a day's profile fits the expected one better some whole hours away.

    Profiles are shares of the day's rows by hour, their misfit the squared Hellinger distance,
    in which an hour of many rows and an hour of few count alike. Of a shifted clock the vacated
    hours are empty, where files are cut by the true day, or filled from the day before or after,
    where they are cut by the wrong clock; the better of the two counts.

    Parameters
    ----------
    today : ndarray of shape (n_hours,)
        Rows by hour of the local day; nan for an hour that the day does not have.
    history : ndarray of shape (n_hours, n_days)
        Of the days before, the latest first.

    Returns
    -------
    Shift or None
        None where the profile is as usual, where no shift explains it, and where fewer than the
        least number of same weekdays are known.

    Notes
    -----
    Not seen: a shift of a part of the rows, or of less than an hour.

    Examples
    --------
    >>> from peil.quality.choices import choices_of
    >>> usual = 1000 + 900 * np.sin(np.arange(24) / 24 * 6.28 - 2) + 50 * (np.arange(24) % 5)
    >>> late = np.concatenate([[0.0], usual[:-1]])
    >>> before = usual[:, None] + np.sin(np.outer(usual, np.arange(56)))
    >>> shift_of(late, before, choices_of("demo")).hours
    1
    >>> shift_of(usual * 1.3, before, choices_of("demo")) is None
    True
    """
    there = ~np.isnan(today)
    totals = np.nansum(history, axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        shares = np.where(totals > 0, history / totals, np.nan)
    same = shares[:, WEEK - 1 :: WEEK]
    n_same = np.count_nonzero(~np.isnan(same).all(axis=0))
    n_rows = float(np.nansum(today))
    if n_same < choices.history_weeks_min or n_rows <= 0:
        return None
    usual = np.nan_to_num(median(same))
    usual /= usual.sum()
    profile = np.nan_to_num(today) / n_rows
    misfit = _misfit(profile, _of(np.where(there, usual, 0.0)))
    # what the counts alone make of a misfit: a quarter of an hour's variance, over the rows
    chance = choices.count_dispersion * np.count_nonzero(there) / 4 / n_rows
    others = [_misfit(np.nan_to_num(day), usual) for day in same.T if not np.isnan(day).all()]
    least = max(float(np.median(others)), chance)
    if misfit < choices.clock_misfit_min * least:
        return None
    most = int(choices.clock_hours_max)
    shifts = [hours for hours in range(-most, most + 1) if hours]
    by_shift = {hours: _shifted_misfit(profile, usual, hours, there) for hours in shifts}
    hours = min(by_shift, key=lambda h: (by_shift[h], abs(h), h))
    gain = 1 - by_shift[hours] / misfit
    if gain < choices.clock_gain_min:
        return None
    return Shift(hours, gain, misfit / least)


def _misfit(profile: Array, expected: Array) -> float:
    return float(np.sum((np.sqrt(profile) - np.sqrt(expected)) ** 2))


def _shifted_misfit(profile: Array, usual: Array, hours: int, there: Array) -> float:
    """Misfit to the usual profile, moved; vacated hours empty or filled from the other end."""
    filled = np.where(there, np.roll(usual, hours), 0.0)
    emptied = filled.copy()
    if hours > 0:
        emptied[:hours] = 0.0
    else:
        emptied[hours:] = 0.0
    return min(_misfit(profile, _of(moved)) for moved in (filled, emptied))


def _of(rows: Array) -> Array:
    """Shares; of nothing, nothing."""
    return rows / max(float(rows.sum()), 1e-12)
