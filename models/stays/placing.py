"""The place of a stay: which tile, which zone, given all its events."""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from models.location import posterior
from models.stays.segments import Segments


class StayPlacing(BaseEstimator):  # type: ignore[misc, unused-ignore]
    """Probability of each zone and tile for a stay, given the cells of its events.

    Attributes
    ----------
    posterior_ : csr_array of shape (n_cells, n_tiles)
    zone_posterior_ : ndarray of shape (n_cells, n_zones)

    Examples
    --------
    >>> chances = np.array([[0.9, 0.5], [0.1, 0.5]])
    >>> placing = StayPlacing().fit(chances, [1.0, 1.0], zone_of_tile=[0, 1])
    >>> stay = Segments.of([0], [0.0], [3600.0], [0], [0], [0], [2])
    >>> placing.zone_shares(stay, [0, 0, 0]).round(2)
    array([[0.64, 0.36]])
    """

    posterior_: sparse.csr_array
    zone_posterior_: NDArray[np.float64]
    n_zones_: int

    def fit(
        self,
        connection_probability: sparse.csr_array | ArrayLike,
        prior: ArrayLike,
        *,
        zone_of_tile: ArrayLike,
    ) -> Self:
        """Take note of where the devices of each cell are.

        Parameters
        ----------
        connection_probability : {sparse matrix, array-like} of shape (n_cells, n_tiles)
        prior : array-like of shape (n_tiles,)
        zone_of_tile : array-like of int of shape (n_tiles,)
            Number of the zone, -1 outside all.
        """
        zone = np.asarray(zone_of_tile, dtype=np.int64)
        self.posterior_ = posterior(connection_probability, prior)
        self.n_zones_ = int(zone.max(initial=-1)) + 1
        inside = np.flatnonzero(zone >= 0)
        to_zone = sparse.csr_array(
            (np.ones(len(inside)), (inside, zone[inside])), shape=(len(zone), self.n_zones_)
        )
        self.zone_posterior_ = (self.posterior_ @ to_zone).toarray()
        return self

    def zone_shares(self, segments: Segments, cell: ArrayLike) -> NDArray[np.float64]:
        """Probability of each zone for each segment.

        Parameters
        ----------
        segments : Segments
            Stays, or any segments that have events (not unknown, not abroad).
        cell : array-like of int of shape (n_events,)
            The events that were segmented.

        Returns
        -------
        ndarray of shape (n_segments, n_zones)
            Rows sum to 1, or less where the cells reach beyond the zones; 0 without a place.
        """
        check_is_fitted(self)
        shares = self._mean_of(segments, cell) @ self.zone_posterior_
        return np.asarray(shares)

    def tile_shares(self, segments: Segments, cell: ArrayLike) -> sparse.csr_array:
        """Probability of each tile for each segment, shape (n_segments, n_tiles)."""
        check_is_fitted(self)
        return sparse.csr_array(self._mean_of(segments, cell) @ self.posterior_)

    def _mean_of(self, segments: Segments, cell: ArrayLike) -> sparse.csr_array:
        """Share of each cell among the events of each segment."""
        where = np.asarray(cell)
        has_place = segments.cell >= 0
        n = np.where(has_place, segments.last_event - segments.first_event + 1, 0)
        of = np.repeat(np.arange(len(segments)), n)
        at = np.arange(len(of)) - np.repeat(np.cumsum(n) - n, n) + segments.first_event[of]
        seen = where[at] >= 0
        events = sparse.csr_array(
            (np.ones(int(seen.sum())), (of[seen], where[at][seen])),
            shape=(len(segments), self.posterior_.shape[0]),
        )
        total = np.asarray(events.sum(axis=1)).ravel()
        weights = np.divide(1.0, total, out=np.zeros_like(total), where=total > 0)
        return sparse.csr_array(sparse.diags_array(weights) @ events)
