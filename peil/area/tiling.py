"""Tiles: a lattice of squares on the plane, each in the zone that its centre lies in."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from peil.area.files import read_reference
from peil.charter.area_schema import Bounds, TileFile
from peil.outcome import Refused

LAND_USE = ["building", "residential", "forest", "water", "roads"]
MOST_TILES = 60_000_000  # of a lattice; 350 000 km² of 100 m tiles in its rectangle fit


@dataclass(frozen=True)
class Lattice:
    """Squares of `tile_m` from the lower left corner on; rows go from south to north."""

    crs: str
    x_min_m: float
    y_min_m: float
    tile_m: float
    n_columns: int
    n_rows: int

    @property
    def y_max_m(self) -> float:
        return self.y_min_m + self.n_rows * self.tile_m

    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north in m."""
        east = self.x_min_m + self.n_columns * self.tile_m
        return self.x_min_m, self.y_min_m, east, self.y_max_m

    def block(self, row: int, column: int, size: int) -> Lattice:
        """The part that starts at a row and column, at most `size` tiles a side."""
        return Lattice(
            self.crs,
            self.x_min_m + column * self.tile_m,
            self.y_min_m + row * self.tile_m,
            self.tile_m,
            min(size, self.n_columns - column),
            min(size, self.n_rows - row),
        )

    def centres(
        self, rows: NDArray[np.intp], columns: NDArray[np.intp]
    ) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
        """x and y of tiles in m."""
        return (
            self.x_min_m + (columns + 0.5) * self.tile_m,
            self.y_min_m + (rows + 0.5) * self.tile_m,
        )

    def places(
        self, x: NDArray[np.floating], y: NDArray[np.floating]
    ) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Row and column of the tiles that these centres are of."""
        column = np.floor((x - self.x_min_m) / self.tile_m).astype(np.intp)
        return np.floor((y - self.y_min_m) / self.tile_m).astype(np.intp), column


def lattice_over(
    bounds: tuple[float, float, float, float], within: Bounds | None, crs: str, tile_m: float
) -> Lattice:
    """The lattice over a rectangle, its lines at whole multiples of `tile_m`.

    Raises
    ------
    Refused
        More tiles than a machine holds, or `within` lies elsewhere.

    Examples
    --------
    >>> lattice_over((10.0, 10.0, 290.0, 110.0), None, "local", 100.0).bounds()
    (0.0, 0.0, 300.0, 200.0)
    """
    west, south, east, north = bounds
    if within is not None:
        west, south = max(west, within.x_min_m), max(south, within.y_min_m)
        east, north = min(east, within.x_max_m), min(north, within.y_max_m)
        if west >= east or south >= north:
            raise Refused("area.within lies outside the zones: correct it, or `crs`.")
    left, below = np.floor(west / tile_m), np.floor(south / tile_m)
    n_columns, n_rows = int(np.ceil(east / tile_m) - left), int(np.ceil(north / tile_m) - below)
    if n_columns * n_rows > MOST_TILES:
        raise Refused(
            f"area: {n_columns} × {n_rows} tiles are more than a machine holds; give `within`, "
            "`only` or larger tiles."
        )
    return Lattice(crs, float(left * tile_m), float(below * tile_m), tile_m, n_columns, n_rows)


def zone_of(lattice: Lattice, zones: gpd.GeoDataFrame) -> NDArray[np.int32]:
    """Position in `zones` of the zone that each tile's centre lies in, −1 without any.

    A centre on a border belongs to the zone that comes first.

    Returns
    -------
    ndarray of shape (n_rows, n_columns)
    """
    zone_numbers = np.full((lattice.n_rows, lattice.n_columns), -1, dtype=np.int32)
    for number, shape in enumerate(zones.geometry):
        shapely.prepare(shape)
        for polygon in shapely.get_parts(shape):
            west, south, east, north = polygon.bounds
            first = lattice.places(np.array([west, east]), np.array([south, north]))
            rows = np.arange(max(first[0][0], 0), min(first[0][1] + 1, lattice.n_rows))
            columns = np.arange(max(first[1][0], 0), min(first[1][1] + 1, lattice.n_columns))
            if not len(rows) or not len(columns):
                continue
            row, column = np.meshgrid(rows, columns, indexing="ij")
            x, y = lattice.centres(row, column)
            shapely.prepare(polygon)
            inside = shapely.intersects_xy(polygon, x, y)
            part = zone_numbers[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
            part[inside & (part < 0)] = number
    return zone_numbers


def made_tiles(lattice: Lattice, zones: gpd.GeoDataFrame) -> pd.DataFrame:
    """Tiles whose centres lie in a zone: tile_id (row by row from the south-west), x, y, zone.

    Raises
    ------
    Refused
        A zone without any tile: tiles are too large for it.
    """
    zone = zone_of(lattice, zones)
    row, column = np.nonzero(zone >= 0)
    x, y = lattice.centres(row, column)
    named = zones["zone_id"].to_numpy()[zone[row, column]]
    return pd.DataFrame({"tile_id": np.arange(len(x)), "x_m": x, "y_m": y, "zone_id": named})


def delivered_tiles(
    folder: Path, file: TileFile, tile_m: float, within: Bounds | None
) -> pd.DataFrame:
    """Tiles of a Parquet table in ascending `tile_id`: what it has of zone, elevation, land use.

    Raises
    ------
    Refused
        A column that is not there, or the row of a tile that comes twice, lies nowhere or off
        the lattice, or whose share is none.
    """
    path = folder / file.path
    raw: pd.DataFrame = read_reference(pd.read_parquet, path)
    wanted = ["tile_id", "x_m", "y_m", "zone_id", "elevation_m", *LAND_USE]
    names = {str(ours): their for ours, their in file.columns.items()}
    theirs = {ours: names.get(ours, ours) for ours in wanted}
    has_land_use = any(theirs[kind] in raw.columns for kind in LAND_USE)
    optional = {"zone_id", "elevation_m"} | (set() if has_land_use else set(LAND_USE))
    for ours in sorted(theirs, key=lambda name: theirs[name]):
        if theirs[ours] not in raw.columns and (ours not in optional or ours in names):
            raise Refused(
                f"{path.name} lacks the column {theirs[ours]}: have it delivered again, or say "
                "which column it is in `area.tiles`."
            )
    tiles = raw[[n for n in theirs.values() if n in raw.columns]].rename(
        columns={their: ours for ours, their in theirs.items()}
    )
    _require_tiles(tiles, path, tile_m)
    if within is not None:
        x, y = tiles["x_m"], tiles["y_m"]
        tiles = tiles[
            x.between(within.x_min_m, within.x_max_m) & y.between(within.y_min_m, within.y_max_m)
        ]
        if tiles.empty:
            raise Refused("area.within lies outside the tiles: correct it, or `crs`.")
    if "zone_id" in tiles:
        zone = tiles["zone_id"]
        tiles["zone_id"] = zone.astype(object).where(zone.notna() & (zone != ""), None)
    return tiles.sort_values("tile_id").reset_index(drop=True)


def _require_tiles(tiles: pd.DataFrame, path: Path, tile_m: float) -> None:
    centre = tiles[["x_m", "y_m"]].to_numpy(dtype=float)
    steps = (centre - centre[:1]) / tile_m
    shares = tiles[[kind for kind in LAND_USE if kind in tiles]].to_numpy(dtype=float)
    wrong = [
        (tiles["tile_id"].isna() | tiles["tile_id"].duplicated(), "every tile once"),
        (~np.isfinite(centre).all(axis=1), "a tile has a centre"),
        (
            np.abs(steps - np.round(steps)).max(axis=1) > 1e-3,
            f"tiles do not lie {tile_m:g} m apart; correct `tile_m`",
        ),
        (~((shares >= -1e-6) & (shares <= 1 + 1e-6)).all(axis=1), "shares lie from 0 to 1"),
    ]
    for is_wrong, why in wrong:
        if np.asarray(is_wrong).any():
            raise Refused(f"{path.name}, row {int(np.argmax(np.asarray(is_wrong))) + 1}: {why}.")


def lattice_of(tiles: pd.DataFrame, crs: str, tile_m: float) -> Lattice:
    """The lattice that delivered tiles lie on."""
    west, south = tiles["x_m"].min() - tile_m / 2, tiles["y_m"].min() - tile_m / 2
    n_columns = round((tiles["x_m"].max() - west) / tile_m + 0.5)
    n_rows = round((tiles["y_m"].max() - south) / tile_m + 0.5)
    return Lattice(crs, float(west), float(south), tile_m, int(n_columns), int(n_rows))
