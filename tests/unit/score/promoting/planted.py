"""A study whose result is known: candidates err by so much of the same errors, zone by zone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from peil.score.studies.plan import Study
from peil.score.studies.results import MEASURES, NAME
from peil.score.studies.units import KEPT
from peil.store.atomic import write_json
from peil.store.store import Store

STUDY = "planted"
N_ZONES, N_HOURS = 20, 24
TOURIST, VISITED = 3, 8  # the first zones have guests at night; these and more have visitors by day
SETS: dict[str, dict[str, Any]] = {
    "as_released": {},
    "few": {"presence.em_max_iter": 3},
    "all_even": {"presence.landuse_floor_share": 1.0},
    "other_threshold": {"disclosure.zone_threshold": 3},
}


def rows(world: int, factor: float, at_tourists: float | None) -> pd.DataFrame:
    """Estimates of a world: everybody errs alike, each candidate by its own factor."""
    random = np.random.default_rng(world)
    zone, hour = (part.ravel() for part in np.indices((N_ZONES, N_HOURS)))
    is_day, is_tourist = (hour >= 7) & (hour <= 20), zone < TOURIST
    residents = 200.0 + 10 * zone
    true = residents * np.where(is_tourist, 1.5, 1.0) * np.where(is_day & (zone < VISITED), 1.5, 1)
    size = np.where(is_tourist, factor if at_tourists is None else at_tourists, factor)
    value = true * (1.0 + 0.1 * size * random.normal(size=len(zone)))
    return pd.DataFrame(
        {
            "zone_id": [f"Z{number:02d}" for number in zone],
            "hour_at": pd.Timestamp("2026-03-02", tz="UTC") + pd.to_timedelta(hour, "h"),
            "value": value,
            "n_true": true,
            "n_persons_lower": value - 30,
            "n_persons_upper": value + 30,
            "day": "2026-03-02",
            "is_off": False,
            "is_day": is_day,
            "is_night": hour < 6,
            "residents": residents,
            "residents_km2": residents / (1 + zone % 2),
            "is_outage": hour == 12,
            "above": np.where(zone < 10, "north|all", "south|all"),
        }
    )


def write(
    store: Store,
    factors: Mapping[str, float],
    at_tourists: Mapping[str, float] | None = None,
    coverage: float = 0.9,
    source: str = "",
) -> dict[str, Any]:
    """Write the study's table and units into a store; candidates not named err as the released."""
    estimators = list(dict.fromkeys(["combined", "em", *(n.split("@")[0] for n in factors)]))
    study = Study.model_validate(
        {
            "study": STUDY,
            "title": "Planted",
            "worlds": {"seeds": [1, 2, 3, 4, 5]},
            "estimators": estimators,
            "parameters": SETS,
        }
    )
    folder = store.root / "studies" / STUDY
    (folder / "units").mkdir(parents=True)
    worlds = [world.name for world in study.every_world()]
    units = list(study.units(source))
    for unit in units:
        frames = []
        for estimator in estimators:
            name = f"{estimator}@{unit.label}"
            own = rows(unit.world.seed, factors.get(name, 1.0), (at_tourists or {}).get(name))
            frames.append(own.assign(estimator=estimator))
        whole = pd.concat(frames, ignore_index=True)[KEPT]
        whole.to_parquet(folder / "units" / f"{unit.key}.parquet", index=False)
    scores = dict.fromkeys(MEASURES, 0.05) | {"coverage": coverage}
    record: dict[str, Any] = {
        "study": study.model_dump(mode="json"),
        "worlds": worlds,
        "stores": {world.name: world.key for world in study.every_world()},
        "units": {f"{unit.world.name} {unit.label}": unit.key for unit in units},
        "candidates": {
            name: {
                "worlds": dict.fromkeys(worlds, scores),
                "mean": {key: {"mean": value, "half": 0.01} for key, value in scores.items()},
            }
            for name in study.candidates()
        },
    }
    write_json(folder / NAME, record)
    return record
