"""The bars: the same hour of the week before, and the same hour of eight weeks."""

from __future__ import annotations

from typing import Self

import numpy as np
import pandas as pd

from peil_models.crowding.forecasting import LOOK_BACK, QUANTILES, CrowdingForecaster, lagged
from peil_models.crowding.history import Floats, HourCube, Hours, hour_cube
from peil_models.crowding.known_days import CrowdingCalendar

WEEK = 7


class SeasonalNaive(CrowdingForecaster):
    """Forecast the value of the same hour a week before, with the spread of past such changes.

    ``y[d, h] = y[d - 7, h] + e`` with e drawn from the changes ``y[k, h] - y[k - 7, h]`` of the
    zone and hour of the clock in the eight weeks before [1]_. Without the week before, the latest
    of four is taken.

    Attributes
    ----------
    calendar_ : CrowdingCalendar
        As given; looked at by nobody here.

    Notes
    -----
    Assumes that a week is like the week before. Not identified: whether a zone grows or had one odd
    week; holidays are a surprise twice, on their day and a week later.

    References
    ----------
    .. [1] Hyndman & Athanasopoulos (2021), Forecasting: Principles and Practice, 3rd ed., 5.2.
       https://otexts.com/fpp3/

    Examples
    --------
    >>> at = pd.date_range("2026-01-05", periods=42 * 24, freq="h", tz="Europe/Amsterdam")
    >>> rows = pd.DataFrame({"zone_id": "a", "hour_at": at, "value": 100.0 + at.hour})
    >>> model = SeasonalNaive().fit(rows)
    >>> model.forecast(rows, at[-1] + pd.Timedelta(hours=1), hours=2)["q500"].tolist()
    [100.0, 101.0]
    """

    def fit(self, history: pd.DataFrame, calendar: CrowdingCalendar | None = None) -> Self:
        """Check the history; nothing is learnt before the hour of a forecast."""
        hour_cube(history)
        self.calendar_ = calendar or CrowdingCalendar()
        return self

    def _at(
        self, cube: HourCube, calendar: CrowdingCalendar, target: Hours, issue: Hours
    ) -> Floats:
        centre = lagged(cube.values, target.day, target.hour, WEEK)
        for weeks in (2, 3, 4):
            earlier = lagged(cube.values, target.day, target.hour, WEEK * weeks)
            centre = np.where(np.isnan(centre), earlier, centre)
        last = int(issue.day[0])
        first = max(last - LOOK_BACK, WEEK)
        changes = cube.values[:, first : last + 1] - cube.values[:, first - WEEK : last + 1 - WEEK]
        return around(centre, changes, target)


class Climatology(CrowdingForecaster):
    """Forecast the mean of the same hour and weekday of eight weeks, with the spread around it.

    The centre is the mean of up to eight values (of all days where the weekday has none); the
    spread are the differences of the zone's values in that hour of the clock from the mean of the
    *other* weeks [1]_.

    Attributes
    ----------
    calendar_ : CrowdingCalendar
        As given; looked at by nobody here.

    Notes
    -----
    Assumes that eight weeks are alike: seasons and holidays are a surprise.
    Not identified: a trend.

    References
    ----------
    .. [1] Gneiting & Raftery (2007), JASA 102. doi:10.1198/016214506000001437

    Examples
    --------
    >>> at = pd.date_range("2026-01-05", periods=42 * 24, freq="h", tz="Europe/Amsterdam")
    >>> rows = pd.DataFrame({"zone_id": "a", "hour_at": at, "value": 100.0 + at.day_of_week})
    >>> model = Climatology().fit(rows)
    >>> model.forecast(rows, at[-1] + pd.Timedelta(hours=1), hours=1)["q975"].tolist()
    [100.0]
    """

    def fit(self, history: pd.DataFrame, calendar: CrowdingCalendar | None = None) -> Self:
        """Check the history; nothing is learnt before the hour of a forecast."""
        hour_cube(history)
        self.calendar_ = calendar or CrowdingCalendar()
        return self

    def _at(
        self, cube: HourCube, calendar: CrowdingCalendar, target: Hours, issue: Hours
    ) -> Floats:
        return of_eight_weeks(cube, target, int(issue.day[0]))


def of_eight_weeks(cube: HourCube, target: Hours, last: int) -> Floats:
    """Return quantiles of the same hour and weekday, shape (n_zones, n_targets, 7)."""
    days = np.arange(max(last - LOOK_BACK, 0), last + 1)
    window = cube.values[:, days]
    alike, n_alike = _sums(window, days)
    present = ~np.isnan(window)
    values = np.where(present, window, 0.0)
    every, n_every = values.sum(axis=1), present.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        by_weekday = alike[:, days % WEEK]
        n_by_weekday = n_alike[:, days % WEEK]
        others = (by_weekday - values) / (n_by_weekday - 1)
        rest = (every[:, None] - values) / (n_every[:, None] - 1)
        changes = window - np.where(n_by_weekday > 1, others, rest)
        weekday = (
            alike[:, target.day % WEEK, target.hour] / n_alike[:, target.day % WEEK, target.hour]
        )
        whole = every[:, target.hour] / n_every[:, target.hour]
    centre = np.where(np.isnan(weekday), whole, weekday)
    return around(centre, changes, target)


def _sums(window: Floats, days: np.ndarray) -> tuple[Floats, Floats]:
    """Return sum and number of values by weekday, shapes (n_zones, 7, 24)."""
    sums = np.zeros((len(window), WEEK, 24))
    counts = np.zeros_like(sums)
    for weekday in range(WEEK):
        chosen = window[:, days % WEEK == weekday]
        sums[:, weekday] = np.nansum(chosen, axis=1)
        counts[:, weekday] = (~np.isnan(chosen)).sum(axis=1)
    return sums, counts


def around(centre: Floats, changes: Floats, target: Hours) -> Floats:
    """Return a centre with the quantiles of past changes in its hour of the clock.

    Parameters
    ----------
    centre : ndarray of shape (n_zones, n_targets)
    changes : ndarray of shape (n_zones, n_days, 24)
        NaN where unknown; an hour with fewer than two takes those of the whole day.

    Returns
    -------
    ndarray of shape (n_zones, n_targets, 7)
    """
    if not changes.shape[1]:
        return np.full((*centre.shape, len(QUANTILES)), np.nan)
    spread = sorted_quantiles(np.swapaxes(changes, 1, 2))
    few = (~np.isnan(changes)).sum(axis=1) < 2
    whole = sorted_quantiles(changes.reshape(len(changes), 1, -1))
    spread = np.where(few[:, :, None], whole, spread)
    return np.asarray(centre[:, :, None] + spread[:, target.hour])


def sorted_quantiles(values: Floats) -> Floats:
    """Return the seven quantiles along the last axis; NaN are left out.

    The k-th of n values is the quantile ``(k - 0.5) / n``; between them it is a line, beyond them
    the outermost value.

    Examples
    --------
    >>> sorted_quantiles(np.array([3.0, np.nan, 1.0, 2.0])).round(2)
    array([1.  , 1.  , 1.25, 2.  , 2.75, 3.  , 3.  ])
    """
    ordered = np.sort(values, axis=-1)
    n = (~np.isnan(values)).sum(axis=-1)[..., None]
    place = np.clip(np.array(QUANTILES) * n - 0.5, 0, np.maximum(n - 1, 0))
    low = np.floor(place).astype(np.int64)
    high = np.minimum(low + 1, np.maximum(n - 1, 0))
    below = np.take_along_axis(ordered, low, axis=-1)
    above = np.take_along_axis(ordered, high, axis=-1)
    return np.asarray(below + (above - below) * (place - low))
