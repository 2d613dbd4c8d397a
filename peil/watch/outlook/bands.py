"""Bands of normal, day after day, each made at its midnight and kept: the next hour takes it again.

What a midnight said does not change with what came after it, so an hour's outlook forecasts the
hours ahead and nothing else. A kept day is named after a hash of what it was made from.
"""

from __future__ import annotations

import pandas as pd

from peil.watch.outlook import keeping, models
from peil.watch.outlook.figures import HourlyFigures
from peil_models.crowding import CrowdingCalendar, CrowdingForecaster, midnight

AHEAD_HOURS = 24


def of_days(
    week: models.WeekModels,
    figures: HourlyFigures,
    calendar: CrowdingCalendar,
    until: pd.Timestamp,
    bar: type[CrowdingForecaster] | None = None,
) -> pd.DataFrame:
    """Forecast each day of a week up to a moment, each at the midnight that begins it.

    Parameters
    ----------
    week : WeekModels
    figures : HourlyFigures
        No hour at or after a midnight is looked at by that midnight's forecast.
    calendar : CrowdingCalendar
    until : Timestamp
        The first hour that is left out; a day that has begun is forecast whole.
    bar : type, optional
        A simple forecaster in place of the week's own.
    """
    days, at = [], week.starts_at
    while at < until:
        days.append(of_day(week, figures, calendar, at, bar))
        at = midnight(at, 1)
    return pd.concat(days, ignore_index=True)


def of_day(
    week: models.WeekModels,
    figures: HourlyFigures,
    calendar: CrowdingCalendar,
    at: pd.Timestamp,
    bar: type[CrowdingForecaster] | None = None,
) -> pd.DataFrame:
    """Forecast the 24 hours from a midnight on, or take them from where they were kept.

    With `bar`, as that simple forecaster has them, which learns nothing.
    """
    calendar = models.until(calendar, midnight(at, 1))
    name = models.fingerprint(figures.hash_until(at), calendar)[:16]
    kind = bar.__name__ if bar else "outlook"

    def made() -> pd.DataFrame:
        before = figures.until(at)
        model = bar().fit(before, calendar) if bar else _calibrated(week, figures, calendar, at)
        return model.forecast(before, at, AHEAD_HOURS, calendar)

    table = keeping.table(week.folder / "bands" / f"{at:%Y-%m-%d}-{kind}-{name}.parquet", made)
    for column in ("hour_at", "issued_at"):
        table[column] = table[column].dt.tz_convert(at.tz).dt.as_unit("s")
    return table.astype({"zone_id": object})


def ahead(
    week: models.WeekModels,
    figures: HourlyFigures,
    calendar: CrowdingCalendar,
    today: pd.DataFrame,
    issued_at: pd.Timestamp,
) -> pd.DataFrame:
    """Forecast the 24 hours from a moment on; the first of them carried by the hour before.

    What is carried is the forecast of this day's midnight (`today`), as the errors that were
    learnt are its own; after the day's end, and in zones without the last hour, nothing is.
    """
    if issued_at == midnight(issued_at, 0):
        return of_day(week, figures, calendar, issued_at)
    before = figures.until(issued_at)
    calendar = models.until(calendar, issued_at + pd.Timedelta(hours=AHEAD_HOURS))
    model = _calibrated(week, figures, calendar, midnight(issued_at, 0))
    hour = pd.Timedelta(hours=1)
    last = before[(before["hour_at"] == issued_at - hour) & before["value"].notna()]
    last = last.astype({"zone_id": object})
    carried = week.nowcast.carry(last, today[today["zone_id"].isin(last["zone_id"])], issued_at)
    carried = carried[carried["hour_at"] < issued_at + pd.Timedelta(hours=week.nowcast.hours)]
    # an hour that is carried in all zones is not forecast anew
    n_carried, n_zones = carried["hour_at"].value_counts(), before["zone_id"].nunique()
    n_whole = 0
    while n_carried.get(issued_at + n_whole * hour, 0) == n_zones:
        n_whole += 1
    plain = model.forecast(before, issued_at, AHEAD_HOURS, calendar, left_out=n_whole)
    both = pd.concat([carried, plain], ignore_index=True)
    both = both.drop_duplicates(["zone_id", "hour_at"])
    return both.sort_values(["zone_id", "hour_at"], ignore_index=True)


def _calibrated(
    week: models.WeekModels,
    figures: HourlyFigures,
    calendar: CrowdingCalendar,
    at: pd.Timestamp,
) -> CrowdingForecaster:
    """The week's forecaster, calibrated on the days before a midnight: once for all its day."""
    earlier = models.until(calendar, at)
    name = models.fingerprint(figures.hash_until(at), earlier)[:16]

    def made() -> pd.DataFrame:
        return week.forecaster.calibration(figures.until(at), at, earlier)

    file = week.folder / "calibrations" / f"{at:%Y-%m-%d}-{name}.parquet"
    return week.forecaster.calibrated(keeping.table(file, made), at)
