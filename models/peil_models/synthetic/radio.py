"""Radio as it is in the simulation: fading, errors of power, load.

No estimator may import it: it is the truth they are tested on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import brentq

from peil_models.synthetic.country import N_COLUMNS, N_ROWS, TILE_M, X_MIN_M, Y_MIN_M, Country
from peil_models.synthetic.streams import exponential_fields, stream

Floats = NDArray[Any]
PIXEL_M = 50.0
PER_TILE = int(TILE_M / PIXEL_M)
SHAPE = (N_ROWS * PER_TILE, N_COLUMNS * PER_TILE)


@dataclass(frozen=True)
class Physics:
    """What is true of radio here and written in no plan. Units: dB and metres, unless said.

    Parameters
    ----------
    shadow_sd_db, shadow_sd_spread_db : float
        Standard deviation of log-normal shadowing; each mast has its own, evenly drawn within the
        spread on either side.
    shadow_correlation_m : float
        Distance over which the correlation of shadowing falls by e.
    shadow_between_masts : float
        Correlation of the shadowing of two masts at one place, 0 to 1.
    power_error_share : float
        Standard deviation of a cell's power in watt, relative to the plan.
    exponent_open, exponent_dense, exponent_small : float
        Path-loss exponent in the open, where it is built up, and of small cells.
    is_3gpp : bool
        Parabolic antenna patterns with a floor [1]_, in place of Gaussian ones.
    back_db, side_lobe_db : float
        Most that an antenna loses at its back; with 3GPP patterns, and above and below its beam.
    n_candidates : int
        Cells that a device can be served by at a place: the strongest.
    hysteresis_db, hysteresis_spread_db : float
        How much better another cell must be; each serving cell has its own, evenly drawn within
        the spread on either side.
    fast_fading_sd_db : float
        Standard deviation from one record to the next.
    load_db_per_doubling, load_limit_db : float
        How much less attractive a cell becomes when its load doubles, and at most.

    References
    ----------
    .. [1] 3GPP TR 36.814 v9.2.0, table A.2.1.1-2; same form in 3GPP TR 38.901, table 7.3-1.

    Examples
    --------
    >>> Physics(shadow_sd_db=0.0).hysteresis_db
    3.0
    """

    shadow_sd_db: float = 7.0
    shadow_correlation_m: float = 50.0
    power_error_share: float = 0.02
    exponent_open: float = 3.5
    exponent_dense: float = 4.0
    exponent_small: float = 5.4
    back_db: float = -30.0
    n_candidates: int = 8
    hysteresis_db: float = 3.0
    fast_fading_sd_db: float = 2.5
    load_db_per_doubling: float = 1.5
    load_limit_db: float = 4.0
    shadow_sd_spread_db: float = 0.0
    shadow_between_masts: float = 0.0
    hysteresis_spread_db: float = 0.0
    is_3gpp: bool = False
    side_lobe_db: float = -20.0


@dataclass(frozen=True)
class Radio:
    """The strongest cells of every pixel of 50 m.

    Attributes
    ----------
    cell : ndarray of int16, shape (n_pixels, n_candidates)
        Cell numbers, strongest first. Pixels go row by row from the south-west.
    power_dbm : ndarray of float32, shape (n_pixels, n_candidates)
        Received power.
    x_m, y_m : ndarray of shape (n_cells,)
        True positions of the cells.
    has_timing : ndarray of bool, shape (n_cells,)
        Whether the cell measures timing advance.
    physics : Physics
    """

    cell: NDArray[Any]
    power_dbm: NDArray[Any]
    x_m: Floats
    y_m: Floats
    has_timing: NDArray[Any]
    physics: Physics

    @property
    def n_cells(self) -> int:
        """Cells of the network."""
        return len(self.x_m)


def pixel_at(x_m: Floats, y_m: Floats) -> NDArray[Any]:
    """Pixel number of each position, -1 outside the grid."""
    column = np.floor((x_m - X_MIN_M) / PIXEL_M).astype(np.int32)
    row = np.floor((y_m - Y_MIN_M) / PIXEL_M).astype(np.int32)
    inside = (column >= 0) & (column < SHAPE[1]) & (row >= 0) & (row < SHAPE[0])
    return np.where(inside, row * SHAPE[1] + column, -1).astype(np.int32)


def _width(beam_deg: float, back_db: float) -> float:
    """Spread of the antenna pattern that loses 3 dB at half the beam, in degrees."""

    def excess(spread: float) -> float:
        return float(_loss(np.array([beam_deg / 2]), spread, back_db)[0]) + 3.0

    return float(brentq(excess, 0.5, 180.0))


def _loss(angle_deg: Floats, spread: float, back_db: float) -> Floats:
    whole = 1 - np.exp(-(180.0**2) / (2 * spread**2))
    loss: Floats = back_db * (1 - np.exp(-(angle_deg**2) / (2 * spread**2))) / whole
    return loss


def shadowing(cells: pd.DataFrame, world_seed: int, physics: Physics) -> dict[int, NDArray[Any]]:
    """Shadow fading in dB per site, shape of the pixel grid: sectors of one mast share it."""
    reach = physics.shadow_correlation_m
    fields = exponential_fields(stream(world_seed, "shadow"), SHAPE, PIXEL_M, reach)
    sites = sorted(int(site) for site in cells["site"].unique())
    spread = stream(world_seed, "shadow deviation").uniform(-1, 1, len(sites))
    scales = (physics.shadow_sd_db + physics.shadow_sd_spread_db * spread).astype(np.float32)
    if physics.shadow_between_masts == 0:
        return {site: scale * next(fields) for site, scale in zip(sites, scales, strict=True)}
    alike, own = np.sqrt([physics.shadow_between_masts, 1 - physics.shadow_between_masts])
    everywhere = exponential_fields(stream(world_seed, "shadow of all"), SHAPE, PIXEL_M, reach)
    of_place = np.float32(alike) * next(everywhere)
    return {
        site: scale * (of_place + np.float32(own) * next(fields))
        for site, scale in zip(sites, scales, strict=True)
    }


def parabolic(side_deg: Floats, down_deg: Floats, cell: dict[Any, Any], physics: Physics) -> Floats:
    """Loss of a 3GPP antenna in dB, not positive, at angles from the middle of its beam."""
    side = 12 * (side_deg / cell["beam_horizontal_deg"]) ** 2
    down = 12 * (down_deg / cell["beam_vertical_deg"]) ** 2
    both = np.minimum(side, -physics.back_db) + np.minimum(down, -physics.side_lobe_db)
    loss: Floats = -np.minimum(both, -physics.back_db)
    return loss


def make_radio(
    country: Country, cells: pd.DataFrame, world_seed: int, physics: Physics | None = None
) -> Radio:
    """Work out what every pixel receives of every cell, and keep its strongest cells.

    Parameters
    ----------
    country : Country
    cells : DataFrame
        Cells as `make_network` plans them, or as they truly are where the make errs more; power
        is off by a few percent in either case.
    world_seed : int
    physics : Physics, optional

    Notes
    -----
    Path loss ``10 * exponent * log10(r)``, the exponent by the land use where the phone is,
    antenna pattern as published [1]_, shadow fading per mast, and an error of power per cell.

    References
    ----------
    .. [1] Tennekes & Gootzen (2022), J. Spatial Information Science 25.
       doi:10.5311/JOSIS.2022.25.166
    """
    physics = physics or Physics()
    rows, columns = np.mgrid[: SHAPE[0], : SHAPE[1]]
    x = (X_MIN_M + (columns.ravel() + 0.5) * PIXEL_M).astype(np.float64)
    y = (Y_MIN_M + (rows.ravel() + 0.5) * PIXEL_M).astype(np.float64)
    tile = country.tile_at(x, y)
    land = country.tiles
    built = (land["building"] + land["residential"]).to_numpy()[tile] / 0.6
    exponent = physics.exponent_open + built.clip(0, 1) * (
        physics.exponent_dense - physics.exponent_open
    )
    ground = land["elevation_m"].to_numpy()[tile]
    error = stream(world_seed, "power").normal(1.0, physics.power_error_share, len(cells))
    shadow = shadowing(cells, world_seed, physics)
    spreads = {beam: _width(beam, physics.back_db) for beam in (65.0, 9.0)}
    received = np.empty((len(cells), x.size), dtype=np.float32)
    for number, cell in enumerate(cells.to_dict("records")):
        dx, dy = x - cell["x_m"], y - cell["y_m"]
        dz = cell["altitude_m"] + cell["antenna_height_m"] - ground
        flat = np.hypot(dx, dy)
        loss = np.log10(np.maximum(np.hypot(flat, dz), 1.0))
        loss *= 10 * (exponent if cell["cell_type"] == "macro" else physics.exponent_small)
        power = 10 * np.log10(cell["power_w"] * error[number]) + 30 - loss
        if cell["is_directional"]:
            turn = np.arctan2(dx, dy) - np.radians(cell["azimuth_deg"])
            down = np.degrees(np.arctan2(dz, flat)) - cell["tilt_deg"]
        if cell["is_directional"] and physics.is_3gpp:
            side = (np.degrees(turn) + 180) % 360 - 180
            power += parabolic(side, down, cell, physics)
        elif cell["is_directional"]:
            tilt = np.radians(cell["tilt_deg"])
            side = np.arctan2(
                flat * np.sin(turn), flat * np.cos(turn) * np.cos(tilt) + dz * np.sin(tilt)
            )
            power += _loss(np.degrees(side), spreads[65.0], physics.back_db)
            power += _loss(down, spreads[9.0], physics.back_db)
        received[number] = power + shadow[int(cell["site"])].ravel()
    n_candidates = physics.n_candidates
    best = np.empty((x.size, n_candidates), dtype=np.int16)
    power_dbm = np.empty((x.size, n_candidates), dtype=np.float32)
    for start in range(0, x.size, 10_000):  # in pieces, since argsort needs room
        part = received[:, start : start + 10_000].T
        top = np.argpartition(-part, n_candidates, axis=1)[:, :n_candidates]
        order = np.argsort(-np.take_along_axis(part, top, 1), axis=1, kind="stable")
        top = np.take_along_axis(top, order, 1)
        best[start : start + len(top)] = top
        power_dbm[start : start + len(top)] = np.take_along_axis(part, top, 1)
    return Radio(
        best,
        power_dbm,
        cells["x_m"].to_numpy(),
        cells["y_m"].to_numpy(),
        (cells["technology"] == "LTE").to_numpy(),
        physics,
    )
