"""Score the products that follow devices on known truth: flows, who is there, homes."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from peil.area.area import Area
from peil.charter.hour import unit_of
from peil.charter.products import Product, linked, resolve
from peil.charter.schema import Charter
from peil.score import truth
from peil.store.atomic import read_json
from peil.store.faults.written import read_parquet
from peil.store.store import Store
from peil_models import scores

Figures = dict[str, float]
PAIR = ["from_zone_id", "to_zone_id"]


def by_product(charter: Charter, area: Area, store: Store) -> dict[str, dict[str, Figures]]:
    """Figures of each estimated day, by product; nothing where a product or its truth is absent.

    Flows: common part (`cpc`) of the trips of persons between bottom zones on a day, also with the
    trips within a zone, and their number over the true one. Visitors: all origins of a zone and
    hour together against the persons present; who of them lives elsewhere has no truth by zone.
    Residence, once a window: devices by zone of home against those of the zone's residents, and
    all of them over the true ones; who opted out is in the truth and in no estimate.
    """
    if charter.inputs.truth is None or charter.inputs.truth.reader != "demo":
        return {}
    by_product: dict[str, dict[str, Figures]] = {}
    for product in linked():
        if not product.score:
            continue
        score = resolve(product.score)
        days = {
            str(day): score(charter, area, day, rows)
            for day in charter.days()
            if (rows := _estimated(charter, store, product, day)) is not None
        }
        if days:
            by_product[product.name] = days
    return by_product


def by_run(
    charter: Charter, store: Store, product: str, days: dict[str, Figures]
) -> dict[str, Figures]:
    """Figures by the run that made them, which made all days of its linkage window."""
    of_run: dict[str, dict[str, Figures]] = {}
    for day, figures in days.items():
        folder = store.estimated(charter.pilot, unit_of(day), product)
        of_run.setdefault(read_json(folder / "estimated.json")["run_id"], {})[day] = figures
    return {run_id: mean_over_days(of_period) for run_id, of_period in of_run.items()}


def mean_over_days(days: dict[str, Figures]) -> Figures:
    """Each figure's mean over the days that have it.

    >>> mean_over_days({"a": {"cpc": 0.5}, "b": {"cpc": 0.7}})
    {'cpc': 0.6}
    """
    names = sorted({name for figures in days.values() for name in figures})
    return {
        name: float(
            np.round(np.mean([figures[name] for figures in days.values() if name in figures]), 6)
        )
        for name in names
    }


def _estimated(charter: Charter, store: Store, product: Product, day: date) -> pd.DataFrame | None:
    folder = store.estimated(charter.pilot, day, product.name)
    file = folder / f"{product.scored_table}.parquet"
    return read_parquet(file) if file.exists() else None


def flows(charter: Charter, area: Area, day: date, rows: pd.DataFrame) -> Figures:
    """Trips of persons between bottom zones on a day: common part and number over the true one."""
    value = "n_trips" if area.register is None else "n_person_trips"
    estimate = rows.groupby(PAIR, observed=True)[value].sum()
    true_trips = truth.trips(charter, day).set_index(PAIR)["n_true"]
    whole = pd.MultiIndex.from_product([area.bottom(), area.bottom()], names=PAIR)
    true, guess = (
        series.reindex(whole, fill_value=0.0).to_numpy() for series in (true_trips, estimate)
    )
    between = whole.get_level_values(0) != whole.get_level_values(1)
    return {
        "cpc": scores.common_part_of_commuters(true[between], guess[between]),
        "cpc_with_own_zone": scores.common_part_of_commuters(true, guess),
        "trips_found": float(guess[between].sum() / max(true[between].sum(), 1.0)),
    }


def visitors(charter: Charter, area: Area, day: date, rows: pd.DataFrame) -> Figures:
    """All origins of a zone and hour together against the persons present."""
    truth_of_day = truth.present(charter, area, day)
    there = (
        rows.groupby(["zone_id", "hour_at"], observed=True)[truth_of_day.quantity]
        .sum()
        .reset_index()
    )
    there["hour_at"] = pd.to_datetime(there["hour_at"], utc=True)
    present = truth_of_day.present.assign(
        hour_at=pd.to_datetime(truth_of_day.present["hour_at"], utc=True)
    )
    both = present.merge(there, on=["zone_id", "hour_at"], how="left", validate="one_to_one")
    true, guess = both["n_true"].to_numpy(), both[truth_of_day.quantity].fillna(0.0).to_numpy()
    return {
        "mape": scores.mape(true, guess),
        "wape": scores.wape(true, guess),
        "bias": scores.bias(true, guess),
    }


def residence(charter: Charter, area: Area, day: date, rows: pd.DataFrame) -> Figures:
    """Devices by zone of home against those of the zone's residents."""
    true_homes = truth.homes(charter).set_index("zone_id")["n_true"]
    true = true_homes.reindex(area.bottom(), fill_value=0.0).to_numpy()
    guess = rows.set_index("zone_id")["n_devices"].reindex(area.bottom()).to_numpy(dtype=float)
    return {
        "mape": scores.mape(true, guess),
        "wape": scores.wape(true, guess),
        "homes_found": float(guess.sum() / max(true.sum(), 1.0)),
    }
