"""Where a pilot is: tiles, zones and register, from reference files or as a plain grid."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import CRS, Transformer
from shapely.geometry import box

from peil.atomic import canonical
from peil.charter import Charter
from peil.manifest import root, sha256
from peil.outcome import Refused
from peil.store import Store

LAND_USE = ["building", "residential", "forest", "water", "roads"]
TILE_COLUMNS = ["tile_id", "x_m", "y_m", "zone_id", "elevation_m", *LAND_USE]
ZONE_COLUMNS = ["zone_id", "name", "parent_id", "level", "geometry"]


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
    """

    tiles: pd.DataFrame
    zones: gpd.GeoDataFrame
    register: pd.Series | None
    crs: str

    def bottom(self) -> list[str]:
        """Zones of the lowest level, in order: those that tiles belong to."""
        parents = set(self.zones["parent_id"].dropna())
        return sorted(set(self.zones["zone_id"]) - parents)

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

        Raises
        ------
        Refused
            A cell without any position on this plane.
        """
        placed = cells.copy()
        globe = placed["x_m"].isna() & placed["latitude"].notna()
        if globe.any():
            if self.crs == "local":
                raise Refused("The cell plan has latitudes, but the charter's plane is `local`.")
            self._move(placed, globe, "EPSG:4326", "longitude", "latitude")
        for crs in sorted(placed.loc[~globe, "crs"].dropna().unique()) if "crs" in placed else []:
            if "local" in (crs, self.crs):
                if crs != self.crs:
                    raise Refused(
                        f"The cell plan lies on {crs} and the charter's area on {self.crs}: a "
                        "plane of its own cannot be laid on another; correct `crs`."
                    )
            elif CRS.from_user_input(crs) != CRS.from_user_input(self.crs):
                self._move(placed, ~globe & (placed["crs"] == crs), crs, "x_m", "y_m")
        return placed

    def _move(self, cells: pd.DataFrame, which: pd.Series, crs: str, x: str, y: str) -> None:
        change = Transformer.from_crs(crs, CRS.from_user_input(self.crs), always_xy=True)
        moved = change.transform(*(cells.loc[which, c].to_numpy(dtype=float) for c in (x, y)))
        cells.loc[which, "x_m"], cells.loc[which, "y_m"] = moved


def area_of(charter: Charter, store: Store) -> Area:
    """Read the reference inputs that the charter names, or lay the grid it describes."""
    if charter.area.grid is not None:
        return _grid(charter)
    folder = root(charter, store)
    tiles = _tiles(folder / str(charter.area.tiles))
    zones = _zones(folder / str(charter.area.zones))
    unknown = sorted(set(tiles["zone_id"].dropna()) - set(zones["zone_id"]))
    if unknown:
        raise Refused(f"{charter.area.tiles}: zone {unknown[0]} is not among the zones.")
    register = None
    if charter.area.register_:
        register = _register(folder / charter.area.register_)
    found = Area(tiles, zones, register, charter.area.crs)
    if register is not None and (missing := sorted(set(found.bottom()) - set(register.index))):
        raise Refused(f"{charter.area.register_}: zone {missing[0]} has no population.")
    return found


def fingerprint(charter: Charter, store: Store) -> str:
    """Hash of the reference data: part of the name of every run that used them."""
    named = [charter.area.tiles, charter.area.zones, charter.area.register_]
    folder = root(charter, store) if charter.area.grid is None else None
    files = {name: sha256(_there(folder / name)) for name in named if name and folder}
    told = {"area": charter.area.model_dump(mode="json"), "files": files}
    return hashlib.sha256(canonical(told)).hexdigest()


def _there(file: Path) -> Path:
    if not file.is_file():
        raise Refused(f"{file.name} is missing: deliver it, or correct `area` in the charter.")
    return file


def _read(read: Callable[[Path], Any], file: Path) -> Any:
    """Read a reference file; what a library says of it may quote it, so only its name is told."""
    try:
        return read(_there(file))
    except Refused:
        raise
    except Exception:
        raise Refused(
            f"{file.name} cannot be read: it is empty, damaged or in another format; "
            "have it delivered again."
        ) from None


def _tiles(file: Path) -> pd.DataFrame:
    tiles: pd.DataFrame = _read(pd.read_parquet, file)
    if missing := sorted(set(TILE_COLUMNS) - set(tiles.columns)):
        raise Refused(f"{file.name} lacks the column {missing[0]}: have it delivered again.")
    return tiles[TILE_COLUMNS].sort_values("tile_id").reset_index(drop=True)


def _zones(file: Path) -> gpd.GeoDataFrame:
    zones = _read(gpd.read_parquet if file.suffix == ".parquet" else gpd.read_file, file)
    if missing := sorted(set(ZONE_COLUMNS) - set(zones.columns)):
        raise Refused(f"{file.name} lacks the column {missing[0]}: have it delivered again.")
    return zones[ZONE_COLUMNS].sort_values(["level", "zone_id"]).reset_index(drop=True)


def _register(file: Path) -> pd.Series:
    register: pd.DataFrame = _read(lambda path: pd.read_csv(path, dtype=str), file)
    if missing := sorted({"zone_id", "n_persons"} - set(register.columns)):
        raise Refused(f"{file.name}, line 1 lacks the column {missing[0]}.")
    persons = pd.to_numeric(register["n_persons"], errors="coerce").astype(float)
    wrong = {
        "zone_id": register["zone_id"].isna() | register["zone_id"].duplicated(),
        "n_persons": ~(persons >= 0) | np.isinf(persons),
    }
    for column, is_wrong in wrong.items():
        if is_wrong.any():
            line = int(np.argmax(is_wrong.to_numpy())) + 2  # the header is line 1
            raise Refused(
                f"{file.name}, line {line}, {column}: every zone once, with a number of persons."
            )
    return pd.Series(persons.to_numpy(), index=register["zone_id"], name="n_persons").sort_index()


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
        {"tile_id": np.arange(xx.size), "x_m": xx.ravel(), "y_m": yy.ravel(), "zone_id": zone,
         "elevation_m": 0.0, "building": 0.0, "residential": 1.0, "forest": 0.0, "water": 0.0,
         "roads": 0.0}
    )  # fmt: skip
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
    top = {"zone_id": "ALL", "name": charter.title.en, "parent_id": None, "level": "whole",
           "geometry": whole}  # fmt: skip
    zones = gpd.GeoDataFrame(pd.DataFrame([*squares, top]), geometry="geometry")
    zones = gpd.GeoDataFrame(zones.sort_values(["level", "zone_id"]).reset_index(drop=True))
    return Area(tiles, zones, None, charter.area.crs)
