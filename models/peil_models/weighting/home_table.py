"""Check a table home zone by cell and the land it is read on.

The problem of `HomeFlows` and nothing that is estimated.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse

from peil_models.presence.inputs import check_values
from peil_models.weighting.inputs import Floats, checked


@dataclass(frozen=True)
class HomeTable:
    """A checked problem of `HomeFlows`; nothing lies outside the region."""

    X: sparse.csr_array
    X_by_tile: sparse.csr_array
    coverage: Floats
    """Column sums of X: the probability that a device in the tile is seen at all."""
    y: Floats
    """Located devices, shape (n_cells, n_homes)."""
    n_devices: Floats
    """Located devices of each home."""
    unlocated: Floats
    profile: Floats
    """Shares of cells by night, shape (n_cells, n_homes): each column sums to 1, or to 0."""
    land: Floats
    """Kinds of land by column, the prior last."""
    prior: Floats
    """Sums to 1."""
    points: Floats
    zones: sparse.csr_array
    """Adds tiles to zones, shape (n_zones, n_tiles)."""
    origins: sparse.csr_array
    """Devices that sleep in each tile, by home zone."""

    @classmethod
    def of(
        cls,
        X: Any,
        y: ArrayLike,
        night: ArrayLike,
        night_devices: ArrayLike,
        zone: ArrayLike,
        points: ArrayLike,
        land_use: ArrayLike | None,
        prior: ArrayLike | None,
    ) -> Self:
        """Check and complete; the arguments are those of `HomeFlows`.

        Raises
        ------
        ValueError
            With the argument and the position.
        """
        chances = sparse.csr_array(X, dtype=np.float64)
        if not chances.has_sorted_indices:
            chances = chances.sorted_indices()  # of a copy: the matrix is the caller's
        check_values("X", chances)
        n_cells, n_tiles = chances.shape
        day, by_night = checked("y", y, 2), checked("night", night, 2)
        if len(day) != n_cells:
            raise ValueError(f"y has {len(day)} cells, X has {n_cells}")
        if by_night.shape != day.shape:
            raise ValueError(f"night has shape {by_night.shape}, y has {day.shape}")
        n_homes = day.shape[1]
        zones = _adder(zone, n_tiles, n_homes)
        is_inside = np.asarray(zones.sum(axis=0)).ravel() > 0
        sleeping = _of_tiles("night_devices", night_devices, n_tiles, 1) * is_inside
        start = np.ones(n_tiles) if prior is None else _of_tiles("prior", prior, n_tiles, 1)
        start = start * is_inside
        if not start.any():
            raise ValueError("prior is 0 in every tile of a zone: nowhere to put a device")
        start = start / start.sum()
        land = start[:, None]
        if land_use is not None:
            kinds = _of_tiles("land_use", land_use, n_tiles, 2)
            land = np.column_stack([kinds * (start > 0)[:, None], start])
        total = by_night.sum(axis=0)
        profile = np.divide(by_night, total, out=np.zeros_like(by_night), where=total > 0)
        is_located = (chances @ start > 0)[:, None] | (profile > 0)
        located = np.where(is_located, day, 0.0)
        return cls(
            X=chances,
            X_by_tile=sparse.csr_array(chances.T),
            coverage=np.asarray(chances.sum(axis=0), dtype=np.float64).ravel(),
            y=located,
            n_devices=located.sum(axis=0),
            unlocated=(day - located).sum(axis=0),
            profile=profile,
            land=land,
            prior=start,
            points=_points(points, n_tiles),
            zones=zones,
            origins=sparse.csr_array(zones.multiply(sleeping[None, :]).T),
        )


def _adder(zone: ArrayLike, n_tiles: int, n_homes: int) -> sparse.csr_array:
    """Adds tiles to zones; -1 is in none."""
    of_tile = np.asarray(zone)
    if of_tile.shape != (n_tiles,):
        raise ValueError(f"zone has shape {of_tile.shape}, expected ({n_tiles},), one per tile")
    is_bad = ~((of_tile >= -1) & (of_tile < n_homes)) | (of_tile != np.floor(of_tile))
    if is_bad.any():
        at = int(np.argmax(is_bad))
        raise ValueError(f"zone must be -1 or the number of a column of y (first not at row {at})")
    whole = of_tile.astype(np.intp)
    inside = np.flatnonzero(whole >= 0)
    return sparse.csr_array(
        (np.ones(len(inside)), (whole[inside], inside)), shape=(n_homes, n_tiles)
    )


def _of_tiles(name: str, values: ArrayLike, n_tiles: int, n_dimensions: int) -> Floats:
    array = checked(name, values, n_dimensions)
    if len(array) != n_tiles:
        raise ValueError(f"{name} has {len(array)} tiles, X has {n_tiles}")
    return array


def _points(points: ArrayLike, n_tiles: int) -> Floats:
    places = np.asarray(points, dtype=np.float64)
    if places.shape != (n_tiles, 2):
        raise ValueError(f"points has shape {places.shape}, expected ({n_tiles}, 2)")
    is_bad = ~np.isfinite(places).all(axis=1)
    if is_bad.any():
        raise ValueError(f"points holds NaN or infinity (first at row {int(np.argmax(is_bad))})")
    return places
