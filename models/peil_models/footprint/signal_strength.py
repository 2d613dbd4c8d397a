"""Footprint by signal dominance, and its simplification to the best server.

Other footprints have modules of their own; formulas are in `propagation`, the plan in `plan`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields
from typing import Self

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.base import BaseEstimator

from peil_models.footprint import plan as cell_plan
from peil_models.footprint.columns import best_of_column, share_of_column, strongest_of_column
from peil_models.footprint.reach import Pairs, pairs_in_reach, tiles_at_once


class FootprintSignalStrength(BaseEstimator):  # type: ignore[misc, unused-ignore]
    """Probability that a device in a tile is served by a cell, from the strength of its signal.

    Signal in dBm = power - distance loss - angular losses; dominance = logistic in the signal;
    connection probability = dominance of a cell over the sum of dominance at the tile [1]_.

    Parameters
    ----------
    path_loss_exponent, small_path_loss_exponent : float in (0, inf), default=3.75, 6.0
        Decay with distance of normal and small cells; a cell's own value in the plan wins.
    open_path_loss_exponent, dense_path_loss_exponent : float in (0, inf), default=None
        Decay over open and over built-up land, 3.5 and 4 where published; both or none. Given, a
        normal cell without a value of its own takes the mean over the tiles within `surroundings_m`
        of it, by their `dense_share`, instead of `path_loss_exponent`.
    surroundings_m : float in [0, inf), default=1000.0
        What counts as the surroundings of a cell. Unit: metres.
    midpoint_dbm : float in (-inf, inf), default=-92.5
        Signal whose dominance is 1/2; a cell's own value in the plan wins. Unit: dBm.
    steepness : float in (0, inf), default=0.2
        Of the logistic from signal to dominance; a cell's own value wins. Unit: 1/dBm.
    dominance_threshold : float in [0, 1], default=0.005
        Less is no coverage.
    antenna_height_m, small_antenna_height_m : float in [0, inf), default=30.0, 8.0
        Above the ground, where the plan is silent (as are all that follow). Unit: metres.
    power_w, small_power_w : float in (0, inf), default=10.0, 5.0
        Unit: watts.
    range_m, small_range_m : float in (0, inf), default=10000.0, 1000.0
        Cut-off over the ground. Unit: metres.
    tilt_deg : float in [-90, 90], default=5.0
        Downwards positive. Unit: degrees.
    beam_horizontal_deg, beam_vertical_deg : float in (0, 360], default=65.0, 9.0
        Full width at -3 dB. Unit: degrees.
    back_attenuation_horizontal_db : float in (-inf, 0), default=-30.0
        Loss behind the antenna, around the mast. Unit: dB.
    back_attenuation_vertical_db : float in (-inf, 0), default=-30.0
        The same from top to bottom. Unit: dB.
    max_cells_per_tile : int in [1, inf), default=None
        Keep only the strongest cells of a tile; None keeps all.
    chunk_tiles : int in [1, inf), default=4096
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
    A missing azimuth means omnidirectional. Not identified: midpoint and
    transmitted power, which shift together; `calibrate_footprint` says what counts add.

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
        open_path_loss_exponent: float | None = None,
        dense_path_loss_exponent: float | None = None,
        surroundings_m: float = 1_000.0,
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
        self.open_path_loss_exponent = open_path_loss_exponent
        self.dense_path_loss_exponent = dense_path_loss_exponent
        self.surroundings_m = surroundings_m
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
        plan = self._plan(cells, tiles)
        self._keep(self._dominance(plan, tiles))
        self.imputed_ = plan.imputed
        self.n_unplaced_ = int((~plan.is_placed).sum())
        return self

    def stream(
        self, cells: pd.DataFrame, parts: Iterable[pd.DataFrame]
    ) -> Iterator[sparse.csr_array]:
        """Connection probability of one part of the tiles after the other, for a whole country.

        Nothing is kept: memory is that of a part. A tile's column needs no other tile, so the parts
        put side by side are what `fit` gives of all tiles.

        Parameters
        ----------
        cells : DataFrame
            As for `fit`, with altitude_m, and path_loss_exponent where it is to follow land use:
            a part does not know the land around every cell (`plan.with_surroundings` fills both).
        parts : iterable of DataFrame
            Tiles as for `fit`, best in compact blocks: only cells in reach of a part are worked on.

        Yields
        ------
        csr_array of shape (n_cells, n_tiles of the part)

        Raises
        ------
        ValueError
            As `fit`; a placed cell without altitude_m, with its row.

        Examples
        --------
        >>> cells = pd.DataFrame({"x_m": [0.0, 4000.0], "y_m": 0.0, "altitude_m": 0.0})
        >>> parts = [pd.DataFrame({"x_m": [x], "y_m": [0.0]}) for x in (1000.0, 2000.0)]
        >>> footprint = FootprintSignalStrength()
        >>> [part.toarray()[0].round(3) for part in footprint.stream(cells, parts)]
        [array([0.619]), array([0.5])]
        """
        is_unknown = np.isnan(cell_plan.numbers(cells, "altitude_m"))
        is_unknown &= np.isfinite(cell_plan.numbers(cells, "x_m"))
        if is_unknown.any():
            raise ValueError(f"cells.altitude_m is missing (first at row {is_unknown.argmax()})")
        for part in parts:
            cell_plan.check_tiles(part)
            plan = cell_plan.complete(cells, part, self.defaults())
            yield self._of_dominance(self._dominance(plan, part))

    def _plan(self, cells: pd.DataFrame, tiles: pd.DataFrame) -> cell_plan.Plan:
        exponents = (self.open_path_loss_exponent, self.dense_path_loss_exponent)
        if None in exponents and exponents != (None, None):
            raise ValueError("open_path_loss_exponent and dense_path_loss_exponent: both or none")
        if exponents[0] is not None and exponents[1] is not None:
            cells = cell_plan.with_surroundings(
                cells, tiles, exponents[0], exponents[1], self.surroundings_m
            )
        return cell_plan.complete(cells, tiles, self.defaults())

    def _dominance(self, plan: cell_plan.Plan, tiles: pd.DataFrame) -> sparse.csr_array:
        """Dominance of every cell in every tile, chunk by chunk."""
        chunks: list[sparse.csc_array] = []
        n_cells, n_tiles = len(plan.x_m), len(tiles)
        at_once = tiles_at_once(n_cells, self.chunk_tiles)
        for number, pairs in enumerate(self.pairs(plan, tiles)):
            first = number * at_once
            width = min(at_once, n_tiles - first)
            strength = pairs.dominance(
                plan.path_loss_exponent,
                (plan.midpoint_dbm, self.midpoint_dbm),
                (plan.steepness, self.steepness),
            )
            covers = strength >= self.dominance_threshold
            cell, tile, value = pairs.cell[covers], pairs.tile[covers] - first, strength[covers]
            if self.max_cells_per_tile is not None:
                strongest = strongest_of_column(tile, value, self.max_cells_per_tile)
                cell, tile, value = cell[strongest], tile[strongest], value[strongest]
            chunks.append(sparse.csc_array((value, (cell, tile)), shape=(n_cells, width)))
        return sparse.csr_array(sparse.hstack(chunks, format="csc"))

    def defaults(self) -> cell_plan.Defaults:
        """Values of a cell whose plan has none, from the parameters."""
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
            chunk_tiles=tiles_at_once(len(plan.x_m), self.chunk_tiles),
        )

    def _keep(self, strength: sparse.csr_array) -> None:
        self.dominance_ = strength
        self.connection_probability_ = self._of_dominance(strength)

    def _of_dominance(self, strength: sparse.csr_array) -> sparse.csr_array:
        return share_of_column(strength)


class FootprintBestServer(FootprintSignalStrength):
    """Every tile belongs to the cell with the strongest signal there; ties share it.

    Parameters and attributes as `FootprintSignalStrength`; each covered column of
    `connection_probability_` has one entry of 1 (or n of 1/n where n cells are equal).

    Notes
    -----
    Assumes that a device always uses the strongest cell. Stands between Voronoi, which knows only
    positions, and signal strength, which lets cells overlap. Not identified: where within its area
    a device of the cell is.

    References
    ----------
    Tennekes & Gootzen (2022), J. Spatial Information Science 25. doi:10.5311/JOSIS.2022.25.166

    Examples
    --------
    >>> cells = pd.DataFrame({"cell_id": ["a", "b"], "x_m": [0.0, 4000.0], "y_m": [0.0, 0.0]})
    >>> tiles = pd.DataFrame({"x_m": [1000.0, 2000.0], "y_m": [0.0, 0.0]})
    >>> FootprintBestServer().fit(cells, tiles).connection_probability_.toarray()
    array([[1. , 0.5],
           [0. , 0.5]])
    """

    def _of_dominance(self, strength: sparse.csr_array) -> sparse.csr_array:
        return best_of_column(strength)
