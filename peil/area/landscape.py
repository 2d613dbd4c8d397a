"""Land use and elevation of tiles: from the table of tiles, from GeoTIFF, or alike everywhere.

How a raster is averaged over tiles is in `peil.area.rasters`; here is decided which source is used
and what stands where it holds no value.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from peil.area.tiling import LAND_USE, Lattice
from peil.charter.area_schema import AreaInput, LandUse
from peil.outcome import Refused

ALIKE = "none: every tile is alike"
ROUNDING = 1e-6  # shares of a raster in single precision may pass their bounds by this much
Floats = NDArray[np.float32]


def landscape(
    tiles: pd.DataFrame, lattice: Lattice, charter_area: AreaInput, folder: Path
) -> tuple[pd.DataFrame, str]:
    """Give each tile an elevation and a share of every kind of land use.

    Where a raster holds no value the tile gets 0; without any land use all tiles are residential.

    Parameters
    ----------
    tiles : DataFrame
        One row per tile, with its centre `x_m`, `y_m` in m on the plane of `lattice`.
    folder : Path
        What the charter's paths are relative to.

    Returns
    -------
    tuple
        The tiles with `elevation_m` (m) and `LAND_USE` (shares, 0 to 1), and where the land use is
        from, in words for the metadata of a release.

    Raises
    ------
    Refused
        A raster is missing, lies elsewhere, or holds no shares.
    """
    place = lattice.places(*tiles[["x_m", "y_m"]].to_numpy(dtype=float).T)
    if charter_area.elevation:
        from peil.area.rasters import onto_tiles  # GDAL only where there is a raster

        height = onto_tiles(folder / charter_area.elevation, lattice, lambda block: [block], 1)[0]
        tiles["elevation_m"] = height[place].astype(float)
    if "elevation_m" not in tiles:
        tiles["elevation_m"] = 0.0
    tiles["elevation_m"] = tiles["elevation_m"].astype(float).fillna(0.0)
    origin = "as delivered"
    if charter_area.land_use is not None:
        for kind, share in _shares(lattice, charter_area.land_use, folder).items():
            tiles[kind] = share[place].astype(float)
    elif LAND_USE[0] not in tiles:
        for kind in LAND_USE:
            tiles[kind] = float(kind == "residential")
        origin = ALIKE
    for kind in LAND_USE:
        if kind not in tiles:
            tiles[kind] = 0.0
        tiles[kind] = tiles[kind].astype(float).fillna(0.0)
    return tiles, origin


def _shares(lattice: Lattice, land_use: LandUse, folder: Path) -> dict[str, Floats]:
    """Share of each kind within each tile, by rows and columns of the lattice."""
    from peil.area.rasters import onto_tiles

    if land_use.path is None:
        return {
            kind: _require_shares(
                onto_tiles(folder / path, lattice, lambda block: [block / land_use.whole], 1)[0],
                path,
            )
            for kind, path in land_use.shares.items()
        }
    kinds = list(land_use.classes)

    def split(block: Floats) -> list[Floats]:
        is_empty = np.isnan(block)
        return [
            np.where(is_empty, np.nan, np.isin(block, land_use.classes[kind])).astype(np.float32)
            for kind in kinds
        ]

    return dict(
        zip(kinds, onto_tiles(folder / land_use.path, lattice, split, len(kinds)), strict=True)
    )


def _require_shares(share: Floats, path: str) -> Floats:
    """Refuse values outside 0 to 1, but for rounding."""
    if np.nanmin(share) < -ROUNDING or np.nanmax(share) > 1 + ROUNDING:
        raise Refused(
            f"{Path(path).name} holds no shares from 0 to 1: say in `area.land_use.whole` which "
            "value is a share of one."
        )
    return share
