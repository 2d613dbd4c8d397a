"""Land of the simulated country: coast, municipalities, land use, homes and jobs.

Where people settle is in `settlement`; who they are is in `population`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.ndimage import label

from peil_models.synthetic.settlement import CITY, business_parks, settled, villages
from peil_models.synthetic.streams import smooth_field, stream

Floats = NDArray[Any]
Ints = NDArray[Any]

CRS = "EPSG:3035"
TILE_M = 100.0
N_COLUMNS, N_ROWS = 150, 200
# South-west corner, in the North Sea, far from any shore: no real place is meant.
X_MIN_M, Y_MIN_M = 3_900_000.0, 3_650_000.0

NAMES = [
    "Hoogmeer",
    "Noorderdam",
    "Eikenrade",
    "Zandvliet aan Zee",
    "Zuiderloo",
    "Westhaven",
    "Molenwaard",
    "Lindeveen",
    "Klaverbeek",
    "Oosterlaar",
    "Rietmond",
    "Berkenhout",
    "Duinsveld",
    "Wilgenbroek",
    "Vossenberg",
    "Kraaiendorp",
    "Heidelo",
    "Polderkerk",
    "Steenwijde",
    "Elzenmark",
]
REGION_NAMES = ["Noordkust", "Middelland", "Zuidrand"]
N_MUNICIPALITIES = len(NAMES)
BEACH = 3  # number of a municipality before it gets its code, as `CITY`


@dataclass(frozen=True)
class Country:
    """Land with known truth.

    Attributes
    ----------
    tiles : DataFrame
        One row per tile, row by row from the south-west: tile_id, x_m, y_m (centre), zone_id
        (null at sea), elevation_m and land-use shares.
    municipality : ndarray of int, shape (n_tiles,)
        Number of the municipality, -1 at sea.
    zone_ids, names, region_of : list, list, ndarray of shape (n_municipalities,)
        Code, name and region number of each municipality.
    homes, jobs, leisure, hotels, beach : ndarray of shape (n_tiles,)
        Weights; `homes` sums to 1, others are relative.
    centres : ndarray of int, shape (n_municipalities, 2)
        Row and column of each municipality's centre.
    stadium, station : int
        Tile number.
    """

    tiles: pd.DataFrame
    municipality: Ints
    zone_ids: list[str]
    names: list[str]
    region_of: Ints
    homes: Floats
    jobs: Floats
    leisure: Floats
    hotels: Floats
    beach: Floats
    centres: Ints
    stadium: int
    station: int

    def tile_at(self, x_m: Floats, y_m: Floats) -> NDArray[Any]:
        """Tile number of each position, -1 outside the grid (abroad)."""
        column = np.floor((x_m - X_MIN_M) / TILE_M).astype(np.int32)
        row = np.floor((y_m - Y_MIN_M) / TILE_M).astype(np.int32)
        inside = (column >= 0) & (column < N_COLUMNS) & (row >= 0) & (row < N_ROWS)
        return np.where(inside, row * N_COLUMNS + column, -1).astype(np.int32)


def _centres(rng: np.random.Generator, coast: Floats) -> Ints:
    """Row and column of the centres: city, four towns, a beach resort, and villages between."""

    def near(row: float, column: float, spread: int) -> tuple[int, int]:
        return (
            int(row + rng.integers(-spread, spread + 1)),
            int(column + rng.integers(-spread, spread + 1)),
        )

    beach_row = int(rng.integers(112, 132))
    resort = (beach_row, int(coast[beach_row]) + 4)
    placed = [
        near(98, 82, 6),
        near(165, 62, 5),
        near(150, 122, 5),
        resort,
        near(38, 112, 5),
        near(42, 48, 5),
    ]
    while len(placed) < N_MUNICIPALITIES:  # Mitchell's best candidate: villages keep distance
        rows, columns = rng.integers(8, N_ROWS - 8, 300), rng.integers(0, N_COLUMNS - 7, 300)
        rows, columns = (v[columns > coast[rows] + 7] for v in (rows, columns))
        distance = np.min(
            [
                np.hypot(rows - r, columns - c) - (8 if n == 0 else 0)
                for n, (r, c) in enumerate(placed)
            ],
            axis=0,
        )
        best = int(np.argmax(distance))
        placed.append((int(rows[best]), int(columns[best])))
    return np.array(placed)


def _municipalities(rng: np.random.Generator, centres: Ints, is_sea: NDArray[Any]) -> Ints:
    """Nearest centre in a bent plane, so that borders wander; every municipality is one piece."""
    shape = is_sea.shape
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    rows = rows + 4.0 * smooth_field(rng, shape, 6.0)
    columns = columns + 4.0 * smooth_field(rng, shape, 6.0)
    reach = np.full(len(centres), 0.0)
    reach[CITY], reach[[1, 2, 4, 5]] = 6.0, 1.5
    distance = np.stack(
        [np.hypot(rows - r, columns - c) - far for (r, c), far in zip(centres, reach, strict=True)]
    )
    nearest = distance.argmin(axis=0)
    nearest[tuple(centres.T)] = np.arange(len(centres))
    for number, (row, column) in enumerate(centres):
        pieces, _ = label((nearest == number) & ~is_sea)
        stray = (pieces > 0) & (pieces != pieces[row, column])
        distance[number][stray] = np.inf
    nearest = distance.argmin(axis=0)
    nearest[tuple(centres.T)] = np.arange(len(centres))
    return np.where(is_sea, -1, nearest)


def _roads(rng: np.random.Generator, centres: Ints, is_sea: NDArray[Any]) -> Floats:
    """Share of road per tile: every centre to its three nearest, the city to every town."""
    share = np.zeros(is_sea.shape)
    pairs = {(CITY, town) for town in range(1, 6)}
    for number, centre in enumerate(centres):
        for other in np.argsort(np.hypot(*(centres - centre).T))[1:4]:
            pairs.add((min(number, int(other)), max(number, int(other))))
    for a, b in sorted(pairs):
        steps = np.linspace(0, 1, 400)[:, None]
        bend = np.sin(np.pi * steps) * rng.normal(0, 2.0, 2)
        line = np.rint(centres[a] + steps * (centres[b] - centres[a]) + bend).astype(int)
        share[line[:, 0].clip(0, N_ROWS - 1), line[:, 1].clip(0, N_COLUMNS - 1)] = 0.25
    return np.where(is_sea, 0.0, share)


def make_country(world_seed: int) -> Country:
    """Make a country of 150 by 200 tiles, about a seventh of it sea.

    Parameters
    ----------
    world_seed : int
        The same seed gives the same land; people and events have a seed of their own.
    """
    rng = stream(world_seed, "land")
    shape = (N_ROWS, N_COLUMNS)
    coast = 18 + 5 * smooth_field(rng, (N_ROWS, 5), 18.0)[:, 2].clip(-2, 2)
    is_sea = np.arange(N_COLUMNS)[None, :] < coast[:, None]
    centres = _centres(rng, coast)
    municipality = _municipalities(rng, centres, is_sea)

    size = np.r_[6800.0, rng.uniform(2100, 2900, 5), rng.uniform(850, 1350, 14)]
    size[BEACH] = rng.uniform(1000, 1300)
    near_town = smooth_field(rng, shape, 6.0)
    is_lake = (smooth_field(rng, shape, 4.0) > 2.3) & ~is_sea
    is_lake[tuple(centres.T)] = False
    texture = np.exp(0.7 * smooth_field(rng, shape, 1.2))
    texture[is_lake | is_sea] = 0.0
    roads = _roads(rng, centres, is_sea)
    places = villages(rng, centres, municipality, is_lake | is_sea)
    homes = settled(places, 1.0, size, texture, municipality, 0.12)
    job_size = size * np.r_[0.95, np.full(5, 0.6), np.full(14, 0.27)]
    job_size[BEACH] = size[BEACH] * 0.5
    firms = np.exp(0.9 * smooth_field(rng, shape, 1.5)) * ~(is_lake | is_sea)
    parks = pd.concat([places, business_parks(rng, roads, municipality)], ignore_index=True)
    jobs = settled(parks, 0.7, job_size, firms, municipality, 0.05)
    leisure = settled(parks, 0.5, job_size, texture, municipality, 0.03)

    columns = np.arange(N_COLUMNS)[None, :]
    strip = (columns >= coast[:, None]) & (columns < coast[:, None] + 3)
    beach = (strip & (municipality == BEACH)) * texture
    beds = np.ones(N_MUNICIPALITIES)
    beds[BEACH], beds[CITY] = 65.0, 20.0
    hotels = settled(places, 0.6, beds, texture, municipality, 0.05)

    built = 1 - np.exp(-(homes + 1.2 * jobs) / 6.0)
    residential = 0.62 * (1 - np.exp(-homes / 6.0))
    building = 0.30 * (1 - np.exp(-jobs / 3.0))
    roads = np.maximum(roads, 0.10 * built)
    crowded = np.maximum(1.0, (residential + building + roads) / 0.95)
    residential, building, roads = (v / crowded for v in (residential, building, roads))
    forest = (0.85 * (near_town > 0.75) * (1 - built)).clip(0, 1)
    room = (1 - residential - building - roads).clip(0)
    water = np.where(is_sea | is_lake, 1.0, 0.02 * room)
    forest = np.where(water < 1, np.minimum(forest, room - water.clip(0, room)), 0.0)
    residential, building, roads = (
        np.where(water < 1, v, 0.0) for v in (residential, building, roads)
    )
    inland = (columns - coast[:, None]).clip(0)
    elevation = np.where(is_sea, 0, (0.28 * inland + 5 * smooth_field(rng, shape, 9.0)).clip(0.5))

    from_north = np.argsort(np.argsort(-centres[:, 0]))
    region_of = from_north * len(REGION_NAMES) // N_MUNICIPALITIES
    zone_ids = [""] * N_MUNICIPALITIES
    for region in range(3):
        for rank, number in enumerate(np.flatnonzero(region_of == region)):
            zone_ids[number] = f"PL{region + 1:02d}{rank + 1:02d}"
    rows_, columns_ = np.mgrid[:N_ROWS, :N_COLUMNS]
    x_m = X_MIN_M + (columns_.ravel() + 0.5) * TILE_M
    y_m = Y_MIN_M + (rows_.ravel() + 0.5) * TILE_M
    flat = municipality.ravel()
    tiles = pd.DataFrame(
        {
            "tile_id": (y_m // TILE_M).astype(np.int64) * 100_000
            + (x_m // TILE_M).astype(np.int64),
            "x_m": x_m,
            "y_m": y_m,
            "zone_id": np.array([*zone_ids, None], dtype=object)[flat],
            "elevation_m": elevation.ravel().round(1),
            **{
                name: np.round(share.ravel(), 4)
                for name, share in (
                    ("building", building),
                    ("residential", residential),
                    ("forest", forest),
                    ("water", water),
                    ("roads", roads),
                )
            },
        }
    )
    city = centres[CITY]
    ring = np.hypot(rows_ - city[0], columns_ - city[1])
    good = (municipality == CITY) & (ring > 13) & (ring < 17) & ~is_lake
    stadium = int(rng.choice(np.flatnonzero(good.ravel())))
    station = int((city[0] + 3) * N_COLUMNS + city[1] + 2)
    return Country(
        tiles,
        flat,
        zone_ids,
        NAMES,
        region_of,
        (homes / homes.sum()).ravel(),
        jobs.ravel(),
        leisure.ravel(),
        hotels.ravel(),
        beach.ravel(),
        centres,
        stadium,
        station,
    )
