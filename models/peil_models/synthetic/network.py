"""The operator's network: where antennas stand and what the plan says of them.

The plan belongs here; what is true of radio and in no plan is in `radio`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from peil_models.extras import optional_package
from peil_models.synthetic.country import CRS, Country
from peil_models.synthetic.settlement import CITY
from peil_models.synthetic.streams import stream

Floats = NDArray[Any]
N_SITES = 42  # of three sectors
N_SMALL = 9  # single omnidirectional cells in the city centre, station and stadium
N_STEPS, MOVED, FLOOR, POWER = 27, 0.27, 0.08, 1.6
VALID_FROM = "2026-01-01 00:00:00"
OUTAGE_DAY = 3
PLAN_COLUMNS = [
    "cell_id",
    "latitude",
    "longitude",
    "altitude_m",
    "antenna_height_m",
    "is_directional",
    "azimuth_deg",
    "tilt_deg",
    "beam_horizontal_deg",
    "beam_vertical_deg",
    "power_w",
    "range_m",
    "frequency_mhz",
    "technology",
    "cell_type",
    "valid_from",
    "valid_to",
]


def _sites(rng: np.random.Generator, country: Country) -> Floats:
    """Place the sites, shape (N_SITES, 2): close together where people live and work.

    Lloyd's iteration on a weighted plane. Its density of points follows the square root of the
    weight, so the weight is people to the power 1.6: nearly the same number of people a site,
    and a little less in the countryside, where coverage asks for sites too.
    """
    tiles, land = country.tiles, country.municipality >= 0
    people = _demand(country)
    floor = FLOOR * people[land].mean()
    weight = ((people[land] + floor) / people.mean()) ** POWER
    where = tiles.loc[land, ["x_m", "y_m"]].to_numpy()
    demand = people[land] + floor
    sites = where[rng.choice(len(where), N_SITES, replace=False, p=weight / weight.sum())]
    for step in range(N_STEPS):
        _, nearest = cKDTree(sites).query(where)
        total = np.bincount(nearest, weight, N_SITES)
        for axis in range(2):
            mean = np.bincount(nearest, weight * where[:, axis], N_SITES) / np.maximum(total, 1e-9)
            sites[:, axis] = np.where(total > 0, mean, sites[:, axis])
        if step % 3 == 1:  # the idlest mast goes to help the busiest
            served = np.bincount(nearest, demand, N_SITES)
            sites[served.argmin()] = sites[served.argmax()] + rng.normal(0, 300, 2)
    # a mast stands where somebody lets it stand: not in the middle of its people
    spacing = np.asarray(cKDTree(sites).query(sites, k=2)[0])[:, 1:]
    moved = sites + rng.normal(0, 1, sites.shape) * (MOVED * spacing)
    _, ground = cKDTree(where).query(moved)
    stands: Floats = where[ground] + rng.uniform(-50, 50, sites.shape)
    return stands


def _demand(country: Country) -> Floats:
    """Weigh where the operator expects people, per tile: half by night, half by day."""
    demand: Floats = 0.55 * country.homes + 0.45 * country.jobs / country.jobs.sum()
    return demand


def _bearings(country: Country, sites: Floats) -> Floats:
    """Turn each mast, in degrees, so that its three sectors share the work."""
    where = country.tiles[["x_m", "y_m"]].to_numpy()
    _, nearest = cKDTree(sites).query(where)
    step = where - sites[nearest]
    bearing = np.degrees(np.arctan2(step[:, 0], step[:, 1]))
    options, idlest = np.arange(0, 120, 10), []
    for first in options:
        sector = np.floor(((bearing - first + 60) % 360) / 120).astype(int)
        work = np.bincount(nearest * 3 + sector, _demand(country), 3 * len(sites))
        idlest.append(work.reshape(-1, 3).min(axis=1))
    turned: Floats = options[np.argmax(idlest, axis=0)].astype(float)
    return turned


def make_network(country: Country, world_seed: int) -> pd.DataFrame:
    """Cell plan with nominal parameters, one row per cell: the columns of `raw.cells` and site.

    Parameters
    ----------
    country : Country
        The land to cover.
    world_seed : int
        The same seed gives the same network.
    """
    pyproj = optional_package("pyproj", "synthetic")
    rng = stream(world_seed, "network")
    sites = _sites(rng, country)
    spacing = np.asarray(cKDTree(sites).query(sites, k=3)[0])[:, 1:].mean(axis=1)
    is_dense = spacing < np.quantile(spacing, 0.5)
    first = _bearings(country, sites)
    rows = []
    for site, (x, y) in enumerate(sites):
        height = rng.uniform(18, 28) if is_dense[site] else rng.uniform(30, 48)
        power = float(rng.choice([2, 3, 4] if is_dense[site] else [8, 10, 16]))
        for sector in range(3):
            rows.append(
                {
                    "cell_id": f"{2100 + site // 10:04d}-{10000 + site * 10 + sector + 1}",
                    "site": site,
                    "x_m": x,
                    "y_m": y,
                    "antenna_height_m": round(height, 1),
                    "is_directional": True,
                    "azimuth_deg": round((first[site] + 120 * sector + rng.normal(0, 5)) % 360),
                    "tilt_deg": float(rng.integers(5, 9) if is_dense[site] else rng.integers(3, 6)),
                    "beam_horizontal_deg": 65.0,
                    "beam_vertical_deg": 9.0,
                    "power_w": power,
                    "range_m": 10_000.0,
                    "frequency_mhz": 1800.0 if is_dense[site] else 800.0,
                    "technology": "LTE",
                    "cell_type": "macro",
                }
            )
    tiles = country.tiles[["x_m", "y_m"]].to_numpy()
    centre = np.where(country.municipality == CITY, country.leisure, 0)
    busy = rng.choice(len(tiles), N_SMALL - 3, replace=False, p=centre / centre.sum())
    places = [country.stadium, country.stadium, country.station, *busy]
    for number, tile in enumerate(places):
        x, y = tiles[tile] + (rng.uniform(-40, 40, 2) if number > 1 else (120 * number - 60, 0))
        rows.append(
            {
                "cell_id": f"2190-{20001 + number}",
                "site": N_SITES + number,
                "x_m": x,
                "y_m": y,
                "antenna_height_m": 8.0,
                "is_directional": False,
                "azimuth_deg": np.nan,
                "tilt_deg": np.nan,
                "beam_horizontal_deg": np.nan,
                "beam_vertical_deg": np.nan,
                "power_w": 2.0,
                "range_m": 1_000.0,
                "frequency_mhz": 3500.0,
                "technology": "5G" if number < 3 else "LTE",
                "cell_type": "micro",
            }
        )
    cells = pd.DataFrame(rows)
    longitude, latitude = pyproj.Transformer.from_crs(CRS, "EPSG:4326", always_xy=True).transform(
        cells["x_m"].to_numpy(), cells["y_m"].to_numpy()
    )
    cells["latitude"], cells["longitude"] = np.round(latitude, 6), np.round(longitude, 6)
    tile = country.tile_at(cells["x_m"].to_numpy(), cells["y_m"].to_numpy())
    cells["altitude_m"] = country.tiles["elevation_m"].to_numpy()[tile]
    cells["valid_from"], cells["valid_to"] = VALID_FROM, None
    return cells


@dataclass(frozen=True)
class Outage:
    """Cells that are silent on one day, from and until a second of the local day."""

    day: int
    from_s: int
    until_s: int
    cells: NDArray[Any]


def make_outage(country: Country, cells: pd.DataFrame) -> Outage:
    """Let a mast in the first town fail on the fourth day (Thursday) from ten to four.

    The town has other masts, so that neighbours take over.
    """
    tile = country.tile_at(cells["x_m"].to_numpy(), cells["y_m"].to_numpy())
    in_town = (country.municipality[tile] == 1) & (cells["cell_type"] == "macro").to_numpy()
    site = int(cells.loc[in_town if in_town.any() else cells.index, "site"].iloc[0])
    return Outage(OUTAGE_DAY, 10 * 3600, 16 * 3600, np.flatnonzero(cells["site"] == site))
