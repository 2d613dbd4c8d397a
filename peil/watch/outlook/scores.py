"""How good an outlook was on the hours that were released since: error, calibration, alarms.

Nothing is known of what truly happened, so early alarms are counted on planted surges: released
hours are raised, one at a time, and looked at again by the levels that stood.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from peil.store.atomic import sha256
from peil.watch.outlook import bands, keeping, models
from peil.watch.outlook.figures import HourlyFigures
from peil_models.crowding import (
    QUANTILE_COLUMNS,
    QUANTILES,
    Climatology,
    CrowdingCalendar,
    CrowdingForecaster,
    SeasonalNaive,
    midnight,
)

SIZES = (0.3, 0.5, 1.0)  # shares that are added, for two hours
EDGES = list(QUANTILE_COLUMNS)
BARS: dict[str, type[CrowdingForecaster]] = {
    "seasonal_naive": SeasonalNaive,
    "climatology": Climatology,
}
DAY_HOURS = 24
QUIET_HOURS = 6
HOUR = pd.Timedelta(hours=1)
Counts = tuple[int, int, int]


@dataclass(frozen=True)
class ScoredWeek:
    """A week's bands as midnight had them and by each bar (`method`), its released hours, counts.

    All in the zones where episodes are sought; `planted` as `planted_surges` has it.
    """

    forecasts: pd.DataFrame
    hours: pd.DataFrame
    planted: list[Counts]


def of_weeks(weeks: list[ScoredWeek]) -> dict[str, Any]:
    """Score the weeks of an outlook.

    Returns
    -------
    dict
        n_hours; methods (by name: error in persons, coverage_80, coverage_95); calibration (share
        of values not above each quantile); zone_months; planted (size, n, in_first_hour,
        within_two_hours).
    """
    forecasts = pd.concat([week.forecasts for week in weeks], ignore_index=True)
    hours = pd.concat([week.hours for week in weeks], ignore_index=True)
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
        "planted": [
            _shares(size, [week.planted[k] for week in weeks]) for k, size in enumerate(SIZES)
        ],
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


def _shares(size: float, weeks: list[Counts]) -> dict[str, Any]:
    n, first, second = (sum(counts[k] for counts in weeks) for k in range(3))
    share = {"in_first_hour": first / n, "within_two_hours": second / n} if n else {}
    return {"size": size, "n": n, **share}


def planted_surges(
    week: models.WeekModels,
    band: pd.DataFrame,
    hours: pd.DataFrame,
    figures: HourlyFigures,
    calendar: CrowdingCalendar,
) -> list[Counts]:
    """Raise two hours of each zone and day, at an hour drawn by day, and see what begins there.

    Days that are over count, so that the next hour finds what was counted at midnight.

    Parameters
    ----------
    week : WeekModels
    band, hours : DataFrame
        Bands and released hours of this week, in zones where episodes are sought.
    figures : HourlyFigures
    calendar : CrowdingCalendar

    Returns
    -------
    list of (int, int, int)
        For each of `SIZES`: how many were planted, found in the first hour, within two.
    """
    over_at = midnight(hours["hour_at"].max() + HOUR, 0)
    if over_at <= week.starts_at:
        return [(0, 0, 0)] * len(SIZES)
    basis = figures.hash_until(over_at) + sha256(Path(__file__))
    name = models.fingerprint(basis, models.until(calendar, over_at))[:16]
    file = week.folder / "planted" / f"{over_at:%Y-%m-%d}-{name}.parquet"
    band, hours = (frame[frame["hour_at"] < over_at] for frame in (band, hours))
    counted = keeping.table(file, lambda: _counted(week, band, hours.reset_index(drop=True)))
    return [(int(n), int(first), int(second)) for n, first, second in counted.to_numpy()]


def _counted(week: models.WeekModels, band: pd.DataFrame, hours: pd.DataFrame) -> pd.DataFrame:
    calm = week.detector.episodes(hours, band)
    day = ((hours["hour_at"] - week.starts_at) // pd.Timedelta(days=1)).to_numpy()
    drawn = np.random.default_rng(0).integers(8, 22, 8)  # one hour for each day of the week
    is_drawn = hours["hour_at"].dt.hour.to_numpy() == drawn[day]
    places = hours.loc[is_drawn & hours["value"].notna(), ["zone_id", "hour_at"]]
    near = {
        (zone, began + step * HOUR)
        for zone, began in zip(calm["zone_id"], calm["began_at"], strict=True)
        for step in range(-QUIET_HOURS, DAY_HOURS)
    }
    keys = [key for key in zip(*(places[c] for c in places), strict=True) if key not in near]
    raised = {(zone, at + step * HOUR) for zone, at in keys for step in (0, 1)}
    index = pd.MultiIndex.from_frame(hours[["zone_id", "hour_at"]])
    is_raised = index.isin(sorted(raised)) if raised else np.zeros(len(hours), bool)
    counts = []
    for size in SIZES:
        busier = hours.assign(value=hours["value"] * np.where(is_raised, 1 + size, 1.0))
        episodes = week.detector.episodes(busier, band)
        began = set(zip(episodes["zone_id"], episodes["began_at"], strict=True))
        first = sum(key in began for key in keys)
        second = sum(key in began or (key[0], key[1] + HOUR) in began for key in keys)
        counts.append((len(keys), first, second))
    return pd.DataFrame(counts, columns=["n", "in_first_hour", "within_two_hours"])
