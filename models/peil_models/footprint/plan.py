"""The cell plan as arrays: missing fields take their default and are counted.

Completing and checking a plan belongs here; delivery formats are read elsewhere, before.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from peil_models.footprint.propagation import Floats, angular_sigma, power_dbm

SMALL_CELL_TYPES = ("micro", "pico", "femto")


@dataclass(frozen=True)
class Defaults:
    """Values of a cell whose plan has none. Units in the names."""

    antenna_height_m: float
    small_antenna_height_m: float
    power_w: float
    small_power_w: float
    range_m: float
    small_range_m: float
    path_loss_exponent: float
    small_path_loss_exponent: float
    tilt_deg: float
    beam_horizontal_deg: float
    beam_vertical_deg: float
    back_attenuation_horizontal_db: float
    back_attenuation_vertical_db: float


@dataclass(frozen=True)
class Plan:
    """A complete plan, one element per cell; `has_own_exponent` marks exponents of the plan.

    Midpoint and steepness are NaN where the plan has none: those of the footprint hold.
    """

    x_m: Floats
    y_m: Floats
    z_m: Floats
    level_dbm: Floats
    path_loss_exponent: Floats
    has_own_exponent: NDArray[np.bool_]
    midpoint_dbm: Floats
    steepness: Floats
    is_small: NDArray[np.bool_]
    range_m: Floats
    is_directional: NDArray[np.bool_]
    azimuth_deg: Floats
    tilt_deg: Floats
    sigma_horizontal_deg: Floats
    sigma_vertical_deg: Floats
    is_placed: NDArray[np.bool_]
    imputed: dict[str, int]


def numbers(frame: pd.DataFrame, column: str) -> Floats:
    """Read a column as floats, NaN where it or a value is missing."""
    if column not in frame:
        return np.full(len(frame), np.nan)
    values = pd.to_numeric(frame[column]).to_numpy(dtype=np.float64, na_value=np.nan)
    return np.array(values, dtype=np.float64)


def check_tiles(tiles: pd.DataFrame) -> None:
    """Refuse tiles without a position or with one that is not a number."""
    for column in ("x_m", "y_m"):
        if column not in tiles:
            raise ValueError(f"tiles has no column {column}")
        is_bad = ~np.isfinite(numbers(tiles, column))
        if is_bad.any():
            raise ValueError(f"tiles.{column} is not a number (first at row {is_bad.argmax()})")
    if len(tiles) == 0:
        raise ValueError("tiles has no rows")


def elevation_m(tiles: pd.DataFrame) -> Floats:
    """Terrain at each tile, 0 where unknown. Unit: metres."""
    return np.nan_to_num(numbers(tiles, "elevation_m"), nan=0.0)


def with_surroundings(
    cells: pd.DataFrame,
    tiles: pd.DataFrame,
    open_exponent: float,
    dense_exponent: float,
    surroundings_m: float,
) -> pd.DataFrame:
    """Fill altitude_m and path_loss_exponent of a plan from the land around each cell.

    Parameters
    ----------
    cells : DataFrame with columns x_m, y_m
        Values it has stay; small cells keep their own exponent.
    tiles : DataFrame with columns x_m, y_m, dense_share and optionally elevation_m
        Unit of dense_share: share of the tile that is built-up, 0 to 1.
    open_exponent, dense_exponent : float
        Path-loss exponent where nothing and where everything is built-up.
    surroundings_m : float
        Tiles this near count alike; the nearest tile where there is none. Unit: metres.

    Raises
    ------
    ValueError
        No dense_share, or one outside 0 to 1, with its row.

    Examples
    --------
    >>> tiles = pd.DataFrame({"x_m": [0.0, 100.0], "y_m": 0.0, "dense_share": [0.0, 1.0]})
    >>> cells = pd.DataFrame({"x_m": [50.0], "y_m": 0.0})
    >>> with_surroundings(cells, tiles, 3.5, 4.0, 1000.0)["path_loss_exponent"].tolist()
    [3.75]
    """
    check_tiles(tiles)
    if "dense_share" not in tiles:
        raise ValueError("tiles has no column dense_share, which path loss by land use needs")
    dense = numbers(tiles, "dense_share")
    is_bad = ~((dense >= 0) & (dense <= 1))
    if is_bad.any():
        raise ValueError(f"tiles.dense_share is not a share (first at row {is_bad.argmax()})")
    filled = cells.copy()
    points = np.column_stack([numbers(cells, "x_m"), numbers(cells, "y_m")])
    is_placed = np.isfinite(points).all(axis=1)
    tree = cKDTree(np.column_stack([numbers(tiles, "x_m"), numbers(tiles, "y_m")]))
    near = tree.query_ball_point(points[is_placed], surroundings_m, return_sorted=True)
    nearest = np.asarray(tree.query(points[is_placed])[1])
    around = [
        dense[at].mean() if at else dense[closest]
        for at, closest in zip(near, nearest, strict=True)
    ]
    exponent, terrain = np.full(len(cells), np.nan), np.full(len(cells), np.nan)
    exponent[is_placed] = open_exponent + (dense_exponent - open_exponent) * np.array(around)
    terrain[is_placed] = elevation_m(tiles)[nearest]
    if "cell_type" in cells:
        exponent[cells["cell_type"].isin(SMALL_CELL_TYPES).to_numpy(dtype=bool)] = np.nan
    for column, values in (("path_loss_exponent", exponent), ("altitude_m", terrain)):
        given = numbers(cells, column)
        filled[column] = np.where(np.isnan(given), values, given)
    return filled


def complete(cells: pd.DataFrame, tiles: pd.DataFrame, defaults: Defaults) -> Plan:
    """Fill the plan.

    Parameters
    ----------
    cells : DataFrame with columns x_m, y_m and any columns of `raw.cells`
        On the plane of the tiles. A cell without a position is kept, marked as not placed.
    tiles : DataFrame with columns x_m, y_m and optionally elevation_m
    defaults : Defaults

    Returns
    -------
    Plan
        `imputed` counts the cells that took a default, per field they needed.

    Raises
    ------
    ValueError
        A number of the plan that cannot be (a power, range, beam or steepness of 0 or less).
    """
    imputed: dict[str, int] = {}
    x, y = numbers(cells, "x_m"), numbers(cells, "y_m")
    is_placed = np.isfinite(x) & np.isfinite(y)
    everywhere = np.ones(len(cells), dtype=bool)

    def field(column: str, otherwise: float | Floats, needed: NDArray[np.bool_]) -> Floats:
        values = numbers(cells, column)
        is_missing = np.isnan(values)
        imputed[column] = int((is_missing & needed).sum())
        return np.where(is_missing, otherwise, values)

    if "cell_type" in cells:
        kind = cells["cell_type"].astype("object")
        imputed["cell_type"] = int(kind.isna().sum())
        is_small = kind.isin(SMALL_CELL_TYPES).to_numpy(dtype=bool)
    else:
        imputed["cell_type"] = len(cells)
        is_small = np.zeros(len(cells), dtype=bool)

    azimuth = numbers(cells, "azimuth_deg")
    claims = np.full(len(cells), np.nan)
    if "is_directional" in cells:
        claims = cells["is_directional"].astype("Float64").to_numpy(np.float64, na_value=np.nan)
    has_azimuth = ~np.isnan(azimuth)
    imputed["azimuth_deg"] = int(((claims == 1) & ~has_azimuth).sum())
    is_directional = has_azimuth & (claims != 0)

    def sized(column: str, needed: NDArray[np.bool_] = everywhere) -> Floats:
        large, small = getattr(defaults, column), getattr(defaults, f"small_{column}")
        return field(column, np.where(is_small, small, large), needed)

    terrain = numbers(cells, "altitude_m")
    if np.isnan(terrain[is_placed]).any():
        nearest = np.zeros(len(cells))
        points = np.column_stack([numbers(tiles, "x_m"), numbers(tiles, "y_m")])
        _, at = cKDTree(points).query(np.column_stack([x, y])[is_placed])
        nearest[is_placed] = elevation_m(tiles)[at]
        terrain = field("altitude_m", nearest, is_placed)
    else:
        imputed["altitude_m"] = 0

    power, reach = sized("power_w"), sized("range_m")
    height = sized("antenna_height_m")
    tilt = field("tilt_deg", defaults.tilt_deg, is_directional)
    beams_h = field("beam_horizontal_deg", defaults.beam_horizontal_deg, is_directional)
    beams_v = field("beam_vertical_deg", defaults.beam_vertical_deg, is_directional)
    steepness = numbers(cells, "steepness")
    for column, values in (
        ("steepness", np.nan_to_num(steepness, nan=1.0)),
        ("power_w", power),
        ("range_m", reach),
        ("beam_horizontal_deg", beams_h),
        ("beam_vertical_deg", beams_v),
    ):
        is_bad = ~(values > 0)
        if is_bad.any():
            raise ValueError(f"cells.{column} is not above 0 (first at row {is_bad.argmax()})")
    exponent = numbers(cells, "path_loss_exponent")
    has_own = ~np.isnan(exponent)
    exponent = np.where(
        has_own,
        exponent,
        np.where(is_small, defaults.small_path_loss_exponent, defaults.path_loss_exponent),
    )
    return Plan(
        x_m=x,
        y_m=y,
        z_m=terrain + height,
        level_dbm=power_dbm(power),
        path_loss_exponent=exponent,
        has_own_exponent=has_own,
        midpoint_dbm=numbers(cells, "midpoint_dbm"),
        steepness=steepness,
        is_small=is_small,
        range_m=reach,
        is_directional=is_directional,
        azimuth_deg=np.where(is_directional, azimuth, 0.0),
        tilt_deg=tilt,
        sigma_horizontal_deg=_sigmas(beams_h, defaults.back_attenuation_horizontal_db),
        sigma_vertical_deg=_sigmas(beams_v, defaults.back_attenuation_vertical_db),
        is_placed=is_placed,
        imputed=imputed,
    )


def _sigmas(beams_deg: Floats, back_db: float) -> Floats:
    beams, at = np.unique(beams_deg, return_inverse=True)
    return np.array([angular_sigma(float(beam), back_db) for beam in beams])[at]
