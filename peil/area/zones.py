"""Zones from GeoPackage, GeoJSON or GeoParquet: one hierarchy on the charter's plane."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from peil.area.files import read_reference, require_file
from peil.charter.area_schema import ZoneFile
from peil.outcome import Refused

COLUMNS = ["zone_id", "name", "parent_id", "level", "geometry"]
WHOLE = "ALL"  # the zone above all, where files have one level only
SHAPEFILE = (
    "a Shapefile, whose codes lie in a file beside it that nobody would sign: have it written as a "
    "GeoPackage, as by `ogr2ogr zones.gpkg zones.shp`"
)
# tabs, line ends, escapes and marks that turn the direction of what follows
CONTROL = "[\\x00-\\x1f\\x7f-\\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]"


def read_zones(
    folder: Path, files: list[ZoneFile], crs: str, tile_m: float, title: str
) -> gpd.GeoDataFrame:
    """Zones of all levels on the plane `crs`, lowest level first.

    Parameters
    ----------
    folder : Path
        What the files' paths are relative to.
    tile_m : float
        Two zones of the bottom level may overlap by less than one tile of this size.
    title : str
        Name of the zone above all, made where no zone has a parent.

    Raises
    ------
    Refused
        File and feature number of a zone that is empty, invalid, named twice, without its
        parent, or that overlaps another.
    """
    zones = pd.concat([_read(folder / file.path, file, crs) for file in files], ignore_index=True)
    _parents(zones)
    if twice := _first(zones["zone_id"].duplicated()):
        raise _wrong(zones, twice, "its zone_id came before; every zone once")
    if zones["parent_id"].isna().all() and len(zones) > 1:
        top = {
            "zone_id": WHOLE,
            "name": title,
            "parent_id": None,
            "level": "whole",
            "geometry": shapely.union_all(zones.geometry.to_numpy()),
        }
        zones["parent_id"] = WHOLE
        zones = pd.concat([zones, pd.DataFrame([top])], ignore_index=True)
    _no_overlap(zones, tile_m)
    frame = gpd.GeoDataFrame(
        zones[COLUMNS], geometry="geometry", crs=None if crs == "local" else crs
    )
    return frame.sort_values(["level", "zone_id"]).reset_index(drop=True)


def select_zones(zones: gpd.GeoDataFrame, only: list[str]) -> gpd.GeoDataFrame:
    """The zones `only`, what lies in them and what they lie in.

    Raises
    ------
    Refused
        A name that is no zone.
    """
    if not only:
        return zones
    parent = dict(zip(zones["zone_id"], zones["parent_id"], strict=True))
    if unknown := sorted(set(only) - set(parent)):
        raise Refused(f"area.only: {unknown[0]} is not among the zones; correct it.")
    keep: set[str] = set()
    for zone in parent:
        line: list[str] = []
        above: object = zone
        while isinstance(above, str):
            line.append(above)
            above = parent.get(above)
        if set(line) & set(only):
            keep |= set(line)
    chosen = zones[zones["zone_id"].isin(keep)]
    return gpd.GeoDataFrame(chosen.reset_index(drop=True))


def bottom(zones: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Zones that no other zone lies in, in order of `zone_id`."""
    parents = set(zones["parent_id"].dropna())
    lowest = zones[~zones["zone_id"].isin(parents)].sort_values("zone_id")
    return gpd.GeoDataFrame(lowest.reset_index(drop=True))


def _read(path: Path, file: ZoneFile, crs: str) -> pd.DataFrame:
    raw = read_reference(lambda p: load(p, file.layer), path)
    mapping = {str(ours): their for ours, their in file.columns.items()}
    theirs = {ours: mapping.get(ours, ours) for ours in COLUMNS if ours != "geometry"}
    for ours, name in theirs.items():
        if name not in raw.columns and (ours == "zone_id" or ours in mapping):
            raise Refused(
                f"{path.name} lacks the column {name}: have it delivered again, or say which "
                "column it is in `area.zones`."
            )
    zones = pd.DataFrame(
        {ours: raw[name].to_numpy() for ours, name in theirs.items() if name in raw.columns}
    )
    for ours in zones.columns:
        zones[ours] = _without_point(zones[ours])
        is_null = zones[ours].isna() | (zones[ours].astype(str).str.strip() == "")
        zones[ours] = zones[ours].astype(str).str.strip().astype(object).where(~is_null, None)
    zones["geometry"] = _on_plane(raw, path, file, crs)
    zones["file"], zones["feature"] = path.name, np.arange(1, len(zones) + 1)
    if "name" not in zones:
        zones["name"] = zones["zone_id"]
    if "parent_id" not in zones:
        zones["parent_id"] = None
    if file.level or "level" not in zones:
        zones["level"] = file.level or "zone"
    if not len(zones):
        raise Refused(f"{path.name} holds no zone: have it delivered again.")
    if bad := _first(zones["zone_id"].isna()):
        raise _wrong(zones, bad, "it has no zone_id")
    texts = zones[["zone_id", "name", "parent_id", "level"]].astype("string").fillna("")
    if bad := _first(texts.apply(lambda column: column.str.contains(CONTROL)).any(axis=1)):
        raise _wrong(zones, bad, "an id or name holds a control character; have it written plainly")
    _require_shapes(zones)
    return zones


def _without_point(codes: pd.Series) -> pd.Series:
    """Codes that a file keeps as floating-point numbers, as whole ones: 51800, not 51800.0."""
    if not pd.api.types.is_float_dtype(codes):
        return codes
    is_whole = bool((codes.dropna() % 1 == 0).all())
    return codes.astype("Int64") if is_whole else codes


def load(path: Path, layer: str | None) -> gpd.GeoDataFrame:
    """A file of zones as it is, of the layer that is named or its only one."""
    if path.suffix == ".parquet":
        return gpd.read_parquet(path)
    return gpd.read_file(path, layer=layer_of(require_file(path), layer))


def layer_of(path: Path, layer: str | None) -> str:
    """The layer of a file of zones to read.

    Raises
    ------
    Refused
        It has several and the charter names none of them, or it is one of several files.
    """
    if path.suffix.lower() == ".shp":
        raise Refused(f"{path.name} is {SHAPEFILE}.")
    layers = [str(name) for name in gpd.list_layers(path)["name"]]
    if layer in layers or (layer is None and len(layers) == 1):
        return layer or layers[0]
    raise Refused(
        f"{path.name} has {'the layers ' if len(layers) > 1 else 'the layer '}"
        f"{', '.join(layers)}: write which as `layer` beside its path in `area.zones`."
    )


def _on_plane(raw: gpd.GeoDataFrame, path: Path, file: ZoneFile, crs: str) -> gpd.GeoSeries:
    shapes = gpd.GeoSeries(shapely.force_2d(raw.geometry.to_numpy()))
    if crs == "local":
        return shapes
    origin = file.crs or raw.crs
    if origin is None:
        raise Refused(
            f"{path.name} does not say its coordinate reference system: write `crs` beside its "
            "path in `area.zones`."
        )
    if CRS.from_user_input(origin) == CRS.from_user_input(crs):
        return shapes
    moved = shapes.set_crs(origin).to_crs(crs)
    return gpd.GeoSeries(moved.to_numpy())


def _require_shapes(zones: pd.DataFrame) -> None:
    shapes = zones["geometry"].to_numpy()
    is_none = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    if bad := _first(pd.Series(is_none)):
        raise _wrong(zones, bad, "it has no geometry")
    is_plane = np.isin(shapely.get_type_id(shapes), (3, 6))
    if bad := _first(pd.Series(~is_plane)):
        raise _wrong(zones, bad, "it is no polygon")
    is_finite = np.isfinite(shapely.bounds(shapes)).all(axis=1)
    if bad := _first(pd.Series(~is_finite)):
        raise _wrong(zones, bad, "it does not lie on the charter's plane; correct `crs`")
    if bad := _first(pd.Series(~shapely.is_valid(shapes))):
        raise _wrong(
            zones, bad, "its geometry is invalid (it crosses or touches itself); repair it"
        )


def _first(is_bad: pd.Series) -> int:
    """1 + the position of the first true, 0 without any."""
    return int(np.argmax(is_bad.to_numpy())) + 1 if is_bad.any() else 0


def _wrong(zones: pd.DataFrame, number: int, why: str) -> Refused:
    row = zones.iloc[number - 1]
    return Refused(f"{row['file']}, feature {int(row['feature'])}: {why}.")


def _parents(zones: pd.DataFrame) -> None:
    """Parents by id; by name where the column holds names of zones of another level."""
    ids = set(zones["zone_id"])
    given = zones["parent_id"]
    parents = given.where(given.isna() | given.isin(ids), None).astype(object)
    for level in zones["level"].unique():  # Utrecht is a municipality and a province
        others = zones[zones["level"] != level].drop_duplicates("name", keep=False)
        by_name = given.map(others.set_index("name")["zone_id"].to_dict())
        parents = parents.where(parents.notna() | (zones["level"] != level), by_name)
    parents = parents.astype(object).where(parents.notna(), None)
    if lost := _first(given.notna() & parents.isna()):
        raise _wrong(zones, lost, "its parent is not among the zones; add the file that holds it")
    parent = dict(zip(zones["zone_id"], parents, strict=True))
    for number, zone in enumerate(zones["zone_id"], start=1):
        visited, above = {zone}, parent[zone]
        while above is not None:
            if above in visited:
                raise _wrong(zones, number, "it lies in itself; correct its parent")
            visited.add(above)
            above = parent[above]
    zones["parent_id"] = parents


def _no_overlap(zones: pd.DataFrame, tile_m: float) -> None:
    lowest = zones[~zones["zone_id"].isin(set(zones["parent_id"].dropna()))]
    shapes = lowest["geometry"].to_numpy()
    left, right = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    pairs = np.unique(np.column_stack([left, right])[left < right], axis=0)
    if not len(pairs):
        return
    area = shapely.area(shapely.intersection(shapes[pairs[:, 0]], shapes[pairs[:, 1]]))
    for number in np.flatnonzero(area >= tile_m**2)[:1]:
        first, second = (lowest.iloc[position] for position in pairs[number])
        raise Refused(
            f"{second['file']}, feature {int(second['feature'])} overlaps feature "
            f"{int(first['feature'])} of {first['file']} by {area[number] / 1e4:.1f} ha: zones of "
            "one level share borders only; correct one of them, or where one lies in the other "
            "say so by `parent_id`."
        )
