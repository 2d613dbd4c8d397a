"""Land use and elevation of tiles, from the table of tiles or from GeoTIFF."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from peil.area.tiling import LAND_USE, Lattice
from peil.charter.area_schema import Area, LandUse
from peil.outcome import Refused

ALIKE = "none: every tile is alike"
Floats = NDArray[np.float32]


def landscape(
    tiles: pd.DataFrame, lattice: Lattice, charter_area: Area, folder: Path
) -> tuple[pd.DataFrame, str]:
    """Tiles with elevation and land use, and where the land use is from.

    What a raster does not say is 0; without any land use every tile is residential alike.
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
        said_nothing = np.isnan(block)
        return [
            np.where(said_nothing, np.nan, np.isin(block, land_use.classes[kind])).astype(
                np.float32
            )
            for kind in kinds
        ]

    return dict(
        zip(kinds, onto_tiles(folder / land_use.path, lattice, split, len(kinds)), strict=True)
    )


def _require_shares(share: Floats, path: str) -> Floats:
    if np.nanmin(share) < -1e-6 or np.nanmax(share) > 1 + 1e-6:
        raise Refused(
            f"{Path(path).name} holds no shares from 0 to 1: say in `area.land_use.whole` which "
            "value is a share of one."
        )
    return share
