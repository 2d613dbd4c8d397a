"""Lay the tiles of several pilots over each other: cells that no tile of any of them cuts.

Which zone a tile is in comes from `peil.area`; what zones tell together is judged elsewhere.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from peil.outcome import Refused

MM = 1000  # sides and corners are compared in whole millimetres
MOST_CELLS = 20_000_000
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Tiled:
    """Tiles that lie in a zone: their centres in m on a plane, and the number of their zone."""

    pilot: str
    plane: str
    tile_m: float
    x_m: NDArray[np.float64]
    y_m: NDArray[np.float64]
    zone: Ints

    def is_same(self, other: Tiled) -> bool:
        """Whether both are the same tiles, whatever their zones."""
        return (
            (self.plane, self.tile_m) == (other.plane, other.tile_m)
            and np.array_equal(self.x_m, other.x_m)
            and np.array_equal(self.y_m, other.y_m)
        )


def zone_by_cell(areas: Sequence[Tiled]) -> list[Ints]:
    """Number of the zone of each area in which each common cell lies, -1 outside.

    Raises
    ------
    Refused
        The areas lie on different planes, or their tiles have no common measure.
    """
    first = areas[0]
    if all(first.is_same(area) for area in areas):
        return [area.zone for area in areas]
    for area in areas:
        if area.plane != first.plane:
            raise Refused(
                f"The zones of {area.pilot} and {first.pilot}, which use the same records, lie on "
                f"different planes ({area.plane}, {first.plane}), so that nobody can say what "
                "their figures tell together: take the same `area.crs`."
            )
    sides = [round(area.tile_m * MM) for area in areas]
    lefts = [_corner(area.x_m, side) for area, side in zip(areas, sides, strict=True)]
    lows = [_corner(area.y_m, side) for area, side in zip(areas, sides, strict=True)]
    step = math.gcd(
        *sides,
        *(int(part[0] - lefts[0][0]) for part in lefts if len(part)),
        *(int(part[0] - lows[0][0]) for part in lows if len(part)),
    )
    n_cells = sum(
        len(area.zone) * (side // step) ** 2 for area, side in zip(areas, sides, strict=True)
    )
    if n_cells > MOST_CELLS:
        raise Refused(
            f"The tiles of {' and '.join(area.pilot for area in areas)}, which use the same "
            "records, fit each other nowhere: take the same `area.tile_m`, or a whole multiple."
        )
    keys, zones = [], []
    for area, side, left, low in zip(areas, sides, lefts, lows, strict=True):
        within = np.arange(side // step)
        column = ((left - lefts[0][0]) // step)[:, None, None] + within[None, :, None]
        row = ((low - lows[0][0]) // step)[:, None, None] + within[None, None, :]
        keys.append((column * (1 << 32) + row).ravel())
        zones.append(np.repeat(area.zone, len(within) ** 2))
    cells = np.unique(np.concatenate(keys))
    by_cell = []
    for key, zone in zip(keys, zones, strict=True):
        of_cell = np.full(len(cells), -1, dtype=np.int64)
        of_cell[np.searchsorted(cells, key)] = zone
        by_cell.append(of_cell)
    return by_cell


def _corner(centre: NDArray[np.float64], side: int) -> Ints:
    return np.rint(centre * MM - side / 2).astype(np.int64)
