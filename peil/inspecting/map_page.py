"""One self-contained page with a map of what was inspected: cells, zones, tiles."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pyproj import CRS, Transformer

from peil.area.registers import read_register
from peil.area.tiling import delivered_tiles
from peil.area.zones import read_zones
from peil.ingest.readers import CELL_COLUMNS
from peil.inspecting import problems, references
from peil.inspecting.layers import areas, places
from peil.inspecting.proposal import Proposal
from peil.inspecting.stub import attribution_of
from peil.inspecting.stub_area import plane_of
from peil.inspecting.tile_layers import heights, land_use
from peil.outcome import Refused
from peil.pages.self_contained import page
from peil.store.atomic import write_text


def build(proposals: list[Proposal], out: Path, title: str, attribution: str) -> str:
    """Write the map, and say what is on it.

    Parameters
    ----------
    found : list of Proposal
        What `inspect` found; each file is read again, as proposed.
    attribution : str
        Who made the files and under which licence; it stands below the map.

    Raises
    ------
    Refused
        Nothing that has a place.
    """
    plane = _plane(proposals)
    layers: list[dict[str, Any]] = []
    cells = [
        proposal for proposal in proposals if proposal.role == "cells" and proposal.box is not None
    ]
    if cells:
        layers.append(places(_cells(cells[-1], plane)))
    zones = [
        proposal
        for proposal in proposals
        if proposal.role == "zones" and not proposal.problems and "zone_id" in proposal.columns
    ]
    if zones:
        layers += _zones(zones, proposals, plane)
    tiles = next(
        (proposal for proposal in proposals if proposal.role == "tiles" and not proposal.problems),
        None,
    )
    if tiles is not None:
        layers += _tiles(tiles)
    if not layers:
        raise Refused(f"{title} holds nothing that has a place: there is no map to write.")
    boxes = np.array([layer.pop("box") for layer in layers])
    bounds = [*boxes[:, :2].min(axis=0), *boxes[:, 2:].max(axis=0)]
    summary = "; ".join(sorted({layer.pop("told") for layer in layers}))
    made_by = attribution or attribution_of(cells)
    content = {
        "title": title,
        "plane": plane,
        "attribution": made_by,
        "bounds": [round(float(edge)) for edge in bounds],
        "layers": layers,
    }
    write_text(out, page("inspected", f"{title} · Peil", content, ("d3.min.js",)))
    return summary


def _plane(proposals: list[Proposal]) -> str:
    """One plane for all layers: the tiles', as their picture cannot turn; else the zones'."""
    for role in ("tiles", "zones"):
        for proposal in proposals:
            if proposal.role == role and "plane" in proposal.settings:
                return str(proposal.settings["plane"])
    for proposal in proposals:
        if proposal.role == "cells" and proposal.box is not None:
            return plane_of(proposal)
    return references.EUROPE


def _shared(files: list[Path]) -> Path:
    """The folder that all files lie below."""
    return Path(os.path.commonpath([file.parent for file in files]))


def _cells(proposal: Proposal, plane: str) -> pd.DataFrame:
    """Cells with x and y on the plane, once each, in a fixed order."""
    wanted = (
        "latitude",
        "longitude",
        "x_m",
        "y_m",
        "crs",
        "azimuth_deg",
        "technology",
        "cell_type",
    )
    with problems.desk(_shared(proposal.files)) as opened:
        problems.of_cells(opened, proposal.files, proposal.delivery())
        names = set(opened.table("plan").columns)
        fields = ", ".join(
            name if name in names else f"NULL::{CELL_COLUMNS[name]} AS {name}" for name in wanted
        )
        order = ", ".join(name for name in ("valid_from", "file") if name in names)
        frame = opened.execute(
            f"SELECT DISTINCT ON (cell_id) cell_id, {fields} FROM plan "
            f"ORDER BY cell_id, {order} DESC"
        ).df()
    x, y = (frame[name].to_numpy(dtype=float) for name in ("x_m", "y_m"))
    globe = np.isnan(x)
    origins = np.where(globe, "EPSG:4326", frame["crs"].fillna(plane).astype(str))
    lon, lat = (frame[name].to_numpy(dtype=float) for name in ("longitude", "latitude"))
    x, y = np.where(globe, lon, x), np.where(globe, lat, y)
    for origin in sorted(set(origins)):
        if plane == "local" or origin in ("local", "None"):
            continue
        if CRS.from_user_input(origin) != CRS.from_user_input(plane):
            these = origins == origin
            change = Transformer.from_crs(origin, plane, always_xy=True)
            x[these], y[these] = change.transform(x[these], y[these])
    is_placed = np.isfinite(x) & np.isfinite(y)
    return pd.DataFrame(frame.assign(x=x, y=y)[is_placed].reset_index(drop=True))


def _zones(zones: list[Proposal], proposals: list[Proposal], plane: str) -> list[dict[str, Any]]:
    layers = []
    folder = zones[0].files[0].parent
    files = [
        references.zone_file(proposal, proposal.files[0].name)
        for proposal in zones
        if proposal.files[0].parent == folder
    ]
    try:
        read = read_zones(folder, files, plane, 100.0, "whole")
    except Refused:  # the sheet says why; what else there is still has its place
        return []
    people = next(
        (
            proposal
            for proposal in proposals
            if proposal.role == "register" and not proposal.problems
        ),
        None,
    )
    persons = None
    if people is not None:
        own = people.files[0]
        persons = read_register(own.parent, references.register_file(people, own.name))
        parent = dict(zip(read["zone_id"], read["parent_id"], strict=True))
        above = persons
        while not above.empty:  # a zone above holds the persons of those in it
            above = above.groupby(above.index.map(parent.get)).sum()
            persons = pd.concat([persons, above[~above.index.isin(persons.index)]])
    for level in read["level"].unique():
        part = read[(read["level"] == level) & (read["zone_id"] != "ALL")]
        if len(part):
            layers.append(areas(part, str(level), persons))
    return layers


def _tiles(proposal: Proposal) -> list[dict[str, Any]]:
    size = float(str(proposal.settings["tile_m"]))
    file = proposal.files[0]
    tiles = delivered_tiles(file.parent, references.tile_file(proposal, file.name), size, None)
    layers = [land_use(tiles, size)] if "forest" in tiles else []
    return layers + ([heights(tiles, size)] if "elevation_m" in tiles else [])
