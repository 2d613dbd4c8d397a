"""What a city of 400 zones costs: a fit on a year, a forecast, and an hour as the verb does it."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import date, timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.disturbed import bundles
from benchmarks.measuring.timing import least_cpu_s
from peil.charter import public_register, reading
from peil.store.atomic import fresh_folder
from peil.store.store import Store
from peil_models.crowding import CrowdingCalendar, CrowdingQuantiles
from peil_models.synthetic.past import make_city, make_crowd_history

N_ZONES, DAYS = 400, 365
PILOT, WEEK = "demo", date(2026, 3, 2)
RELEASED_DAYS = 3
HOURS = (12, 13, 14, 15)  # of the last day: the first fits the week's models


def measure(
    tell: Callable[[str], object], n_zones: int = N_ZONES, days: int = DAYS
) -> dict[str, Any]:
    """Return processor seconds of one core."""
    first = WEEK - timedelta(days=days)
    past = make_crowd_history(make_city(n_zones, 1), first, days + RELEASED_DAYS, seed=1)
    begin_at = pd.Timestamp(WEEK, tz=past.rows["hour_at"].dt.tz)
    rows = past.rows[past.rows["hour_at"] < begin_at].reset_index(drop=True)
    weather = None if past.weather is None else past.weather[past.weather["hour_at"] < begin_at]
    calendar = CrowdingCalendar(weather=weather)
    begin = time.process_time()
    model = CrowdingQuantiles().fit(rows, calendar)
    fit_cpu_s = time.process_time() - begin
    forecast, forecast_cpu_s = least_cpu_s(lambda: model.forecast(rows, begin_at), 2)
    tell(f"{n_zones} zones: fit {fit_cpu_s:.0f} CPU s, forecast {forecast_cpu_s:.1f} CPU s")
    week_cpu_s, *hours_cpu_s = _of_the_verb(past.rows, begin_at)
    tell(f"the verb: a week's first hour {week_cpu_s:.0f} CPU s, an hour {max(hours_cpu_s):.1f}")
    return {
        "n_zones": n_zones,
        "n_days": days,
        "n_hours": len(rows),
        "n_forecast": len(forecast),
        "fit_cpu_s": fit_cpu_s,
        "forecast_cpu_s": forecast_cpu_s,
        "week_cpu_s": week_cpu_s,
        "hours_cpu_s": hours_cpu_s,
    }


def _of_the_verb(rows: pd.DataFrame, begin_at: pd.Timestamp) -> list[float]:
    """Release three days in a store of their own, and compute their last hours' outlooks."""
    work = Path(tempfile.mkdtemp(prefix="peil-bench-"))
    try:
        environment = {"PEIL_DATA": str(work / "data")}
        # an interpreter of its own, which knows no other store
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            return pool.submit(_hours, environment, rows, begin_at).result()
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _hours(environment: dict[str, str], rows: pd.DataFrame, begin_at: pd.Timestamp) -> list[float]:
    os.environ.update(environment)
    from peil.watch.outlook.outlook import outlook

    charter, store = reading.load(PILOT), Store()
    counted = rows[rows["hour_at"] < begin_at]
    file = store.history(PILOT)
    fresh_folder(file.parent)
    counted.rename(columns={"value": "n_persons"}).to_parquet(file, index=False)
    public_register.enter(charter, store)
    released = rows[rows["hour_at"] >= begin_at]
    days = (released["hour_at"] - begin_at) // pd.Timedelta(days=1)
    for n, of_day in released.groupby(days, sort=True):
        day = WEEK + timedelta(days=int(n))  # type: ignore[arg-type, call-overload]
        bundles.cross(store, charter, "presence", day, _table(of_day))
    seconds = []
    for hour in HOURS:
        begin = time.process_time()
        outlook(PILOT, f"{WEEK + timedelta(days=RELEASED_DAYS - 1)}T{hour}")
        seconds.append(time.process_time() - begin)
    return seconds


def _table(rows: pd.DataFrame) -> pd.DataFrame:
    persons = rows["value"].round().astype("Int64")
    shown = ~persons.isna()
    return pd.DataFrame(
        {
            "REF_AREA": rows["zone_id"].to_numpy(),
            "TIME_PERIOD": [at.isoformat() for at in rows["hour_at"]],
            "OBS_VALUE": persons.array,
            "OBS_LOWER": (persons - 10).array,
            "OBS_UPPER": (persons + 10).array,
            "OBS_STATUS": np.where(shown, "A", "Q"),
            "CONF_STATUS": np.where(shown, "F", "C"),
            "UNIT_MEASURE": "PS",
        }
    )
