"""What a city of 400 zones costs: a fit on a year, one hour's outlook."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date
from typing import Any

import pandas as pd

from benchmarks.measuring.timing import least_cpu_s
from peil_models.crowding import CrowdingCalendar, CrowdingQuantiles
from peil_models.synthetic.past import make_city, make_crowd_history

N_ZONES, DAYS = 400, 365


def measure(
    tell: Callable[[str], object], n_zones: int = N_ZONES, days: int = DAYS
) -> dict[str, Any]:
    """Return processor seconds of one core."""
    past = make_crowd_history(make_city(n_zones, 1), date(2025, 1, 6), days, seed=1)
    calendar = CrowdingCalendar(weather=past.weather)
    begin = time.process_time()
    model = CrowdingQuantiles().fit(past.rows, calendar)
    fit_cpu_s = time.process_time() - begin
    issued_at = past.rows["hour_at"].max() + pd.Timedelta(hours=1)
    forecast, forecast_cpu_s = least_cpu_s(lambda: model.forecast(past.rows, issued_at), 2)
    tell(f"{n_zones} zones: fit {fit_cpu_s:.0f} CPU s, outlook {forecast_cpu_s:.1f} CPU s")
    return {
        "n_zones": n_zones,
        "n_days": days,
        "n_hours": len(past.rows),
        "n_forecast": len(forecast),
        "fit_cpu_s": fit_cpu_s,
        "forecast_cpu_s": forecast_cpu_s,
    }
