"""Quantiles of the next day by zone and hour: gradient boosting, calibrated on the days before."""

from __future__ import annotations

from copy import copy
from typing import Any, Literal, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingRegressor
from threadpoolctl import threadpool_limits

from peil_models.crowding.conformal import Offsets, at_least_as_wide
from peil_models.crowding.features import Features, ZoneHours
from peil_models.crowding.forecasting import QUANTILES, CrowdingForecaster, looked_at
from peil_models.crowding.history import Floats, HourCube, Hours, Ints, hour_cube
from peil_models.crowding.known_days import CrowdingCalendar
from peil_models.crowding.naive import WEEK, of_eight_weeks

LEAST_DAYS = 28  # four of each weekday: what the lags look at
LEAST_CALIBRATION_DAYS = 7
LEAST_LEAVES = 10  # of the smallest size, or there is nothing to split


class CrowdingQuantiles(CrowdingForecaster):
    """Forecast quantiles of the next day by one gradient boosting for all zones, kept calibrated.

    What is learnt is the difference of an hour from the median of the same hour of four weeks, in
    units of ``median + 0.1 level of the zone``, by a boosting of trees for each quantile [1]_.
    Features are the values 1, 2, 7, 14, 21 and 28 days before, mean, median and spread of four
    weeks, the profile of days of the same kind, how busy zone and city have been against expected
    in the last 3, 24 and 168 hours, holidays with the days around them, events, weather and what
    it has done to the zone before. The last days of the history are not learnt from: by them, and
    at each forecast by the days before it, quantiles are moved by what they missed, by block of
    three hours, and their width is set by zone [2]_.

    Parameters
    ----------
    n_rows : int in [1000, inf), default=240_000
        Most zone-hours that are learnt from, whole days drawn by `random_state`. Bounds the time
        of a fit.
    max_iter : int in [1, inf), default=120
        Trees of each quantile.
    learning_rate : float in (0, 1], default=0.08
        Share of each tree that is taken.
    max_leaf_nodes : int in [2, inf), default=31
        Leaves of each tree.
    min_samples_leaf : int in [1, inf), default=80
        Zone-hours of each leaf: an outer quantile of fewer is chance.
    max_features : float in (0, 1], default=0.3
        Share of the features among which each split is sought: many say nearly the same.
    conformal_days : int in [7, 365], default=28
        Days that quantiles are calibrated on: four of each weekday. A third of a shorter history.
    calibration_rows : int in [1000, inf), default=40_000
        Most zone-hours that a forecast calibrates on; bounds its time.
    random_state : int in [0, 2**32), default=0
        Draws the days that are learnt from.

    Attributes
    ----------
    calendar_ : CrowdingCalendar
        As given.
    basis_ : {"boosting", "climatology"}
        What forecasts rest on: `Climatology` where the history is shorter than four weeks, or holds
        fewer zone-hours than ten leaves.
    heads_ : list of HistGradientBoostingRegressor
        One for each of the seven quantiles; empty on climatology.
    fitted_until_ : int
        Last day that was learnt from, in days since 1970; the first day's eve on climatology.
    offsets_ : Offsets or None
        Calibration of the days that were kept aside, for forecasts that have too few of their own.
    zones_ : tuple of str
        Zones of `offsets_`.
    calibrated_on_ : int or None
        The day whose `offsets_` are its own, in days since 1970.
    weather_ : tuple of str
        Weather columns that were learnt.

    Notes
    -----
    Assumes that days ahead differ from the weeks before as days of the history did from theirs, and
    that releases are made alike. The own uncertainty of values (`sd`) is part of what differs; the
    width is never less than it. Not identified: why an hour is busy; what an event or a kind of
    weather does that the history does not hold; withheld hours are missing, so that zones near the
    threshold are forecast from their busier hours.

    References
    ----------
    .. [1] Koenker & Bassett (1978), Econometrica 46. doi:10.2307/1913643
    .. [2] Romano, Patterson & Candès (2019), Conformalized Quantile Regression. arXiv:1905.03222

    Examples
    --------
    >>> at = pd.date_range("2026-01-05", periods=112 * 24, freq="h", tz="Europe/Amsterdam")
    >>> noise = np.random.default_rng(1).normal(0.0, 5.0, len(at))
    >>> rows = pd.DataFrame({"zone_id": "a", "hour_at": at, "value": 300 + at.day_of_week + noise})
    >>> model = CrowdingQuantiles(max_iter=5).fit(rows)
    >>> forecast = model.forecast(rows, at[-1] + pd.Timedelta(hours=1))
    >>> model.basis_, len(forecast), bool((forecast["q975"] < 330).all())
    ('boosting', 24, True)
    """

    basis_: Literal["boosting", "climatology"]
    heads_: list[HistGradientBoostingRegressor]
    fitted_until_: int
    offsets_: Offsets | None
    zones_: tuple[str, ...]
    calibrated_on_: int | None
    weather_: tuple[str, ...]

    def __init__(
        self,
        *,
        n_rows: int = 240_000,
        max_iter: int = 120,
        learning_rate: float = 0.08,
        max_leaf_nodes: int = 31,
        min_samples_leaf: int = 80,
        max_features: float = 0.3,
        conformal_days: int = 28,
        calibration_rows: int = 40_000,
        random_state: int = 0,
    ) -> None:
        self.n_rows = n_rows
        self.max_iter = max_iter
        self.learning_rate = learning_rate
        self.max_leaf_nodes = max_leaf_nodes
        self.min_samples_leaf = min_samples_leaf
        self.max_features = max_features
        self.conformal_days = conformal_days
        self.calibration_rows = calibration_rows
        self.random_state = random_state

    def fit(self, history: pd.DataFrame, calendar: CrowdingCalendar | None = None) -> Self:
        """Learn from hourly history; see `CrowdingForecaster.fit`.

        On two cores a year of 400 zones takes about a minute and a half.
        """
        cube = hour_cube(history)
        self.calendar_ = calendar or CrowdingCalendar()
        self.basis_, self.heads_, self.offsets_ = "climatology", [], None
        self.zones_, self.weather_, self.calibrated_on_ = cube.zones, (), None
        self.fitted_until_ = cube.first_day - 1
        valued = np.flatnonzero(~np.isnan(cube.values).all(axis=(0, 2)))
        if not len(valued) or valued[-1] - valued[0] + 1 < LEAST_DAYS:
            return self
        first, last = int(valued[0]), int(valued[-1])
        kept_aside = min(self.conformal_days, (last - first + 1) // 3)
        features = Features.of(cube, self.calendar_)
        # lags of four weeks are known from the fifth on; a short history cannot wait for them
        begin = first + (28 if last - first - kept_aside >= 84 else WEEK)
        places = self._drawn(len(cube.zones), np.arange(begin, last - kept_aside + 1))
        if not self._learn(features, places):
            return self
        self.basis_, self.fitted_until_ = "boosting", cube.first_day + last - kept_aside
        self.offsets_ = self._offsets(features, last + 1 - kept_aside, last + 1)
        return self

    def _drawn(self, n_zones: int, days: Ints) -> ZoneHours:
        """Return whole days of zones to draw from, at most twice `n_rows` hours."""
        zone, day = (grid.ravel() for grid in np.meshgrid(np.arange(n_zones), days, indexing="ij"))
        most = max(self.n_rows // 12, 1)
        if len(zone) > most:
            rng = np.random.default_rng(self.random_state)
            chosen = np.sort(rng.choice(len(zone), most, replace=False))
            zone, day = zone[chosen], day[chosen]
        return ZoneHours.whole_days(zone, day)

    def _learn(self, features: Features, places: ZoneHours) -> bool:
        unit, median = features.unit(places), features.median(places)
        target = (features.value(places) - median) / unit
        level = np.maximum(features.expected.level[places.zone, places.day], 1.0)
        present = ~np.isnan(target)
        # errors count in persons within a zone, and by the root of its size between zones: by
        # chance of being drawn, since quantiles with weights take five times as long
        weight = np.where(present, unit / np.sqrt(level), 0.0)
        if present.sum() < LEAST_LEAVES * self.min_samples_leaf:
            return False
        rng = np.random.default_rng([self.random_state, 1])
        is_drawn = rng.random(len(weight)) < weight * self.n_rows / weight.sum()
        if present.sum() <= self.n_rows:
            is_drawn = present  # of a small history every hour
        places = places.at(is_drawn)
        self.weather_ = tuple(features.weather)
        rows = features.rows(places, self.weather_)
        rows[:, np.isnan(rows).all(axis=0)] = 0.0  # trees cannot split what is nowhere known
        with threadpool_limits(1):  # the same bytes whatever the number of cores
            self.heads_ = [
                HistGradientBoostingRegressor(
                    loss="quantile",
                    quantile=quantile,
                    max_iter=self.max_iter,
                    learning_rate=self.learning_rate,
                    max_leaf_nodes=self.max_leaf_nodes,
                    min_samples_leaf=self.min_samples_leaf,
                    max_features=self.max_features,
                    early_stopping=False,
                    random_state=self.random_state,
                ).fit(rows, target[is_drawn])
                for quantile in QUANTILES
            ]
        return True

    def _predicted(self, rows: NDArray[np.float32]) -> Floats:
        """Return quantiles in units, as the boosting has them, sorted."""
        with threadpool_limits(1):
            return np.sort(np.column_stack([head.predict(rows) for head in self.heads_]), axis=1)

    def _predicted_again(self, rows: NDArray[np.float32]) -> Floats:
        """As `_predicted`, with rows of the call before looked up.

        Two midnights share all days but one that they calibrate on.
        """
        names = [row.tobytes() for row in rows]
        before: dict[bytes, Floats] = self.__dict__.get("_of_rows", {})
        fresh = np.array([name not in before for name in names], dtype=bool)
        raw = np.empty((len(rows), len(QUANTILES)))
        if fresh.any():
            raw[fresh] = self._predicted(rows[fresh])
        for place in np.flatnonzero(~fresh):
            raw[place] = before[names[place]]
        self._of_rows = dict(zip(names, raw, strict=True))
        return raw

    def __getstate__(self) -> dict[str, Any]:
        """What is kept of a model: not the rows of its last forecast."""
        state = dict(super().__getstate__())
        state.pop("_of_rows", None)
        return state

    def _offsets(self, features: Features, first: int, end: int) -> Offsets:
        """Return what forecasts at the midnights of some days missed."""
        n_zones = len(features.cube.zones)
        grids = np.meshgrid(np.arange(n_zones), np.arange(first, end), indexing="ij")
        zone, day = (grid.ravel() for grid in grids)
        step = -(-len(zone) * 24 // self.calibration_rows)
        step += step % WEEK == 0  # each zone keeps days of all weekdays
        chosen = (zone + day) % step == 0
        places = ZoneHours.whole_days(zone[chosen], day[chosen])
        value = (features.value(places) - features.median(places)) / features.unit(places)
        present = ~np.isnan(value)
        places = places.at(present)
        if not len(places.zone):
            return Offsets(np.zeros((8, len(QUANTILES))), np.ones(n_zones))
        raw = self._predicted_again(features.rows(places, self.weather_))
        return Offsets.of(raw, value[present], places.zone, places.day, places.hour, n_zones)

    def calibration(
        self,
        history: pd.DataFrame,
        midnight_at: pd.Timestamp,
        calendar: CrowdingCalendar | None = None,
    ) -> pd.DataFrame:
        """Return the offsets of a day; see `CrowdingForecaster.calibration`."""
        if self.basis_ == "climatology":
            return super().calibration(history, midnight_at, calendar)
        cube = looked_at(history, midnight_at)
        day = int(Hours.of([midnight_at], cube.time_zone).day[0]) - cube.first_day
        return self._calibration(cube, calendar or self.calendar_, day)[1].table(cube.zones)

    def calibrated(self, by: pd.DataFrame, midnight_at: pd.Timestamp) -> Self:
        """Return itself with the offsets of a day; see `CrowdingForecaster.calibrated`."""
        model = copy(self)
        if by.empty:
            return model
        model.zones_, model.offsets_ = Offsets.of_table(by)
        model.calibrated_on_ = int(Hours.of([midnight_at], midnight_at.tzinfo).day[0])
        return model

    def _at(
        self, cube: HourCube, calendar: CrowdingCalendar, target: Hours, issue: Hours
    ) -> Floats:
        day = int(issue.day[0])
        if self.basis_ == "climatology":
            return of_eight_weeks(cube, target, day)
        features, offsets = self._calibration(cube, calendar, day)
        n_zones, n_targets = len(cube.zones), len(target.day)
        zone = np.repeat(np.arange(n_zones), n_targets)
        issued = np.full(len(zone), 24 * day + int(issue.hour[0]))
        places = ZoneHours(
            zone, np.tile(target.day, n_zones), np.tile(target.hour, n_zones), issued
        )
        raw = self._predicted(features.rows(places, self.weather_))
        quantiles = offsets.applied(raw, zone, places.hour)
        persons = features.median(places)[:, None] + quantiles * features.unit(places)[:, None]
        persons = at_least_as_wide(persons, cube, zone)
        return persons.reshape(n_zones, n_targets, len(QUANTILES))

    def _calibration(
        self, cube: HourCube, calendar: CrowdingCalendar, day: int
    ) -> tuple[Features, Offsets]:
        """Return what forecasts that are issued on a day (a position) are moved by."""
        first = max(self.fitted_until_ + 1 - cube.first_day, day - self.conformal_days, 0)
        is_kept = self.calibrated_on_ == cube.first_day + day
        if not is_kept and day - first >= LEAST_CALIBRATION_DAYS:
            features = Features.of(cube, calendar, first)
            return features, self._offsets(features, first, day)
        assert self.offsets_ is not None
        return Features.of(cube, calendar, day), self.offsets_.of_zones(self.zones_, cube.zones)
