"""All devices of residents of a simulated world, by every method of the part `moves`."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.accuracy.moves.world import HOUR, PILOT, Events, MovesWorld
from peil import methods
from peil.estimate.linked.stays import Staying, staying
from peil_models import scores
from peil_models.location import posterior
from peil_models.residence import Anchors
from peil_models.stays import Places, StayPlacing

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
FIRST = "all events, timing advance, homes by all stays"


class Moves:
    """Segments of one world's devices, their places and homes.

    Parameters
    ----------
    world : MovesWorld
    """

    def __init__(self, world: MovesWorld) -> None:
        self.world = world
        self.events: Events = world.events()
        self.device = np.unique(self.events.device)
        self.staying: Staying = staying(
            PILOT,
            world.footprint,
            world.cells,
            world.tiles,
            world.prior,
            world.residents,
            world.zone_of_tile,
        )
        events = self.events
        self.segments, self.places, self.row = self.staying.stays(
            events.device, events.at_s, events.cell, events.timing_advance
        )

    @cached_property
    def refined(self) -> Places:
        """Places of all segments, those at home by all stays at home together."""
        return self.homes.refined(self.segments, self.places)

    @cached_property
    def placings(self) -> dict[str, Places]:
        """The same stays, placed by each method."""
        world, cell = self.world, self.events.cell
        is_stay = self.segments.is_stay
        stays = self.segments.take(is_stay)

        def placed(footprint: Any, prior: Floats, **choices: Any) -> Places:
            given = {**methods.section("placing", PILOT), **choices}
            fitted = StayPlacing(**given).fit(footprint, prior, zone_of_tile=world.zone_of_tile)
            located = fitted.place(stays, cell)
            tile, zone = np.full((2, len(self.segments)), -1)
            tile[is_stay], zone[is_stay] = located.tile, located.zone
            return Places(tile, zone, self.places.zone_shares)

        even = (world.zone_of_tile >= 0).astype(np.float64)
        return {
            FIRST: self.refined,
            "all events, timing advance": self.places,
            "all events, cells only": placed(world.footprint, world.prior),
            "mean posterior, cells only": placed(world.footprint, world.prior, method="mean"),
            "Voronoi": placed(world.voronoi, even, method="mean"),
        }

    def zone_of_cell(self, footprint: Any, prior: Floats) -> Ints:
        """Return likeliest municipality of each cell, -1 without one."""
        world = self.world
        inside = world.zone_of_tile >= 0
        located = posterior(footprint, prior)
        shares = np.zeros((located.shape[0], world.n_zones))
        for zone in range(world.n_zones):
            shares[:, zone] = np.asarray(
                located[:, inside & (world.zone_of_tile == zone)].sum(axis=1)
            )
        return np.where(shares.any(axis=1), shares.argmax(axis=1), -1)

    @cached_property
    def hourly(self) -> tuple[Ints, Ints, Ints]:
        """Device, hour and municipality of the cell with most of its events in that hour: naive."""
        events = self.events
        zone = self.zone_of_cell(self.world.footprint, self.world.prior)
        hour = (events.at_s // HOUR).astype(np.int64)
        keys, n = np.unique(
            np.column_stack([events.device, hour, events.cell]), axis=0, return_counts=True
        )
        order = np.lexsort((keys[:, 2], -n, keys[:, 1], keys[:, 0]))
        keys = keys[order]
        best = keys[np.append(True, (keys[1:, :2] != keys[:-1, :2]).any(axis=1))]
        return best[:, 0], best[:, 1], zone[best[:, 2]]

    def claimed(self, label: Ints) -> scores.LabelledTime:
        """Return labels of the segments as labelled time."""
        segments = self.segments
        return scores.LabelledTime.of(segments.device, segments.start_s, segments.end_s, label)

    @cached_property
    def homes(self) -> Anchors:
        """Home of every device, weight by the seconds of stays."""
        weight = np.where(self.segments.is_stay, self.segments.duration_s, 0.0)
        return self.staying.homes.place(self.segments, self.places, self.row, weight)

    @cached_property
    def weights(self) -> Floats:
        """Residents per device of its home, by number of the device."""
        n = np.bincount(self.homes.zone[self.homes.zone >= 0], minlength=self.world.n_zones)
        ratio = self.world.register / np.maximum(n, 1)
        zone = self.homes.zone_of_device(len(self.world.devices))
        return np.where(zone >= 0, ratio[zone], 0.0)
