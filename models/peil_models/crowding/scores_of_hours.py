"""How far each observed hour lies above its forecast, in units of the forecast's own spread."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from peil_models.crowding.forecasting import QUANTILE_COLUMNS
from peil_models.crowding.history import Floats, check_history, zone_positions

UPPER_DECILE = 1.2816  # of a standard normal
UPPER_PERCENT = 2.3263
LEAST_HOURS = 72  # of a zone, before it has a centre and a scale of its own
LEAST_SCALE = 0.05  # of the forecast's spread: a zone without chance is not infinitely sure
UPPER_EDGE = 1.96  # where the upper quantile of a forecast lies
DEEPEST = -2.0  # a quieter hour may be a fault of measurement: the usual after it is no surge
LEAST_OWN_SHARE = 0.1  # of a zone's usual level: beside less, a value's own error is no news
LOWER, MEDIAN, UPPER = (QUANTILE_COLUMNS.index(name) for name in ("q025", "q500", "q975"))


@dataclass(frozen=True)
class ScoredHours:
    """Excess of hours, and what it was made from; arrays of shape (n_zones, n_hours).

    `edges` are the quantiles of the forecast, with an axis before. `excess` is in units of the
    forecast's upper spread, which is at least `floor`, NaN where a value was not observed or not
    forecast; `after_hours` is the same over what the hours before let expect, where that was
    learnt. `usual` is the level of each zone, shape (n_zones, 1), as `floor`.
    """

    zones: tuple[str, ...]
    hour_at: pd.DatetimeIndex
    observed: Floats
    sd: Floats
    edges: Floats
    usual: Floats
    floor: Floats
    excess: Floats
    time_zone: Any
    after_hours: Floats | None = None

    @property
    def lower(self) -> Floats:
        """Return the lower edge of the 95 % interval of the forecast."""
        return np.asarray(self.edges[LOWER])

    @property
    def median(self) -> Floats:
        """Return the median of the forecast."""
        return np.asarray(self.edges[MEDIAN])

    @property
    def upper(self) -> Floats:
        """Return the upper edge of the 95 % interval of the forecast."""
        return np.asarray(self.edges[UPPER])

    @property
    def n_observed(self) -> int:
        """Return the number of scored hours of all zones."""
        return int((~np.isnan(self.excess)).sum())

    def table(self) -> pd.DataFrame:
        """Return `after_hours` in rows, to be kept: `zone_id`, `after_hours`, by zone and hour.

        Empty where it was not learnt.
        """
        excess = np.empty((0, 0)) if self.after_hours is None else self.after_hours
        place = np.repeat(np.arange(len(excess)), excess.shape[1])
        names = pd.Index(self.zones[: len(excess)], dtype=object)
        zones = pd.Categorical.from_codes(place, names)
        return pd.DataFrame({"zone_id": zones, "after_hours": excess.ravel()})

    def last_days(self, days: int) -> ScoredHours:
        """Return the last days, counted from the last hour."""
        chosen = slice(max(len(self.hour_at) - 24 * days, 0), None)
        arrays = {
            name: getattr(self, name)[..., chosen] for name in ("observed", "sd", "edges", "excess")
        }
        return replace(self, hour_at=self.hour_at[chosen], **arrays)

    def memory(self) -> float:
        """Return the correlation of an hour's excess with the hour before, from 0 to 0.95."""
        now, before = self.excess[:, 1:], self.excess[:, :-1]
        both = ~np.isnan(now) & ~np.isnan(before)
        if both.sum() < LEAST_HOURS:
            return 0.0
        # outermost hours would decide alone
        x, y = (np.clip(plane[both], -4.0, 4.0) for plane in (before, now))
        if min(x.std(), y.std()) < 1e-9:
            return 0.0
        return float(np.clip(np.corrcoef(x, y)[0, 1], 0.0, 0.95))

    def jumps(self, carry: float) -> Floats:
        """Return the excess of one hour and of two, less what the hour before them lets expect.

        Returns
        -------
        ndarray of shape (2, n_zones, n_hours)
            ``z[t] - c z[t-1]`` and ``2 min(z[t], z[t-1]) - (c + c^2) z[t-2]``, where what came
            before counts from `DEEPEST` up. An unknown hour before counts as usual. The first is
            the mean of itself and of `after_hours`, where there is one: the one knows how all
            zones go on, the other how each evening does.
        """
        before = [shifted_hours(self.excess, lag) for lag in (1, 2)]
        lately = [np.maximum(np.nan_to_num(plane), DEEPEST) for plane in before]
        first = self.excess - carry * lately[0]
        if self.after_hours is not None:
            first = (first + self.after_hours) / 2.0
        second = 2.0 * np.minimum(self.excess, before[0]) - (carry + carry**2) * lately[1]
        return np.stack([first, second])

    def by_zone(self, carry: float, pooled: float) -> dict[str, Floats]:
        """Return centre and scale of each zone's jumps: their median, and how far they reach up.

        The scale is between the spread to the upper decile and that to the upper hundredth, in
        normal units: by the first alone zones with rare wild hours have most of the alarms, by the
        second alone large surges in them are not found in their first hour. It is drawn towards
        that of all zones by the share `pooled` of its logarithm, so that a wild month does not
        make a zone deaf.

        Returns
        -------
        dict of str to ndarray of shape (2, 2)
            Rows are jumps of one and two hours. The key "" holds those of all zones, for zones
            with too few hours of their own.
        """
        planes = self.jumps(carry)
        usual: dict[str, Floats] = {}
        for zone, rows in [
            ("", planes.reshape(2, -1)),
            *zip(self.zones, planes.swapaxes(0, 1), strict=True),
        ]:
            if zone and (~np.isnan(rows)).sum(axis=1).min() < LEAST_HOURS:
                continue
            pairs = []
            for row in rows:
                present = row[~np.isnan(row)]
                levels = (0.5, 0.9, 0.99)
                middle, high, top = np.quantile(present, levels) if len(present) else (0.0, 1.0, 2)
                reach = (high - middle) / UPPER_DECILE * (top - middle) / UPPER_PERCENT
                pairs.append((middle, max(np.sqrt(reach), LEAST_SCALE)))
            usual[zone] = np.array(pairs)
        every = usual[""][:, 1].copy()
        for pair in usual.values():
            pair[:, 1] = pair[:, 1] ** (1.0 - pooled) * every**pooled
        return usual

    def scores(self, carry: float, usual: dict[str, Floats]) -> Floats:
        """Return the larger of both jumps in units of each zone's own spread."""
        pairs = np.stack([usual.get(zone, usual[""]) for zone in self.zones], axis=1)
        planes = (self.jumps(carry) - pairs[:, :, :1]) / pairs[:, :, 1:]
        return np.asarray(np.fmax(planes[0], planes[1]))


def shifted_hours(plane: Floats, lag: int) -> Floats:
    """Return each hour's value some hours before, NaN before the first."""
    before = np.full_like(plane, np.nan)
    before[:, lag:] = plane[:, :-lag]
    return before


def scored_hours(
    observed: pd.DataFrame,
    forecasts: pd.DataFrame,
    least_share: float,
    least_persons: float = np.inf,
    usual_levels: Mapping[str, float] | None = None,
) -> ScoredHours:
    """Score observed hours against the forecast that was issued last for each.

    ``z = (y - q500) / s`` with s the distance from the median to q975 in normal units (by the upper
    decile, hours whose busiest days are far busier had most of the alarms), at least `least_share`
    of the zone's usual level or `least_persons`, whichever is less. The level is that in
    `usual_levels`, for other zones the mean of what was forecast of these hours. The spread is
    wider by as much as the own uncertainty of y, in quadrature, widens the forecast's.
    """
    check_history(observed)
    time_zone = observed["hour_at"].dt.tz
    issued = pd.DatetimeIndex(forecasts["issued_at"]).tz_convert("UTC").as_unit("s").asi8
    latest = forecasts.iloc[np.argsort(issued, kind="stable")]  # of two the last stays
    zones = zone_positions(observed["zone_id"])[1]
    instants = pd.DatetimeIndex(observed["hour_at"]).tz_convert("UTC").as_unit("s")
    first, last = instants.min(), instants.max()
    hour_at = pd.date_range(first, last, freq="h").tz_convert(time_zone)
    shape = (len(zones), len(hour_at))

    def planes(frame: pd.DataFrame, names: tuple[str, ...]) -> Floats:
        codes, own = zone_positions(frame["zone_id"])
        at = pd.Index(zones).get_indexer(pd.Index(own))
        zone = np.asarray(at, np.int64)[codes]
        seconds = pd.DatetimeIndex(frame["hour_at"]).tz_convert("UTC").as_unit("s").asi8
        hour = (seconds - first.as_unit("s").value // 10**9) // 3600
        inside = (zone >= 0) & (hour >= 0) & (hour < shape[1])
        values = np.full((len(names), *shape), np.nan)
        for k, name in enumerate(names):
            if name in frame:
                column = frame[name].to_numpy(np.float64)
                values[k, zone[inside], hour[inside]] = column[inside]
        return values

    value, sd = planes(observed, ("value", "sd"))
    edges = planes(latest, QUANTILE_COLUMNS)
    median = edges[MEDIAN]
    count = np.maximum((~np.isnan(median)).sum(axis=1, keepdims=True), 1)
    usual = np.nansum(median, axis=1, keepdims=True) / count
    for z, zone in enumerate(zones):
        usual[z] = (usual_levels or {}).get(zone, usual[z])
    floor = np.minimum(least_share * usual, least_persons)
    hours = ScoredHours(zones, hour_at, value, sd, edges, usual, floor, value, time_zone)
    return replace(hours, excess=excess_of(hours, median, edges[UPPER]))


def excess_of(hours: ScoredHours, median: Floats, upper: Floats) -> Floats:
    """Return how far values lie above a median, in units of the spread that its edge tells."""
    with np.errstate(invalid="ignore"):
        forecast = np.maximum(upper - median, 0.0) / UPPER_EDGE
        own = np.maximum(forecast, LEAST_OWN_SHARE * hours.usual)
        spread = np.maximum(forecast, hours.floor)
        spread *= np.hypot(own, np.nan_to_num(hours.sd)) / np.maximum(own, 1e-9)
        return np.asarray((hours.observed - median) / np.maximum(spread, 1.0))
