"""People of a real landscape: homes by the register, jobs by land use, devices, connections.

The land, the cell plan and the register go in as frames; a seeded draw comes out. Nothing here is
known to an estimator but what an operator and a register would tell it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from peil_models.synthetic.streams import stream

Floats = NDArray[np.float64]
Tiles = NDArray[np.intp]

COMMUTERS = 0.25
"""Share of the residents who are at work in working hours."""
COMMUTE_M = 6_000.0
"""Mean length of the gravity kernel ``exp(-d / COMMUTE_M)``. Unit: metres."""
SQUARE_M = 500.0
"""Commuting distances are measured between squares of this side. Unit: metres."""
RESIDENTS = {"residential": 1.0, "building": 0.3}
"""Residents per unit of land use, relative, within a municipality."""
JOBS = {"building": 1.0, "residential": 0.1, "roads": 0.2}
"""Jobs per unit of land use, relative, everywhere."""


@dataclass(frozen=True)
class Landscape:
    """What is known of a region.

    Attributes
    ----------
    tiles : DataFrame with columns x_m, y_m, elevation_m, zone and one share per land use
        `zone` is the row of the register, -1 outside the region. Unit of shares: 0 to 1.
    cells : DataFrame with columns x_m, y_m and any others of `raw.cells`
    register : ndarray of shape (n_zones,)
        Residents. Unit: persons.
    """

    tiles: pd.DataFrame
    cells: pd.DataFrame
    register: NDArray[np.int64]

    def __post_init__(self) -> None:
        for column in ("x_m", "y_m", "zone", *RESIDENTS, *JOBS):
            if column not in self.tiles:
                raise ValueError(f"tiles has no column {column}")
        homes = self.zone_sums(self.mass(RESIDENTS))
        is_lost = (homes == 0) & (self.register > 0)
        if is_lost.any():
            raise ValueError(f"register has residents in zone {is_lost.argmax()}, tiles no homes")

    @property
    def zone(self) -> Tiles:
        """Zone of each tile, -1 outside."""
        return self.tiles["zone"].to_numpy(dtype=np.intp)

    def mass(self, weights: dict[str, float]) -> Floats:
        """Weighted land use of each tile."""
        parts = [weight * self.tiles[use].to_numpy(np.float64) for use, weight in weights.items()]
        return np.asarray(np.sum(parts, axis=0))

    def zone_sums(self, values: Any) -> Floats:
        """Add values of tiles, shape (n_tiles,) or (n_tiles, n), to zones; outside is left out."""
        inside = self.zone >= 0
        rows = (self.zone[inside], np.flatnonzero(inside))
        adder = sparse.csr_array(
            (np.ones(inside.sum()), rows), shape=(len(self.register), len(inside))
        )
        return np.asarray(adder @ np.asarray(values, dtype=np.float64))


@dataclass(frozen=True)
class Lives:
    """One element per person: tile of the night and of working hours, and who has a device.

    `home_zone` is -1 for people who live outside the region.
    """

    home: Tiles
    work: Tiles
    home_zone: Tiles
    has_device: NDArray[np.bool_]


def draw_lives(
    landscape: Landscape,
    seed: int,
    *,
    market_share: Floats | float = 1.0 / 3.0,
    abroad_share: float = 0.0,
    crowd_persons: int = 0,
    is_border_open: bool = False,
) -> Lives:
    """Draw homes, commutes and devices.

    Homes are multinomial within the register of each municipality; a quarter of the people work
    elsewhere by day, in a square drawn by gravity, in a tile by jobs.

    Parameters
    ----------
    landscape : Landscape
    seed : int
    market_share : float or ndarray of shape (n_zones,), default=1/3
        Chance that a resident has a device of this operator.
    abroad_share : float, default=0.0
        Chance that somebody who lives outside the region, where people live as densely as in it,
        has a device that this network serves.
    crowd_persons : int, default=0
        Residents drawn at random who spend the working hours in one tile: a stadium.
    is_border_open : bool, default=False
        Whether residents work outside the region too, by the same gravity.

    Examples
    --------
    >>> tiles = pd.DataFrame({"x_m": [50.0, 150.0], "y_m": 50.0, "zone": 0, "residential": [1, 0],
    ...                       "building": [0, 1], "roads": 0})
    >>> land = Landscape(tiles, tiles, np.array([1000]))
    >>> lives = draw_lives(land, 1)
    >>> len(lives.home), bool(0.7 < (lives.home == 0).mean() < 0.85)
    (1000, True)
    """
    homes_of = landscape.mass(RESIDENTS)
    random = stream(seed, "homes")
    homes = [
        _tiles_of(landscape.zone == number, homes_of, int(size), random)
        for number, size in enumerate(landscape.register)
    ]
    home = np.concatenate(homes)
    zone = np.repeat(np.arange(len(homes)), [len(drawn) for drawn in homes])
    work = home.copy()
    travels = stream(seed, "commuters").random(len(home)) < COMMUTERS
    work[travels] = _work_tiles(landscape, home[travels], stream(seed, "work"), is_border_open)
    if crowd_persons:
        random = stream(seed, "crowd")
        place = _stadium(landscape, random)
        work[random.choice(len(home), min(crowd_persons, len(home)), replace=False)] = place
    share = np.broadcast_to(np.asarray(market_share, np.float64), landscape.register.shape)
    has_device = stream(seed, "devices").random(len(home)) < share[zone]
    if abroad_share > 0:
        outside = landscape.zone < 0
        density = landscape.register.sum() / homes_of[~outside].sum()
        random = stream(seed, "abroad")
        n_abroad = random.poisson(abroad_share * density * homes_of[outside].sum())
        strangers = _tiles_of(outside, homes_of, int(n_abroad), random)
        home, work = np.concatenate([home, strangers]), np.concatenate([work, strangers])
        zone = np.concatenate([zone, np.full(n_abroad, -1)])
        has_device = np.concatenate([has_device, np.ones(n_abroad, dtype=bool)])
    return Lives(home, work, zone.astype(np.intp), has_device)


def serving_cells(chances: sparse.csr_array, tiles: Tiles, random: np.random.Generator) -> Tiles:
    """Draw the serving cell of each device from the footprint; -1 where nothing covers its tile.

    Parameters
    ----------
    chances : csr_array of shape (n_cells, n_tiles)
        Connection probability.
    tiles : ndarray of shape (n_devices,)

    Examples
    --------
    >>> serving_cells(sparse.csr_array([[1.0, 0.0], [0.0, 0.0]]), np.array([0, 1]),
    ...               np.random.default_rng(1))
    array([ 0, -1])
    """
    columns = sparse.csc_array(chances)
    ladder = np.concatenate([[0.0], np.cumsum(columns.data)])
    low, high = ladder[columns.indptr[tiles]], ladder[columns.indptr[tiles + 1]]
    at = np.searchsorted(ladder, low + (high - low) * random.random(len(tiles)), side="right") - 1
    first, after = columns.indptr[tiles], columns.indptr[tiles + 1]
    is_served = after > first
    at = np.clip(at, first, np.maximum(after - 1, first))
    cell = columns.indices[np.minimum(at, len(columns.indices) - 1)]
    return np.where(is_served, cell, -1).astype(np.intp)


def _tiles_of(
    is_offered: NDArray[np.bool_], mass: Floats, size: int, random: np.random.Generator
) -> Tiles:
    """Tiles of `size` people, multinomial over the offered tiles, in order of the tiles."""
    offered = np.flatnonzero(is_offered)
    weights = mass[offered] / mass[offered].sum()
    return np.repeat(offered, random.multinomial(size, weights))


def _work_tiles(
    landscape: Landscape, home: Tiles, random: np.random.Generator, is_border_open: bool
) -> Tiles:
    """A tile for each commuter: a square by gravity and jobs, then by jobs."""
    inside = np.flatnonzero((landscape.zone >= 0) | is_border_open)
    points = landscape.tiles[["x_m", "y_m"]].to_numpy(np.float64)[inside]
    corners, square = np.unique(np.floor(points / SQUARE_M), axis=0, return_inverse=True)
    jobs = landscape.mass(JOBS)[inside]
    jobs_of = np.bincount(square, weights=jobs)
    order = np.argsort(square, kind="stable")
    ladder = np.concatenate([[0.0], np.cumsum(jobs[order])])
    ends = np.concatenate([[0], np.cumsum(np.bincount(square))])
    square_of = np.full(len(landscape.tiles), -1)
    square_of[inside] = square
    origin = square_of[home]
    work = np.empty(len(home), dtype=np.intp)
    for zone in np.unique(origin):
        who = np.flatnonzero(origin == zone)
        far_m = np.hypot(*((corners - corners[zone]) * SQUARE_M).T)
        pull = jobs_of * np.exp(-far_m / COMMUTE_M)
        there = random.choice(len(pull), len(who), p=pull / pull.sum())
        low, high = ladder[ends[there]], ladder[ends[there + 1]]
        at = np.searchsorted(ladder, low + (high - low) * random.random(len(who)), side="right") - 1
        work[who] = inside[order[np.clip(at, ends[there], ends[there + 1] - 1)]]
    return work


def _stadium(landscape: Landscape, random: np.random.Generator) -> int:
    """A built-up tile of the region where few people live."""
    land = landscape.tiles
    rank = land["building"].to_numpy(np.float64) - land["residential"].to_numpy(np.float64)
    candidates = np.flatnonzero((landscape.zone >= 0) & (rank >= np.quantile(rank, 0.995)))
    return int(random.choice(candidates))
