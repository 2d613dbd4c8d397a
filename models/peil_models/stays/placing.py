"""Place of a stay: tile and zone, given all its events.

The estimator belongs here, its loop in `placing_loops`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from peil_models.stays import placing_loops
from peil_models.stays.blocks import row_blocks
from peil_models.stays.segments import UNKNOWN, Segments

Floats = NDArray[np.float64]
LIKELY = 0.1
"""Tiles whose chance is no more than this share of the fluke are not looked at."""


@dataclass(frozen=True)
class Places:
    """Tile and zone of every segment.

    Attributes
    ----------
    tile : ndarray of int64, shape (n_segments,)
        The likeliest tile, -1 where no place is known (unknown, abroad, unlocated).
    zone : ndarray of int64, shape (n_segments,)
        The likeliest zone; -1 where none is known.
    zone_shares : csr_array of shape (n_segments, n_zones)
        Probability of each zone. Rows sum to 1, or are empty where no zone is known.

    Examples
    --------
    >>> places = Places(np.array([3, -1]), np.array([1, -1]),
    ...                 sparse.csr_array([[0.25, 0.75], [0.0, 0.0]]))
    >>> places.zone_shares.sum(axis=1)
    array([1., 0.])
    """

    tile: NDArray[np.int64]
    zone: NDArray[np.int64]
    zone_shares: sparse.csr_array


class StayPlacing(BaseEstimator):  # type: ignore[misc, unused-ignore]
    """Tile and zone of a stay, from the cells (or rings, `TimingRings`) of all its events.

    Parameters
    ----------
    method : {"joint", "mean"}, default="joint"
        "joint": one place for the whole stay, ``P(t | events) ~ P(t) prod_r (P(r|t) + fluke)^n_r``
        over the distinct rows r. "mean": the mean of the posteriors of its events, which knows no
        more of a stay of a hundred events than of one.
    fluke : float in (0, 1), default=0.001
        Chance that an event is served by a row whose footprint does not reach its tile: footprints
        are never right in full.
    repeats : float in [0, 1], default=0.3
        A row that served n events counts as ``n**repeats``: obstacles are the same each time, so
        that a hundred events of one cell know little more than one. 1 would be independence.
    n_kept : int in [1, inf), default=8
        Zones kept of a segment, the likeliest ones.

    Attributes
    ----------
    connection_probability_ : csr_array of shape (n_rows, n_tiles)
    n_zones_ : int

    Notes
    -----
    Assumes that the device does not move within the segment. Not identified: tiles that the same
    rows serve with the same chances; there the prior decides.

    References
    ----------
    Tennekes & Gootzen (2022), J. Spatial Information Science 25 (Bayes for one event).
    doi:10.5311/JOSIS.2022.25.166

    Examples
    --------
    >>> chances = np.array([[0.9, 0.5], [0.1, 0.5]])
    >>> placing = StayPlacing().fit(chances, [1.0, 1.0], zone_of_tile=[0, 1])
    >>> stay = Segments.of([0], [0.0], [3600.0], [0], [0], [0], [2])
    >>> places = placing.place(stay, [0, 0, 0])
    >>> places.tile, places.zone, places.zone_shares.toarray().round(2)
    (array([0]), array([0]), array([[0.69, 0.31]]))
    """

    connection_probability_: sparse.csr_array
    n_zones_: int

    def __init__(
        self,
        *,
        method: str = "joint",
        fluke: float = 0.001,
        repeats: float = 0.3,
        n_kept: int = 8,
    ) -> None:
        self.method = method
        self.fluke = fluke
        self.repeats = repeats
        self.n_kept = n_kept

    def fit(
        self,
        connection_probability: sparse.csr_array | ArrayLike,
        prior: ArrayLike,
        *,
        zone_of_tile: ArrayLike,
    ) -> Self:
        """Compute the weight of every tile by row.

        Parameters
        ----------
        connection_probability : {sparse matrix, array-like} of shape (n_rows, n_tiles)
            Rows are cells, or rings of cells.
        prior : array-like of shape (n_tiles,)
            Any scale; nothing is placed where it is 0.
        zone_of_tile : array-like of int of shape (n_tiles,)
            Number of the zone, -1 outside all.

        Raises
        ------
        ValueError
            A wrong shape, NaN or a negative number, with the first position; a choice out of range.
        """
        if self.method not in ("joint", "mean"):
            raise ValueError(f"method must be 'joint' or 'mean', got {self.method!r}")
        if not (0 < self.fluke < 1 and 0 <= self.repeats <= 1 and self.n_kept >= 1):
            raise ValueError(
                f"fluke={self.fluke}, repeats={self.repeats}, n_kept={self.n_kept}: a fluke "
                "between 0 and 1, repeats from 0 to 1, a zone or more"
            )
        chances: Any = sparse.csr_array(connection_probability, dtype=np.float64)  # type: ignore[arg-type]
        mass = np.asarray(prior, dtype=np.float64)
        zone = np.ascontiguousarray(zone_of_tile, dtype=np.int64)
        for name, values in (("prior", mass), ("zone_of_tile", zone)):
            if values.shape != (chances.shape[1],):
                raise ValueError(f"{name} has shape {values.shape}, expected ({chances.shape[1]},)")
        for name, values in (("connection_probability", chances.data), ("prior", mass)):
            is_bad = ~((values >= 0) & np.isfinite(values))
            if is_bad.any():
                raise ValueError(f"{name} holds NaN or a negative number (at {is_bad.argmax()})")
        if not mass.sum() > 0:
            raise ValueError("prior gives no mass to any tile")
        if not chances.has_sorted_indices:
            chances = chances.sorted_indices()  # of a copy: the matrix is the caller's
        self.connection_probability_ = chances
        # room for the most there can be: what is not written of it takes no memory
        value, column = np.empty(chances.nnz), np.empty(chances.nnz, np.int32)
        n_of_row, n = np.zeros(chances.shape[0], np.int64), 0
        for first, past in row_blocks(chances.indptr):
            rows = chances[first:past]
            weight, is_likely = self._weighed(rows, mass)
            likely = np.append(0, np.cumsum(is_likely))
            n_of_row[first:past] = np.diff(likely[rows.indptr])
            within = slice(n, n + int(likely[-1]))
            value[within], column[within] = weight[is_likely], rows.indices[is_likely]
            n = within.stop
        self._indptr = np.append(0, np.cumsum(n_of_row))
        for room in (column, value):
            room.resize(n, refcheck=False)
        self._indices, self._value = column, value
        self._log_prior = np.log(np.where(mass > 0, mass, 1.0) / mass.sum())
        self._zone = zone
        self.n_zones_ = int(zone.max(initial=-1)) + 1
        return self

    def _weighed(self, rows: Any, mass: Floats) -> tuple[Floats, NDArray[np.bool_]]:
        """What an event of each row adds to a tile, and which tiles are looked at."""
        joint = rows.data * mass[rows.indices]
        if self.method == "joint":
            # what an event of this row adds to the logarithm of a tile's chance
            is_likely = (joint > 0) & (rows.data > LIKELY * self.fluke)
            return np.log1p(rows.data / self.fluke), is_likely
        of_row = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))
        total = np.bincount(of_row, weights=joint, minlength=rows.shape[0])[of_row]
        value = np.divide(joint, total, out=np.zeros_like(joint), where=total > 0)
        return value, value > 0

    def place(self, segments: Segments, row: ArrayLike) -> Places:
        """Place segments.

        Parameters
        ----------
        segments : Segments
            Made of the same events. Unknown time and time abroad get no place.
        row : array-like of int of shape (n_events,)
            Row of each event (its cell, or `TimingRings.rows`); negative is passed over.

        Raises
        ------
        ValueError
            A row that `fit` has not seen, with its event; segments of other events.
        """
        check_is_fitted(self)
        rows = np.ascontiguousarray(row, dtype=np.int32)
        if (rows >= len(self._indptr) - 1).any():
            at = int((rows >= len(self._indptr) - 1).argmax())
            raise ValueError(f"row was not seen by fit (first at event {at})")
        if len(segments) and int(segments.last_event.max()) >= len(rows):
            raise ValueError(f"row has {len(rows)} events, the segments were made of more")
        n = len(segments)
        tile, zone = np.full(n, -1, dtype=np.int64), np.full(n, -1, dtype=np.int64)
        kept_zone = np.full((n, self.n_kept), -1, dtype=np.int32)
        kept_share = np.zeros((n, self.n_kept))
        placing_loops.place(
            segments.first_event,
            segments.last_event,
            segments.state != UNKNOWN,
            rows,
            self._indptr,
            self._indices,
            self._value,
            self._log_prior,
            self._zone,
            self.n_zones_,
            self.method == "joint",
            float(self.repeats),
            tile,
            zone,
            kept_zone,
            kept_share,
        )
        is_kept = kept_zone >= 0
        indptr = np.append(0, np.cumsum(is_kept.sum(axis=1)))
        shares = sparse.csr_array(
            (kept_share[is_kept], kept_zone[is_kept], indptr), shape=(n, self.n_zones_)
        )
        return Places(tile, zone, shares)
