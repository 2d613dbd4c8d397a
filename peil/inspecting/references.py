"""Proposals for reference inputs: zones, register, tiles, land use and elevation."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio

from peil.area.files import read_reference
from peil.area.registers import read_register, read_texts
from peil.area.tiling import LAND_USE, delivered_tiles
from peil.area.zones import load, read_zones
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


def zones(proposals: list[Proposal]) -> list[Proposal]:
    """Columns, levels and plane of all files of zones, read together as one hierarchy."""
    frames, reviewed = [], []
    for proposal in proposals:
        file = proposal.files[0]
        try:
            if file.suffix != ".parquet":
                _choose_layer(proposal)
            layer = proposal.settings.get("layer")
            frame = read_reference(lambda p, name=layer: load(p, name), file)  # type: ignore[misc]
        except Refused as stop:
            reviewed.append(replace(proposal, problems=[refusal(file, stop)]))
            continue
        frames.append(frame)
        reviewed.append(_named(proposal, frame))
    if not frames:
        return reviewed
    plane = plane_for(frames[0])
    readable = [proposal for proposal in reviewed if not proposal.problems]
    broken = [proposal for proposal in reviewed if proposal.problems]
    _known_parents(readable, frames)
    checked = []
    for proposal, frame in zip(readable, frames, strict=True):
        note = f"plane: {frame.crs.to_string() if frame.crs else 'not said'}"
        if frame.crs is None:
            proposal.questions.append("crs: the file does not say it; write it beside its path")
        checked.append(replace(proposal, n_rows=len(frame), notes=[*proposal.notes, note]))
    folder = readable[0].files[0].parent
    files = [zone_file(proposal, proposal.files[0].name) for proposal in readable]
    try:
        if all(proposal.files[0].parent == folder for proposal in readable):
            read = read_zones(folder, files, plane, 100.0, "whole")
            area = read.geometry.area[read["level"] == read["level"].iloc[0]].sum() / 1e6
            checked[0].notes.append(f"{area:,.0f} km² of the first level on {plane}")
    except Refused as stop:
        checked[0].problems.append(Problem("file", readable[0].files[0].name, 0, [], str(stop)))
    checked[0].settings["plane"] = plane
    return checked + broken


def _choose_layer(proposal: Proposal) -> None:
    """Take the first layer of polygons of a file that has several, and ask which."""
    layers = read_reference(gpd.list_layers, proposal.files[0])
    if len(layers) < 2:
        return
    is_plane = layers["geometry_type"].astype(str).str.contains("Polygon")
    proposal.settings["layer"] = str(
        (layers[is_plane] if is_plane.any() else layers)["name"].iloc[0]
    )
    proposal.questions.append(f"layer: it has {', '.join(map(str, layers['name']))}; which?")


def zone_file(proposal: Proposal, path: str) -> ZoneFile:
    """The proposal as the charter's own part."""
    named = {ours: guess.theirs for ours, guess in proposal.columns.items() if ours != guess.theirs}
    chosen = {name: proposal.settings.get(name) for name in ("level", "layer")}
    return ZoneFile.model_validate({"path": path, "columns": named, **chosen})


def _named(proposal: Proposal, frame: gpd.GeoDataFrame) -> Proposal:
    texts = {
        str(name): [None if pd.isna(v) else str(v) for v in frame[name].head(SAMPLE_ROWS)]
        for name in frame.columns
        if name != frame.geometry.name
    }
    table = Table(proposal.files[0], "vector", columns=texts)
    matches = columns.guesses(table, columns.ZONE_NAMES)
    if "zone_id" not in matches:
        unique = [
            n
            for n, values in texts.items()
            if None not in values and len(set(values)) == len(values)
        ]
        if unique:
            matches["zone_id"] = columns.Guess(
                unique[0], "low", "its values are all different; ask"
            )
        else:
            proposal.questions.append("zone_id: no column holds a code of its own for every zone")
    if "level" not in matches:
        stem = proposal.files[0].stem.lower()
        level = next((word for word, pattern in LEVELS.items() if re.search(pattern, stem)), "zone")
        proposal.settings["level"] = level
    used = {guess.theirs for guess in matches.values()}
    return replace(
        proposal,
        table=table,
        columns=matches,
        types=types_of(table),
        not_landed=sorted(set(texts) - used),
    )


def _known_parents(proposals: list[Proposal], frames: list[gpd.GeoDataFrame]) -> None:
    """Leave out a parent column whose values are no zone of these files, by id or name."""
    there: set[str] = set()
    for proposal, frame in zip(proposals, frames, strict=True):
        for ours in ("zone_id", "name"):
            if ours in proposal.columns:
                there |= set(frame[proposal.columns[ours].theirs].dropna().astype(str))
    for proposal, frame in zip(proposals, frames, strict=True):
        if "parent_id" in proposal.columns:
            theirs = proposal.columns["parent_id"].theirs
            values = set(frame[theirs].dropna().astype(str)) - {""}
            if not values or not values <= there:
                del proposal.columns["parent_id"]
                proposal.not_landed.append(theirs)
                if values:
                    proposal.notes.append(
                        f"{theirs}: some are no zone of these files; add the file that holds them"
                    )


def register(proposal: Proposal) -> Proposal:
    """Code, number of persons, and the rows of the latest date where there is more than one."""
    table = proposal.table
    assert table is not None
    matches = columns.guesses(table, columns.REGISTER_NAMES)
    file = proposal.files[0]
    try:
        whole = read_reference(lambda p: read_texts(p, table.separator), file)
    except Refused as stop:
        return replace(proposal, columns=matches, problems=[refusal(file, stop)])
    if table.separator != ",":
        proposal.settings["separator"] = table.separator
    code = matches["zone_id"].theirs
    if whole[code].duplicated().any():
        for name in whole.columns.drop(code):
            if 1 < whole[name].nunique() < 100 and not whole.duplicated([code, name]).any():
                proposal.settings["rows"] = {name: str(whole[name].max())}
                proposal.notes.append(f"zones come once for each {name}: the latest is taken")
                break
    used = {guess.theirs for guess in matches.values()}
    proposal = replace(
        proposal,
        columns=matches,
        types=types_of(table),
        n_rows=len(whole),
        not_landed=sorted(set(table.names) - used),
    )
    try:
        read_register(file.parent, register_file(proposal, file.name))
    except Refused as stop:
        proposal.problems.append(refusal(file, stop))
    return proposal


def register_file(proposal: Proposal, path: str) -> RegisterFile:
    """The proposal as the charter's own part."""
    named = {ours: guess.theirs for ours, guess in proposal.columns.items() if ours != guess.theirs}
    return RegisterFile.model_validate({"path": path, "columns": named, **proposal.settings})


def tiles(proposal: Proposal) -> Proposal:
    """Columns, size and plane of a table of tiles."""
    table = proposal.table
    assert table is not None
    matches = columns.guesses(table, columns.TILE_NAMES)
    x = np.unique([float(v) for v in table.columns[matches["x_m"].theirs] if v])
    size = float(np.min(np.diff(x))) if len(x) > 1 else 100.0
    code, why = plane_of(*(table.columns[matches[n].theirs] for n in ("x_m", "y_m")))
    proposal.settings.update({"tile_m": size} | ({"plane": code} if code else {}))
    proposal.questions.append(f"crs of the tiles: {code or 'unknown'} {why}")
    used = {guess.theirs for guess in matches.values()}
    proposal = replace(
        proposal, columns=matches, types=types_of(table), not_landed=sorted(set(table.names) - used)
    )
    try:
        read = delivered_tiles(
            proposal.files[0].parent, tile_file(proposal, proposal.files[0].name), size, None
        )
        kinds = [kind for kind in LAND_USE if kind in read]
        note = f"tiles of {size:g} m; land use: {', '.join(kinds) or 'none, every tile alike'}"
        proposal = replace(proposal, n_rows=len(read), notes=[*proposal.notes, note])
    except Refused as stop:
        proposal.problems.append(refusal(proposal.files[0], stop))
    return proposal


def tile_file(proposal: Proposal, path: str) -> TileFile:
    """The proposal as the charter's own part."""
    named = {ours: guess.theirs for ours, guess in proposal.columns.items() if ours != guess.theirs}
    return TileFile.model_validate({"path": path, "columns": named})


def raster(proposal: Proposal) -> Proposal:
    """Whether a GeoTIFF holds classes of land use or heights, and how it lies."""
    file: Path = proposal.files[0]
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
        return replace(proposal, problems=[refusal(file, broken)])
    if is_whole and len(np.unique(values)) <= MOST_CLASSES:
        proposal.questions.append("area.land_use.classes: which values are forest, water, …")
        return replace(
            proposal,
            role="land_use",
            n_rows=n_cells,
            why="whole numbers of few classes",
            notes=notes,
        )
    return replace(proposal, n_rows=n_cells, why="numbers that vary as heights do", notes=notes)
