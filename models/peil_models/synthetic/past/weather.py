"""Hourly weather of a made-up temperate city: temperature, sun, rain."""

from __future__ import annotations

import numpy as np
import pandas as pd

MEAN_C, SUMMER_C, DAY_C, CHANGE_C = 11.0, 8.0, 3.5, 3.0
MEMORY = 0.75  # of a day's weather in the next


def make_weather(hour_at: pd.DatetimeIndex, rng: np.random.Generator) -> pd.DataFrame:
    """Draw days that resemble the day before, and their hours.

    Returns
    -------
    DataFrame
        `hour_at`, `temperature_c`, `sun_share` (0 to 1, 0 at night), `rain_mm`, `warmer_c`: above
        the usual of season and hour.

    Examples
    --------
    >>> at = pd.date_range("2026-07-01", periods=48, freq="h", tz="Europe/Amsterdam")
    >>> weather = make_weather(at, np.random.default_rng(1))
    >>> bool(weather["temperature_c"].mean() > 12), bool((weather["sun_share"][:3] == 0).all())
    (True, True)
    """
    day = np.asarray((hour_at.tz_localize(None).normalize() - hour_at[0].tz_localize(None)).days)
    n_days = int(day[-1]) + 1
    shocks = rng.standard_normal((n_days, 2)) * np.sqrt(1 - MEMORY**2)
    states = np.zeros((n_days, 2))
    states[0] = rng.standard_normal(2)
    for i in range(1, n_days):
        states[i] = MEMORY * states[i - 1] + shocks[i]
    warmth, clear = states[day].T
    angle = 2 * np.pi * (np.asarray(hour_at.day_of_year) - 196) / 365.25
    hour = np.asarray(hour_at.hour) + 0.5
    usual = MEAN_C + SUMMER_C * np.cos(angle) + DAY_C * np.cos(2 * np.pi * (hour - 15) / 24)
    half_day = 6.0 + 2.2 * np.cos(angle)
    is_light = np.abs(hour - 13.0) < half_day
    sun = np.clip(0.4 + 0.3 * clear, 0.0, 1.0) * is_light
    chance = np.clip(0.12 - 0.12 * clear, 0.0, 0.8)
    rain = np.where(rng.random(len(hour)) < chance, rng.exponential(1.2, len(hour)), 0.0)
    columns = {
        "hour_at": hour_at,
        "temperature_c": usual + CHANGE_C * warmth,
        "sun_share": sun,
        "rain_mm": rain,
        "warmer_c": CHANGE_C * warmth,
    }
    return pd.DataFrame(columns)
