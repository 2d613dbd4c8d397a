"""Errors of devices by zone and hour, turned into persons as a pilot does, beside the truth."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from peil import methods
from peil_models.weighting import NightRatio, held_to_totals

Floats = NDArray[np.float64]
PILOT = "demo"
HOURS = 24
SATURDAY = 5  # days are counted from a Monday


def calibrated(counted: Floats, register: Floats, totals: Floats) -> Floats:
    """Persons of each hour: a day by its own night, a weekend by that of the Friday before."""
    choices = methods.section("weighting", PILOT)
    night = np.arange(choices["night_start_hour"], choices["night_end_hour"])
    days: list[Floats] = []
    ratio = np.empty(0)
    for day in range(counted.shape[1] // HOURS):
        hours = slice(day * HOURS, (day + 1) * HOURS)
        if day % 7 < SATURDAY or not ratio.size:
            weights = NightRatio(
                most_times_together=choices["ratio_times_together_max"],
                pooled_devices=choices["ratio_pooled_devices"],
            )
            ratio = weights.fit(counted[:, hours][:, night], register).ratio_
        days.append(counted[:, hours] * ratio[:, None])
    return held_to_totals(np.concatenate(days, axis=1), totals)


def errors(persons: Floats, true: Floats) -> dict[str, float]:
    """Mean absolute percentage error over the day hours, and that weighted by persons. Unit: 1.

    Parameters
    ----------
    persons, true : ndarray of shape (n_zones, n_hours)
    """
    choices = methods.section("score", PILOT)
    hour = np.arange(true.shape[1]) % HOURS
    by_day = (hour >= choices["day_start_hour"]) & (hour <= choices["day_end_hour"])
    off, there = np.abs(persons - true)[:, by_day], true[:, by_day]
    return {
        "mape": round(float((off / np.maximum(there, 1.0)).mean()), 6),
        "wape": round(float(off.sum() / there.sum()), 6),
    }
