"""Footprint by cell and timing advance: rings around the mast.

Cuts a footprint that was made elsewhere (`peil_models.footprint`).
"""

from __future__ import annotations

import math
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

LEAST = 1e-3
"""Least probability of a timing advance that is kept."""


class TimingRings(BaseEstimator):  # type: ignore[misc, unused-ignore]
    """The footprint of each cell cut into rings: where a device is, given cell and timing advance.

    A device at distance d reports ``floor((d + detour) / step_m)``: reflections lengthen the path,
    by an exponential length of mean `detour_m`. The distance of a tile is known up to `tile_m / 2`.

    Parameters
    ----------
    step_m : float in (0, inf), default=78.12
        Length of one step: LTE 78.12, GSM 554. Unit: metres.
    n_bands : int in [1, inf), default=128
        Steps told apart; farther is the last. 128 are 10 km of LTE.
    detour_m : float in (0, inf), default=50.0
        Mean length that reflections add to the path. Unit: metres.
    tile_m : float in (0, inf), default=100.0
        Side of a tile. Unit: metres.

    Attributes
    ----------
    connection_probability_ : csr_array of shape (n_cells * (n_bands + 1), n_tiles)
        Row ``cell * (n_bands + 1) + TA``; the last row of a cell is the cell without timing.
        Probability of the cell times that of the timing advance.
    n_cells_ : int

    Notes
    -----
    Assumes one length of step for all cells; a cell whose plan has no position has no rings, and
    its events take the row without timing. Not identified: reflections that differ by direction.

    References
    ----------
    3GPP TS 36.213, section 4.2.3 (timing advance in steps of 16 Ts, 78.12 m of distance).

    Examples
    --------
    >>> rings = TimingRings(n_bands=4, detour_m=1.0, tile_m=10.0)
    >>> rings.fit([[0.5, 0.5, 0.5]], [0.0], [0.0], [10.0, 100.0, 200.0], [0.0, 0.0, 0.0]).rows(
    ...     [0, 0, 0], [1, 9, -1])
    array([1, 4, 4], dtype=int32)
    >>> rings.connection_probability_.toarray()[[1, 4]]
    array([[0. , 0.5, 0. ],
           [0.5, 0.5, 0.5]])
    """

    connection_probability_: sparse.csr_array
    n_cells_: int

    def __init__(
        self,
        *,
        step_m: float = 78.12,
        n_bands: int = 128,
        detour_m: float = 50.0,
        tile_m: float = 100.0,
    ) -> None:
        self.step_m = step_m
        self.n_bands = n_bands
        self.detour_m = detour_m
        self.tile_m = tile_m

    def fit(
        self,
        connection_probability: sparse.csr_array | ArrayLike,
        cell_x_m: ArrayLike,
        cell_y_m: ArrayLike,
        tile_x_m: ArrayLike,
        tile_y_m: ArrayLike,
    ) -> Self:
        """Cut the footprints.

        Parameters
        ----------
        connection_probability : {sparse matrix, array-like} of shape (n_cells, n_tiles)
        cell_x_m, cell_y_m : array-like of shape (n_cells,)
            Positions of the masts; NaN where the plan has none.
        tile_x_m, tile_y_m : array-like of shape (n_tiles,)
            Centres.

        Raises
        ------
        ValueError
            Positions of the wrong length; a length of 0 or less, no band.
        """
        for length in ("step_m", "detour_m", "tile_m"):
            if not getattr(self, length) > 0:
                raise ValueError(f"{length} must be above 0, got {getattr(self, length)}")
        if self.n_bands < 1:
            raise ValueError(f"n_bands must be at least 1, got {self.n_bands}")
        chances: Any = sparse.csr_array(connection_probability, dtype=np.float64)  # type: ignore[arg-type]
        masts = np.column_stack([np.asarray(v, np.float64) for v in (cell_x_m, cell_y_m)])
        tiles = np.column_stack([np.asarray(v, np.float64) for v in (tile_x_m, tile_y_m)])
        for name, values, size in (
            ("cell_x_m", masts, chances.shape[0]),
            ("tile_x_m", tiles, chances.shape[1]),
        ):
            if len(values) != size:
                raise ValueError(f"{name} has {len(values)} elements, expected {size}")
        cell = np.repeat(np.arange(chances.shape[0]), np.diff(chances.indptr))
        tile = chances.indices
        distance = np.hypot(*(tiles[tile] - masts[cell]).T)
        has_place = np.isfinite(distance)
        distance = np.where(has_place, distance, 0.0)
        band = np.floor(distance / self.step_m).astype(np.int64)
        of_cell = cell.astype(np.int64) * (self.n_bands + 1)
        row, column, value = [of_cell + self.n_bands], [tile], [chances.data]
        nearest = -math.ceil(0.5 * self.tile_m / self.step_m)
        # beyond it less than one timing advance in a thousand
        farthest = math.ceil((0.5 * self.tile_m + 7.0 * self.detour_m) / self.step_m)
        for off in range(nearest, farthest + 1):
            beyond = np.asarray((band + off) * self.step_m - distance, dtype=np.float64)
            chance = self._shorter(beyond + self.step_m) - self._shorter(beyond)
            timing = band + off
            is_ring = has_place & (chance > LEAST) & (timing >= 0)
            row.append((of_cell + np.minimum(timing, self.n_bands - 1))[is_ring])
            column.append(tile[is_ring])
            value.append((chances.data * chance)[is_ring])
        rings: Any = sparse.csr_array(
            (np.concatenate(value), (np.concatenate(row), np.concatenate(column))),
            shape=(chances.shape[0] * (self.n_bands + 1), chances.shape[1]),
        )
        rings.sort_indices()
        self.connection_probability_ = rings
        self.n_cells_ = chances.shape[0]
        return self

    def _shorter(self, length_m: NDArray[np.float64]) -> NDArray[np.float64]:
        """Probability that detour and place within the tile add up to at most the given length."""
        half, mean = 0.5 * self.tile_m, self.detour_m

        def area(up_to: NDArray[np.float64]) -> NDArray[np.float64]:
            # integral of the exponential's distribution function from 0
            positive = np.maximum(up_to, 0.0)
            return np.asarray(positive + mean * np.expm1(-positive / mean))

        return np.asarray((area(length_m + half) - area(length_m - half)) / self.tile_m)

    def rows(self, cell: ArrayLike, timing_advance: ArrayLike) -> NDArray[np.int32]:
        """Row of each event.

        Parameters
        ----------
        cell : array-like of int of shape (n_events,)
            Negative where there is none: kept as it is.
        timing_advance : array-like of int of shape (n_events,)
            Steps; negative where the record carries none.

        Returns
        -------
        ndarray of int32 of shape (n_events,)
            A ring that reaches no tile is replaced by its cell without timing.

        Raises
        ------
        ValueError
            Lengths that differ; a cell that `fit` has not seen, with its position.
        """
        check_is_fitted(self)
        where, timing = np.asarray(cell, np.int64), np.asarray(timing_advance, np.int64)
        if where.shape != timing.shape:
            raise ValueError(
                f"timing_advance has shape {timing.shape}, cell has shape {where.shape}"
            )
        if (where >= self.n_cells_).any():
            at = int((where >= self.n_cells_).argmax())
            raise ValueError(f"cell was not seen by fit (first at event {at})")
        plain = where * (self.n_bands + 1) + self.n_bands
        ring = where * (self.n_bands + 1) + np.minimum(timing, self.n_bands - 1)
        reaches = np.diff(self.connection_probability_.indptr) > 0
        has_ring = (timing >= 0) & (where >= 0) & reaches[np.where(where >= 0, ring, 0)]
        return np.where(where < 0, where, np.where(has_ring, ring, plain)).astype(np.int32)
