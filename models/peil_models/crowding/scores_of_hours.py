"""How far each observed hour lies above its forecast, in units of the forecast's own spread."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from peil_models.crowding.history import Floats, check_history

UPPER_DECILE = 1.2816  # of a standard normal
LEAST_HOURS = 72  # of a zone, before it has a centre and a scale of its own
COLUMNS = ("q025", "q500", "q900", "q975")


@dataclass(frozen=True)
class ScoredHours:
    """Scores of hours, and what they were made from; arrays of shape (n_zones, n_hours).

    NaN where a value was not observed or not forecast.
    """

    zones: tuple[str, ...]
    hour_at: pd.DatetimeIndex
    observed: Floats
    sd: Floats
    lower: Floats
    median: Floats
    upper: Floats
    score: Floats
    time_zone: Any

    @property
    def n_observed(self) -> int:
        """Return the number of scored hours of all zones."""
        return int((~np.isnan(self.score)).sum())

    def last_days(self, days: int) -> ScoredHours:
        """Return the last days, counted from the last hour."""
        chosen = slice(max(len(self.hour_at) - 24 * days, 0), None)
        arrays = {
            name: getattr(self, name)[:, chosen]
            for name in ("observed", "sd", "lower", "median", "upper", "score")
        }
        return replace(self, hour_at=self.hour_at[chosen], **arrays)

    def by_zone(self) -> tuple[dict[str, float], dict[str, float]]:
        """Return centre and scale of each zone's scores: median, and spread to the upper decile.

        The key "" holds those of all zones, for zones with too few hours of their own.
        """
        centres: dict[str, float] = {}
        scales: dict[str, float] = {}
        for zone, row in [("", self.score.ravel()), *zip(self.zones, self.score, strict=True)]:
            present = row[~np.isnan(row)]
            if zone and len(present) < LEAST_HOURS:
                continue
            middle, high = np.quantile(present, (0.5, 0.9))
            centres[zone] = float(middle)
            scales[zone] = float(max((high - middle) / UPPER_DECILE, 1e-6))
        return centres, scales

    def standardised(self, centres: dict[str, float], scales: dict[str, float]) -> Floats:
        """Return scores in units of each zone's own spread."""
        names = [zone if zone in scales else "" for zone in self.zones]
        centre = np.array([centres[name] for name in names]).reshape(-1, 1)
        scale = np.array([scales[name] for name in names]).reshape(-1, 1)
        return np.asarray((self.score - centre) / scale)


def scored_hours(
    observed: pd.DataFrame, forecasts: pd.DataFrame, least_share: float, carry: float
) -> ScoredHours:
    """Score observed hours against the forecast that was issued last for each.

    ``z = (y - q500) / s`` with s the distance from the median to the upper decile in normal units,
    at least `least_share` of the zone's usual level; own uncertainty of y is added in quadrature.
    The score is ``z - carry max(z of the hour before, 0)``.
    """
    check_history(observed)
    time_zone = observed["hour_at"].dt.tz
    latest = forecasts.sort_values(["zone_id", "hour_at", "issued_at"], kind="stable")
    latest = latest.drop_duplicates(["zone_id", "hour_at"], keep="last")
    zones = tuple(sorted(set(observed["zone_id"].astype(str))))
    instants = pd.DatetimeIndex(observed["hour_at"]).tz_convert("UTC").as_unit("s")
    first, last = instants.min(), instants.max()
    hour_at = pd.date_range(first, last, freq="h").tz_convert(time_zone)
    shape = (len(zones), len(hour_at))

    def plane(frame: pd.DataFrame, name: str) -> Floats:
        values = np.full(shape, np.nan)
        if name not in frame:
            return values
        names = frame["zone_id"].astype(str).to_numpy(object)
        zone = np.searchsorted(np.array(zones, object), names)
        zone = np.minimum(zone, len(zones) - 1)
        seconds = pd.DatetimeIndex(frame["hour_at"]).tz_convert("UTC").as_unit("s").asi8
        hour = (seconds - first.as_unit("s").value // 10**9) // 3600
        inside = (np.array(zones, object)[zone] == names) & (hour >= 0) & (hour < shape[1])
        values[zone[inside], hour[inside]] = frame[name].to_numpy(np.float64)[inside]
        return values

    value, sd = plane(observed, "value"), plane(observed, "sd")
    lower, median, decile, upper = (plane(latest, name) for name in COLUMNS)
    with np.errstate(invalid="ignore"):
        count = np.maximum((~np.isnan(median)).sum(axis=1, keepdims=True), 1)
        usual = np.nansum(median, axis=1, keepdims=True) / count
        spread = np.maximum((decile - median) / UPPER_DECILE, least_share * usual)
        spread = np.hypot(spread, np.nan_to_num(sd))
        z = (value - median) / np.maximum(spread, 1.0)
    before = np.full(shape, np.nan)
    before[:, 1:] = z[:, :-1]
    score = z - carry * np.maximum(np.nan_to_num(before), 0.0)
    return ScoredHours(zones, hour_at, value, sd, lower, median, upper, score, time_zone)
