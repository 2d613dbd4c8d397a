"""Draw places: a tile within a municipality, a municipality by distance and attraction.

Draws belong here; what is drawn for whom is in `population` and `diaries`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from peil_models.synthetic.country import TILE_M, Country

Floats = NDArray[Any]
Ints = NDArray[Any]


class TileDraw:
    """Tiles drawn in proportion to a weight, within given municipalities or anywhere.

    Parameters
    ----------
    weight : ndarray of shape (n_tiles,)
        Not negative; tiles at sea are never drawn.
    municipality : ndarray of int, shape (n_tiles,)
        -1 at sea.
    """

    def __init__(self, weight: Floats, municipality: Ints) -> None:
        land = np.flatnonzero((municipality >= 0) & (weight > 0))
        self._tile = land[np.argsort(municipality[land], kind="stable")]
        self._sum = np.cumsum(weight[self._tile])
        ends = np.searchsorted(municipality[self._tile], np.arange(municipality.max() + 2))
        self._bound = np.r_[0.0, self._sum][ends]

    def _at(self, height: Floats) -> Ints:
        place = np.searchsorted(self._sum, height, side="right").clip(0, len(self._sum) - 1)
        tile: Ints = self._tile[place]
        return tile

    def within(self, rng: np.random.Generator, municipality: Ints) -> Ints:
        """One tile in each of the given municipalities."""
        low, high = self._bound[municipality], self._bound[municipality + 1]
        at = low + (high - low) * rng.random(len(municipality))
        return self._at(at)

    def anywhere(self, rng: np.random.Generator, n: int) -> Ints:
        """`n` tiles in the whole country."""
        at = self._sum[-1] * rng.random(n)
        return self._at(at)


class Attraction:
    """Where people of a municipality go: ``attraction * exp(-distance / scale)``, or a power law.

    Parameters
    ----------
    country : Country
    weight : ndarray of shape (n_tiles,)
        Attraction per tile, summed per municipality.
    scale_m : float
        Distance over which the attraction falls by e.
    own : float
        Factor on the own municipality.
    exponent : float, optional
        With it the attraction falls as ``(1 + distance / scale) ** -exponent``.
    """

    def __init__(
        self,
        country: Country,
        weight: Floats,
        scale_m: float,
        own: float,
        exponent: float | None = None,
    ) -> None:
        land = country.municipality >= 0
        pull = np.bincount(country.municipality[land], weight[land], len(country.zone_ids))
        steps = country.centres[:, None, :] - country.centres[None, :, :]
        far = np.hypot(steps[..., 0], steps[..., 1]) * TILE_M / scale_m
        odds = pull * (np.exp(-far) if exponent is None else (1 + far) ** -exponent)
        odds[np.diag_indices(len(odds))] *= own
        self._sums = np.cumsum(odds / odds.sum(axis=1, keepdims=True), axis=1)

    def draw(self, rng: np.random.Generator, home: Ints) -> Ints:
        """Municipality of destination for each home municipality."""
        at = rng.random(len(home))
        drawn: Ints = (at[:, None] > self._sums[home]).sum(axis=1).clip(0, len(self._sums) - 1)
        return drawn


def scattered(rng: np.random.Generator, country: Country, tile: Ints) -> tuple[Floats, Floats]:
    """A position somewhere in each tile, in metres."""
    x = country.tiles["x_m"].to_numpy()[tile] + rng.uniform(-49.9, 49.9, len(tile))
    y = country.tiles["y_m"].to_numpy()[tile] + rng.uniform(-49.9, 49.9, len(tile))
    return x, y
