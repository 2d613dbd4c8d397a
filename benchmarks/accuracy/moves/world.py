"""A simulated week of devices with known truth, in memory, for the part `moves`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from peil import methods
from peil_models.footprint import FootprintSignalStrength, FootprintVoronoi, calibrate_footprint
from peil_models.location import prior_composite, prior_land_use, prior_network, restrict
from peil_models.residence import Calendar, make_calendar
from peil_models.scores import LabelledTime
from peil_models.synthetic import FIRST_DAY, Simulation

DAY, HOUR = 86_400.0, 3_600.0
DAYS = 7
PILOT = "demo"
NOT_STAYING, NOT_SCORED = -1, -2


@dataclass(frozen=True)
class Events:
    """Events as staging leaves them, sorted by device, time and cell."""

    device: NDArray[np.int64]
    at_s: NDArray[np.float64]
    cell: NDArray[np.int32]
    timing_advance: NDArray[np.int64]


class MovesWorld:
    """One simulated country: what an estimator may see, and the truth.

    Parameters
    ----------
    seed : int
        Of land, network, people and events.
    n_devices : int

    Notes
    -----
    Repeated, broken and late records are taken out, as staging does, and so are devices that opted
    out. Machines are left out too: they carry a SIM of their own range.
    """

    def __init__(self, seed: int, n_devices: int) -> None:
        self.simulation = Simulation(devices=n_devices, days=DAYS, seed=seed, world_seed=seed)
        self.country = self.simulation.world.country
        self.cells, self.tiles = self.simulation.world.cells, self.country.tiles
        self.zone_of_tile = np.asarray(self.country.municipality, dtype=np.int64)
        self.n_zones = len(self.country.zone_ids)
        self.devices = self.simulation.population.devices
        self.persons = self.simulation.population.persons
        self.calendar: Calendar = make_calendar(np.arange(DAYS + 1) * DAY, FIRST_DAY)
        parts = []
        for day, delivered in enumerate(self.simulation.deliveries()):
            lines = delivered.lines[delivered.lines["kind"] == 0]
            parts.append(lines.assign(second=lines["second"] + day * DAY))
        columns = ["device", "second", "cell", "timing_advance"]
        self._staged = (
            pd.concat(parts)[columns]
            .drop_duplicates()
            .sort_values(["device", "second", "cell", "timing_advance"], ignore_index=True)
        )

    def events(self, *, roamers: bool = False) -> Events:
        """Return events of residents' devices, or of roamers'."""
        kind = self.devices["kind"].to_numpy()
        wanted = (kind == "roamer") if roamers else np.isin(kind, ["phone", "second"])
        wanted &= ~self.devices["is_opted_out"].to_numpy()
        rows = self._staged[wanted[self._staged["device"].to_numpy()]]
        return Events(
            rows["device"].to_numpy(np.int64),
            rows["second"].to_numpy(np.float64),
            rows["cell"].to_numpy(np.int32),
            rows["timing_advance"].to_numpy(np.int64),
        )

    # what an estimator may know
    @cached_property
    def register(self) -> NDArray[np.float64]:
        """Registered residents per zone."""
        given = self.simulation.register().set_index("zone_id")["n_persons"]
        return np.asarray(given.loc[self.country.zone_ids].to_numpy(dtype=np.float64))

    @cached_property
    def residents(self) -> NDArray[np.float64]:
        """The register spread over residential land, as `Area.residents_per_tile` does."""
        tiles, zone = self.tiles, self.zone_of_tile
        weight = (tiles["residential"] + 0.3 * tiles["building"] + 1e-9).to_numpy()
        weight = np.where(zone >= 0, weight, 0.0)
        total = np.bincount(np.maximum(zone, 0), weights=weight, minlength=self.n_zones)
        return np.where(zone >= 0, weight / total[zone] * self.register[zone], 0.0)

    @cached_property
    def counts(self) -> NDArray[np.float64]:
        """The counted table of all devices, shape (n_cells, n_hours): nearest to the half hour."""
        staged = self._staged
        second = staged["second"].to_numpy()
        hour = (second // HOUR).astype(np.int64)
        off = np.abs(second - (hour * HOUR + HOUR / 2))
        device = staged["device"].to_numpy()
        order = np.lexsort((second, off, hour, device))
        first = np.append(True, np.diff(device[order] * 1000 + hour[order]) != 0)
        chosen = order[first]
        table = np.zeros((len(self.cells), DAYS * 24))
        np.add.at(table, (staged["cell"].to_numpy()[chosen], hour[chosen]), 1.0)
        return table

    @cached_property
    def calibrated(self) -> FootprintSignalStrength:
        """The footprint as `peil train` calibrates it: counts of nights before working days."""
        choices = methods.section("weighting", PILOT)
        n_days = int(methods.section("train", PILOT)["fit_days"])
        night = self.calendar.between(choices["night_start_hour"], choices["night_end_hour"])
        night &= (self.calendar.day < n_days) & (self.calendar.day_type == 0)
        return calibrate_footprint(
            self.cells, self.tiles, self.counts[:, night], self.residents, self._default()
        )

    def _default(self) -> FootprintSignalStrength:
        return FootprintSignalStrength(**methods.section("footprint", PILOT))

    @cached_property
    def footprint(self) -> sparse.csr_array:
        """Mean of the default and the calibrated footprint, shape (n_cells, n_tiles)."""
        both = [
            model.fit(self.cells, self.tiles).connection_probability_
            for model in (self._default(), self.calibrated)
        ]
        return sparse.csr_array(0.5 * (both[0] + both[1]))

    @cached_property
    def voronoi(self) -> sparse.csr_array:
        """Tiles by the nearest cell."""
        return FootprintVoronoi().fit(self.cells, self.tiles).connection_probability_

    @cached_property
    def prior(self) -> NDArray[np.float64]:
        """The prior of the pipeline: network and land use, inside the area."""
        dominance = self._default().fit(self.cells, self.tiles).dominance_
        share = methods.section("location", PILOT)["network_share"]
        mixed = prior_composite(
            [prior_network(dominance), prior_land_use(self.tiles)], [share, 1.0 - share]
        )
        return restrict(mixed, self.zone_of_tile >= 0)

    # truth
    def true_time(self, device: NDArray[np.int64]) -> LabelledTime:
        """Return the municipality that each device stayed in, second by second of the week."""
        legs = self._legs
        zone = np.where(legs["tile"] >= 0, self.zone_of_tile[legs["tile"]], NOT_SCORED)
        stays = legs[["carrier", "arrives", "leaves"]].assign(label=zone)
        moves = legs[["carrier", "departs", "arrives"]].assign(label=NOT_STAYING)
        columns = ["carrier", "start", "end", "label"]
        frame = pd.concat([pieces.set_axis(columns, axis=1) for pieces in (moves, stays)])
        joined = self._held(device, frame)
        return LabelledTime.of(joined["device"], joined["start"], joined["end"], joined["label"])

    def true_places(
        self, device: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Return device, position in metres and seconds of each stay of the week in the country."""
        legs = self._legs
        frame = legs.loc[legs["tile"] >= 0, ["carrier", "arrives", "leaves", "x", "y"]]
        joined = self._held(device, frame.rename(columns={"arrives": "start", "leaves": "end"}))
        length = (joined["end"] - joined["start"]).to_numpy(np.float64)
        return (
            joined["device"].to_numpy(np.int64),
            joined["x"].to_numpy(np.float64),
            joined["y"].to_numpy(np.float64),
            length,
        )

    @cached_property
    def _legs(self) -> pd.DataFrame:
        """One row per leg of a person: when it departs and arrives, where, and when it is left."""
        legs = self.simulation.itinerary
        is_trip = (legs.mode > 0) | np.append(True, np.diff(legs.carrier) != 0)
        is_trip &= legs.carrier < legs.n_persons
        carrier, departs = legs.carrier[is_trip], legs.departs_s[is_trip]
        x, y = legs.to_x[is_trip], legs.to_y[is_trip]
        is_last = np.append(np.diff(carrier) != 0, True)
        leaves = np.where(is_last, DAYS * DAY, np.append(departs[1:], 0.0))
        return pd.DataFrame(
            {
                "carrier": carrier,
                "departs": departs,
                "arrives": legs.arrives_s[is_trip],
                "leaves": leaves,
                "x": x,
                "y": y,
                "tile": self.country.tile_at(x, y),
            }
        )

    def _held(self, device: NDArray[np.int64], frame: pd.DataFrame) -> pd.DataFrame:
        """Return pieces of time of persons as those of their devices, cut to the week, in order."""
        frame = frame.assign(
            start=frame["start"].clip(0.0), end=frame["end"].clip(upper=DAYS * DAY)
        )
        frame = frame[frame["end"] > frame["start"]]
        holder = pd.DataFrame({"device": device, "carrier": self.person_of(device)})
        return holder.merge(frame, on="carrier").sort_values(["device", "start"])

    def person_of(self, device: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return who holds each device."""
        return self.devices["person"].to_numpy(np.int64)[device]

    def true_flows(self, device: NDArray[np.int64]) -> tuple[NDArray[np.float64], ...]:
        """Return trips by day and municipalities: of these devices, and of all residents.

        Shapes (n_days, n_zones, n_zones); trips that leave or enter the country are left out.
        """
        trips = self.simulation.trips()
        code = {zone: number for number, zone in enumerate(self.country.zone_ids)}
        begin, end = (trips[f"{side}_zone_id"].map(code) for side in ("from", "to"))
        inside = (begin.notna() & end.notna()).to_numpy()
        person = trips["person_id"].to_numpy()[inside]
        entry = (
            (trips["departs_s"].to_numpy()[inside] // DAY).astype(np.int64),
            begin[inside].to_numpy(np.int64),
            end[inside].to_numpy(np.int64),
        )
        held = np.bincount(self.person_of(device), minlength=len(self.persons))
        is_resident = self.persons["home_tile"].to_numpy() >= 0
        tables = []
        for weight in (held[person], is_resident[person]):
            table = np.zeros((DAYS, self.n_zones, self.n_zones))
            np.add.at(table, entry, weight.astype(np.float64))
            tables.append(table)
        return tuple(tables)

    def present(self, hour: int) -> NDArray[np.float64]:
        """Return persons present per municipality at the half hour."""
        per_tile = self.simulation.presence(hour)
        inside = self.zone_of_tile >= 0
        persons = np.zeros(self.n_zones)
        np.add.at(persons, self.zone_of_tile[inside], per_tile[inside])
        return persons
