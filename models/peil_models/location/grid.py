"""The rectangular grid of tiles that devices move over, and its padded arrays.

Geometry only; what happens on the grid is in `moves` and `recursion`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Grid:
    """Tiles in rows from south to north, west to east within a row; some may be holes.

    Attributes
    ----------
    shape : tuple of int
        Rows and columns.
    inside : ndarray of shape (n_rows + 2, n_columns + 2)
        1 where a device may be, 0 in holes and around the grid.
    """

    shape: tuple[int, int]
    inside: Floats

    @classmethod
    def of(cls, shape: tuple[int, int], is_inside: ArrayLike | None) -> Self:
        """Lay out a grid.

        Raises
        ------
        ValueError
            A shape that is none, a mask of another length, a grid without a tile.
        """
        n_rows, n_columns = (int(n) for n in shape)
        if n_rows < 1 or n_columns < 1:
            raise ValueError(f"shape must be at least one row and one column, got {shape}")
        inside = np.zeros((n_rows + 2, n_columns + 2))
        mask = np.ones(n_rows * n_columns, dtype=bool) if is_inside is None else is_inside
        mask = np.asarray(mask, dtype=bool)
        if mask.shape != (n_rows * n_columns,):
            raise ValueError(
                f"is_inside has shape {mask.shape}, expected ({n_rows * n_columns},), one per tile"
            )
        if not mask.any():
            raise ValueError("is_inside leaves no tile inside (first hole at tile 0)")
        inside[1:-1, 1:-1] = mask.reshape(n_rows, n_columns)
        return cls((n_rows, n_columns), inside)

    @property
    def n_tiles(self) -> int:
        """Tiles, holes included."""
        return self.shape[0] * self.shape[1]

    @property
    def is_inside(self) -> NDArray[np.bool_]:
        """Whether each tile is no hole, shape (n_tiles,)."""
        return self.inside[1:-1, 1:-1].ravel() > 0

    def padded(self, values: Floats) -> Floats:
        """Values per tile, 0 in holes, with a border of nothing."""
        out = np.zeros_like(self.inside)
        out[1:-1, 1:-1] = values.reshape(self.shape)
        return out * self.inside
