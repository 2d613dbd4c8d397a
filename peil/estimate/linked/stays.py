"""The estimators of stays and homes, with the choices of methods.toml, on one plan of cells."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from peil import methods
from peil.estimate.linked.rest import Overlaps, overlaps_of
from peil.stage.device_rows import Bucket
from peil_models.residence import AnchorPlace, Anchors, at_median_of_masts
from peil_models.stays import (
    Places,
    RestChanges,
    Segments,
    StayPlacing,
    StaySegmentation,
    TimingRings,
)
from peil_models.stays.placing import LIKELY


@dataclass(frozen=True)
class Staying:
    """Segmentation and placing of the devices of one plan, fitted.

    Attributes
    ----------
    segmentation : StaySegmentation
        Over cells of the plan.
    rings : TimingRings
        Rows of cells and timing advance.
    placing : StayPlacing
        Over those rows.
    homes : AnchorPlace
        Over those rows, where residents live.
    max_unknown_s : float
        Longest silence between two stays that hides a trip. Unit: seconds.
    overlaps : Overlaps
        Which cells a device at rest may change between, and why these.
    masts_share_min : float
        Share of the masts in the mix beyond which homes are at their median.
    masts, tiles : ndarray of shape (n_cells, 2), (n_tiles, 2)
        Positions.
    zone_of_tile : ndarray of int of shape (n_tiles,)
    """

    segmentation: StaySegmentation
    rings: TimingRings
    placing: StayPlacing
    homes: AnchorPlace
    max_unknown_s: float
    overlaps: Overlaps
    masts_share_min: float
    masts: NDArray[np.float64]
    tiles: NDArray[np.float64]
    zone_of_tile: NDArray[np.int64]

    def stays(
        self, device: ArrayLike, at_s: ArrayLike, cell: ArrayLike, timing_advance: ArrayLike
    ) -> tuple[Segments, Places, NDArray[np.int32]]:
        """Segments of some devices, all events of each in order, where they were, and rows.

        Parameters
        ----------
        device, at_s, cell : array-like of shape (n_events,)
            As `StaySegmentation.segment` takes them.
        timing_advance : array-like of int of shape (n_events,)
            Steps; -1 where the record carries none.

        Returns
        -------
        segments : Segments
        places : Places
        row : ndarray of int32, shape (n_events,)
            Rows of the events, as `AnchorPlace.place` takes them.
        """
        segments = self.segmentation.segment(device, at_s, cell)
        row = self.rings.rows(cell, timing_advance)
        return segments, self.placing.place(segments, row), row

    def homes_of(
        self,
        segments: Segments,
        places: Places,
        row: NDArray[np.int32],
        night_s: NDArray[np.float64],
        device: NDArray[np.int64],
        cell: NDArray[np.int32],
        timing_advance: NDArray[np.int32],
        is_night: NDArray[np.bool_],
    ) -> Anchors:
        """Homes of some devices; at the median of masts where nothing better is to be believed.

        That is where more events than `rest.masts_share_min` are those of the masts alone, of
        devices without a timing advance, which would tell how far the mast is.

        Parameters
        ----------
        segments, places, row
            As `stays` answers them.
        night_s : ndarray of shape (n_segments,)
            Seconds of night of each segment.
        device, cell, timing_advance : ndarray of shape (n_events,)
        is_night : ndarray of bool of shape (n_events,)
        """
        homes = self.homes.place(segments, places, row, night_s)
        if self.overlaps.masts_share <= self.masts_share_min:
            return homes
        timed = np.unique(device[timing_advance >= 0])
        taken = is_night & (cell >= 0) & ~np.isin(device, timed)
        mast, tile = self.masts[cell[taken]], self.tiles
        return at_median_of_masts(
            homes,
            device[taken],
            mast[:, 0],
            mast[:, 1],
            tile[:, 0],
            tile[:, 1],
            self.zone_of_tile,
        )


def timing_rings(pilot: str) -> TimingRings:
    """The rings of a pilot's choice, not fitted; none holds a tile that no estimator looks at."""
    flukes = [methods.section(name, pilot)["fluke"] for name in ("placing", "residence")]
    return TimingRings(**methods.section("timing", pilot), least=LIKELY * float(min(flukes)))


def no_reports(pilot: str, n_cells: int) -> NDArray[np.bool_]:
    """Timing advances that no event reports yet, shape (n_cells, n_bands), for `noting`."""
    return np.zeros((n_cells, timing_rings(pilot).n_bands), dtype=bool)


def noting(buckets: Iterable[Bucket], is_reported: NDArray[np.bool_]) -> Iterator[Bucket]:
    """Pass buckets on, and mark by cell the timing advances that their rows report.

    >>> is_reported = np.zeros((2, 3), bool)
    >>> rows = map(np.array, ([0, 0, 0], [5.0, 6.0, 7.0], [0, 1, -1], [9, -1, 1], [0]))
    >>> _ = list(noting([Bucket(*rows)], is_reported))
    >>> is_reported.tolist()
    [[False, False, True], [False, False, False]]
    """
    for bucket in buckets:
        is_timed = (bucket.cell >= 0) & (bucket.timing >= 0)
        band = np.minimum(bucket.timing[is_timed], is_reported.shape[1] - 1)
        is_reported[bucket.cell[is_timed], band] = True
        yield bucket


def staying(
    pilot: str,
    connection_probability: sparse.csr_array,
    cells: pd.DataFrame,
    tiles: pd.DataFrame,
    prior: NDArray[np.float64],
    residents: NDArray[np.float64],
    zone_of_tile: NDArray[np.int64],
    changes: RestChanges | None = None,
    is_reported: NDArray[np.bool_] | None = None,
) -> Staying:
    """Fit what turns events into placed segments and homes.

    Parameters
    ----------
    pilot : str
        Whose choices hold.
    connection_probability : csr_array of shape (n_cells, n_tiles)
        Of the plan's footprint.
    cells : DataFrame with columns x_m, y_m
        On the plane of the tiles, in the order of the rows.
    tiles : DataFrame with columns x_m, y_m
    prior : ndarray of shape (n_tiles,)
        Where devices are at any time.
    residents : ndarray of shape (n_tiles,)
        Where they live: the register spread over residential land; any scale.
    zone_of_tile : ndarray of int of shape (n_tiles,)
        Number of the zone, -1 outside all.
    changes : RestChanges, optional
        What the delivery shows of devices at rest; without it the plan's footprint is believed.
    is_reported : ndarray of bool of shape (n_cells, n_bands), optional
        Timing advances of the delivery, as `TimingRings.fit` takes them.
    """
    choices = {name: methods.section(name, pilot) for name in ("stays", "placing", "residence")}
    overlaps = overlaps_of(pilot, connection_probability, cells, tiles, prior, residents, changes)
    rings = timing_rings(pilot).fit(
        connection_probability,
        cells["x_m"],
        cells["y_m"],
        tiles["x_m"],
        tiles["y_m"],
        is_reported=is_reported,
    )
    chances = rings.connection_probability_
    return Staying(
        StaySegmentation(**choices["stays"]).fit(overlaps.overlaps),
        rings,
        StayPlacing(**choices["placing"]).fit(chances, prior, zone_of_tile=zone_of_tile),
        AnchorPlace(**choices["residence"]).fit(
            chances,
            residents,
            zone_of_tile=zone_of_tile,
            tile_x_m=tiles["x_m"],
            tile_y_m=tiles["y_m"],
        ),
        methods.section("linking", pilot)["max_unknown_s"],
        overlaps,
        float(methods.section("rest", pilot)["masts_share_min"]),
        cells[["x_m", "y_m"]].to_numpy(dtype=np.float64),
        tiles[["x_m", "y_m"]].to_numpy(dtype=np.float64),
        zone_of_tile,
    )
