"""The demo's weather: that of its history, and in the simulated week what was usual before."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from peil.commands.before import history
from peil_models.crowding.weather_response import departures
from peil_models.synthetic.past.weather import make_weather

DAYS = 35


def test_the_simulated_week_and_the_day_after_it_have_usual_weather(tmp_path: Path) -> None:
    at = pd.date_range("2026-01-26", periods=24 * DAYS, freq="h", tz="Europe/Amsterdam")
    weather = make_weather(at, np.random.default_rng(1))
    history._write_weather(weather, tmp_path / "weather.csv")
    table = pd.read_csv(tmp_path / "weather.csv")
    assert list(table.columns) == ["hour_at", *history.WEATHER]
    hours = pd.to_datetime(table["hour_at"])
    assert (hours.diff().dropna() == pd.Timedelta(hours=1)).all()
    assert len(table) == 24 * (DAYS + 8) and hours[0] == at[0]
    for name in history.WEATHER:
        assert np.allclose(table[name][: 24 * DAYS], weather[name].round(2))
        plane = departures(table[name].to_numpy(float).reshape(-1, 24))
        assert np.abs(plane[DAYS:]).max() < 0.011  # hundredths are written
        assert np.abs(plane[28:DAYS]).max() > 0.1
