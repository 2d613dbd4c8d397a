"""Estimate a world with a set of parameters, and lay the estimates beside the truth.

Bottom zones and hours, before protection: what tells estimators apart.
"""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pandas as pd

from peil import methods
from peil.area.area import area_of
from peil.charter import reading
from peil.charter.schema import Charter
from peil.estimate.champion import champion_of
from peil.estimate.estimators import Estimator
from peil.estimate.night import night_for
from peil.estimate.presence import Estimation
from peil.outcome import Refused
from peil.score.score import beside_truth
from peil.score.studies import groups, own, worlds
from peil.score.studies.plan import Unit
from peil.stage.counted import counted_of
from peil.store.store import Store

KEPT = [
    *("zone_id", "hour_at", "estimator", "value", "n_true", "n_persons_lower", "n_persons_upper"),
    *("day", "is_off", "is_day", "is_night"),
    *groups.ABOUT,
]


def file_of(folder: Path, unit: Unit) -> Path:
    """Where the rows of a unit lie."""
    return folder / "units" / f"{unit.key}.parquet"


def work(root: Path, folder: Path, unit: Unit) -> str:
    """Write the rows of a unit unless they stand; what was worked on.

    This process works on the store of the unit's world from then on.
    """
    file = file_of(folder, unit)
    if not file.exists():
        store = worlds.store_of(root, unit.world)
        environment = worlds.environment_of(store)
        for name in [name for name in os.environ if name.startswith("PEIL_")]:
            del os.environ[name]
        os.environ |= environment
        with worlds.alone(store):
            rows = _rows(Store(), unit)
        file.parent.mkdir(parents=True, exist_ok=True)
        aside = file.with_name(f".{file.name}.part")
        rows.to_parquet(aside, index=False)
        os.replace(aside, file)
    return f"{unit.world.name} {unit.label}"


def _rows(store: Store, unit: Unit) -> pd.DataFrame:
    charter = reading.load(worlds.PILOT)
    every = own.rows(store.settings)
    if unknown := sorted(set(unit.estimators) - set(every)):
        raise Refused(
            f"No estimator {unknown[0]}: there are {', '.join(every)}; one of your own lies in "
            "the folder that PEIL_ESTIMATORS names."
        )
    with methods.tried(unit.choices, charter.pilot):
        days = [_day(charter, store, day, every, unit) for day in charter.days()]
    rows = pd.concat(days, ignore_index=True)[KEPT]
    return rows.sort_values(["estimator", "zone_id", "hour_at"], ignore_index=True)


def _day(
    charter: Charter, store: Store, day: date, every: dict[str, Estimator], unit: Unit
) -> pd.DataFrame:
    counted, area = counted_of(charter, day, store), area_of(charter, store)
    night = night_for(charter, day, store).observed(counted.unobserved)
    footprint = champion_of(store, charter.pilot).footprint
    estimation = Estimation(charter, area, counted, footprint, night, every)
    tables = [
        counted.unobserved_as_missing(estimation.run(name, unit.key)[0]) for name in unit.estimators
    ]
    rows = beside_truth(charter, area, day, pd.concat(tables, ignore_index=True))
    hours_out = pd.DatetimeIndex(counted.hours)[estimation.is_out]
    return groups.described(rows[rows["n_devices"].notna()], area, hours_out)
