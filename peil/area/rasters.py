"""Land use and elevation from GeoTIFF onto tiles, block by block."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.crs import CRS
from rasterio.errors import RasterioError
from rasterio.transform import from_origin
from rasterio.warp import Resampling, reproject, transform_bounds
from rasterio.windows import Window, from_bounds

from peil.area.files import require_file
from peil.area.tiling import Lattice
from peil.outcome import Refused

BLOCK = 512  # tiles a side that are held at once
Layers = Callable[[NDArray[np.float32]], list[NDArray[np.float32]]]
PLAIN = CRS.from_epsg(3857)  # stands for any plane that is the same on both sides


def onto_tiles(file: Path, lattice: Lattice, layers: Layers, n_layers: int) -> NDArray[np.float32]:
    """Mean of each layer within each tile.

    Parameters
    ----------
    file : Path
        GeoTIFF; its first band is read, in any coordinate reference system.
    layers : function
        Makes of a block of the raster (NaN where it says nothing) the layers to average.

    Returns
    -------
    ndarray of shape (n_layers, n_rows, n_columns)
        Rows from south to north; NaN where the raster says nothing.

    Raises
    ------
    Refused
        No raster, one without a reference system, or one that lies elsewhere.
    """
    require_file(file)
    values = np.full((n_layers, lattice.n_rows, lattice.n_columns), np.nan, dtype=np.float32)
    try:
        with rasterio.open(file) as raster:
            if raster.crs is None and lattice.crs != "local":
                raise Refused(
                    f"{file.name} does not say its coordinate reference system: have it "
                    "delivered with one."
                )
            for row in range(0, lattice.n_rows, BLOCK):
                for column in range(0, lattice.n_columns, BLOCK):
                    part = lattice.block(row, column, BLOCK)
                    values[:, row : row + part.n_rows, column : column + part.n_columns] = _block(
                        raster, part, layers, n_layers
                    )
    except RasterioError:
        raise Refused(
            f"{file.name} cannot be read: it is empty, damaged or no GeoTIFF; "
            "have it delivered again."
        ) from None
    if not np.isfinite(values).any():
        raise Refused(f"{file.name} lies elsewhere: it says nothing of the charter's area.")
    return values


def _block(
    raster: rasterio.DatasetReader, part: Lattice, layers: Layers, n_layers: int
) -> NDArray[np.float32]:
    plane = PLAIN if part.crs == "local" else CRS.from_user_input(part.crs)
    origin = PLAIN if part.crs == "local" else raster.crs
    empty = np.full((n_layers, part.n_rows, part.n_columns), np.nan, dtype=np.float32)
    wanted = transform_bounds(plane, origin, *part.bounds())
    window = from_bounds(*wanted, transform=raster.transform)
    left, top = int(np.floor(window.col_off)) - 1, int(np.floor(window.row_off)) - 1
    right = int(np.ceil(window.col_off + window.width)) + 1
    below = int(np.ceil(window.row_off + window.height)) + 1
    left, top = max(left, 0), max(top, 0)
    right, below = min(right, raster.width), min(below, raster.height)
    if right <= left or below <= top:
        return empty
    window = Window(left, top, right - left, below - top)
    values = raster.read(1, window=window, masked=True).astype(np.float32).filled(np.nan)
    north_up = from_origin(part.x_min_m, part.y_max_m, part.tile_m, part.tile_m)
    for number, layer in enumerate(layers(values)):
        target = np.full((part.n_rows, part.n_columns), np.nan, dtype=np.float32)
        reproject(
            layer,
            target,
            src_transform=raster.window_transform(window),
            src_crs=origin,
            src_nodata=np.nan,
            dst_transform=north_up,
            dst_crs=plane,
            dst_nodata=np.nan,
            resampling=Resampling.average,
        )
        empty[number] = target[::-1]
    return empty
