"""Pedestrians of Melbourne in 2019: forecast at midnight for the last quarter, beside the bars."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import holidays
import numpy as np
import pandas as pd

from benchmarks.crowding.scoring import alike, scored, summary
from benchmarks.crowding.surges import SIZES, WeeklyLevels, found_in_all, planted
from peil.outcome import Refused
from peil_models.crowding import (
    Climatology,
    CrowdingCalendar,
    CrowdingForecaster,
    CrowdingQuantiles,
    Nowcast,
    SeasonalNaive,
    SurgeDetector,
)

FILE = Path("melbourne_pedestrians") / "ped2019.parquet"
ATTRIBUTION = "City of Melbourne, pedestrian counting system 2019, CC BY 4.0"
TIME_ZONE = "Australia/Melbourne"
LEAST_SHARE = 0.9  # of the year's hours, for a sensor to be scored
# boosting learns until 31 August; four weeks of September calibrate it
FITTED_BEFORE, SCORED_FROM, SCORED_BEFORE = "2019-09-29", "2019-10-01", "2020-01-01"
LEVELS_FROM = "2019-09-01"
SURGE_SEEDS = (1, 2, 3, 4, 5)  # one planting differs from another by half a hundredth
NOWCAST_DAYS, NOWCAST_HOURS = 4, (8, 13, 18)
METHODS = ("boosting", "seasonal naive", "climatology")


@dataclass(frozen=True)
class Measured:
    """What was forecast, and the record that says how well."""

    record: dict[str, Any]
    hours: dict[str, pd.DataFrame]


def midnight(day: str | pd.Timestamp) -> pd.Timestamp:
    """Return the begin of a local day."""
    return pd.Timestamp(str(day)[:10], tz=TIME_ZONE)


def read(folder: Path | None) -> pd.DataFrame:
    """Read the history of the sensors that have nine tenths of the year.

    Raises
    ------
    Refused
        There is no folder of outside data, or the file is not in it.
    """
    if folder is None or not (folder / FILE).exists():
        raise Refused(
            f"The benchmark crowding needs {FILE} in the folder that PEIL_OUTSIDE_DATA names."
        )
    rows = pd.read_parquet(folder / FILE)
    names = pd.date_range("2019-01-01", periods=12, freq="MS").month_name()
    month = rows["Month"].map({name: number + 1 for number, name in enumerate(names)})
    parts = {"year": rows["Year"], "month": month, "day": rows["Mdate"], "hour": rows["Time"]}
    history = pd.DataFrame(
        {
            "zone_id": rows["Sensor_Name"].astype(str),
            # the file has one row for the doubled hour, and one of 0 for the hour that is left out
            "hour_at": pd.to_datetime(pd.DataFrame(parts)).dt.tz_localize(
                TIME_ZONE, ambiguous=np.ones(len(rows), dtype=bool), nonexistent="NaT"
            ),
            "value": rows["Hourly_Counts"].astype(float),
        }
    )
    n_hours = history.groupby("zone_id")["value"].transform("size")
    history = history[(n_hours >= LEAST_SHARE * 365 * 24) & history["hour_at"].notna()]
    return history.sort_values(["zone_id", "hour_at"]).reset_index(drop=True)


def calendar() -> CrowdingCalendar:
    """Return the public holidays of Victoria."""
    days = holidays.country_holidays("AU", subdiv="VIC", years=[2018, 2019, 2020])
    return CrowdingCalendar(holidays=frozenset(days))


def forecasts_of(
    model: CrowdingForecaster, history: pd.DataFrame, first: str, before: str
) -> pd.DataFrame:
    """Return what a model says at each midnight of the 24 hours after it."""
    days = pd.date_range(first, before, freq="D", inclusive="left")
    return pd.concat([model.forecast(history, midnight(day)) for day in days], ignore_index=True)


def measure(folder: Path | None, tell: Callable[[str], object]) -> Measured:
    """Fit, forecast every midnight, and score; see `crowding.crowding`."""
    history = read(folder)
    sensors = history["zone_id"].nunique()
    tell(f"Melbourne: {sensors} sensors, {len(history):,} hours")
    fitted = history[history["hour_at"] < midnight(FITTED_BEFORE)]
    begin = time.process_time()
    boosting = CrowdingQuantiles().fit(fitted, calendar())
    fit_cpu_s = time.process_time() - begin
    models: dict[str, CrowdingForecaster] = {
        "boosting": boosting,
        "seasonal naive": SeasonalNaive().fit(fitted, calendar()),
        "climatology": Climatology().fit(fitted, calendar()),
    }
    hours: dict[str, pd.DataFrame] = {}
    forecasts: dict[str, pd.DataFrame] = {}
    forecast_cpu_s = 0.0
    for name, model in models.items():
        begin = time.process_time()
        forecasts[name] = forecasts_of(model, history, SCORED_FROM, SCORED_BEFORE)
        tell(f"Melbourne: {name} has forecast {len(forecasts[name]):,} hours")
        if name == "boosting":
            forecast_cpu_s = time.process_time() - begin
        hours[name] = scored(forecasts[name], history)
    hours = alike(hours)
    record = {
        "attribution": ATTRIBUTION,
        "n_sensors": sensors,
        "fitted_before": FITTED_BEFORE,
        "learnt_until": str(pd.Timestamp("1970-01-01") + pd.Timedelta(days=boosting.fitted_until_))[
            :10
        ],
        "scored": f"{SCORED_FROM} to 2019-12-31, every midnight",
        "parameters": boosting.get_params(),
        "random_state": boosting.random_state,
        "fit_cpu_s": fit_cpu_s,
        "forecast_cpu_s": forecast_cpu_s / 92,
        "methods": {name: summary(frame) for name, frame in hours.items()},
        "week_before_known": of_known_weeks(hours, history),
    }
    before = forecasts_of(boosting, history, LEVELS_FROM, SCORED_FROM)
    every = pd.concat([before, forecasts["boosting"]], ignore_index=True)
    record["surges"] = _surges(history, every, tell)
    record["nowcast"] = next_hours(boosting, history, every)
    return Measured(record, hours)


def of_known_weeks(hours: dict[str, pd.DataFrame], history: pd.DataFrame) -> dict[str, Any]:
    """Return the errors in hours of which the same hour a week before is known, by the clock.

    Whoever asked for the figures had a naive forecast of these hours alone.
    """

    def keys(rows: pd.DataFrame, days: int) -> pd.MultiIndex:
        wall = rows["hour_at"].dt.tz_localize(None) + pd.Timedelta(days=days)
        return pd.MultiIndex.from_arrays([rows["zone_id"], wall])

    week_before = keys(history[history["value"].notna()], days=7)
    left = {name: rows[keys(rows, 0).isin(week_before)] for name, rows in hours.items()}
    pinball = {name: float(rows["pinball"].mean()) for name, rows in left.items()}
    return {"n_values": len(left["boosting"]), "pinball": pinball}


def next_hours(
    model: CrowdingQuantiles, history: pd.DataFrame, forecasts: pd.DataFrame
) -> dict[str, Any]:
    """Score the hours after some hours of the day: as midnight had it, as carried, and made anew.

    How errors last is learnt before the scored months; zones without the last hour are left out.
    """
    past = history[history["hour_at"] < midnight(SCORED_FROM)]
    nowcast = Nowcast().fit(past[past["hour_at"] >= midnight(LEVELS_FROM)], forecasts)
    scores: dict[str, list[pd.DataFrame]] = {"midnight": [], "carried": [], "made anew": []}
    for day in pd.date_range(SCORED_FROM, SCORED_BEFORE, freq=f"{NOWCAST_DAYS}D", inclusive="left"):
        begin = midnight(day)
        own = forecasts[forecasts["issued_at"] == begin]
        for hour in NOWCAST_HOURS:
            at = begin + pd.Timedelta(hours=hour)
            until = at + pd.Timedelta(hours=nowcast.hours)
            last = history[history["hour_at"] == at - pd.Timedelta(hours=1)]
            last = last[last["value"].notna()]
            ways = {
                "midnight": own[own["hour_at"] >= at],
                "carried": nowcast.carry(last, own, at),
                "made anew": model.forecast(history, at, nowcast.hours),
            }
            for name, rows in ways.items():
                rows = rows[(rows["hour_at"] < until) & rows["zone_id"].isin(last["zone_id"])]
                ahead = (rows["hour_at"] - at) // pd.Timedelta(hours=1) + 1
                scores[name].append(scored(rows.assign(ahead=ahead), history))
    hours = alike({name: pd.concat(parts, ignore_index=True) for name, parts in scores.items()})
    return {
        "carry": [float(share) for share in nowcast.carry_],
        "issued_at": list(NOWCAST_HOURS),
        "n_days": -(-92 // NOWCAST_DAYS),
        "n_values": len(hours["midnight"]),
        "pinball_by_hour_ahead": {
            name: [float(v) for v in frame.groupby("ahead")["pinball"].mean()]
            for name, frame in hours.items()
        },
    }


def _surges(
    history: pd.DataFrame, every: pd.DataFrame, tell: Callable[[str], object]
) -> dict[str, Any]:
    """Fix levels on the four weeks before each week, count episodes, and plant surges."""
    forecasts = every[every["hour_at"] >= midnight(SCORED_FROM)]
    weekly = WeeklyLevels.of(history, every, midnight(SCORED_FROM), midnight(SCORED_BEFORE))
    observed = history[history["hour_at"] >= midnight(SCORED_FROM)]
    calm = weekly.episodes(observed, forecasts)
    rngs = [np.random.default_rng(seed) for seed in SURGE_SEEDS]
    plantings = [planted(forecasts, calm, rng) for rng in rngs]
    n_planted = sum(len(places) for places in plantings)
    tell(f"Melbourne: {len(calm)} episodes, {n_planted} surges planted")
    months = len(observed) / (24 * 30)
    return {
        "parameters": SurgeDetector().get_params(),
        "seeds": list(SURGE_SEEDS),
        "episodes_per_sensor_month": len(calm) / months,
        "by_level": [int((calm["level"] >= level).sum()) / months for level in (1, 2, 3)],
        "n_episodes": len(calm),
        "found": [found_in_all(weekly, observed, forecasts, plantings, size) for size in SIZES],
    }
