"""How good an outlook was on the hours that were released since: error, calibration, alarms.

Nothing is known of what truly happened, so early alarms are counted on planted surges: released
hours are raised, one at a time, and looked at again by the levels that stood.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from peil.watch.outlook import bands, models
from peil.watch.outlook.figures import HourlyFigures
from peil_models.crowding import (
    QUANTILE_COLUMNS,
    QUANTILES,
    Climatology,
    CrowdingCalendar,
    CrowdingForecaster,
    SeasonalNaive,
)

SIZES = (0.3, 0.5, 1.0)  # shares that are added, for two hours
EDGES = list(QUANTILE_COLUMNS)
BARS: dict[str, type[CrowdingForecaster]] = {
    "seasonal_naive": SeasonalNaive,
    "climatology": Climatology,
}
DAY_HOURS = 24
QUIET_HOURS = 6


def of_weeks(weeks: list[tuple[models.WeekModels, pd.DataFrame, pd.DataFrame]]) -> dict[str, Any]:
    """Score the weeks of an outlook.

    Parameters
    ----------
    weeks : list of (WeekModels, DataFrame, DataFrame)
        Of each week its models, its bands as midnight had them and by each bar (`method`), and its
        released hours in the zones where episodes are sought.

    Returns
    -------
    dict
        n_hours; methods (by name: error in persons, coverage_80, coverage_95); calibration (share
        of values not above each quantile); zone_months; planted (size, n, in_first_hour,
        within_two_hours).
    """
    forecasts = pd.concat([rows for _, rows, _ in weeks], ignore_index=True)
    hours = pd.concat([hours for _, _, hours in weeks], ignore_index=True)
    both = forecasts.merge(hours, on=["zone_id", "hour_at"]).dropna(subset=["value", *EDGES])
    n_methods = both.groupby(["zone_id", "hour_at"])["method"].transform("size")
    both = both[n_methods == len(BARS) + 1]
    methods = {}
    for name, rows in both.groupby("method", sort=True):
        value = rows["value"]
        methods[str(name)] = {
            "error": float((value - rows["q500"]).abs().mean()),
            "coverage_80": float(((rows["q100"] <= value) & (value <= rows["q900"])).mean()),
            "coverage_95": float(((rows["q025"] <= value) & (value <= rows["q975"])).mean()),
        }
    own = both[both["method"] == "outlook"]
    return {
        "n_hours": len(own),
        "methods": methods,
        "quantiles": list(QUANTILES),
        "calibration": [float((own["value"] <= own[name]).mean()) for name in EDGES],
        "zone_months": float(hours["value"].notna().sum() / (DAY_HOURS * 30)),
        "planted": [_planted(weeks, size) for size in SIZES],
    }


def with_bars(
    week: models.WeekModels,
    band: pd.DataFrame,
    figures: HourlyFigures,
    calendar: CrowdingCalendar,
    until: pd.Timestamp,
) -> pd.DataFrame:
    """Set beside the bands of a week what each bar said at the same midnights."""
    bars = [
        bands.of_days(week, figures, calendar, until, kind).assign(method=name)
        for name, kind in BARS.items()
    ]
    return pd.concat([band.assign(method="outlook"), *bars], ignore_index=True)


def _planted(
    weeks: list[tuple[models.WeekModels, pd.DataFrame, pd.DataFrame]], size: float
) -> dict[str, Any]:
    """Raise two hours of each zone and day, at an hour drawn by day, and see what begins there."""
    n = first = second = 0
    hour = pd.Timedelta(hours=1)
    for week, rows, hours in weeks:
        band = rows[rows["method"] == "outlook"]
        calm = week.detector.episodes(hours, band)
        hours = hours.reset_index(drop=True)
        day = ((hours["hour_at"] - week.starts_at) // pd.Timedelta(days=1)).to_numpy()
        rng = np.random.default_rng(0)
        drawn = rng.integers(8, 22, 8)  # one hour for each day of the week
        is_drawn = hours["hour_at"].dt.hour.to_numpy() == drawn[day]
        places = hours.loc[is_drawn & hours["value"].notna(), ["zone_id", "hour_at"]]
        near = {
            (zone, began + step * hour)
            for zone, began in zip(calm["zone_id"], calm["began_at"], strict=True)
            for step in range(-QUIET_HOURS, DAY_HOURS)
        }
        keys = [key for key in zip(*(places[c] for c in places), strict=True) if key not in near]
        raised = {(zone, at + step * hour) for zone, at in keys for step in (0, 1)}
        index = pd.MultiIndex.from_frame(hours[["zone_id", "hour_at"]])
        factor = np.where(index.isin(sorted(raised)), 1 + size, 1.0) if raised else 1.0
        raised_ones = week.detector.episodes(hours.assign(value=hours["value"] * factor), band)
        began = set(zip(raised_ones["zone_id"], raised_ones["began_at"], strict=True))
        n += len(keys)
        first += sum(key in began for key in keys)
        second += sum(key in began or (key[0], key[1] + hour) in began for key in keys)
    share = {"in_first_hour": first / n, "within_two_hours": second / n} if n else {}
    return {"size": size, "n": n, **share}
