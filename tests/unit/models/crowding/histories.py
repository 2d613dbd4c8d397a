"""Made-up histories for tests of crowding, small enough to know every value."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

TIME_ZONE = "Europe/Amsterdam"
MONDAY = "2026-01-05"


def hours(days: int, first: str = MONDAY) -> pd.DatetimeIndex:
    """All hours of local days; a clock-change day has 23 or 25."""
    begin = pd.Timestamp(first, tz=TIME_ZONE)
    end = (pd.Timestamp(first) + pd.Timedelta(days=days)).tz_localize(TIME_ZONE)
    return pd.date_range(begin, end, freq="h", inclusive="left")


def history(
    value: Callable[[pd.DatetimeIndex], np.ndarray],
    days: int,
    first: str = MONDAY,
    zones: tuple[str, ...] = ("a",),
) -> pd.DataFrame:
    """The same values in each zone, by a function of the hours."""
    at = hours(days, first)
    frames = [
        pd.DataFrame({"zone_id": zone, "hour_at": at, "value": np.asarray(value(at), float)})
        for zone in zones
    ]
    return pd.concat(frames, ignore_index=True)


def wave(at: pd.DatetimeIndex) -> np.ndarray:
    """A week without chance: every weekday and hour its own value, from 100 to 2 400."""
    weekday, hour = np.asarray(at.day_of_week), np.asarray(at.hour)
    return 1000.0 + 900.0 * np.sin(hour / 24 * 2 * np.pi) * (weekday < 5) + 50.0 * weekday


def noisy(seed: int, sd: float = 0.1) -> Callable[[pd.DatetimeIndex], np.ndarray]:
    """The wave with independent log-normal chance."""

    def value(at: pd.DatetimeIndex) -> np.ndarray:
        chance = np.random.default_rng(seed).standard_normal(len(at))
        return wave(at) * np.exp(sd * chance)

    return value


def after(rows: pd.DataFrame) -> pd.Timestamp:
    """The hour after the last."""
    return rows["hour_at"].max() + pd.Timedelta(hours=1)
