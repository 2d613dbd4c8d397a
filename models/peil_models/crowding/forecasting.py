"""What every forecaster of crowding keeps: arguments, form and order of a forecast."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from peil_models.crowding.history import Floats, HourCube, Hours, Ints, hour_cube
from peil_models.crowding.known_days import CrowdingCalendar

QUANTILES = (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975)
"""Levels of a forecast: the median, and the edges of its intervals of 50, 80 and 95 %."""
QUANTILE_COLUMNS = ("q025", "q100", "q250", "q500", "q750", "q900", "q975")
FORECAST_COLUMNS = ("zone_id", "hour_at", "issued_at", *QUANTILE_COLUMNS)
MOST_HOURS = 24  # farther ahead, the day before is not yet known
LOOK_BACK = 56  # days that a forecast looks at: eight of the same weekday
LOOKED_BACK = pd.Timedelta(days=LOOK_BACK * 2 + 2)  # and as many before each of these


class CrowdingForecaster(BaseEstimator, ABC):  # type: ignore[misc, unused-ignore]
    """Forecast quantiles of persons by zone and hour from the hours before.

    Abstract: `SeasonalNaive`, `Climatology` and `CrowdingQuantiles` are what can be fitted.

    Attributes
    ----------
    calendar_ : CrowdingCalendar
        Facts of days that were given to `fit`.

    Examples
    --------
    >>> from peil_models.crowding import SeasonalNaive
    >>> SeasonalNaive.__base__.__name__
    'CrowdingForecaster'
    """

    calendar_: CrowdingCalendar

    @abstractmethod
    def fit(self, history: pd.DataFrame, calendar: CrowdingCalendar | None = None) -> Self:
        """Learn from hourly history.

        Parameters
        ----------
        history : DataFrame
            `zone_id`, `hour_at` (with a time zone), `value` (NaN where withheld or missing),
            optionally `sd`, the value's own standard error. Missing rows are missing hours.
        calendar : CrowdingCalendar, optional
            Facts of the days of the history, and of those to be forecast.

        Raises
        ------
        ValueError
            The table is no hourly history, or holds no value.
        """

    @abstractmethod
    def _at(
        self, cube: HourCube, calendar: CrowdingCalendar, target: Hours, issue: Hours
    ) -> Floats:
        """Return quantiles, shape (n_zones, n_targets, 7), in any order, NaN where unknown.

        `cube` holds nothing at or after the hour of `issue`; days of `target` and `issue` are
        positions in it.
        """

    def calibration(
        self,
        history: pd.DataFrame,
        midnight_at: pd.Timestamp,
        calendar: CrowdingCalendar | None = None,
    ) -> pd.DataFrame:
        """Return what the forecasts of a day are moved by, learnt of the days before it.

        Arguments are as of `forecast`. Empty where nothing is learnt.
        """
        return pd.DataFrame()

    def calibrated(self, by: pd.DataFrame, midnight_at: pd.Timestamp) -> Self:
        """Return itself with the `calibration` of a day, whose forecasts do not learn it again."""
        return self

    def forecast(
        self,
        history: pd.DataFrame,
        issued_at: pd.Timestamp,
        hours: int = 24,
        calendar: CrowdingCalendar | None = None,
        left_out: int = 0,
    ) -> pd.DataFrame:
        """Forecast the hours from `issued_at` on.

        Parameters
        ----------
        history : DataFrame
            As `fit`; rows at and after `issued_at` are not looked at.
        issued_at : Timestamp
            A full hour with a time zone: the first hour that is forecast.
        hours : int in [1, 24], default=24
        calendar : CrowdingCalendar, optional
            Facts as they are known now; those given to `fit` by default.
        left_out : int in [0, hours), default=0
            How many of the first hours are not asked for.

        Returns
        -------
        DataFrame
            `zone_id`, `hour_at`, `issued_at`, `q025` … `q975`, ordered by zone and hour. Hours of
            which nothing can be said (a zone without values in the last eight weeks) are left out.

        Raises
        ------
        ValueError
            As `fit`; or `issued_at` is no full hour, or `hours` or `left_out` is out of range.
        """
        check_is_fitted(self)
        issued_at = pd.Timestamp(issued_at)
        if not 1 <= hours <= MOST_HOURS:
            raise ValueError(f"hours must be from 1 to {MOST_HOURS}, got {hours}")
        if not 0 <= left_out < hours:
            raise ValueError(f"left_out must be from 0 to {hours - 1}, got {left_out}")
        cube = looked_at(history, issued_at)
        ahead = pd.date_range(issued_at.tz_convert(cube.time_zone), periods=hours, freq="h")
        target, issue = (
            Hours.of(ahead[left_out:], cube.time_zone),
            Hours.of(ahead[:1], cube.time_zone),
        )
        target = Hours(target.day - cube.first_day, target.hour)
        issue = Hours(issue.day - cube.first_day, issue.hour)
        raw = self._at(cube, calendar or self.calendar_, target, issue)
        quantiles = np.maximum(np.sort(raw, axis=2), 0.0)
        frame = pd.DataFrame(
            {
                "zone_id": np.repeat(np.array(cube.zones, object), hours - left_out),
                "hour_at": ahead[np.tile(np.arange(left_out, hours), len(cube.zones))],
                "issued_at": ahead[np.zeros(len(cube.zones) * (hours - left_out), np.int64)],
            }
        )
        for k, name in enumerate(QUANTILE_COLUMNS):
            frame[name] = quantiles[:, :, k].ravel()
        return frame.dropna(subset=list(QUANTILE_COLUMNS)).reset_index(drop=True)


def looked_at(history: pd.DataFrame, issued_at: pd.Timestamp) -> HourCube:
    """Return what a forecast looks at, with two days ahead of it.

    Raises
    ------
    ValueError
        `issued_at` is no full hour; the table is no history.

    Examples
    --------
    >>> at = pd.date_range("2026-03-02", periods=30, freq="h", tz="Europe/Amsterdam")
    >>> rows = pd.DataFrame({"zone_id": "a", "hour_at": at, "value": 5.0})
    >>> looked_at(rows, at[-1]).values.shape
    (1, 4, 24)
    """
    if issued_at.tzinfo is None or issued_at != issued_at.floor("h"):
        raise ValueError("issued_at must be a full hour with a time zone")
    check_columns = "hour_at" in history and hasattr(history["hour_at"], "dt")
    recent = history[history["hour_at"] >= issued_at - LOOKED_BACK] if check_columns else history
    return hour_cube(recent, until=issued_at, ahead=2)


def lagged(values: Floats, day: Ints, hour: Ints, lag: int) -> Floats:
    """Return values some days before, shape (n_zones, n_targets); NaN before the first day.

    Examples
    --------
    >>> values = np.arange(48.0).reshape(1, 2, 24)
    >>> lagged(values, np.array([1, 0]), np.array([5, 5]), 1)
    array([[ 5., nan]])
    """
    inside = day >= lag
    chosen = values[:, np.where(inside, day - lag, 0), hour]
    return np.asarray(np.where(inside[None, :], chosen, np.nan))
