"""Footprint by nearness: the Voronoi polygons of cell positions.

The baseline; footprints that know about radio are in `signal_strength`.
"""

from __future__ import annotations

from typing import Self

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.spatial import cKDTree
from sklearn.base import BaseEstimator

from peil_models.footprint.plan import check_tiles, numbers


class FootprintVoronoi(BaseEstimator):  # type: ignore[misc, unused-ignore]
    """Every tile belongs to the nearest cell, seeds of directional cells lying along their azimuth.

    Parameters
    ----------
    shift_m : float in [0, inf), default=100.0
        How far the seed of a directional cell is moved along its azimuth, so that the sectors of
        one site have polygons of their own. Unit: metres.

    Attributes
    ----------
    connection_probability_ : csr_array of shape (n_cells, n_tiles)
        One entry of 1 per column; cells with the same seed (carriers of one sector) share its
        tiles equally.
    n_unplaced_ : int
        Cells without a position; their rows are empty.

    Notes
    -----
    Assumes that a device is served by the nearest cell: ignores power, height, tilt and load. The
    baseline that every other footprint must beat. Not identified: where in a polygon a device is.

    References
    ----------
    Ricciato et al. (2015), JRC96568. doi:10.2788/162414

    Examples
    --------
    >>> cells = pd.DataFrame({"x_m": [0.0, 0.0], "y_m": [0.0, 0.0], "azimuth_deg": [90.0, 270.0]})
    >>> tiles = pd.DataFrame({"x_m": [-500.0, 500.0], "y_m": [0.0, 0.0]})
    >>> FootprintVoronoi().fit(cells, tiles).connection_probability_.toarray()
    array([[0., 1.],
           [1., 0.]])
    """

    connection_probability_: sparse.csr_array
    n_unplaced_: int

    def __init__(self, *, shift_m: float = 100.0) -> None:
        self.shift_m = shift_m

    def fit(self, cells: pd.DataFrame, tiles: pd.DataFrame) -> Self:
        """Give every tile to the cell of the nearest seed.

        Parameters
        ----------
        cells : DataFrame with columns x_m, y_m and optionally azimuth_deg, is_directional
        tiles : DataFrame with columns x_m, y_m

        Raises
        ------
        ValueError
            A tile without a position, with its row; no cell with a position.
        """
        check_tiles(tiles)
        azimuth = numbers(cells, "azimuth_deg")
        if "is_directional" in cells:
            says_no = cells["is_directional"].astype("Float64").to_numpy(np.float64, na_value=1.0)
            azimuth = np.where(says_no == 0, np.nan, azimuth)
        turn = np.radians(np.nan_to_num(azimuth))
        shift = np.where(np.isnan(azimuth), 0.0, self.shift_m)
        seeds = np.column_stack(
            [
                numbers(cells, "x_m") + shift * np.sin(turn),
                numbers(cells, "y_m") + shift * np.cos(turn),
            ]
        )
        is_placed = np.isfinite(seeds).all(axis=1)
        if not is_placed.any():
            raise ValueError("cells has no row with a position (x_m, y_m)")
        # Rounded to the millimetre: carriers of one sector differ by rounding only.
        places, place_of = np.unique(seeds[is_placed].round(3), axis=0, return_inverse=True)
        points = np.column_stack([numbers(tiles, "x_m"), numbers(tiles, "y_m")])
        _, nearest = cKDTree(places).query(points)
        n_sharing = np.bincount(place_of)
        sharing = sparse.csr_array(
            (1.0 / n_sharing[place_of], (np.flatnonzero(is_placed), place_of)),
            shape=(len(cells), len(places)),
        )
        at_tile = sparse.csr_array(
            (np.ones(len(tiles)), (np.asarray(nearest), np.arange(len(tiles)))),
            shape=(len(places), len(tiles)),
        )
        self.connection_probability_ = sparse.csr_array(sharing @ at_tile)
        self.connection_probability_.sort_indices()
        self.n_unplaced_ = int((~is_placed).sum())
        return self
