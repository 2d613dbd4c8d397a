"""The area of a charter stub: zones where they fit the cells, else a grid over the cells."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import geopandas as gpd
from pyproj import CRS, Transformer

from peil.area.zones import load
from peil.charter.schema import FILL_IN
from peil.ingest.readers import READERS
from peil.inspecting import references
from peil.inspecting.proposal import Proposal

ZONE_M, TILE_M = 2500.0, 250.0
MOST_TIMES_CELLS = 50  # zones over more land than this many times the cells' are of elsewhere
AROUND_M = 5_000  # land around the cells that they may serve


def area(
    proposals: list[Proposal], path: Callable[[str], str], country: str | None, pilot: str
) -> dict[str, Any] | str:
    """The charter's `area`, as content for YAML.

    Parameters
    ----------
    path : function
        From a proposal's path to the charter's.
    """
    cells = next(
        (proposal for proposal in proposals if proposal.role == "cells" and proposal.box), None
    )
    zones = [
        proposal
        for proposal in proposals
        if proposal.role == "zones"
        and not proposal.problems
        and "zone_id" in proposal.columns
        and "{" not in proposal.path
    ]
    there = {"country": country} if country else {}
    if zones and _fit(zones, cells):
        return {**_zones(proposals, zones, path), **there}
    if cells is None or cells.box is None:
        return f"{FILL_IN}: crs and grid, or zones, see docs/your-own-data.md"
    crs = plane_of(cells)
    west, south, east, north = _on(crs, cells)
    low = {"x_min_m": west, "y_min_m": south}
    high = {"x_max_m": east, "y_max_m": north}
    grid = {name: math.floor(edge / ZONE_M) * ZONE_M for name, edge in low.items()}
    grid |= {name: math.ceil(edge / ZONE_M) * ZONE_M for name, edge in high.items()}
    grid["zone_m"] = ZONE_M
    for axis in ("x", "y"):
        if grid[f"{axis}_min_m"] == grid[f"{axis}_max_m"]:
            grid[f"{axis}_max_m"] += ZONE_M
    if crs == "local":  # a plane of nowhere has no holidays
        there = {}
    return {"crs": crs, "tile_m": TILE_M, **there, "grid": grid}


def plane_of(cells: Proposal) -> str:
    """The plane for cells: their own, Europe's equal-area one, or the zone of UTM."""
    if READERS[cells.reader].position == "local":
        return "local"
    if "crs" in cells.settings:
        return str(cells.settings["crs"])
    assert cells.box is not None
    west, south, east, north = cells.box
    least_x, least_y, most_x, most_y = references.IN_EUROPE
    if least_x <= west and east <= most_x and least_y <= south and north <= most_y:
        return references.EUROPE
    middle = gpd.points_from_xy([(west + east) / 2], [(south + north) / 2], crs="EPSG:4326")
    return f"EPSG:{gpd.GeoSeries(middle).estimate_utm_crs().to_epsg()}"


def _on(crs: str, cells: Proposal) -> tuple[float, float, float, float]:
    """The cells' rectangle on a plane."""
    assert cells.box is not None
    origin = "EPSG:4326" if _is_globe(cells) else str(cells.settings.get("crs", crs))
    if crs == "local" or CRS.from_user_input(origin) == CRS.from_user_input(crs):
        return cells.box
    bounds = Transformer.from_crs(origin, crs, always_xy=True).transform_bounds(*cells.box)
    return (float(bounds[0]), float(bounds[1]), float(bounds[2]), float(bounds[3]))


def _is_globe(cells: Proposal) -> bool:
    return READERS[cells.reader].position == "degrees" or "latitude" in cells.columns


def _fit(zones: list[Proposal], cells: Proposal | None) -> bool:
    """Whether zones and cells lie on the same land, of a size."""
    if cells is None or READERS[cells.reader].position == "local":
        return cells is None
    layer = zones[0].settings.get("layer")
    frame = load(zones[0].files[0], str(layer) if layer else None)
    if frame.crs is None:
        return False
    plane = references.plane_for(frame)
    west, south, east, north = frame.to_crs(plane).total_bounds
    left, below, right, above = _on(plane, cells)
    apart = left > east or right < west or below > north or above < south
    served = (right - left + 2 * AROUND_M) * (above - below + 2 * AROUND_M)
    return not apart and (east - west) * (north - south) < MOST_TIMES_CELLS * served


def _zones(
    proposals: list[Proposal], zones: list[Proposal], path: Callable[[str], str]
) -> dict[str, Any]:
    by_role = {proposal.role: proposal for proposal in reversed(proposals)}
    tiles, people = by_role.get("tiles"), by_role.get("register")
    plane = next(
        (
            proposal.settings["plane"]
            for proposal in (tiles, *zones)
            if proposal is not None and "plane" in proposal.settings
        ),
        None,
    )
    content: dict[str, Any] = {
        "crs": plane or f"{FILL_IN}: EPSG code of a plane in metres",
        "tile_m": tiles.settings["tile_m"] if tiles else 100.0,
        "zones": [_said(references.zone_file(proposal, path(proposal.path))) for proposal in zones],
    }
    if tiles is not None:
        content["tiles"] = _said(references.tile_file(tiles, path(tiles.path)))
    if people is not None and not people.problems:
        content["register"] = _said(references.register_file(people, path(people.path)))
    if "elevation" in by_role and tiles is None:
        content["elevation"] = path(by_role["elevation"].path)
    if "land_use" in by_role and tiles is None:
        content["land_use"] = {
            "path": path(by_role["land_use"].path),
            "classes": f"{FILL_IN}: which values are forest, water, …",
        }
    return content


def _said(part: Any) -> dict[str, Any]:
    content: dict[str, Any] = part.model_dump(mode="json", exclude_defaults=True)
    return content
