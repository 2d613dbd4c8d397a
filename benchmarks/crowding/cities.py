"""Made-up cities with known surges: which are found, and how many episodes are false."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.crowding.oracle import GRID, episodes_above, scores_of
from benchmarks.crowding.scoring import alike, scored, summary
from benchmarks.crowding.surges import WeeklyLevels
from peil_models.crowding import (
    Climatology,
    CrowdingCalendar,
    CrowdingForecaster,
    CrowdingQuantiles,
    SeasonalNaive,
)
from peil_models.synthetic.past import CrowdHistory, make_city, make_crowd_history

FIRST_DAY = date(2026, 1, 5)
FITTED_DAYS, LEVEL_DAYS, SCORED_DAYS = 112, 28, 28
N_ZONES, N_SURGES = 12, 6
SEEDS = tuple(range(101, 111))
HOLIDAYS = frozenset({date(2026, 4, 3), date(2026, 4, 6), date(2026, 4, 27), date(2026, 5, 14)})
HOUR = pd.Timedelta(hours=1)


def measure(seeds: tuple[int, ...], tell: Callable[[str], object]) -> dict[str, Any]:
    """Return the figures of each city and of all."""
    cities = [_made(seed) for seed in seeds]
    rows = [_city(seed, city, tell) for seed, city in zip(seeds, cities, strict=True)]
    oracle = _oracle(cities, rows)
    n = sum(row["n_surges"] for row in rows)
    months = sum(row["zone_months"] for row in rows)
    return {
        "seeds": list(seeds),
        "n_zones": N_ZONES,
        "days": {"fitted": FITTED_DAYS, "levels": LEVEL_DAYS, "scored": SCORED_DAYS},
        "cities": rows,
        "n_surges": n,
        "found_in_first_hour": sum(row["found_in_first_hour"] for row in rows) / n,
        "found_within_two_hours": sum(row["found_within_two_hours"] for row in rows) / n,
        "false_per_zone_month": sum(row["n_false"] for row in rows) / months,
        "oracle": {name: value / n for name, value in oracle.items() if name.startswith("found")}
        | {"false_per_zone_month": oracle["n_false"] / months},
    }


def _made(seed: int) -> CrowdHistory:
    return make_crowd_history(
        make_city(N_ZONES, seed),
        FIRST_DAY,
        FITTED_DAYS + LEVEL_DAYS + SCORED_DAYS,
        seed,
        holidays=HOLIDAYS,
        n_surges=N_SURGES,
        surge_days=SCORED_DAYS - 1,
    )


def _oracle(cities: list[CrowdHistory], rows: list[dict[str, Any]]) -> dict[str, float]:
    """Count what one who knows how cities were made finds, with no more false episodes than we."""
    most = sum(row["n_false"] for row in rows)
    scores = [scores_of(city).iloc[:, -24 * SCORED_DAYS :] for city in cities]
    for level in GRID:
        matched = [
            _matched(episodes_above(plane, float(level)), city)
            for plane, city in zip(scores, cities, strict=True)
        ]
        n_false = sum(row["n_false"] for row in matched)
        if n_false <= most:
            break
    for row, own in zip(rows, matched, strict=True):
        row["found_by_oracle"] = own["found_in_first_hour"]
    names = ("found_in_first_hour", "found_within_two_hours", "n_false")
    return {name: float(sum(row[name] for row in matched)) for name in names}


def _city(seed: int, city: CrowdHistory, tell: Callable[[str], object]) -> dict[str, Any]:
    days = FITTED_DAYS + LEVEL_DAYS + SCORED_DAYS
    calendar = CrowdingCalendar(holidays=HOLIDAYS, weather=city.weather)
    midnights = [
        pd.Timestamp(FIRST_DAY + timedelta(days=day), tz="Europe/Amsterdam") for day in range(days)
    ]
    fitted = city.rows[city.rows["hour_at"] < midnights[FITTED_DAYS]]
    models: dict[str, CrowdingForecaster] = {
        "boosting": CrowdingQuantiles().fit(fitted, calendar),
        "seasonal naive": SeasonalNaive().fit(fitted, calendar),
        "climatology": Climatology().fit(fitted, calendar),
    }
    scored_from = FITTED_DAYS + LEVEL_DAYS
    before = _forecasts(models["boosting"], city.rows, midnights[FITTED_DAYS:scored_from])
    forecasts = {
        name: _forecasts(model, city.rows, midnights[scored_from:])
        for name, model in models.items()
    }
    every = pd.concat([before, forecasts["boosting"]], ignore_index=True)
    end = midnights[-1] + pd.Timedelta(days=1)
    weekly = WeeklyLevels.of(city.rows, every, midnights[scored_from], end)
    episodes = weekly.episodes(city.rows, forecasts["boosting"], calendar)
    hours = alike({name: scored(frame, city.rows) for name, frame in forecasts.items()})
    figures = {name: summary(frame) for name, frame in hours.items()}
    tell(f"made-up city {seed}: {len(episodes)} episodes, {len(city.surges)} surges")
    return {
        "seed": seed,
        **_matched(episodes, city),
        "zone_months": N_ZONES * SCORED_DAYS / 30,
        "pinball": {name: figure["pinball"] for name, figure in figures.items()},
        "coverage_80": figures["boosting"]["coverage_80"],
        "coverage_95": figures["boosting"]["coverage_95"],
    }


def _forecasts(
    model: CrowdingForecaster, rows: pd.DataFrame, issues: list[pd.Timestamp]
) -> pd.DataFrame:
    return pd.concat([model.forecast(rows, at) for at in issues], ignore_index=True)


def _matched(episodes: pd.DataFrame, city: CrowdHistory) -> dict[str, int]:
    """Count planted surges that an episode began with, and episodes that no surge explains."""
    first = second = 0
    true = np.zeros(len(episodes), dtype=bool)
    began = episodes["began_at"]
    columns = (city.surges[name] for name in ("zone_id", "began_at", "ended_at"))
    for zone_id, from_at, to_at in zip(*columns, strict=True):
        own = (episodes["zone_id"] == zone_id).to_numpy()
        late = ((began - from_at) / HOUR).to_numpy()
        first += bool((own & (late == 0)).any())
        second += bool((own & (late >= 0) & (late <= 1)).any())
        true |= own & (late >= 0) & (began < to_at).to_numpy()
    return {
        "n_surges": len(city.surges),
        "found_in_first_hour": first,
        "found_within_two_hours": second,
        "n_false": int((~true).sum()),
    }
