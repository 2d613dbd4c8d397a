"""Another library on the same origins: MSTL with AutoETS, as statsforecast has them."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from importlib import import_module
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.crowding.melbourne import SCORED_FROM, midnight
from benchmarks.crowding.scoring import EDGES, scored
from peil_models.crowding import QUANTILES

N_MIDNIGHTS = 92  # every one that the boosting is scored on, some twenty seconds each
HISTORY_DAYS = 56
SEASONS = [24, 168]
LEVELS = [95, 80, 50]


def is_installed() -> bool:
    """Return whether the library can be imported."""
    try:
        import_module("statsforecast")
    except ImportError:
        return False
    return True


def measure(
    history: pd.DataFrame,
    hours: pd.DataFrame,
    tell: Callable[[str], object],
) -> dict[str, Any]:
    """Forecast the scored midnights, and score the boosting on the same hours.

    Parameters
    ----------
    history : DataFrame
        As the forecasters take it.
    hours : DataFrame
        Scored hours of the boosting.
    """
    first = pd.Timestamp(SCORED_FROM)
    midnights = [midnight(first + pd.Timedelta(days=day)) for day in range(N_MIDNIGHTS)]
    parts, cpu_s = [], 0.0
    spawned = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(os.cpu_count(), mp_context=spawned) as pool:
        ahead = pool.map(partial(_one, history), midnights)
        for issued_at, (part, seconds) in zip(midnights, ahead, strict=True):
            parts.append(part)
            cpu_s += seconds
            tell(f"statsforecast: {issued_at.date()}")
    own = scored(pd.concat(parts, ignore_index=True), history)
    keys = pd.MultiIndex.from_frame(own[["zone_id", "hour_at"]])
    same = hours[pd.MultiIndex.from_frame(hours[["zone_id", "hour_at"]]).isin(keys)]
    return {
        "name": "statsforecast MSTL(24, 168) + AutoETS",
        "version": import_module("statsforecast").__version__,
        "n_midnights": N_MIDNIGHTS,
        "history_days": HISTORY_DAYS,
        "n_values": len(same),
        "pinball": float(own["pinball"].mean()),
        "pinball_boosting": float(same["pinball"].mean()),
        "cpu_s": cpu_s,
    }


def _one(history: pd.DataFrame, issued_at: pd.Timestamp) -> tuple[pd.DataFrame, float]:
    """Return what the library says at a midnight of the 24 hours after it, and its CPU seconds."""
    begin = time.process_time()
    library, models = import_module("statsforecast"), import_module("statsforecast.models")
    first = issued_at - pd.Timedelta(days=HISTORY_DAYS)
    past = history[(history["hour_at"] >= first) & (history["hour_at"] < issued_at)]
    wide = past.pivot(index="hour_at", columns="zone_id", values="value")
    # it knows no gaps: they are filled with the week before
    wide = wide.asfreq("h")
    for _ in range(4):
        wide = wide.fillna(wide.shift(168))
    wide = wide.interpolate().bfill()
    long = wide.melt(ignore_index=False, var_name="unique_id", value_name="y").reset_index()
    long = long.rename(columns={"hour_at": "ds"})
    long["ds"] = long["ds"].dt.tz_convert("UTC").dt.tz_localize(None)
    model = models.MSTL(season_length=SEASONS, trend_forecaster=models.AutoETS(model="ZZN"))
    engine = library.StatsForecast(models=[model], freq="h", n_jobs=1)
    ahead = engine.forecast(df=long[["unique_id", "ds", "y"]], h=24, level=LEVELS).reset_index()
    columns = ["MSTL-lo-95", "MSTL-lo-80", "MSTL-lo-50", "MSTL"]
    columns += ["MSTL-hi-50", "MSTL-hi-80", "MSTL-hi-95"]
    assert len(columns) == len(QUANTILES)
    hour_at = ahead["ds"].dt.tz_localize("UTC").dt.tz_convert(issued_at.tz)
    frame = pd.DataFrame({"zone_id": ahead["unique_id"].astype(str), "hour_at": hour_at})
    for name, column in zip(EDGES, columns, strict=True):
        frame[name] = np.maximum(ahead[column].to_numpy(), 0.0)
    return frame, time.process_time() - begin
