"""Settlement of the simulated country: built-up places, business parks, and who goes to them.

What people and firms do to the land belongs here; the land itself (coast, borders, roads, land use)
is `peil_models.synthetic.country`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[Any]
Ints = NDArray[Any]

N_PARKS = 10
CITY = 0  # number of a municipality before it gets its code


def villages(
    rng: np.random.Generator, centres: Ints, municipality: Ints, is_lake: NDArray[Any]
) -> pd.DataFrame:
    """List built-up places: each centre, two to four villages more, and suburbs against the city.

    Columns number (of the municipality), row, column, radius (tiles) and share of the
    municipality's people. Borders cut through what grew together, as they do.
    """
    places = []
    towns = {1, 2, 4, 5}
    for number, (row, column) in enumerate(centres):
        inside = np.argwhere((municipality == number) & ~is_lake)
        to_city = np.hypot(*(inside - centres[CITY]).T)
        more = []
        if number != CITY:
            picked = inside[rng.choice(len(inside), rng.integers(2, 5), replace=False)]
            more = [(*spot, rng.uniform(2.0, 3.5), rng.uniform(0.1, 0.25)) for spot in picked]
            if to_city.min() < 22:  # a suburb at the border with the city
                spot = inside[np.argsort(to_city)[rng.integers(8, 30)]]
                more.append((*spot, rng.uniform(3.5, 4.5), 0.5))
        radius = 11.0 if number == CITY else 6.5 if number in towns else 3.8
        main = (row, column, radius, 1.2 if number == CITY or number in towns else 0.6)
        total = sum(share for *_, share in [main, *more])
        places += [(number, r, c, reach, share / total) for r, c, reach, share in [main, *more]]
    return pd.DataFrame(places, columns=["number", "row", "column", "radius", "share"])


def business_parks(rng: np.random.Generator, roads: Floats, municipality: Ints) -> pd.DataFrame:
    """Place business parks and malls: beside a road, outside the centres, in any municipality."""
    where = np.argwhere((roads > 0.2) & (municipality >= 0))
    spots = where[rng.choice(len(where), N_PARKS, replace=False)]
    return pd.DataFrame(
        {
            "number": municipality[tuple(spots.T)],
            "row": spots[:, 0],
            "column": spots[:, 1],
            "radius": rng.uniform(1.5, 3.0, N_PARKS),
            "share": rng.uniform(0.15, 0.45, N_PARKS),
        }
    )


def settled(
    places: pd.DataFrame,
    shrink: float,
    people: Floats,
    texture: Floats,
    municipality: Ints,
    scatter: float,
) -> Floats:
    """Weigh tiles by kernels round built-up places; each municipality sums to its `people`.

    A kernel ends at the border; `scatter` is the share spread over the whole municipality.
    """
    rows, columns = np.mgrid[: municipality.shape[0], : municipality.shape[1]]
    weights = np.zeros(municipality.shape)
    for number in range(len(people)):
        group, inside = places[places["number"] == number], municipality == number
        weight = np.full(int(inside.sum()), scatter / inside.sum())
        for place in group.to_dict("records"):
            distance = np.hypot(rows - place["row"], columns - place["column"])[inside]
            kernel = np.exp(-((distance / (shrink * place["radius"])) ** 1.5))
            weight += place["share"] * kernel / kernel.sum()
        weight *= texture[inside]
        weights[inside] = people[number] * weight / weight.sum()
    return weights
