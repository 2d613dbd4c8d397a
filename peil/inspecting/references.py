"""Proposals for reference inputs: zones, register, tiles, land use and elevation."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio

from peil.area.files import opened
from peil.area.registers import read_register
from peil.area.tiling import LAND_USE, delivered_tiles
from peil.area.zones import read_zones
from peil.charter.area_schema import RegisterFile, TileFile, ZoneFile
from peil.inspecting import columns
from peil.inspecting.formats import plane_of
from peil.inspecting.problems import Problem, refusal
from peil.inspecting.proposal import Proposal, types_of
from peil.inspecting.tables import SAMPLE_ROWS, Table
from peil.outcome import Refused

LEVELS = {
    "municipality": "muni|gemeente|city",
    "province": "prov",
    "country": "countr|land$",
    "region": "region|nuts",
}
EUROPE = "EPSG:3035"
IN_EUROPE = (-32.0, 27.0, 46.0, 72.0)
MOST_CLASSES = 64


def plane_for(frame: gpd.GeoDataFrame) -> str:
    """A plane in metres for zones: their own, Europe's equal-area one, or the zone of UTM."""
    crs = frame.crs
    if crs is not None and crs.is_projected and crs.to_epsg():
        return f"EPSG:{crs.to_epsg()}"
    if crs is None:
        return EUROPE
    west, south, east, north = frame.to_crs("EPSG:4326").total_bounds
    inside = (
        IN_EUROPE[0] <= west
        and south >= IN_EUROPE[1]
        and east <= IN_EUROPE[2]
        and north <= IN_EUROPE[3]
    )
    return EUROPE if inside else f"EPSG:{frame.estimate_utm_crs().to_epsg()}"


def zones(made: list[Proposal]) -> list[Proposal]:
    """Columns, levels and plane of all files of zones, read together as one hierarchy."""
    frames, found = [], []
    for one in made:
        file = one.files[0]
        try:
            frame = opened(gpd.read_parquet if file.suffix == ".parquet" else gpd.read_file, file)
        except Refused as stop:
            found.append(replace(one, problems=[refusal(file, stop)]))
            continue
        frames.append(frame)
        found.append(_named(one, frame))
    if not frames:
        return found
    plane = plane_for(frames[0])
    readable = [one for one in found if not one.problems]
    _known_parents(readable, frames)
    checked = []
    for one, frame in zip(readable, frames, strict=True):
        said = f"plane: {frame.crs.to_string() if frame.crs else 'not said'}"
        if frame.crs is None:
            one.asked.append("crs: the file does not say it; write it beside its path")
        checked.append(replace(one, n_rows=len(frame), notes=[*one.notes, said]))
    folder = readable[0].files[0].parent
    files = [zone_file(one, one.files[0].name) for one in readable]
    try:
        if all(one.files[0].parent == folder for one in readable):
            read = read_zones(folder, files, plane, 100.0, "whole")
            area = read.geometry.area[read["level"] == read["level"].iloc[0]].sum() / 1e6
            checked[0].notes.append(f"{area:,.0f} km² of the first level on {plane}")
    except Refused as stop:
        checked[0].problems.append(Problem("file", readable[0].files[0].name, 0, [], str(stop)))
    checked[0].settings["plane"] = plane
    return checked + [one for one in found if one.problems]


def zone_file(made: Proposal, path: str) -> ZoneFile:
    """The proposal as the charter's own part."""
    named = {ours: guess.theirs for ours, guess in made.columns.items() if ours != guess.theirs}
    level = made.settings.get("level")
    return ZoneFile.model_validate({"path": path, "columns": named, "level": level})


def _named(one: Proposal, frame: gpd.GeoDataFrame) -> Proposal:
    texts = {
        str(name): [None if pd.isna(v) else str(v) for v in frame[name].head(SAMPLE_ROWS)]
        for name in frame.columns
        if name != frame.geometry.name
    }
    table = Table(one.files[0], "vector", columns=texts)
    found = columns.guesses(table, columns.ZONE_NAMES)
    if "zone_id" not in found:
        unique = [
            n
            for n, values in texts.items()
            if None not in values and len(set(values)) == len(values)
        ]
        if unique:
            found["zone_id"] = columns.Guess(unique[0], "low", "its values are all different; ask")
        else:
            one.asked.append("zone_id: no column holds a code of its own for every zone")
    if "level" not in found:
        stem = one.files[0].stem.lower()
        level = next((word for word, said in LEVELS.items() if re.search(said, stem)), "zone")
        one.settings["level"] = level
    used = {guess.theirs for guess in found.values()}
    return replace(
        one, table=table, columns=found, types=types_of(table), not_landed=sorted(set(texts) - used)
    )


def _known_parents(made: list[Proposal], frames: list[gpd.GeoDataFrame]) -> None:
    """Leave out a parent column whose values are no zone of these files, by id or name."""
    there: set[str] = set()
    for one, frame in zip(made, frames, strict=True):
        for ours in ("zone_id", "name"):
            if ours in one.columns:
                there |= set(frame[one.columns[ours].theirs].dropna().astype(str))
    for one, frame in zip(made, frames, strict=True):
        if "parent_id" in one.columns:
            theirs = one.columns["parent_id"].theirs
            values = set(frame[theirs].dropna().astype(str)) - {""}
            if not values or not values <= there:
                del one.columns["parent_id"]
                one.not_landed.append(theirs)
                if values:
                    one.notes.append(
                        f"{theirs}: some are no zone of these files; add the file that holds them"
                    )


def register(made: Proposal) -> Proposal:
    """Code, number of persons, and the rows of the latest date where there is more than one."""
    table = made.table
    assert table is not None
    found = columns.guesses(table, columns.REGISTER_NAMES)
    file = made.files[0]
    whole = opened(
        lambda p: pd.read_csv(
            p, dtype=str, sep=table.separator, encoding="utf-8-sig", skipinitialspace=True
        ),
        file,
    )
    if table.separator != ",":
        made.settings["separator"] = table.separator
    code = found["zone_id"].theirs
    if whole[code].duplicated().any():
        for name in whole.columns.drop(code):
            if 1 < whole[name].nunique() < 100 and not whole.duplicated([code, name]).any():
                made.settings["rows"] = {name: str(whole[name].max())}
                made.notes.append(f"zones come once for each {name}: the latest is taken")
                break
    used = {guess.theirs for guess in found.values()}
    made = replace(
        made,
        columns=found,
        types=types_of(table),
        n_rows=len(whole),
        not_landed=sorted(set(table.names) - used),
    )
    try:
        read_register(file.parent, register_file(made, file.name))
    except Refused as stop:
        made.problems.append(refusal(file, stop))
    return made


def register_file(made: Proposal, path: str) -> RegisterFile:
    """The proposal as the charter's own part."""
    named = {ours: guess.theirs for ours, guess in made.columns.items() if ours != guess.theirs}
    return RegisterFile.model_validate({"path": path, "columns": named, **made.settings})


def tiles(made: Proposal) -> Proposal:
    """Columns, size and plane of a table of tiles."""
    table = made.table
    assert table is not None
    found = columns.guesses(table, columns.TILE_NAMES)
    x = np.unique([float(v) for v in table.columns[found["x_m"].theirs] if v])
    size = float(np.min(np.diff(x))) if len(x) > 1 else 100.0
    code, why = plane_of(*(table.columns[found[n].theirs] for n in ("x_m", "y_m")))
    made.settings.update({"tile_m": size} | ({"plane": code} if code else {}))
    made.asked.append(f"crs of the tiles: {code or 'unknown'} {why}")
    used = {guess.theirs for guess in found.values()}
    made = replace(
        made, columns=found, types=types_of(table), not_landed=sorted(set(table.names) - used)
    )
    try:
        read = delivered_tiles(
            made.files[0].parent, tile_file(made, made.files[0].name), size, None
        )
        kinds = [kind for kind in LAND_USE if kind in read]
        told = f"tiles of {size:g} m; land use: {', '.join(kinds) or 'none, every tile alike'}"
        made = replace(made, n_rows=len(read), notes=[*made.notes, told])
    except Refused as stop:
        made.problems.append(refusal(made.files[0], stop))
    return made


def tile_file(made: Proposal, path: str) -> TileFile:
    """The proposal as the charter's own part."""
    named = {ours: guess.theirs for ours, guess in made.columns.items() if ours != guess.theirs}
    return TileFile.model_validate({"path": path, "columns": named})


def raster(made: Proposal) -> Proposal:
    """Whether a GeoTIFF holds classes of land use or heights, and how it lies."""
    file: Path = made.files[0]
    try:
        with rasterio.open(file) as read:
            values = read.read(
                1, out_shape=(min(read.height, 500), min(read.width, 500)), masked=True
            ).compressed()
            is_whole = np.issubdtype(values.dtype, np.integer)
            crs = read.crs.to_string() if read.crs else None
            notes = [
                f"{read.width} × {read.height} cells of {read.res[0]:g}, plane: {crs or 'not said'}"
            ]
            n_cells = read.width * read.height
    except rasterio.errors.RasterioError:
        broken = Refused(f"{file.name} cannot be read: it is damaged; have it delivered again.")
        return replace(made, problems=[refusal(file, broken)])
    if is_whole and len(np.unique(values)) <= MOST_CLASSES:
        made.asked.append("area.land_use.classes: which values are forest, water, …")
        return replace(
            made, role="land_use", n_rows=n_cells, why="whole numbers of few classes", notes=notes
        )
    return replace(made, n_rows=n_cells, why="numbers that vary as heights do", notes=notes)
