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

from peil_models.stays.blocks import row_blocks

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
    least : float in [0, 1), default=0.0
        Least probability of a tile's cell and timing advance together that is kept.
        `StayPlacing` looks at none of a tenth of its fluke or less: most of a footprint's edge.

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
        least: float = 0.0,
    ) -> None:
        self.step_m = step_m
        self.n_bands = n_bands
        self.detour_m = detour_m
        self.tile_m = tile_m
        self.least = least

    def fit(
        self,
        connection_probability: sparse.csr_array | ArrayLike,
        cell_x_m: ArrayLike,
        cell_y_m: ArrayLike,
        tile_x_m: ArrayLike,
        tile_y_m: ArrayLike,
        *,
        is_reported: ArrayLike | None = None,
    ) -> Self:
        """Cut the footprints.

        Parameters
        ----------
        connection_probability : {sparse matrix, array-like} of shape (n_cells, n_tiles)
        cell_x_m, cell_y_m : array-like of shape (n_cells,)
            Positions of the masts; NaN where the plan has none.
        tile_x_m, tile_y_m : array-like of shape (n_tiles,)
            Centres.
        is_reported : array-like of bool of shape (n_cells, n_bands), optional
            The rings that some event reports; no other is cut, and `rows` refuses it. All without.

        Raises
        ------
        ValueError
            Positions of the wrong length; a length of 0 or less, no band, a least of 1 or more.
        """
        for length in ("step_m", "detour_m", "tile_m"):
            if not getattr(self, length) > 0:
                raise ValueError(f"{length} must be above 0, got {getattr(self, length)}")
        if self.n_bands < 1:
            raise ValueError(f"n_bands must be at least 1, got {self.n_bands}")
        if not 0 <= self.least < 1:
            raise ValueError(f"least must be from 0 to below 1, got {self.least}")
        chances: Any = sparse.csr_array(connection_probability, dtype=np.float64)  # type: ignore[arg-type]
        n_cells, n_tiles = chances.shape
        masts = np.column_stack([np.asarray(v, np.float64) for v in (cell_x_m, cell_y_m)])
        tiles = np.column_stack([np.asarray(v, np.float64) for v in (tile_x_m, tile_y_m)])
        for name, values, size in (("cell_x_m", masts, n_cells), ("tile_x_m", tiles, n_tiles)):
            if len(values) != size:
                raise ValueError(f"{name} has {len(values)} elements, expected {size}")
        reported = np.ones((n_cells, self.n_bands), dtype=bool)
        if is_reported is not None:
            reported = np.asarray(is_reported, dtype=bool)
            if reported.shape != (n_cells, self.n_bands):
                raise ValueError(
                    f"is_reported has shape {reported.shape}, expected {(n_cells, self.n_bands)}"
                )
        n_rows, most = self.n_bands + 1, chances.nnz * (1 + len(self._offsets()))
        kind = sparse.get_index_dtype(maxval=max(most, n_tiles))
        # room for the most there can be: what is not written of it takes no memory
        value, column = np.empty(most, np.float64), np.empty(most, kind)
        indptr, reaches = np.zeros(n_cells * n_rows + 1, kind), np.zeros((n_cells, n_rows), bool)
        n = 0
        for first, past in row_blocks(chances.indptr):
            within = slice(first, past)
            rings = self._cut(chances[within], masts[within], tiles, reported[within])
            reaches[within] = (np.diff(rings.indptr) > 0).reshape(-1, n_rows)
            # not before, since the last ring of a cell is the sum of many
            rings.data[rings.data <= self.least] = 0.0
            rings.eliminate_zeros()
            value[n : n + rings.nnz], column[n : n + rings.nnz] = rings.data, rings.indices
            indptr[first * n_rows + 1 : past * n_rows + 1] = n + rings.indptr[1:]
            n += rings.nnz
        for room in (value, column):
            room.resize(n, refcheck=False)  # in place: a view of a larger array would be copied
        shape = (n_cells * n_rows, n_tiles)
        self.connection_probability_ = sparse.csr_array((value, column, indptr), shape)
        self.n_cells_, self._is_reported, self._reaches = n_cells, reported, reaches
        return self

    def _offsets(self) -> range:
        """Bands beyond that of the distance which a timing advance may be of."""
        nearest = -math.ceil(0.5 * self.tile_m / self.step_m)
        # beyond it less than one timing advance in a thousand
        farthest = math.ceil((0.5 * self.tile_m + 7.0 * self.detour_m) / self.step_m)
        return range(nearest, farthest + 1)

    def _cut(
        self,
        chances: Any,
        masts: NDArray[np.float64],
        tiles: NDArray[np.float64],
        reported: NDArray[np.bool_],
    ) -> Any:
        """The reported rings of some cells, and the cells without timing."""
        every = np.repeat(np.arange(len(masts)), np.diff(chances.indptr))
        has_place = np.isfinite(masts).all(axis=1)
        has_ring = np.asarray(has_place & reported.any(axis=1))[every]
        cell, tile, data = every[has_ring], chances.indices[has_ring], chances.data[has_ring]
        distance = np.hypot(*(tiles[tile] - masts[cell]).T)
        band = np.floor(distance / self.step_m).astype(np.int64)
        n_rows = self.n_bands + 1
        row, column, value = [every * n_rows + self.n_bands], [chances.indices], [chances.data]
        for off in self._offsets():
            beyond = np.asarray((band + off) * self.step_m - distance, dtype=np.float64)
            chance = self._shorter(beyond + self.step_m) - self._shorter(beyond)
            timing = np.clip(band + off, 0, self.n_bands - 1)
            is_ring = (band + off >= 0) & reported[cell, timing] & (chance > LEAST)
            row.append((cell * n_rows + timing)[is_ring])
            column.append(tile[is_ring])
            value.append((data * chance)[is_ring])
        rings: Any = sparse.csr_array(
            (np.concatenate(value), (np.concatenate(row), np.concatenate(column))),
            shape=(len(masts) * n_rows, len(tiles)),
        )
        rings.sort_indices()
        return rings

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
            Lengths that differ; a cell that `fit` has not seen, with its position; a ring that it
            was not to cut.
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
        band = np.minimum(timing, self.n_bands - 1)
        is_timed = (band >= 0) & (where >= 0)
        is_uncut = is_timed & ~self._is_reported[np.where(is_timed, where, 0), band]
        if is_uncut.any():
            at = int(is_uncut.argmax())
            raise ValueError(f"timing_advance was not reported to fit (first at event {at})")
        ring = where * (self.n_bands + 1) + band
        has_ring = is_timed & self._reaches[np.where(is_timed, where, 0), band]
        return np.where(where < 0, where, np.where(has_ring, ring, plain)).astype(np.int32)
