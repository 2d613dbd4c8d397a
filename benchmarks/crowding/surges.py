"""Surges planted in observed hours, one at a time: which does the detector find, and how soon?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from peil_models.crowding import CrowdingCalendar, SurgeDetector

SIZES = (2.0, 1.0, 0.5)  # shares that are added
SURGE_HOURS = 3
LEAST_EXPECTED = 500.0
APART_HOURS = 24  # between surges of one round in one zone: none is the history of another
HOUR = pd.Timedelta(hours=1)


WEEK_DAYS = 7
FITTED_DAYS = 30  # the detector takes the last 28 of them


@dataclass(frozen=True)
class WeeklyLevels:
    """Detectors of weeks: each knows the four weeks before its own, as an outlook does."""

    begins: list[pd.Timestamp]
    detectors: list[SurgeDetector]
    end: pd.Timestamp

    @classmethod
    def of(
        cls, history: pd.DataFrame, forecasts: pd.DataFrame, first: pd.Timestamp, end: pd.Timestamp
    ) -> WeeklyLevels:
        """Fit a detector for each week from `first` on, on what was observed before it."""
        begins = list(pd.date_range(first, end, freq=f"{WEEK_DAYS}D", inclusive="left"))
        detectors = []
        for begin in begins:
            past = history[_between(history, begin - pd.Timedelta(days=FITTED_DAYS), begin)]
            detectors.append(SurgeDetector().fit(past, forecasts))
        return cls(begins, detectors, end)

    def episodes(
        self,
        observed: pd.DataFrame,
        forecasts: pd.DataFrame,
        calendar: CrowdingCalendar | None = None,
    ) -> pd.DataFrame:
        """Find the episodes of each week by its own levels."""
        ends = [*self.begins[1:], self.end]
        parts = [
            detector.episodes(
                observed[_between(observed, begin, end)],
                forecasts[_between(forecasts, begin, end)],
                calendar,
            )
            for begin, end, detector in zip(self.begins, ends, self.detectors, strict=True)
        ]
        return pd.concat(parts, ignore_index=True)


def _between(rows: pd.DataFrame, begin: pd.Timestamp, end: pd.Timestamp) -> pd.Series:
    return (rows["hour_at"] >= begin) & (rows["hour_at"] < end)


def planted(
    forecasts: pd.DataFrame, calm: pd.DataFrame, rng: np.random.Generator
) -> list[tuple[str, pd.Timestamp]]:
    """Draw places for surges: zones and first hours where many are expected and nothing goes on."""
    last = forecasts["hour_at"].max() - (SURGE_HOURS - 1) * HOUR
    busy = forecasts[(forecasts["q500"] >= LEAST_EXPECTED) & (forecasts["hour_at"] <= last)]
    spans = {
        zone: list(zip(rows["began_at"], rows["ended_at"], strict=True))
        for zone, rows in calm.groupby("zone_id")
    }
    places: list[tuple[str, pd.Timestamp]] = []
    taken: dict[str, list[pd.Timestamp]] = {}
    hours = busy[["zone_id", "hour_at"]].to_numpy(object)
    for zone, at in hours[rng.permutation(len(hours))]:
        is_near = any(abs(at - other) < APART_HOURS * HOUR for other in taken.get(zone, []))
        # a surge within an episode that is there anyway would be found by it
        is_busy = any(
            began - 6 * HOUR <= at + SURGE_HOURS * HOUR
            and (pd.isna(ended) or at <= ended + 6 * HOUR)
            for began, ended in spans.get(zone, [])
        )
        if not is_near and not is_busy:
            taken.setdefault(zone, []).append(at)
            places.append((zone, at))
    return places


def found_within(
    detector: SurgeDetector | WeeklyLevels,
    observed: pd.DataFrame,
    forecasts: pd.DataFrame,
    places: list[tuple[str, pd.Timestamp]],
    size: float,
) -> dict[str, Any]:
    """Return the shares of surges of which an episode began in their first hour, and in two."""
    factor = pd.Series(1.0, index=pd.MultiIndex.from_frame(observed[["zone_id", "hour_at"]]))
    steps = [(zone, at + step * HOUR) for zone, at in places for step in range(SURGE_HOURS)]
    factor[factor.index.isin(steps)] = 1.0 + size
    busy = observed.assign(value=observed["value"].to_numpy() * factor.to_numpy())
    episodes = detector.episodes(busy, forecasts)
    began = set(zip(episodes["zone_id"], episodes["began_at"], strict=True))
    first = [(zone, at) in began for zone, at in places]
    second = [(zone, at + HOUR) in began for zone, at in places]
    return {
        "size": size,
        "n": len(places),
        "in_first_hour": float(np.mean(first)),
        "within_two_hours": float(np.mean(np.logical_or(first, second))),
    }


def found_in_all(
    detector: SurgeDetector | WeeklyLevels,
    observed: pd.DataFrame,
    forecasts: pd.DataFrame,
    plantings: list[list[tuple[str, pd.Timestamp]]],
    size: float,
) -> dict[str, Any]:
    """Return the shares of all plantings together, and of the first hour each planting's own."""
    rows = [found_within(detector, observed, forecasts, places, size) for places in plantings]
    n = [row["n"] for row in rows]
    names = ("in_first_hour", "within_two_hours")
    together = {name: float(np.average([row[name] for row in rows], weights=n)) for name in names}
    each = [row["in_first_hour"] for row in rows]
    return {"size": size, "n": sum(n), **together, "in_first_hour_of_each": each}
