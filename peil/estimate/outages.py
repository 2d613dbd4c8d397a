"""Find cells that fail without a word in the plan, and fit footprints to those on the air.

A plan says which cells there are; the counts tell which of them are silent though many devices
were to be expected. Those are left out of the footprint for these hours: their neighbours serve
their tiles, and no tile is emptied because the mast beside it failed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.base import clone

from peil.area.area import Area
from peil.stage.counted import PlanOfHours
from peil_models.footprint import (
    FootprintSignalStrength,
    FootprintVoronoi,
    silent_hours,
    without_cells,
)
from peil_models.location import prior_composite, prior_land_use, prior_network, restrict

KEPT_PAIRS = 4_000_000
"""A footprint of at most as many pairs of cell and tile (64 MB) is kept for the next day."""

LEAST_SILENT = 0.05
"""An outage of less of a zone is not told: cells at its border serve as much of the next zone."""

_kept: dict[str, FootprintSignalStrength] = {}
_keeping = Lock()


@dataclass(frozen=True)
class OnAir:
    """Hours in which the same cells are on the air.

    Attributes
    ----------
    hours : ndarray of int
        Positions of these hours in the day, ascending.
    devices : ndarray of shape (n_cells, n_hours)
        Counts of all cells of the plan; those of silent cells are 0.
    signal, voronoi : csr_array of shape (n_cells, n_tiles)
        Connection probability by signal strength and by nearness; rows of silent cells are empty.
    prior : ndarray of shape (n_tiles,)
        Of the whole plan, inside the area: an outage moves no people.
    """

    hours: np.ndarray
    devices: np.ndarray
    signal: sparse.csr_array
    voronoi: sparse.csr_array
    prior: np.ndarray


class PlanOnAir:
    """A plan's footprint, its silent cells, and the parts of the day that differ in them.

    Parameters
    ----------
    plan : PlanOfHours
    area : Area
    footprint : FootprintSignalStrength
        With the parameters to use; fitted here.
    network_share : float
        Weight of the network in the prior; the rest is land use.
    least_expected, least_expected_alone : float
        As for `silent_hours`. Unit: devices.
    """

    def __init__(
        self,
        plan: PlanOfHours,
        area: Area,
        footprint: FootprintSignalStrength,
        *,
        network_share: float,
        least_expected: float,
        least_expected_alone: float,
    ) -> None:
        self.plan, self.tiles, self.cells = plan, area.tiles, area.placed(plan.cells)
        fitted = fitted_to(footprint, self.cells, self.tiles)  # its dominance goes with it
        self.signal = fitted.connection_probability_
        mixed = prior_composite(
            [prior_network(fitted.dominance_), prior_land_use(self.tiles)],
            [network_share, 1.0 - network_share],
        )
        self.prior = restrict(mixed, self.tiles["zone_id"].notna().to_numpy())
        self.is_silent = silent_hours(
            self.signal,
            plan.devices,
            self.prior,
            least_expected=least_expected,
            least_expected_alone=least_expected_alone,
        )

    @property
    def n_silent_cells(self) -> int:
        """Cells that are silent in some hour of the plan."""
        return int(self.is_silent.any(axis=1).sum())

    def silent_shares(self, zone_of_tile: np.ndarray, n_zones: int) -> np.ndarray:
        """How much of each zone the silent cells serve as a rule, shape (n_zones, n_hours).

        Shares of the devices that the prior has in the zone, by the footprint of the whole plan.
        `zone_of_tile` is -1 where a tile lies in no zone.
        """
        shares = np.zeros((n_zones, self.is_silent.shape[1]))
        if not self.is_silent.any():
            return shares
        inside = np.flatnonzero(zone_of_tile >= 0)
        places = (self.prior[inside], (inside, zone_of_tile[inside]))
        zones = sparse.csr_array(places, shape=(len(zone_of_tile), n_zones))
        served = (self.signal @ zones).toarray()  # by cell and zone
        whole = np.maximum(served.sum(axis=0), np.finfo(float).tiny)
        return np.asarray(served.T @ self.is_silent / whole[:, None])

    def parts(self, devices: np.ndarray | None = None) -> Iterator[OnAir]:
        """Yield the parts in the order of their first hour; one footprint is held at a time.

        `devices` stand in for the plan's counts, where withheld ones were read.
        """
        devices = self.plan.devices if devices is None else devices
        columns: dict[bytes, list[int]] = {}
        for column in range(self.is_silent.shape[1]):
            columns.setdefault(self.is_silent[:, column].tobytes(), []).append(column)
        for same in columns.values():
            is_out = self.is_silent[:, same[0]]
            yield OnAir(
                self.plan.hours[same],
                devices[:, same],
                without_cells(self.signal, is_out) if is_out.any() else self.signal,
                self._nearest(is_out),
                self.prior,
            )

    def _nearest(self, is_out: np.ndarray) -> sparse.csr_array:
        """Polygons of the cells that are left: those without a position have none."""
        return (
            FootprintVoronoi()
            .fit(placed_without(self.cells, is_out), self.tiles)
            .connection_probability_
        )


def outages_of(
    shares: np.ndarray, zone_ids: Sequence[str], hours: Sequence[datetime]
) -> list[dict[str, Any]]:
    """Name zones and hours of which silent cells serve much, with their shares.

    Examples
    --------
    >>> hours = [datetime(2026, 3, 2, hour) for hour in (0, 1)]
    >>> outages_of(np.array([[0.0, 0.31], [0.01, 0.0]]), ["A", "B"], hours)
    [{'zone_id': 'A', 'hour_at': '2026-03-02T01:00:00', 'share': 0.31}]
    """
    rounded = np.round(shares, 2)
    return [
        {"zone_id": zone_ids[z], "hour_at": hours[h].isoformat(), "share": float(rounded[z, h])}
        for z, h in zip(*np.nonzero(rounded >= LEAST_SILENT), strict=True)
    ]


def fitted_to(
    footprint: FootprintSignalStrength, cells: pd.DataFrame, tiles: pd.DataFrame
) -> FootprintSignalStrength:
    """Fit a copy of a footprint; that of the day before where parameters, plan and tiles are its.

    One is kept in a process, found by a hash of all that it is made from. Nobody changes it.
    """
    digest = hashlib.sha256(repr((type(footprint).__name__, footprint.get_params())).encode())
    for frame in (cells, tiles):
        digest.update(repr([frame.shape, *frame.columns]).encode())
        digest.update(pd.util.hash_pandas_object(frame).to_numpy().tobytes())
    basis = digest.hexdigest()
    with _keeping:
        if basis not in _kept:
            _kept.clear()
            fitted: FootprintSignalStrength = clone(footprint).fit(cells, tiles)
            if fitted.dominance_.nnz > KEPT_PAIRS:
                return fitted
            _kept[basis] = fitted
        return _kept[basis]


def placed_without(cells: pd.DataFrame, is_out: np.ndarray) -> pd.DataFrame:
    """The cells, those that are out without a position, so that no footprint reaches anything."""
    left = cells.copy()
    left.loc[is_out, ["x_m", "y_m"]] = np.nan
    return left
