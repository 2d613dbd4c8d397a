"""The place where a device spends most of certain hours: its home, its work.

Rules that count events per cell are in `rules`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from peil_models.residence.anchor_loops import gather
from peil_models.stays import STAY, Places, Segments, StayPlacing


@dataclass(frozen=True)
class Anchors:
    """One place per device that has one.

    Attributes
    ----------
    device : ndarray of int64, shape (n_anchors,)
        Ascending.
    tile, zone : ndarray of int64, shape (n_anchors,)
        The likeliest; zone -1 outside all.
    zone_shares : csr_array of shape (n_anchors, n_zones)
    share : ndarray of float64, shape (n_anchors,)
        Share of the device's weight (seconds) that was spent at the place.
    margin : ndarray of float64, shape (n_anchors,)
        The same share less that of the runner-up place: 1 where there is no other.
    is_there : ndarray of bool, shape (n_segments,)
        Stays at the place of their device.

    Examples
    --------
    >>> homes = Anchors(np.array([0, 2]), np.array([8, 5]), np.array([1, 0]),
    ...                 sparse.csr_array([[0.2, 0.8], [1.0, 0.0]]), np.ones(2), np.ones(2),
    ...                 np.array([True, True]))
    >>> homes.zone_of_device(4)
    array([ 1, -1,  0, -1])
    """

    device: NDArray[np.int64]
    tile: NDArray[np.int64]
    zone: NDArray[np.int64]
    zone_shares: sparse.csr_array
    share: NDArray[np.float64]
    margin: NDArray[np.float64]
    is_there: NDArray[np.bool_]

    def zone_of_device(self, n_devices: int) -> NDArray[np.int64]:
        """Zone by number of the device, -1 without a place or zone, shape (n_devices,)."""
        zones = np.full(n_devices, -1, dtype=np.int64)
        zones[self.device] = self.zone
        return zones

    def refined(self, segments: Segments, places: Places) -> Places:
        """Give every stay at the place of its device that place, which all its stays together tell.

        Parameters
        ----------
        segments : Segments
            Those that the places were found in.
        places : Places
            Of the segments.

        Returns
        -------
        Places
            Of all other segments as they were.
        """
        rows = np.flatnonzero(self.is_there)
        anchor = np.searchsorted(self.device, segments.device[rows])
        tile, zone = places.tile.copy(), places.zone.copy()
        tile[rows], zone[rows] = self.tile[anchor], self.zone[anchor]
        # rows of the new shares after those of the old, then picked in order
        both: Any = sparse.vstack([places.zone_shares, self.zone_shares], format="csr")
        picked = np.arange(len(segments))
        picked[rows] = len(segments) + anchor
        return Places(tile, zone, sparse.csr_array(both[picked]))


class AnchorPlace(BaseEstimator):  # type: ignore[misc, unused-ignore]
    """Gather the stays of a device that are near each other, and place them as one.

    Each stay has a weight, such as its seconds of night, or of working hours away from home. The
    stay with most weight within `radius_m` of it leads; all stays that near are taken to be at one
    place, which is then placed by *all* their events together: what one night leaves open, twenty
    tell.

    Parameters
    ----------
    radius_m : float in [0, inf), default=900.0
        Stays placed this near each other are at one place. Unit: metres.
    min_weight_s : float in [0, inf), default=0.0
        Least weight at the place; devices with less have none. Unit: seconds.
    min_share : float in [0, 1], default=0.0
        Least share of the device's weight.
    fluke : float in (0, 1), default=0.01
        As `StayPlacing`.
    repeats : float in [0, 1], default=0.3
        As `StayPlacing`.

    Attributes
    ----------
    placing_ : StayPlacing

    Notes
    -----
    Assumes one place for the whole window: of a device that changes its home in between, the
    longer one is found. Not identified: home apart from another place where more time is spent.

    References
    ----------
    Ahas, Silm, Järv, Saluveer & Tiru (2010), Journal of Urban Technology 17.
    doi:10.1080/10630731003597306

    Examples
    --------
    >>> chances = np.array([[0.9, 0.1], [0.1, 0.9]])
    >>> model = AnchorPlace(radius_m=50.0).fit(chances, [1.0, 1.0], zone_of_tile=[0, 1],
    ...                                        tile_x_m=[0.0, 900.0], tile_y_m=[0.0, 0.0])
    >>> stays = Segments.of([4, 4], [0.0, 40000.0], [36000.0, 60000.0], [0, 0], [0, 1], [0, 1],
    ...                     [0, 1])
    >>> homes = model.place(stays, model.placing_.place(stays, [0, 1]), [0, 1], stays.duration_s)
    >>> homes.device, homes.zone, homes.margin.round(2)
    (array([4]), array([0]), array([0.29]))
    """

    placing_: StayPlacing

    def __init__(
        self,
        *,
        radius_m: float = 900.0,
        min_weight_s: float = 0.0,
        min_share: float = 0.0,
        fluke: float = 0.01,
        repeats: float = 0.3,
    ) -> None:
        self.radius_m = radius_m
        self.min_weight_s = min_weight_s
        self.min_share = min_share
        self.fluke = fluke
        self.repeats = repeats

    def fit(
        self,
        connection_probability: sparse.csr_array | ArrayLike,
        prior: ArrayLike,
        *,
        zone_of_tile: ArrayLike,
        tile_x_m: ArrayLike,
        tile_y_m: ArrayLike,
    ) -> Self:
        """Prepare footprint, prior and zones for placing.

        Parameters
        ----------
        connection_probability : {sparse matrix, array-like} of shape (n_rows, n_tiles)
            Cells, or rings of cells.
        prior : array-like of shape (n_tiles,)
            For homes the residents of the register spread over residential land; for work the jobs.
        zone_of_tile : array-like of int of shape (n_tiles,)
        tile_x_m, tile_y_m : array-like of shape (n_tiles,)
            Centres. Unit: metres.

        Raises
        ------
        ValueError
            As `StayPlacing.fit`; positions of the wrong length; a choice out of range.
        """
        if not (self.radius_m >= 0 and self.min_weight_s >= 0 and 0 <= self.min_share <= 1):
            raise ValueError(
                f"radius_m={self.radius_m}, min_weight_s={self.min_weight_s}, min_share="
                f"{self.min_share}: not negative, and a share of at most 1"
            )
        self.placing_ = StayPlacing(fluke=self.fluke, repeats=self.repeats).fit(
            connection_probability, prior, zone_of_tile=zone_of_tile
        )
        self._x = np.asarray(tile_x_m, dtype=np.float64)
        self._y = np.asarray(tile_y_m, dtype=np.float64)
        for name, values in (("tile_x_m", self._x), ("tile_y_m", self._y)):
            if values.shape != (self.placing_.connection_probability_.shape[1],):
                raise ValueError(f"{name} has shape {values.shape}, expected one per tile")
        return self

    def place(
        self, segments: Segments, places: Places, row: ArrayLike, weight_s: ArrayLike
    ) -> Anchors:
        """Find the place of each device.

        Parameters
        ----------
        segments : Segments
            Whole; only stays are looked at.
        places : Places
            Of the segments.
        row : array-like of int of shape (n_events,)
            Rows of the events that were segmented.
        weight_s : array-like of shape (n_segments,)
            Not negative; a stay of weight 0 is at no place. Unit: seconds.

        Returns
        -------
        Anchors
            Devices without a stay of any weight are left out.

        Raises
        ------
        ValueError
            A weight that is negative or not a number, with its position.
        """
        check_is_fitted(self)
        weight = np.asarray(weight_s, dtype=np.float64)
        if weight.shape != (len(segments),):
            raise ValueError(f"weight_s has shape {weight.shape}, expected ({len(segments)},)")
        is_bad = ~(weight >= 0) | np.isinf(weight)
        if is_bad.any():
            raise ValueError(f"weight_s is NaN or negative (first at {int(is_bad.argmax())})")
        taken = np.flatnonzero((segments.state == STAY) & (places.tile >= 0) & (weight > 0))
        tile = places.tile[taken]
        device = segments.device[taken]
        first = np.flatnonzero(np.append(True, device[1:] != device[:-1])[: len(device)])
        near, best, second, total = gather(
            np.append(first, len(device)).astype(np.int64),
            self._x[tile],
            self._y[tile],
            weight[taken],
            float(self.radius_m),
        )
        is_anchor = (best >= self.min_weight_s) & (best >= self.min_share * total)
        group = np.repeat(np.arange(len(first)), np.diff(np.append(first, len(device))))
        chosen = near & is_anchor[group]
        is_there = np.zeros(len(segments), dtype=bool)
        is_there[taken[chosen]] = True
        pooled, rows = _pooled(segments.take(taken[chosen]), np.asarray(row))
        anchors = self.placing_.place(pooled, rows)
        share = np.divide(best, total, out=np.zeros_like(best), where=total > 0)
        other = np.divide(second, total, out=np.zeros_like(second), where=total > 0)
        return Anchors(
            pooled.device,
            anchors.tile,
            anchors.zone,
            anchors.zone_shares,
            share[is_anchor],
            (share - other)[is_anchor],
            is_there,
        )


def _pooled(stays: Segments, row: NDArray[np.int64]) -> tuple[Segments, NDArray[np.int64]]:
    """All events of the stays of one device as one segment, and the rows of those events."""
    n = stays.last_event - stays.first_event + 1
    stay = np.repeat(np.arange(len(stays)), n)
    at = np.arange(len(stay)) - np.repeat(np.cumsum(n) - n, n) + stays.first_event[stay]
    begins = np.append(True, stays.device[1:] != stays.device[:-1])[: len(stays)]
    until = np.append(0, np.cumsum(n))
    first = until[:-1][begins]
    last = np.append(first[1:], len(at)) - 1
    zero = np.zeros(len(first))
    return Segments.of(stays.device[begins], zero, zero, zero, zero, first, last), row[at]
