"""Errors and coverage of forecasts, whole and by month and sensor."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from peil_models.crowding import QUANTILE_COLUMNS, QUANTILES

EDGES = list(QUANTILE_COLUMNS)


def scored(forecasts: pd.DataFrame, truth: pd.DataFrame) -> pd.DataFrame:
    """Return the forecast hours of which the truth is there, with `value` and their `pinball`."""
    both = forecasts.merge(truth, on=["zone_id", "hour_at"]).dropna(subset=["value"])
    error = both["value"].to_numpy()[:, None] - both[EDGES].to_numpy()
    levels = np.array(QUANTILES)
    return both.assign(pinball=np.maximum(levels * error, (levels - 1) * error).mean(axis=1))


def is_within(hours: pd.DataFrame, low: str, high: str) -> NDArray[np.bool_]:
    """Return whether each value lies between two quantiles."""
    return ((hours["value"] >= hours[low]) & (hours["value"] <= hours[high])).to_numpy()


def summary(hours: pd.DataFrame) -> dict[str, Any]:
    """Return error, coverage and calibration of scored hours."""
    within = is_within(hours, "q100", "q900")
    by_zone = pd.Series(within).groupby(hours["zone_id"].to_numpy()).mean()
    months = hours["hour_at"].dt.strftime("%Y-%m").to_numpy()
    return {
        "n_values": len(hours),
        "pinball": float(hours["pinball"].mean()),
        "by_month": {str(k): float(v) for k, v in hours["pinball"].groupby(months).mean().items()},
        "coverage_80": float(within.mean()),
        "coverage_95": float(is_within(hours, "q025", "q975").mean()),
        "coverage_80_by_zone": {
            "least": float(by_zone.min()),
            "most": float(by_zone.max()),
            "n_outside": int(((by_zone < 0.72) | (by_zone > 0.88)).sum()),
            "n_zones": len(by_zone),
        },
        "calibration": [float((hours["value"] <= hours[name]).mean()) for name in EDGES],
    }


def alike(hours: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Return of each method the hours that all methods forecast."""
    keys = None
    for frame in hours.values():
        index = pd.MultiIndex.from_frame(frame[["zone_id", "hour_at"]])
        keys = index if keys is None else keys.intersection(index)
    assert keys is not None
    return {
        name: frame[pd.MultiIndex.from_frame(frame[["zone_id", "hour_at"]]).isin(keys)]
        for name, frame in hours.items()
    }
