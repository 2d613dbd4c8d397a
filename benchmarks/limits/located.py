"""How near a pilot could come: every main phone located without error, the rest as in a pilot."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.limits.errors import HOURS, Floats, calibrated, errors
from peil_models.synthetic.simulation import Simulation


def located(simulation: Simulation) -> dict[str, float]:
    """Errors that remain by municipality where the zone of each main phone is known.

    Parameters
    ----------
    simulation : Simulation
        The world that a pilot was scored on.

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

    counted = np.array([present(holders, hour) for hour in range(simulation.days * HOURS)]).T
    true = np.array([present(everybody, hour) for hour in range(simulation.days * HOURS)]).T
    register = simulation.register().set_index("zone_id")["n_persons"].loc[names].to_numpy(float)
    left = errors(calibrated(counted, register, true.sum(axis=0)), true)
    return {**left, "trips_bias": trips_bias(simulation, holders)}


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
