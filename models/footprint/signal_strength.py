"""Footprint by signal dominance, and its simplification to the best server."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse
from sklearn.base import BaseEstimator

from models.footprint import plan as cell_plan
from models.footprint.propagation import Floats, dominance
from models.footprint.reach import Pairs, pairs_in_reach


class FootprintSignalStrength(BaseEstimator):  # type: ignore[misc, unused-ignore]
    """Probability that a device in a tile is served by a cell, from the strength of its signal.

    Signal in dBm = power - distance loss - angular losses; dominance = logistic in the signal;
    connection probability = dominance of a cell over the sum of dominance at the tile [1]_.

    Parameters
    ----------
    path_loss_exponent, small_path_loss_exponent : float, default=3.75, 6.0
        Decay with distance of normal and small cells; a cell's own value in the plan wins.
    midpoint_dbm, steepness : float, default=-92.5, 0.2
        Logistic from signal to dominance. Units: dBm, 1/dBm.
    dominance_threshold : float, default=0.005
        Less is no coverage.
    antenna_height_m, small_antenna_height_m : float, default=30.0, 8.0
        Above the ground, where the plan is silent (as are all that follow). Unit: metres.
    power_w, small_power_w : float, default=10.0, 5.0
        Unit: watts.
    range_m, small_range_m : float, default=10000.0, 1000.0
        Cut-off over the ground. Unit: metres.
    tilt_deg : float, default=5.0
        Downwards positive. Unit: degrees.
    beam_horizontal_deg, beam_vertical_deg : float, default=65.0, 9.0
        Full width at -3 dB. Unit: degrees.
    back_attenuation_horizontal_db, back_attenuation_vertical_db : float, default=-30.0, -30.0
        Loss behind the antenna. Unit: dB, negative.
    max_cells_per_tile : int, default=None
        Keep only the strongest cells of a tile; None keeps all.
    chunk_tiles : int, default=4096
        Tiles worked on at once; bounds memory, changes no figure.

    Attributes
    ----------
    connection_probability_ : csr_array of shape (n_cells, n_tiles)
        Columns sum to 1 where a tile is covered, to 0 where it is not. Rows and columns in the
        order of `cells` and `tiles`.
    dominance_ : csr_array of shape (n_cells, n_tiles)
        Between `dominance_threshold` and 1 where it covers.
    imputed_ : dict of str to int
        Cells that took a default, per field of the plan that they needed.
    n_unplaced_ : int
        Cells without a position; their rows are empty and their devices will be unlocated.

    Notes
    -----
    Assumes that the chance of use follows mean signal strength: no shadow fading, no load, no
    memory of the serving cell. Terrain enters as height only: hills shadow nothing.
    A missing azimuth means omnidirectional.

    References
    ----------
    .. [1] Tennekes & Gootzen (2022), J. Spatial Information Science 25.
       doi:10.5311/JOSIS.2022.25.166

    Examples
    --------
    >>> cells = pd.DataFrame({"cell_id": ["a", "b"], "x_m": [0.0, 4000.0], "y_m": [0.0, 0.0]})
    >>> tiles = pd.DataFrame({"x_m": [1000.0, 2000.0], "y_m": [0.0, 0.0]})
    >>> FootprintSignalStrength().fit(cells, tiles).connection_probability_.toarray().round(3)
    array([[0.619, 0.5  ],
           [0.381, 0.5  ]])
    """

    connection_probability_: sparse.csr_array
    dominance_: sparse.csr_array
    imputed_: dict[str, int]
    n_unplaced_: int

    def __init__(
        self,
        *,
        path_loss_exponent: float = 3.75,
        small_path_loss_exponent: float = 6.0,
        midpoint_dbm: float = -92.5,
        steepness: float = 0.2,
        dominance_threshold: float = 0.005,
        antenna_height_m: float = 30.0,
        small_antenna_height_m: float = 8.0,
        power_w: float = 10.0,
        small_power_w: float = 5.0,
        range_m: float = 10_000.0,
        small_range_m: float = 1_000.0,
        tilt_deg: float = 5.0,
        beam_horizontal_deg: float = 65.0,
        beam_vertical_deg: float = 9.0,
        back_attenuation_horizontal_db: float = -30.0,
        back_attenuation_vertical_db: float = -30.0,
        max_cells_per_tile: int | None = None,
        chunk_tiles: int = 4096,
    ) -> None:
        self.path_loss_exponent = path_loss_exponent
        self.small_path_loss_exponent = small_path_loss_exponent
        self.midpoint_dbm = midpoint_dbm
        self.steepness = steepness
        self.dominance_threshold = dominance_threshold
        self.antenna_height_m = antenna_height_m
        self.small_antenna_height_m = small_antenna_height_m
        self.power_w = power_w
        self.small_power_w = small_power_w
        self.range_m = range_m
        self.small_range_m = small_range_m
        self.tilt_deg = tilt_deg
        self.beam_horizontal_deg = beam_horizontal_deg
        self.beam_vertical_deg = beam_vertical_deg
        self.back_attenuation_horizontal_db = back_attenuation_horizontal_db
        self.back_attenuation_vertical_db = back_attenuation_vertical_db
        self.max_cells_per_tile = max_cells_per_tile
        self.chunk_tiles = chunk_tiles

    def fit(self, cells: pd.DataFrame, tiles: pd.DataFrame) -> Self:
        """Compute the footprint of a plan over tiles.

        Parameters
        ----------
        cells : DataFrame with columns x_m, y_m and any others of `raw.cells`
            One row per cell, on the plane of the tiles.
        tiles : DataFrame with columns x_m, y_m and optionally elevation_m
            One row per tile, its centre.

        Raises
        ------
        ValueError
            A tile without a position, or a number of the plan that cannot be, with its row.
        """
        cell_plan.check_tiles(tiles)
        plan = cell_plan.complete(cells, tiles, self.defaults())
        chunks: list[sparse.csc_array] = []
        n_tiles = len(tiles)
        for number, pairs in enumerate(self.pairs(plan, tiles)):
            first = number * self.chunk_tiles
            width = min(self.chunk_tiles, n_tiles - first)
            strength = dominance(
                pairs.signal_dbm(plan.path_loss_exponent),
                midpoint_dbm=self.midpoint_dbm,
                steepness=self.steepness,
            )
            covers = strength >= self.dominance_threshold
            cell, tile, kept = pairs.cell[covers], pairs.tile[covers] - first, strength[covers]
            if self.max_cells_per_tile is not None:
                strongest = _strongest(tile, kept, self.max_cells_per_tile)
                cell, tile, kept = cell[strongest], tile[strongest], kept[strongest]
            chunks.append(sparse.csc_array((kept, (cell, tile)), shape=(len(cells), width)))
        self._keep(sparse.csr_array(sparse.hstack(chunks, format="csc")))
        self.imputed_ = plan.imputed
        self.n_unplaced_ = int((~plan.is_placed).sum())
        return self

    def defaults(self) -> cell_plan.Defaults:
        """Return what a cell gets where its plan is silent."""
        return cell_plan.Defaults(
            **{field.name: getattr(self, field.name) for field in fields(cell_plan.Defaults)}
        )

    def pairs(self, plan: cell_plan.Plan, tiles: pd.DataFrame) -> Iterator[Pairs]:
        """Pairs of cell and tile in reach, chunk by chunk; an empty chunk is yielded too."""
        return pairs_in_reach(
            plan,
            cell_plan.numbers(tiles, "x_m"),
            cell_plan.numbers(tiles, "y_m"),
            cell_plan.elevation_m(tiles),
            back_horizontal_db=self.back_attenuation_horizontal_db,
            back_vertical_db=self.back_attenuation_vertical_db,
            chunk_tiles=self.chunk_tiles,
        )

    def _keep(self, strength: sparse.csr_array) -> None:
        self.dominance_ = strength
        self.connection_probability_ = share_of_column(strength)


class FootprintBestServer(FootprintSignalStrength):
    """Every tile belongs to the cell with the strongest signal there; ties share it.

    Parameters and attributes as `FootprintSignalStrength`; each covered column of
    `connection_probability_` has one entry of 1 (or n of 1/n where n cells are equal).

    Notes
    -----
    Assumes that a device always uses the strongest cell. Stands between Voronoi, which knows only
    positions, and signal strength, which lets cells overlap.

    Examples
    --------
    >>> cells = pd.DataFrame({"cell_id": ["a", "b"], "x_m": [0.0, 4000.0], "y_m": [0.0, 0.0]})
    >>> tiles = pd.DataFrame({"x_m": [1000.0, 2000.0], "y_m": [0.0, 0.0]})
    >>> FootprintBestServer().fit(cells, tiles).connection_probability_.toarray()
    array([[1. , 0.5],
           [0. , 0.5]])
    """

    def _keep(self, strength: sparse.csr_array) -> None:
        self.dominance_ = strength
        self.connection_probability_ = best_of_column(strength)


def share_of_column(strength: sparse.csr_array) -> sparse.csr_array:
    """Divide each column by its sum; empty columns stay empty."""
    totals = np.bincount(strength.indices, weights=strength.data, minlength=strength.shape[1])
    return sparse.csr_array(
        (strength.data / totals[strength.indices], strength.indices, strength.indptr),
        shape=strength.shape,
    )


def best_of_column(strength: sparse.csr_array) -> sparse.csr_array:
    """Keep the largest of each column as a share: 1, or 1/n where n are equal."""
    best = np.zeros(strength.shape[1])
    np.maximum.at(best, strength.indices, strength.data)
    coo = strength.tocoo()
    is_best = (coo.data > 0) & (coo.data == best[coo.col])
    rows, columns = coo.row[is_best], coo.col[is_best]
    n_best = np.bincount(columns, minlength=strength.shape[1])
    return sparse.csr_array((1.0 / n_best[columns], (rows, columns)), shape=strength.shape)


def _strongest(tile: NDArray[np.intp], strength: Floats, limit: int) -> NDArray[np.intp]:
    """Positions of the `limit` largest of each tile; of equals, the first cell."""
    order = np.lexsort((-strength, tile))
    ranked = tile[order]
    starts = np.searchsorted(ranked, ranked, side="left")
    return np.sort(order[np.arange(len(order)) - starts < limit])
