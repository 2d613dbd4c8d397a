"""Persons in the beach resort by night: by the night ratio, and by where devices live."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.accuracy.moves.methods import Moves
from benchmarks.accuracy.moves.world import DAYS, HOUR, PILOT
from peil import methods
from peil_models.presence import PresenceEM
from peil_models.residence import flow_cube
from peil_models.synthetic.country import BEACH
from peil_models.weighting import NightRatio

Floats = NDArray[np.float64]


def tourist_scores(moves: Moves) -> dict[str, Any]:
    """Score persons present by night, in the resort and elsewhere, by both ways of weighting.

    Nights before working days and days off apart: a day off is calibrated on the last working day
    before it, as the pipeline does.
    """
    world = moves.world
    choices = methods.section("weighting", PILOT)
    hours = np.flatnonzero(
        world.calendar.between(choices["night_start_hour"], choices["night_end_hour"])
    )
    truth = np.column_stack([world.present(int(hour)) for hour in hours])
    ways = {"night ratio": _by_night_ratio(moves, hours), "by home": _by_home(moves, hours)}
    is_off = world.calendar.day_type[hours] != 0
    biases: dict[str, Any] = {}
    for name, persons in ways.items():
        biases[name] = {}
        for night, which in (("working", ~is_off), ("off", is_off)):
            ratio = persons[:, which].sum(axis=1) / truth[:, which].sum(axis=1) - 1.0
            others = np.delete(ratio, BEACH)
            biases[name][night] = {
                "resort": float(ratio[BEACH]),
                "resort_size": float(abs(ratio[BEACH])),
                "others_mean_absolute": float(np.abs(others).mean()),
            }
    resident = world.register[BEACH]
    biases["guests_share"] = {
        night: float(1.0 - resident * which.sum() / truth[BEACH, which].sum())
        for night, which in (("working", ~is_off), ("off", is_off))
    }
    return biases


def _by_night_ratio(moves: Moves, hours: NDArray[np.int64]) -> Floats:
    """Estimate presence from counts, each municipality calibrated on its working night."""
    world = moves.world
    choices = methods.section("presence", PILOT)
    model = PresenceEM(
        prior=world.prior,
        max_iter=choices["em_max_iter"],
        stopping=choices["em_stopping"],
        misfit_share=choices["misfit_share"],
    )
    tiles = model.fit(world.footprint, world.counts[:, hours]).devices_
    inside = world.zone_of_tile >= 0
    devices = np.zeros((world.n_zones, len(hours)))
    np.add.at(devices, world.zone_of_tile[inside], tiles[inside])
    day = world.calendar.day[hours]
    is_off = world.calendar.day_type[hours] != 0
    persons = np.zeros_like(devices)
    last = day == 0
    for number in range(DAYS):
        own = day == number
        if not is_off[own].any():
            last = own
        persons[:, own] = (
            NightRatio().fit(devices[:, last], world.register).transform(devices[:, own])
        )
    return persons


def _by_home(moves: Moves, hours: NDArray[np.int64]) -> Floats:
    """Weight devices by residents per device of their home, roamers by the factor of all."""
    world = moves.world
    moments = hours * HOUR + HOUR / 2
    home = moves.homes.zone_of_device(len(world.devices))
    cube = flow_cube(moves.segments, moves.refined, home, moments)
    n = np.bincount(home[home >= 0], minlength=world.n_zones)
    weight = np.append(world.register / np.maximum(n, 1), 0.0)
    persons = np.einsum("thr,h->rt", cube.devices, weight)
    guests = world.events(roamers=True)
    segments, places, _ = moves.staying.stays(
        guests.device, guests.at_s, guests.cell, guests.timing_advance
    )
    nowhere = np.full(len(world.devices), -1)
    roaming = flow_cube(segments, places, nowhere, moments).devices.sum(axis=1).T
    return np.asarray(persons + roaming * (world.register.sum() / n.sum()))
