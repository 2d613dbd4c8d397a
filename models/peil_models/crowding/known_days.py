"""Known facts of days and hours: holidays, events, weather."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from peil_models.crowding.history import HourCube, Hours

EVENT_COLUMNS = ("from_at", "to_at", "zone_id", "name")
NO_DAYS: frozenset[date] = frozenset()


def no_events() -> pd.DataFrame:
    """Return an empty table of events."""
    return pd.DataFrame({name: [] for name in EVENT_COLUMNS})


@dataclass(frozen=True)
class CrowdingCalendar:
    """Describe what is known of days beforehand: holidays, announced events, weather.

    Parameters
    ----------
    holidays : mapping or collection of date
        Days off, of the past and of the days ahead; a mapping's values (names) are not looked at.
    events : DataFrame
        `from_at`, `to_at` (with a time zone; the end is excluded), `zone_id`, `name`. Events of
        zones without history count for the city as a whole and are otherwise without effect.
    weather : DataFrame, optional
        `hour_at` and numeric columns: observed for the past, forecast for the hours ahead. Hours
        and columns that stop are missing values, never 0.

    Raises
    ------
    ValueError
        A table lacks a column, or a time is without a zone.

    Examples
    --------
    >>> from datetime import date
    >>> CrowdingCalendar(holidays={date(2026, 4, 27): "King's Day"}).is_holiday(date(2026, 4, 27))
    True
    """

    holidays: Collection[date] = NO_DAYS
    events: pd.DataFrame = field(default_factory=no_events)
    weather: pd.DataFrame | None = None

    def __post_init__(self) -> None:
        absent = [name for name in EVENT_COLUMNS if name not in self.events]
        if absent:
            raise ValueError(f"events lack the column {absent[0]}")
        tables = [("events", self.events, name) for name in EVENT_COLUMNS[:2]]
        if self.weather is not None:
            if "hour_at" not in self.weather:
                raise ValueError("weather lacks the column hour_at")
            tables.append(("weather", self.weather, "hour_at"))
        for table, frame, name in tables:
            if len(frame) and getattr(frame[name].dtype, "tz", None) is None:
                raise ValueError(f"{name} of {table} must be times with a time zone")

    def is_holiday(self, day: date) -> bool:
        """Return whether a day is a day off."""
        return day in self.holidays

    def holiday_flags(self, days: list[date]) -> NDArray[np.bool_]:
        """Return which of some days are holidays, shape (n_days,)."""
        return np.array([self.is_holiday(day) for day in days], dtype=bool)

    def event_hours(self, cube: HourCube) -> NDArray[np.int8]:
        """Return the events of each zone and hour.

        Returns
        -------
        ndarray of shape (n_zones + 1, n_days, 24)
            Number of events that touch the hour; the last row counts those of all zones, unknown
            ones too.
        """
        counts = np.zeros((len(cube.zones) + 1, len(cube.days), 24), np.int8)
        row = {zone: position for position, zone in enumerate(cube.zones)}
        columns = (self.events[name] for name in EVENT_COLUMNS[:3])
        for from_at, to_at, zone_id in zip(*columns, strict=True):
            hours = pd.date_range(from_at.floor("h"), to_at, freq="h", inclusive="left")
            at = Hours.of(hours, cube.time_zone)
            day = at.day - cube.first_day
            inside = (day >= 0) & (day < len(cube.days))
            for position in {row.get(str(zone_id), -1), -1}:
                counts[position, day[inside], at.hour[inside]] += 1
        return counts

    def weather_hours(self, cube: HourCube) -> dict[str, NDArray[np.float64]]:
        """Return each numeric column of the weather, shape (n_days, 24), NaN where unknown."""
        planes: dict[str, NDArray[np.float64]] = {}
        if self.weather is None or not len(self.weather):
            return planes
        at = Hours.of(self.weather["hour_at"], cube.time_zone)
        day = at.day - cube.first_day
        inside = (day >= 0) & (day < len(cube.days))
        for name in sorted(self.weather.columns.drop("hour_at")):
            plane = np.full((len(cube.days), 24), np.nan)
            values = self.weather[name].to_numpy(np.float64)
            plane[day[inside], at.hour[inside]] = values[inside]
            planes[str(name)] = plane
        return planes

    def event_at(self, zone_id: str, began_at: pd.Timestamp, ended_at: pd.Timestamp) -> str | None:
        """Return the first event of a zone that touches a period, by begin and name; None if none.

        Examples
        --------
        >>> at = pd.Timestamp("2026-03-04 20:00", tz="Europe/Amsterdam")
        >>> hours = pd.to_timedelta([0, 3], unit="h")
        >>> events = pd.DataFrame({"from_at": [at], "to_at": [at + hours[1]],
        ...                        "zone_id": ["GM1"], "name": ["match"]})
        >>> CrowdingCalendar(events=events).event_at("GM1", at, at + hours[1])
        'match'
        """
        events = self.events
        if not len(events):
            return None
        touching = events[
            (events["zone_id"].astype(str) == zone_id)
            & (events["from_at"] < ended_at)
            & (events["to_at"] > began_at)
        ]
        ordered = touching.sort_values(["from_at", "name"], kind="stable")
        return str(ordered["name"].iloc[0]) if len(ordered) else None
