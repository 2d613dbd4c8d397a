"""How near a pilot could come: every main phone located without error, the rest as in a pilot.

What a pilot released is scored in `released`; this is the bound beside which its errors stand.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from peil import methods
from peil_models.synthetic import MAKES
from peil_models.synthetic.simulation import Simulation
from peil_models.weighting import NightRatio, held_to_totals

Floats = NDArray[np.float64]
PILOT = "demo"
HOURS = 24
SATURDAY = 5  # days are counted from a Monday


def limit(make: str, seed: int, devices: int, days: int) -> dict[str, float]:
    """Errors that remain by municipality where the zone of each main phone is known.

    Parameters
    ----------
    make : str
        Of `peil_models.synthetic.MAKES`.
    seed : int
        Of people and of country alike.
    devices, days : int
        Size of the world.

    Returns
    -------
    dict
        ``mape`` and ``wape`` over the day hours of `methods.toml` [score]: what sampling, the
        operator's share and those who sleep elsewhere leave. ``trips_bias``, without its sign, of
        trips between municipalities where each trip of a main phone's holder is known. Unit: 1.

    Notes
    -----
    Phones are read at the moment of the truth, half past; nights and totals are those of a pilot,
    but for the total of an hour, which is the true one: no estimator has as much.
    """
    simulation = Simulation(devices, days, seed, seed, make=MAKES[make])
    country, phones = simulation.world.country, simulation.population.devices
    names = sorted(country.zone_ids)
    zone_of_tile = pd.Index(names).get_indexer(
        pd.Index(country.tiles["zone_id"])
    )  # -1 in no municipality
    is_read = phones["is_main"] & ~phones["is_opted_out"] & (phones["person"] >= 0)
    holders = np.unique(phones.loc[is_read, "person"].to_numpy())
    everybody = np.arange(simulation.itinerary.n_persons)

    def present(who: NDArray[np.int64], hour: int) -> Floats:
        x, y = simulation.itinerary.position(who, np.full(len(who), hour * 3600 + 1800.0))
        tile = country.tile_at(x, y)
        zone = zone_of_tile[tile[tile >= 0]]
        return np.bincount(zone[zone >= 0], minlength=len(names)).astype(float)

    counted = np.array([present(holders, hour) for hour in range(days * HOURS)]).T
    true = np.array([present(everybody, hour) for hour in range(days * HOURS)]).T
    register = simulation.register().set_index("zone_id")["n_persons"].loc[names].to_numpy(float)
    errors = _errors(_calibrated(counted, register, true.sum(axis=0)), true)
    return {**errors, "trips_bias": trips_bias(simulation, holders)}


def trips_bias(simulation: Simulation, holders: NDArray[np.int64]) -> float:
    """How far the holders' trips are from all, where each stands for the persons of their home."""
    home = pd.factorize(simulation.homes()["zone_id"], use_na_sentinel=False)[0]
    stands_for = np.bincount(home) / np.maximum(
        np.bincount(home[holders], minlength=home.max() + 1), 1
    )
    trips = simulation.trips()
    ends = trips[["from_zone_id", "to_zone_id"]]
    is_between = ends.notna().all(axis=1) & (ends["from_zone_id"] != ends["to_zone_id"])
    persons = trips.loc[is_between, "person_id"].to_numpy()
    of_holders = persons[np.isin(persons, holders)]
    return round(abs(float(stands_for[home[of_holders]].sum()) / len(persons) - 1.0), 6)


def _calibrated(counted: Floats, register: Floats, totals: Floats) -> Floats:
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


def _errors(persons: Floats, true: Floats) -> dict[str, float]:
    choices = methods.section("score", PILOT)
    hour = np.arange(true.shape[1]) % HOURS
    by_day = (hour >= choices["day_start_hour"]) & (hour <= choices["day_end_hour"])
    off, there = np.abs(persons - true)[:, by_day], true[:, by_day]
    return {
        "mape": round(float((off / np.maximum(there, 1.0)).mean()), 6),
        "wape": round(float(off.sum() / there.sum()), 6),
    }
