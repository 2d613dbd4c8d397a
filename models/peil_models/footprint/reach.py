"""Pairs of a cell and a tile within its range, chunk by chunk.

Memory stays bounded here; what is made of the pairs is up to the footprints.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from peil_models.footprint.plan import Defaults, Plan, check_tiles, complete, numbers
from peil_models.footprint.propagation import NEAREST_M, Floats, directional_loss, dominance

COMPARED_AT_ONCE = 2**23
"""Pairs of a cell and a tile whose distance is held at the same time."""


def tiles_at_once(n_cells: int, most: int) -> int:
    """Count the tiles of a chunk, fewer than `most` where a plan has thousands of cells.

    >>> tiles_at_once(400, 4096), tiles_at_once(30_000, 4096)
    (4096, 279)
    """
    return max(1, min(most, COMPARED_AT_ONCE // max(n_cells, 1)))


@dataclass(frozen=True)
class Pairs:
    """Cells and tiles in reach of each other; the signal is `level - 10 exponent decades`."""

    cell: NDArray[np.intp]
    tile: NDArray[np.intp]
    level_dbm: Floats
    """Power and angular losses."""
    decades: Floats
    """Logarithm (base 10) of the distance in metres."""

    def signal_dbm(self, path_loss_exponent: Floats) -> Floats:
        """Signal strength of every pair, given the exponent of every cell. Unit: dBm."""
        signal = (-10.0 * path_loss_exponent)[self.cell]
        signal *= self.decades
        signal += self.level_dbm
        return signal

    def dominance(
        self,
        path_loss_exponent: Floats,
        midpoint: tuple[Floats, float],
        steepness: tuple[Floats, float],
    ) -> Floats:
        """Dominance of every pair: of each cell its own value, and the other where that is NaN."""
        return dominance(
            self.signal_dbm(path_loss_exponent),
            midpoint_dbm=self._of_cell(*midpoint),
            steepness=self._of_cell(*steepness),
        )

    def _of_cell(self, own: Floats, otherwise: float) -> Floats | float:
        is_missing = np.isnan(own)
        return otherwise if is_missing.all() else np.where(is_missing, otherwise, own)[self.cell]


def n_pairs_in_reach(cells: pd.DataFrame, tiles: pd.DataFrame, defaults: Defaults) -> int:
    """Count the pairs without holding one, to know before a fit what they take.

    Parameters
    ----------
    cells, tiles : DataFrame
        As for `FootprintSignalStrength.fit`.
    defaults : Defaults
        What a cell has of which the plan does not say it.

    Examples
    --------
    >>> from peil_models.footprint import FootprintSignalStrength
    >>> cells = pd.DataFrame({"x_m": [0.0, 9000.0], "y_m": 0.0, "range_m": 5000.0})
    >>> tiles = pd.DataFrame({"x_m": [0.0, 4500.0], "y_m": 0.0})
    >>> n_pairs_in_reach(cells, tiles, FootprintSignalStrength().defaults())
    3
    """
    check_tiles(tiles)
    plan = complete(cells, tiles, defaults)
    placed = plan.is_placed
    if not len(tiles) or not placed.any():
        return 0
    tree = cKDTree(np.column_stack([numbers(tiles, "x_m"), numbers(tiles, "y_m")]))
    centres = np.column_stack([plan.x_m[placed], plan.y_m[placed]])
    return int(tree.query_ball_point(centres, plan.range_m[placed], return_length=True).sum())


def pairs_in_reach(
    plan: Plan,
    x_m: Floats,
    y_m: Floats,
    z_m: Floats,
    *,
    back_horizontal_db: float,
    back_vertical_db: float,
    chunk_tiles: int,
) -> Iterator[Pairs]:
    """Yield the pairs of each run of `chunk_tiles` tiles, sorted by cell and then tile."""
    placed = np.flatnonzero(plan.is_placed)
    for first in range(0, len(x_m), chunk_tiles):
        part = slice(first, first + chunk_tiles)
        x, y, z = x_m[part], y_m[part], z_m[part]
        # Only cells whose circle meets the box of the chunk are compared tile by tile.
        gap_x = np.maximum(np.maximum(x.min() - plan.x_m, plan.x_m - x.max())[placed], 0.0)
        gap_y = np.maximum(np.maximum(y.min() - plan.y_m, plan.y_m - y.max())[placed], 0.0)
        near = placed[gap_x**2 + gap_y**2 <= plan.range_m[placed] ** 2]
        dx = x[None, :] - plan.x_m[near, None]
        dy = y[None, :] - plan.y_m[near, None]
        is_near = dx**2 + dy**2 <= plan.range_m[near, None] ** 2
        row, column = np.nonzero(is_near)
        dx, dy = dx[is_near], dy[is_near]
        cell = near[row]
        dz = plan.z_m[cell] - z[column]
        decades = np.log10(np.maximum(np.sqrt(dx**2 + dy**2 + dz**2), NEAREST_M))
        level = plan.level_dbm[cell]
        aimed = plan.is_directional[cell]
        if aimed.any():
            at = cell[aimed]
            level[aimed] += directional_loss(
                dx[aimed],
                dy[aimed],
                dz[aimed],
                azimuth_deg=plan.azimuth_deg[at],
                tilt_deg=plan.tilt_deg[at],
                sigma_horizontal_deg=plan.sigma_horizontal_deg[at],
                sigma_vertical_deg=plan.sigma_vertical_deg[at],
                back_horizontal_db=back_horizontal_db,
                back_vertical_db=back_vertical_db,
            )
        yield Pairs(cell, column + first, level, decades)
