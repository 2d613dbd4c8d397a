"""Where a pilot is: tiles, zones and register, from reference files or as a plain grid."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely.geometry import box

from peil.area.files import require_file
from peil.area.landscape import ALIKE, landscape
from peil.area.planes import on_plane
from peil.area.registers import read_register
from peil.area.tiling import LAND_USE as LAND_USE
from peil.area.tiling import delivered_tiles, lattice_of, lattice_over, made_tiles, zone_of
from peil.area.zones import bottom, read_zones, select_zones
from peil.charter import area_schema
from peil.charter.reading import root
from peil.charter.schema import Charter
from peil.outcome import Refused
from peil.store.atomic import canonical, sha256
from peil.store.store import Store

KEPT_TILES = 200_000
"""An area of at most as many tiles (some 20 MB) is kept in a process for who asks again."""

TILE_COLUMNS = ["tile_id", "x_m", "y_m", "zone_id", "elevation_m", *LAND_USE]


@dataclass(frozen=True)
class Area:
    """Reference data of one pilot.

    Attributes
    ----------
    tiles : DataFrame
        One row per tile in ascending `tile_id`: centre in m on the plane, zone, land use.
    zones : GeoDataFrame
        One row per zone, all levels, bottom level first; `parent_id` is null at the top.
    register : Series or None
        Persons per bottom zone, by `zone_id`.
    crs : str
        The plane: an EPSG code, or ``local``.
    land_use : str
        Where land use is from, for the metadata of a release.
    has_elevation : bool
        Whether any tile lies elsewhere than at 0 m, as all do that were given no elevation.
    is_whole_country : bool
        Whether the zones are all there are: whoever is elsewhere is abroad. Not where the charter
        takes some zones, or those within a rectangle.
    """

    tiles: pd.DataFrame
    zones: gpd.GeoDataFrame
    register: pd.Series | None
    crs: str
    land_use: str = "as delivered"
    has_elevation: bool = True
    is_whole_country: bool = True

    def bottom(self) -> list[str]:
        """Zones of the lowest level, in order: those that tiles belong to."""
        parents = set(self.zones["parent_id"].dropna())
        return sorted(set(self.zones["zone_id"]) - parents)

    def members(self) -> list[tuple[str, np.ndarray]]:
        """Every zone, all levels, with the positions in `bottom()` of the zones that make it up."""
        parent = dict(zip(self.zones["zone_id"], self.zones["parent_id"], strict=True))
        members: dict[str, list[int]] = {}
        for number, lowest in enumerate(self.bottom()):
            zone: str | None = lowest
            while isinstance(zone, str):
                members.setdefault(zone, []).append(number)
                zone = parent.get(zone)
        return [(zone, np.array(rows)) for zone, rows in sorted(members.items())]

    def residents_per_tile(self) -> np.ndarray:
        """The register spread over each zone's tiles by residential land use, evenly without any.

        Unit: persons. Buildings count for a third of residential land: not all are homes.
        """
        if self.register is None:
            raise Refused("This needs a register: name one in the charter's area.")
        weight = self.tiles["residential"] + 0.3 * self.tiles["building"] + 1e-9
        share = weight / weight.groupby(self.tiles["zone_id"]).transform("sum")
        residents = share * self.tiles["zone_id"].map(self.register)
        return np.asarray(residents.fillna(0.0).to_numpy(dtype=float))

    def placed(self, cells: pd.DataFrame) -> pd.DataFrame:
        """Cells with `x_m`, `y_m` on the pilot's plane.

        Without elevation of the area the ground is flat: an antenna stands on it at its height,
        and no altitude of a plan lifts it off.

        Raises
        ------
        Refused
            Cells lie on a plane that cannot be laid on this one.
        """
        placed = on_plane(cells, self.crs)
        if not self.has_elevation and "altitude_m" in placed:
            placed["altitude_m"] = np.nan
        return placed


_read_once: dict[tuple[object, ...], Area] = {}


def area_of(charter: Charter, store: Store) -> Area:
    """Read the reference inputs that the charter names, or lay the grid it describes.

    Without a table of tiles the zones are cut into tiles, each in the zone that its centre lies
    in. Without any land use every tile is alike, and `Area.land_use` says so.

    A small area is read once a process, for as long as its files are the same; each caller has
    tables of its own.
    """
    if charter.area.grid is not None:
        return _grid(charter)
    folder = root(charter, store)
    basis = _basis(charter, folder)
    area = _read_once.get(basis)
    if area is None:
        area = _read(charter, folder)
        if len(area.tiles) <= KEPT_TILES:
            _read_once.clear()
            _read_once[basis] = area
    own = None if area.register is None else area.register.copy()
    return replace(area, tiles=area.tiles.copy(), zones=area.zones.copy(), register=own)


def _basis(charter: Charter, folder: Path) -> tuple[object, ...]:
    """What an area is read from: the charter's words, and each file as it lies there now."""
    files = [require_file(folder / name) for name in charter.area.paths()]
    stats = [(str(file), (at := file.stat()).st_ino, at.st_size, at.st_mtime_ns) for file in files]
    return (charter.title.en, canonical(charter.area.model_dump(mode="json")), *stats)


def _read(charter: Charter, folder: Path) -> Area:
    charter_area = charter.area
    every = read_zones(
        folder, charter_area.zones, charter_area.crs, charter_area.tile_m, charter.title.en
    )
    zones = select_zones(every, charter_area.only)
    table = charter_area.tiles
    if table is not None:
        tiles = delivered_tiles(folder, table, charter_area.tile_m, charter_area.within)
        lattice = lattice_of(tiles, charter_area.crs, charter_area.tile_m)
        if "zone_id" not in tiles:
            lowest = bottom(every)
            place = zone_of(lattice, lowest)[lattice.places(*tiles[["x_m", "y_m"]].to_numpy().T)]
            tiles["zone_id"] = np.array([*lowest["zone_id"], None], dtype=object)[place]
        elif unknown := sorted(set(tiles["zone_id"].dropna()) - set(every["zone_id"])):
            raise Refused(f"{table.path}: zone {unknown[0]} is not among the zones.")
    else:
        # with `within` the land around its zones is laid too: devices there must be somewhere
        lowest = bottom(every if charter_area.within else zones)
        lattice = lattice_over(
            tuple(lowest.total_bounds), charter_area.within, charter_area.crs, charter_area.tile_m
        )
        tiles = made_tiles(lattice, lowest)
    zones = _within(zones, tiles, charter_area)
    is_told = tiles["zone_id"].isin(zones["zone_id"]).to_numpy()
    tiles["zone_id"] = tiles["zone_id"].astype(object).where(is_told, None)
    tiles, land_use = landscape(tiles, lattice, charter_area, folder)
    tiles = tiles[TILE_COLUMNS]
    has_elevation = bool((tiles["elevation_m"] != 0.0).any())
    named = charter_area.register_
    register = read_register(folder, named) if named else None
    is_whole = charter_area.within is None and not charter_area.only
    area = Area(tiles, zones, register, charter_area.crs, land_use, has_elevation, is_whole)
    if named and register is not None:
        if missing := sorted(set(area.bottom()) - set(register.index)):
            raise Refused(f"{named.path}: zone {missing[0]} has no population.")
        area = replace(area, register=register.loc[register.index.isin(zones["zone_id"])])
        if not register.loc[area.bottom()].sum() > 0:
            raise Refused(
                f"{named.path}: no zone of the area has a person; correct `area.register`, or "
                "have it delivered again."
            )
    return area


def _within(
    zones: gpd.GeoDataFrame, tiles: pd.DataFrame, charter_area: area_schema.AreaInput
) -> gpd.GeoDataFrame:
    """The zones that figures are made for: whole within the rectangle, with tiles of their own.

    Raises
    ------
    Refused
        No zone is left, or one is too small for tiles of this size.
    """
    lowest = bottom(zones)
    if charter_area.within is not None:
        part = charter_area.within
        around = box(part.x_min_m, part.y_min_m, part.x_max_m, part.y_max_m)
        lowest = lowest[lowest.geometry.within(around).to_numpy()]
        if lowest.empty:
            raise Refused("area.within holds no zone whole: widen it.")
    if without := sorted(set(lowest["zone_id"]) - set(tiles["zone_id"].dropna())):
        raise Refused(
            f"area.tile_m: zone {without[0]} holds no centre of a tile; take smaller tiles, or "
            "tiles that cover it."
        )
    return select_zones(zones, list(lowest["zone_id"]))


def fingerprint(charter: Charter, store: Store) -> str:
    """Hash of the reference data: part of the name of every run that used them."""
    content = {"area": charter.area.model_dump(mode="json"), "files": file_hashes(charter, store)}
    return hashlib.sha256(canonical(content)).hexdigest()


def file_hashes(charter: Charter, store: Store) -> dict[str, str]:
    """The hash of each file of reference data, by its path in the delivery."""
    folder = root(charter, store) if charter.area.grid is None else None
    return {name: sha256(require_file(folder / name)) for name in charter.area.paths() if folder}


def _grid(charter: Charter) -> Area:
    """Square tiles and square zones; no land use is known, so every tile is alike."""
    grid, size = charter.area.grid, charter.area.tile_m
    assert grid is not None
    x = np.arange(grid.x_min_m + size / 2, grid.x_max_m, size)
    y = np.arange(grid.y_min_m + size / 2, grid.y_max_m, size)
    xx, yy = np.meshgrid(x, y)
    column = ((xx.ravel() - grid.x_min_m) // grid.zone_m).astype(int)
    row = ((yy.ravel() - grid.y_min_m) // grid.zone_m).astype(int)
    zone = [f"E{c:02d}N{r:02d}" for c, r in zip(column, row, strict=True)]
    tiles = pd.DataFrame(
        {
            "tile_id": np.arange(xx.size),
            "x_m": xx.ravel(),
            "y_m": yy.ravel(),
            "zone_id": zone,
            "elevation_m": 0.0,
            "building": 0.0,
            "residential": 1.0,
            "forest": 0.0,
            "water": 0.0,
            "roads": 0.0,
        }
    )
    whole = box(grid.x_min_m, grid.y_min_m, grid.x_max_m, grid.y_max_m)
    squares = [
        {
            "zone_id": f"E{c:02d}N{r:02d}",
            "name": f"E{c:02d} N{r:02d}",
            "parent_id": "ALL",
            "level": "square",
            "geometry": box(
                grid.x_min_m + c * grid.zone_m,
                grid.y_min_m + r * grid.zone_m,
                grid.x_min_m + (c + 1) * grid.zone_m,
                grid.y_min_m + (r + 1) * grid.zone_m,
            ).intersection(whole),
        }
        for c in range(int(column.max()) + 1)
        for r in range(int(row.max()) + 1)
    ]
    top = {
        "zone_id": "ALL",
        "name": charter.title.en,
        "parent_id": None,
        "level": "whole",
        "geometry": whole,
    }
    zones = gpd.GeoDataFrame(pd.DataFrame([*squares, top]), geometry="geometry")
    zones = gpd.GeoDataFrame(zones.sort_values(["level", "zone_id"]).reset_index(drop=True))
    return Area(tiles, zones, None, charter.area.crs, ALIKE, has_elevation=False)
