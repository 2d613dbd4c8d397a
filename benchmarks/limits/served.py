"""How near a pilot could come that knew its footprint: the released estimator, told the truth."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from benchmarks.limits.errors import HOURS, PILOT, Floats, calibrated, errors
from peil import methods
from peil.area.area import LAND_USE
from peil.estimate.estimators import ESTIMATORS, RELEASED_ESTIMATOR, Given
from peil.estimate.outages import OnAir
from peil_models.footprint import without_cells
from peil_models.location import prior_land_use, restrict
from peil_models.synthetic.country import X_MIN_M, Y_MIN_M
from peil_models.synthetic.radio import PIXEL_M, SHAPE
from peil_models.synthetic.signalling import Signalling
from peil_models.synthetic.simulation import Simulation

Ints = NDArray[np.int64]
N_FADINGS = 40  # of each pixel of 50 m, without memory
FADINGS_WEIGH = 20.0  # records that a tile needs for half a footprint of its own
HALF_HOUR_S = 1_800


def served(simulation: Simulation) -> dict[str, float]:
    """Errors that remain by municipality where the footprint of every tile is known.

    Returns
    -------
    dict
        ``mape_served`` and ``wape_served`` of the released estimator over the day hours of
        `methods.toml` [score]. Unit: 1.

    Notes
    -----
    Counts are those of a pilot before its threshold: each device in the cell of its record nearest
    half past. The footprint is what served devices in each tile over the whole period, its cells by
    hour and fading where few records tell, and cells that are out known as such. Estimator, night
    and weights are those of a pilot, the prior is its land use alone; the total of an hour is the
    true one. What is left is chance, the operator's share, and what this estimator does not read
    from cells that overlap. Another estimator may read more.
    """
    country = simulation.world.country
    names = sorted(country.zone_ids)
    zone_of_tile = np.asarray(pd.Index(names).get_indexer(pd.Index(country.tiles["zone_id"])))
    inside = zone_of_tile >= 0

    def by_zone(tiles: Floats) -> Floats:
        zone = zone_of_tile[inside]
        return np.bincount(zone, tiles[inside], len(names)).astype(float)

    hours = range(simulation.days * HOURS)
    true = np.array([by_zone(simulation.presence(hour)) for hour in hours]).T
    counts, footprint = counted_and_served(simulation)
    devices = _estimated(simulation, counts, footprint, inside)
    zones = np.array([by_zone(devices[:, hour]) for hour in hours]).T
    register = simulation.register().set_index("zone_id")["n_persons"].loc[names].to_numpy(float)
    left = errors(calibrated(zones, register, true.sum(axis=0)), true)
    return {f"{name}_served": error for name, error in left.items()}


def counted_and_served(simulation: Simulation) -> tuple[Floats, sparse.csr_array]:
    """Counts, shape (n_cells, n_hours), and the footprint, shape (n_cells, n_tiles)."""
    world, phones = simulation.world, simulation.population.devices
    is_counted = ((phones["kind"] != "machine") & ~phones["is_opted_out"]).to_numpy()
    signalling = _signalling(simulation)
    n_cells, n_tiles = len(world.cells), len(world.country.tiles)
    counts = np.zeros((n_cells, simulation.days * HOURS))
    pairs = np.zeros((n_cells, n_tiles))
    for day in range(simulation.days):
        records = signalling.day(day)
        records = records[is_counted[records["device"].to_numpy()]]
        device, second, cell = (
            records[name].to_numpy(dtype=np.int64) for name in ("device", "second", "cell")
        )
        nearest = nearest_half_past(device, second)
        device, second, cell = device[nearest], second[nearest], cell[nearest]
        np.add.at(counts, (cell, day * HOURS + second // 3600), 1.0)
        at = day * 86_400.0 + second
        tile = world.country.tile_at(*simulation.itinerary.position(signalling.carrier[device], at))
        np.add.at(pairs, (cell[tile >= 0], tile[tile >= 0]), 1.0)
    seldom = FADINGS_WEIGH * _by_fading(simulation, signalling)
    share = (pairs + seldom) / np.maximum((pairs + seldom).sum(axis=0), 1.0)
    return counts, sparse.csr_array(share)


def nearest_half_past(device: Ints, second: Ints) -> Ints:
    """Positions of the record of each device and hour that is nearest half past."""
    hour = second // 3600
    off = np.abs(second - hour * 3600 - HALF_HOUR_S)
    order = np.lexsort((second, off, hour, device))
    key = (device * HOURS + hour)[order]
    return np.asarray(order[np.r_[True, key[1:] != key[:-1]]])


def _by_fading(simulation: Simulation, signalling: Signalling) -> Floats:
    """Share of each tile's pixels and fadings by the cell that is strongest, at a usual load."""
    radio = simulation.world.radio
    row, column = (axis.ravel() for axis in np.mgrid[: SHAPE[0], : SHAPE[1]])
    tile = simulation.world.country.tile_at(
        X_MIN_M + (column + 0.5) * PIXEL_M, Y_MIN_M + (row + 0.5) * PIXEL_M
    )
    received = radio.power_dbm - signalling.load(0).mean(axis=0)[radio.cell]
    is_land = tile >= 0
    received, heard, tile = received[is_land], radio.cell[is_land], tile[is_land]
    rng = np.random.default_rng(simulation.seed)
    number = np.zeros((radio.n_cells, len(simulation.world.country.tiles)))
    for _ in range(N_FADINGS):
        fading = rng.standard_normal(received.shape, np.float32)
        best = (received + radio.physics.fast_fading_sd_db * fading).argmax(axis=1)
        np.add.at(number, (heard[np.arange(len(best)), best], tile), 1.0)
    return np.asarray(number / np.maximum(number.sum(axis=0), 1.0))


def _estimated(
    simulation: Simulation, counts: Floats, footprint: sparse.csr_array, inside: NDArray[np.bool_]
) -> Floats:
    """Devices by tile and hour, day by day; hours of an outage without the cells that are out."""
    tiles, outage = simulation.world.country.tiles, simulation.world.outage
    prior = restrict(prior_land_use(tiles), inside)
    land_use = tiles[list(LAND_USE)].to_numpy(np.float64) * inside[:, None]
    choices = methods.section("presence", PILOT)
    is_out = np.zeros(len(counts), dtype=bool)
    is_out[outage.cells] = True
    devices = np.zeros((len(tiles), counts.shape[1]))
    for day in range(simulation.days):
        hours = np.arange(day * HOURS, (day + 1) * HOURS)
        start = (hours - day * HOURS) * 3600
        hit = (day == outage.day) & (start + 3600 > outage.from_s) & (start < outage.until_s)
        for part, signal in ((~hit, footprint), (hit, without_cells(footprint, is_out))):
            if part.any():
                on_air = OnAir(hours[part], counts[:, hours[part]], signal, footprint, prior)
                given = Given(on_air, prior, land_use, choices, 0.0)
                model = ESTIMATORS[RELEASED_ESTIMATOR].build(given).fit(signal, on_air.devices)
                devices[:, hours[part]] = model.devices_
    return devices


def _signalling(simulation: Simulation) -> Signalling:
    world = simulation.world
    recording = simulation.make.recording
    return Signalling(
        simulation.population,
        simulation.itinerary,
        world.radio,
        world.outage,
        simulation.seed,
        recording,
    )
