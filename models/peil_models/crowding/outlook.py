"""A forecaster and the levels of alarm that go with it, learnt together of released hours."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Self

import pandas as pd
from sklearn.base import BaseEstimator, clone
from sklearn.utils.validation import check_is_fitted

from peil_models.crowding.forecasting import CrowdingForecaster
from peil_models.crowding.known_days import CrowdingCalendar
from peil_models.crowding.naive import SeasonalNaive
from peil_models.crowding.nowcast import Nowcast
from peil_models.crowding.surges import SurgeDetector


class CrowdingOutlook(BaseEstimator):  # type: ignore[misc, unused-ignore]
    """What is normal in each zone and hour, and what is not.

    The levels of alarm are fixed on the last days of the history, which were forecast by one that
    had not seen them; then the forecaster learns of all of it.

    Parameters
    ----------
    forecaster : CrowdingForecaster, default=None
        What forecasts; a `SeasonalNaive` by default.
    tried_days : int in [1, inf), default=28
        Last days of the history that fix the levels: four of each weekday.
    record : mapping of str to value, default=None
        Whose it is and of what it was made; for the record, not used in `fit`.

    Attributes
    ----------
    forecaster_ : CrowdingForecaster
        Fitted; it keeps no calendar, as each forecast is given what is known by then.
    detector_ : SurgeDetector
        Fitted.
    nowcast_ : Nowcast
        Fitted on the same days as the levels.
    coverage_ : float
        Share of the tried hours within the 95 % interval of what had been forecast.
    error_ : float
        Summed absolute error of the median forecast over the tried hours, as a share of their sum.

    Notes
    -----
    Assumes what forecaster and detector assume. Not identified: why an hour is unusual.

    References
    ----------
    .. [1] Vovk, Gammerman & Shafer (2005), Algorithmic Learning in a Random World.
       doi:10.1007/b106715

    Examples
    --------
    >>> at = pd.date_range("2026-01-05", periods=42 * 24, freq="h", tz="Europe/Amsterdam")
    >>> rows = pd.DataFrame({"zone_id": "a", "hour_at": at, "value": 900.0 + at.hour + at.day})
    >>> model = CrowdingOutlook(tried_days=7).fit(rows)
    >>> len(model.forecast(rows, pd.Timestamp("2026-02-16", tz="Europe/Amsterdam"), hours=3))
    3
    """

    forecaster_: CrowdingForecaster
    detector_: SurgeDetector
    nowcast_: Nowcast
    coverage_: float
    error_: float

    def __init__(
        self,
        forecaster: CrowdingForecaster | None = None,
        *,
        tried_days: int = 28,
        record: Mapping[str, Any] | None = None,
    ) -> None:
        self.forecaster = forecaster
        self.tried_days = tried_days
        self.record = record

    def fit(
        self,
        history: pd.DataFrame,
        calendar: CrowdingCalendar | None = None,
        until: pd.Timestamp | None = None,
    ) -> Self:
        """Learn what is normal, and which hours are not.

        Parameters
        ----------
        history : DataFrame
            As `CrowdingForecaster.fit`.
        calendar : CrowdingCalendar, optional
            Facts of these days.
        until : Timestamp, optional
            The midnight from which it is used; that at the end of the history by default.

        Raises
        ------
        ValueError
            As the forecaster's; fewer days than are to be tried.
        """
        kind = SeasonalNaive() if self.forecaster is None else self.forecaster
        if until is None:
            until = midnight(history["hour_at"].max() + pd.Timedelta(hours=1), 0)
        from_at = midnight(until, -int(self.tried_days))
        earlier = clone(kind).fit(history[history["hour_at"] < from_at], calendar)
        facts = CrowdingCalendar() if calendar is None else calendar
        forecasts = forecast_days(earlier, history, facts, from_at, until)
        self.detector_ = SurgeDetector().fit(history, forecasts)
        self.nowcast_ = Nowcast().fit(history, forecasts)
        self.forecaster_ = clone(kind).fit(history, calendar)
        self.forecaster_.__dict__["calendar_"] = None
        tried = history.merge(forecasts, on=["zone_id", "hour_at"]).dropna(subset=["value"])
        value = tried["value"]
        self.coverage_ = float(((tried["q025"] <= value) & (value <= tried["q975"])).mean())
        self.error_ = float((value - tried["q500"]).abs().sum() / value.abs().sum())
        return self

    def forecast(
        self,
        history: pd.DataFrame,
        issued_at: pd.Timestamp,
        hours: int = 24,
        calendar: CrowdingCalendar | None = None,
    ) -> pd.DataFrame:
        """Forecast hours, as `CrowdingForecaster.forecast`; without a calendar, usual days."""
        check_is_fitted(self)
        facts = CrowdingCalendar() if calendar is None else calendar
        return self.forecaster_.forecast(history, issued_at, hours, facts)


def forecast_days(
    model: CrowdingForecaster,
    figures: pd.DataFrame,
    calendar: CrowdingCalendar,
    from_at: pd.Timestamp,
    until: pd.Timestamp,
) -> pd.DataFrame:
    """Forecast each day from one midnight up to another, each at the midnight that begins it.

    >>> at = pd.date_range("2026-02-02", periods=28 * 24, freq="h", tz="Europe/Amsterdam")
    >>> rows = pd.DataFrame({"zone_id": "a", "hour_at": at, "value": 900.0 + at.hour})
    >>> days = [pd.Timestamp(day, tz="Europe/Amsterdam") for day in ("2026-03-02", "2026-03-04")]
    >>> len(forecast_days(SeasonalNaive().fit(rows), rows, CrowdingCalendar(), *days))
    48
    """
    days = []
    at = from_at
    while at < until:
        days.append(model.forecast(figures, at, 24, calendar))
        at = midnight(at, 1)
    return pd.concat(days, ignore_index=True)


def midnight(moment: pd.Timestamp, days: int) -> pd.Timestamp:
    """The local midnight some days after that of a moment: a day may have 23 or 25 hours.

    >>> midnight(pd.Timestamp("2026-03-28T20:00", tz="Europe/Amsterdam"), 2).isoformat()
    '2026-03-30T00:00:00+02:00'
    """
    day = moment.date() + timedelta(days=days)
    return pd.Timestamp(day).tz_localize(moment.tzinfo).as_unit("s")
