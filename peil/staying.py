"""The estimators of stays, with the choices of methods.toml, on one plan of cells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from models.location import posterior
from models.stays import (
    Places,
    Segments,
    StayPlacing,
    StaySegmentation,
    TimingRings,
    cell_overlaps,
)
from peil import methods


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
    """

    segmentation: StaySegmentation
    rings: TimingRings
    placing: StayPlacing

    def stays(
        self, device: ArrayLike, at_s: ArrayLike, cell: ArrayLike, timing_advance: ArrayLike
    ) -> tuple[Segments, Places]:
        """Segments of some devices, all events of each in order, and where they were.

        Parameters
        ----------
        device, at_s, cell : array-like of shape (n_events,)
            As `StaySegmentation.segment` takes them.
        timing_advance : array-like of int of shape (n_events,)
            Steps; -1 where the record carries none.
        """
        segments = self.segmentation.segment(device, at_s, cell)
        return segments, self.placing.place(segments, self.rings.rows(cell, timing_advance))


def staying(
    pilot: str,
    connection_probability: sparse.csr_array,
    cells: pd.DataFrame,
    tiles: pd.DataFrame,
    prior: NDArray[np.float64],
    zone_of_tile: NDArray[np.int64],
) -> Staying:
    """Fit what turns events into placed segments.

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
    zone_of_tile : ndarray of int of shape (n_tiles,)
        Number of the zone, -1 outside all.
    """
    choices = {name: methods.section(name, pilot) for name in
               ("stays", "overlaps", "timing", "placing")}  # fmt: skip
    overlaps = cell_overlaps(posterior(connection_probability, prior), **choices["overlaps"])
    rings = TimingRings(**choices["timing"]).fit(
        connection_probability, cells["x_m"], cells["y_m"], tiles["x_m"], tiles["y_m"]
    )
    placing = StayPlacing(**choices["placing"]).fit(
        rings.connection_probability_, prior, zone_of_tile=zone_of_tile
    )
    return Staying(StaySegmentation(**choices["stays"]).fit(overlaps), rings, placing)
