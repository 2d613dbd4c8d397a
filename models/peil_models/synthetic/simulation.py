"""The whole simulation: a world, its people, and day after day what the operator delivers.

The entry point; everything it returns is a frame, an array or a block of bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from peil_models.synthetic.country import Country, make_country
from peil_models.synthetic.diaries import make_outings
from peil_models.synthetic.dirt import Delivered, Soiler
from peil_models.synthetic.itinerary import Itinerary, make_itinerary, make_trips, present
from peil_models.synthetic.lines import LineFormat
from peil_models.synthetic.makes import DEMO, Make
from peil_models.synthetic.network import PLAN_COLUMNS, Outage, make_network, make_outage
from peil_models.synthetic.population import MIN_DEVICES, Population, make_population
from peil_models.synthetic.radio import Physics, Radio, make_radio
from peil_models.synthetic.signalling import Signalling
from peil_models.synthetic.zones import make_zones

if TYPE_CHECKING:
    import geopandas as gpd

TIME_ZONE = "Europe/Amsterdam"
FIRST_DAY = date(2026, 3, 2)  # a Monday
MAX_DAYS = 21  # before the clocks change


@dataclass(frozen=True)
class World:
    """Country, network and physics: everything that does not depend on who lives there.

    Attributes
    ----------
    country : Country
    cells : DataFrame
        The plan as it is delivered.
    outage : Outage
    radio : Radio
        What is true, of antennas too.
    make : Make

    Examples
    --------
    >>> world = make_world(1)
    >>> int(world.cells["cell_id"].nunique()) == len(world.cells)
    True
    """

    country: Country
    cells: pd.DataFrame
    outage: Outage
    radio: Radio
    make: Make


def make_world(world_seed: int, physics: Physics | None = None, make: Make = DEMO) -> World:
    """Make land and network; the last two worlds are cached and must not be changed.

    Parameters
    ----------
    world_seed : int
        The same seed gives the same land and masts, whatever the make.
    physics : Physics, optional
        In place of that of the make.
    make : Make, default=DEMO

    Examples
    --------
    >>> world = make_world(1)
    >>> 110 <= len(world.cells) <= 170, len(world.country.zone_ids)
    (True, 20)
    """
    return _world(world_seed, physics or make.physics, make)


@lru_cache(maxsize=2)
def _world(world_seed: int, physics: Physics, make: Make) -> World:
    country = make_country(world_seed)
    plan = cells = make_network(country, world_seed)
    if make.clustering:
        country = make.clustering.applied(country, world_seed)
    if make.plan_errors:
        cells = make.plan_errors.applied(plan, world_seed)
    if make.nearest:
        radio = make.nearest.radio(cells)
    else:
        radio = make_radio(country, cells, world_seed, physics)
    if make.plan_noise:
        plan = make.plan_noise.applied(plan, world_seed)
    if make.hidden_ground_m is not None:
        plan = plan.assign(altitude_m=plan["altitude_m"] + make.hidden_ground_m)
    return World(country, plan, make_outage(country, cells), radio, make)


class Simulation:
    """Simulate a period in a world: truth and deliveries as frames and blocks of bytes.

    Parameters
    ----------
    devices : int, default=12000
        Devices of the operator; persons follow from it.
    days : int, default=7
        From Monday 2 March 2026.
    seed : int, default=1
        People, diaries, events and dirt.
    world_seed : int, default=1
        Land and network.
    world : World, optional
        A world made before, to be used again; its make is that of the simulation.
    make : Make, default=DEMO
        See `MAKES`.

    Raises
    ------
    ValueError
        A number of days that is not between 1 and 21, fewer than 100 devices, a negative seed.

    Notes
    -----
    Memory: the legs of the whole period (about 100 bytes a leg, 25 legs a person and week) and the
    records of one day. Needs the extra `synthetic`.

    Examples
    --------
    >>> simulation = Simulation(devices=200, days=1)
    >>> int(simulation.presence(3).sum()) <= len(simulation.population.persons)
    True
    """

    def __init__(
        self,
        devices: int = 12_000,
        days: int = 7,
        seed: int = 1,
        world_seed: int = 1,
        world: World | None = None,
        make: Make = DEMO,
    ) -> None:
        if not 1 <= days <= MAX_DAYS:
            raise ValueError(f"days={days}: between 1 and {MAX_DAYS}, before the clocks change")
        if seed < 0 or world_seed < 0:
            raise ValueError("seed and world_seed: not negative")
        if devices < MIN_DEVICES:
            raise ValueError(f"devices={devices}: a country needs at least {MIN_DEVICES}")
        self.days, self.seed = days, seed
        self.world = world or make_world(world_seed, None, make)
        country, self.make = self.world.country, self.world.make
        self.population: Population = make_population(country, devices, seed, self.make.market)
        outings, nights = make_outings(country, self.population, days, seed)
        self.itinerary: Itinerary = make_itinerary(country, self.population, outings, nights)
        self.dates = [FIRST_DAY + timedelta(days=day) for day in range(days)]

    # reference
    def tiles(self) -> pd.DataFrame:
        """Tiles as they are delivered: without elevation where the make hides it."""
        tiles = self.world.country.tiles
        return tiles if self.make.hidden_ground_m is None else tiles.drop(columns="elevation_m")

    def plan(self) -> pd.DataFrame:
        """Cell plan as it is delivered, the same every day."""
        return self.world.cells[PLAN_COLUMNS]

    def zones(self) -> gpd.GeoDataFrame:
        """Zones of three levels with their outlines."""
        return make_zones(self.world.country)

    def register(self) -> pd.DataFrame:
        """Registered residents: zone_id, n_persons. Visitors are in no register."""
        country, persons = self.world.country, self.population.persons
        municipality = persons["municipality"].to_numpy()
        n = np.bincount(municipality[municipality >= 0], minlength=len(country.zone_ids))
        register = pd.DataFrame({"zone_id": country.zone_ids, "n_persons": n})
        return register.sort_values("zone_id", ignore_index=True)

    # truth
    def presence(self, hour: int) -> np.ndarray:
        """Persons present per tile at half past the given hour of the period."""
        return present(self.world.country, self.itinerary, hour * 3600 + 1800)

    def trips(self) -> pd.DataFrame:
        """All trips of the period."""
        return make_trips(self.world.country, self.itinerary, self.days * 86_400)

    def homes(self) -> pd.DataFrame:
        """One row per person: person_id, tile_id, zone_id, work_tile_id, person_type."""
        country, persons = self.world.country, self.population.persons
        code = np.append(country.tiles["tile_id"].to_numpy(), -1)
        homes = pd.DataFrame({"person_id": np.arange(len(persons), dtype=np.int64)})
        for name, column in (("tile_id", "home_tile"), ("work_tile_id", "work_tile")):
            tile = persons[column].to_numpy()
            homes[name] = pd.Series(code[tile], dtype="Int64").mask(tile < 0)
        zone = np.array([*country.zone_ids, None], dtype=object)
        homes["zone_id"] = zone[persons["municipality"].to_numpy()]
        homes["person_type"] = persons["kind"].to_numpy()
        return homes[["person_id", "tile_id", "zone_id", "work_tile_id", "person_type"]]

    def devices(self) -> pd.DataFrame:
        """One row per device: person_id (null for machines), subscriber_id, is_main, kind."""
        devices = self.population.devices
        person = pd.Series(devices["person"].to_numpy(), dtype="Int64")
        return pd.DataFrame(
            {
                "person_id": person.mask(person < 0),
                "subscriber_id": devices["subscriber_id"],
                "is_main": devices["is_main"],
                "kind": devices["kind"],
            }
        )

    def devices_per_person(self) -> pd.DataFrame:
        """Persons by home zone (null for visitors) and by their number of devices."""
        zone = np.array([*self.world.country.zone_ids, None], dtype=object)
        persons = self.population.persons
        grouped = persons.assign(zone_id=zone[persons["municipality"].to_numpy()]).groupby(
            ["zone_id", "n_devices", "n_operator_devices"], dropna=False
        )
        return grouped.size().rename("n_persons").reset_index()

    # deliveries
    def opted_out(self) -> pd.Series:
        """Subscribers that do not want to be in any statistic, in order."""
        devices = self.population.devices
        return pd.Series(sorted(devices.loc[devices["is_opted_out"], "subscriber_id"]))

    def deliveries(self) -> Iterator[Delivered]:
        """Yield the records of each day, in order, soiled as deliveries are."""
        soiler = Soiler(self.population.devices["is_opted_out"].to_numpy(), self.days, self.seed)
        for day, records in enumerate(self._records()):
            yield soiler.day(day, records)

    def _records(self) -> Iterator[pd.DataFrame]:
        """Records of each day, in order, before they are soiled."""
        signalling = Signalling(
            self.population,
            self.itinerary,
            self.world.radio,
            self.world.outage,
            self.seed,
            self.make.recording,
        )
        for day in range(self.days):
            yield signalling.day(day)

    def counts(self, day: int = 0) -> pd.DataFrame:
        """Phones by cell and hour of a day, each where its last record of the hour was made.

        What an operator hands to whoever only estimates. Without machines and those who opted out,
        and without what soils a delivery.

        Parameters
        ----------
        day : int, default=0
            Number of the day in the period.

        Returns
        -------
        DataFrame of shape (n_cells, 24)
            By cell_id, in the order of `plan`. Unit: devices.

        Raises
        ------
        ValueError
            The period has no such day.

        Examples
        --------
        >>> counts = Simulation(devices=200, days=1).counts()
        >>> counts.shape[1], bool((counts.sum() <= 200).all())
        (24, True)
        """
        if not 0 <= day < self.days:
            raise ValueError(f"day={day}: the period has {self.days} days, numbered from 0")
        records = next(islice(self._records(), day, None))
        devices = self.population.devices
        is_counted = (devices["kind"] != "machine") & ~devices["is_opted_out"]
        records = records[is_counted.to_numpy()[records["device"]]]
        hour = records["second"].to_numpy() // 3600
        # records are in order of time, so the last of a device and hour is the first from behind
        key = (records["device"].to_numpy(dtype=np.int64) * 24 + hour)[::-1]
        last = np.unique(key, return_index=True)[1]
        cell = records["cell"].to_numpy(dtype=np.int64)[::-1][last]
        n_cells = len(self.world.cells)
        number = np.bincount(cell * 24 + key[last] % 24, minlength=n_cells * 24)
        return pd.DataFrame(number.reshape(n_cells, 24), index=self.world.cells["cell_id"])

    def lines(self) -> LineFormat:
        """How records become lines of text."""
        return LineFormat(self.population.devices, self.world.cells["cell_id"], self.dates)
