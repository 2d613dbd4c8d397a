"""What the boosting is told of a zone and hour: only what is known before the hour of issue."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from peil_models.crowding.expected import (
    LEVEL_DAYS,
    SATURDAY,
    WEEKS,
    Expected,
    RecentHours,
    kinds_of_days,
    weekdays,
)
from peil_models.crowding.history import Floats, HourCube, Ints
from peil_models.crowding.known_days import CrowdingCalendar
from peil_models.crowding.weather_response import DAYS, WeatherResponse, departures

LAGS = (1, 2, *WEEKS)
RECENT = (3, 24, 168)  # hours: the last evening, a day, a week


@dataclass(frozen=True)
class ZoneHours:
    """Zones, days and hours of the clock as positions in a cube, and the hour of issue of each.

    `issued` counts hours from the first hour of the cube: ``24 day`` is midnight.
    """

    zone: Ints
    day: Ints
    hour: Ints
    issued: Ints

    @classmethod
    def whole_days(cls, zone: Ints, day: Ints) -> ZoneHours:
        """All hours of some zones' days, each issued at its midnight."""
        hours = np.tile(np.arange(24), len(zone))
        days = np.repeat(day, 24)
        return cls(np.repeat(zone, 24), days, hours, 24 * days)

    def at(self, chosen: NDArray[np.bool_]) -> ZoneHours:
        """Return some of the places."""
        arrays = (self.zone, self.day, self.hour, self.issued)
        return ZoneHours(*(array[chosen] for array in arrays))


@dataclass(frozen=True)
class Features:
    """Everything that features are read from; `rows` reads them at places."""

    cube: HourCube
    expected: Expected
    zones: RecentHours
    city: RecentHours
    is_holiday: NDArray[np.bool_]
    kinds: Ints
    weekday: Ints
    events: NDArray[np.int8]
    weather: dict[str, Floats]
    response: WeatherResponse

    @classmethod
    def of(cls, cube: HourCube, calendar: CrowdingCalendar, first: int = 0) -> Features:
        """Prepare a cube, to be asked of the days from `first` on."""
        days = cube.days
        is_holiday = calendar.holiday_flags(days)
        weather = calendar.weather_hours(cube)
        # a level rests on four weeks, an answer to weather on eight
        since = max(first - LEVEL_DAYS - (DAYS if weather else 0), 0)
        expected = Expected.of(cube, is_holiday, since)
        zones = RecentHours.of(cube.values, expected.median, since)
        kinds = kinds_of_days(cube, is_holiday)
        is_free = kinds >= SATURDAY
        return cls(
            cube,
            expected,
            zones,
            zones.together(),
            is_holiday,
            kinds,
            weekdays(cube),
            calendar.event_hours(cube),
            weather,
            WeatherResponse.of(cube.values, expected.median, weather, is_free),
        )

    def unit(self, at: ZoneHours) -> Floats:
        """Return what differences are measured in at places."""
        return np.asarray(self.expected.unit[at.zone, at.day, at.hour])

    def median(self, at: ZoneHours) -> Floats:
        """Return the expected persons at places."""
        return np.asarray(self.expected.median[at.zone, at.day, at.hour])

    def value(self, at: ZoneHours) -> Floats:
        """Return the observed persons at places."""
        return np.asarray(self.cube.values[at.zone, at.day, at.hour])

    def rows(self, at: ZoneHours, weather: tuple[str, ...]) -> NDArray[np.float32]:
        """Return the features at places, shape (n_places, n_features).

        `weather` names the columns that the boosting knows; absent ones are NaN.
        """
        place = (at.zone, at.day, at.hour)
        unit, median = self.unit(at), self.median(at)
        lags = [self._before(self.cube.values, at, lag) for lag in LAGS]
        differences = [
            (lag - self._before(self.expected.median, at, days)) / unit
            for lag, days in zip(lags[:3], LAGS[:3], strict=True)
        ]
        weeks = np.stack(lags[2:])
        present = ~np.isnan(weeks)
        n_weeks = present.sum(axis=0)
        with np.errstate(invalid="ignore", divide="ignore"):
            middle = np.nansum(weeks, axis=0) / np.where(n_weeks, n_weeks, np.nan)
            spread = np.sqrt(np.nansum((weeks - middle) ** 2, axis=0) / np.maximum(n_weeks - 1, 1))
        level = self.expected.level[at.zone, at.day]
        columns = [*(lag / unit for lag in lags), *differences]
        columns += [middle / unit, median / unit, spread / unit]
        columns += [plane[place] / unit for plane in (self.expected.mean, self.expected.profile)]
        columns += [np.log1p(level), median / np.maximum(level, 1e-9), n_weeks]
        for hours in RECENT:
            columns += [
                self.zones.ratio(at.zone, at.issued, hours),
                self.city.ratio(np.zeros_like(at.zone), at.issued, hours),
            ]
        columns += self._days(at) + self._events(at) + self._weather(at, weather)
        return np.column_stack(columns).astype(np.float32)

    def _before(self, plane: Floats, at: ZoneHours, lag: int) -> Floats:
        day = at.day - lag
        return np.where(day >= 0, plane[at.zone, np.maximum(day, 0), at.hour], np.nan)

    def _days(self, at: ZoneHours) -> list[Floats]:
        off = np.pad(self.is_holiday, (1, 1))
        lag_off = [self._day_off(at.day - lag) for lag in (1, 7)]
        return [
            at.hour.astype(float),
            self.weekday[at.day].astype(float),
            self.kinds[at.day].astype(float),
            off[at.day + 1].astype(float),
            off[at.day].astype(float),
            off[at.day + 2].astype(float),
            *lag_off,
        ]

    def _day_off(self, day: Ints) -> Floats:
        return np.where(day >= 0, self.is_holiday[np.maximum(day, 0)], False).astype(float)

    def _events(self, at: ZoneHours) -> list[Floats]:
        own = self.events[at.zone, at.day, at.hour].astype(float)
        city = self.events[-1, at.day, at.hour].astype(float)
        week = np.maximum(at.day - 7, 0)
        return [own, city, self.events[at.zone, week, at.hour].astype(float)]

    def _weather(self, at: ZoneHours, names: tuple[str, ...]) -> list[Floats]:
        columns: list[Floats] = []
        for name in names:
            plane = self.weather.get(name, np.full((len(self.weekday), 24), np.nan))
            away = departures(plane)
            columns += [plane[at.day, at.hour], away[at.day, at.hour]]
        if names:
            last_day = np.minimum(at.issued // 24, len(self.weekday) - 1)
            share = self.response.share(at.zone, at.day, at.hour, last_day)
            columns += [share, share * self.median(at) / self.unit(at)]
        return columns
