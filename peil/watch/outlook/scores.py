"""How good an outlook was on the hours that were released since: error, calibration, alarms.

Nothing is known of what truly happened, so early alarms are counted on planted surges: released
hours are raised, one at a time, and looked at again by the levels that stood.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
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
from peil_models.crowding.scores_of_hours import scored_hours

SIZES = (0.3, 0.5, 1.0)  # shares that are added, for two hours
EDGES = list(QUANTILE_COLUMNS)
SCORES = ["error", "coverage_80", "coverage_95"]
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
    """What a week's bands were off by (`off_by`), its observed zone-hours, its planted surges."""

    off_by: pd.DataFrame
    n_observed: int
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
    sums = pd.concat([week.off_by for week in weeks]).groupby("method", sort=True).sum()
    by_method: dict[Any, dict[Any, float]] = sums.to_dict("index")
    own = by_method["outlook"]
    return {
        "n_hours": int(own["n_hours"]),
        "methods": {
            str(name): {score: row[score] / row["n_hours"] for score in SCORES}
            for name, row in by_method.items()
            if row["n_hours"]
        },
        "quantiles": list(QUANTILES),
        "calibration": [own[e] / own["n_hours"] if own["n_hours"] else math.nan for e in EDGES],
        "zone_months": sum(week.n_observed for week in weeks) / (DAY_HOURS * 30),
        "planted": [
            _shares(size, [week.planted[k] for week in weeks]) for k, size in enumerate(SIZES)
        ],
    }


def off_by(
    week: models.WeekModels,
    band: pd.DataFrame,
    hours: pd.DataFrame,
    figures: HourlyFigures,
    calendar: CrowdingCalendar,
    until: pd.Timestamp,
) -> pd.DataFrame:
    """Sum, over the released hours of a week, what its bands were off by, and each bar's.

    A day that is over is summed once; the next hour finds its sums.

    Parameters
    ----------
    week : WeekModels
    band, hours : DataFrame
        Bands as midnights had them, and released hours of the zones where episodes are sought.
    figures : HourlyFigures
    calendar : CrowdingCalendar
    until : Timestamp
        The first hour that is left out.

    Returns
    -------
    DataFrame
        By day and `method`: n_hours, and the sums over them of `error` in persons, of being within
        the interval (coverage_80, coverage_95) and not above each quantile.
    """
    days, at = [], week.starts_at
    while at < until:
        end = midnight(at, 1)
        of_day = partial(_off_by_of_day, week, band, hours, figures, calendar, at)
        is_over = end <= until
        days.append(_kept(week, "scores", figures, calendar, end, of_day) if is_over else of_day())
        at = end
    return pd.concat(days, ignore_index=True)


def _off_by_of_day(
    week: models.WeekModels,
    band: pd.DataFrame,
    hours: pd.DataFrame,
    figures: HourlyFigures,
    calendar: CrowdingCalendar,
    at: pd.Timestamp,
) -> pd.DataFrame:
    end = midnight(at, 1)
    band, hours = (
        frame[frame["hour_at"].between(at, end, inclusive="left")] for frame in (band, hours)
    )
    bars = {name: bands.of_day(week, figures, calendar, at, bar) for name, bar in BARS.items()}
    forecasts = {"outlook": band, **bars}
    columns = ["n_hours", *SCORES, *EDGES]
    if hours.empty:
        return pd.DataFrame({"method": list(forecasts)}).assign(**dict.fromkeys(columns, 0.0))
    scored = [scored_hours(hours, table, 0.0) for table in forecasts.values()]
    # of the hours that all of them forecast
    is_forecast = np.all([~np.isnan(each.edges).any(axis=0) for each in scored], axis=0)
    is_forecast &= ~np.isnan(scored[0].observed)
    value, sums = scored[0].observed[is_forecast], []
    for each in scored:
        edge = dict(zip(EDGES, each.edges[:, is_forecast], strict=True))
        off = {
            "error": np.abs(value - edge["q500"]),
            "coverage_80": (edge["q100"] <= value) & (value <= edge["q900"]),
            "coverage_95": (edge["q025"] <= value) & (value <= edge["q975"]),
            **{name: value <= below for name, below in edge.items()},
        }
        sums.append([len(value), *(off[name].sum() for name in columns[1:])])
    table = pd.DataFrame(np.array(sums, np.float64), columns=columns)
    table.insert(0, "method", list(forecasts))
    return table


def _kept(
    week: models.WeekModels,
    what: str,
    figures: HourlyFigures,
    calendar: CrowdingCalendar,
    until: pd.Timestamp,
    compute: Callable[[], pd.DataFrame],
) -> pd.DataFrame:
    """Compute a table of the hours before a midnight, once."""
    basis = figures.hash_until(until) + sha256(Path(__file__))
    name = models.fingerprint(basis, models.until(calendar, until))[:16]
    return keeping.table(week.folder / what / f"{until:%Y-%m-%d}-{name}.parquet", compute)


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
    band, hours = (frame[frame["hour_at"] < over_at] for frame in (band, hours))
    compute = partial(_counted, week, band, hours.reset_index(drop=True))
    counted = _kept(week, "planted", figures, calendar, over_at, compute)
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
