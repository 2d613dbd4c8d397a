"""Layers of the map: what each shape is, its class and colour, and the words that say so."""

from __future__ import annotations

import base64
from itertools import pairwise
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from peil.area.tiling import LAND_USE, lattice_of

# Okabe and Ito's colours, and ColorBrewer's YlGnBu: told apart under common colour blindness
CLASSES = {
    "5G": "#cc79a7",
    "LTE": "#0072b2",
    "UMTS": "#009e73",
    "GSM": "#e69f00",
    "macro": "#0072b2",
    "micro": "#d55e00",
    "pico": "#d55e00",
    "femto": "#cc79a7",
    "cell": "#0072b2",
}
RAMP = ["#f6f7bf", "#c2e5b4", "#73c8bd", "#34a2c2", "#2668ab", "#132b7d"]
LAND = {
    "building": ("#d55e00", "buildings", "gebouwen"),
    "residential": ("#e69f00", "residential", "wonen"),
    "forest": ("#009e73", "forest", "bos"),
    "water": ("#56b4e9", "water", "water"),
    "roads": ("#595959", "roads", "wegen"),
}
MOST_SITES = 1_500  # more are counted in squares
MOST_SIDE = 700  # tiles a side of a picture; a finer lattice is thinned
MANY = 0.25  # share from which a kind of land use names a tile
Words = dict[str, str]


def said(en: str, nl: str) -> Words:
    """The same words in both languages."""
    return {"en": en, "nl": nl}


def places(cells: pd.DataFrame) -> dict[str, Any]:
    """Cells at their sites, coloured by technology or type; in squares where there are many."""
    kind = next((name for name in ("technology", "cell_type") if cells[name].notna().any()), None)
    known = cells[kind].fillna("?") if kind else pd.Series("cell", index=cells.index)
    cells = cells.assign(kind=known.where(known.isin(list(CLASSES)), "?"))
    counts = cells["kind"].value_counts()
    common = {
        "key": "cells",
        "kind": "points",
        "name": said("Cells", "Cellen"),
        "box": [
            float(cells["x"].min()),
            float(cells["y"].min()),
            float(cells["x"].max()) + 1,
            float(cells["y"].max()) + 1,
        ],
        "told": f"{len(cells):,} cells",
    }
    sites = cells.groupby(["x", "y"], sort=True)
    if sites.ngroups > MOST_SITES:
        return {**common, **_squares(cells)}
    kinds = [one for one in (*CLASSES, "?") if one in counts]
    classes = [{"colour": CLASSES.get(one, "#4c5a67"), "label": _kind(one)} for one in kinds]
    items = []
    for _, site in sites:
        x, y = site[["x", "y"]].iloc[0].to_numpy(dtype=float)
        most = site["kind"].mode().sort_values().iloc[0]
        towards = sorted(float(a) for a in site["azimuth_deg"].dropna())
        en = f"{len(site)} cell{'s' if len(site) > 1 else ''}, {_kind(most)['en']}"
        nl = f"{len(site)} cel{'len' if len(site) > 1 else ''}, {_kind(most)['nl']}"
        if towards:
            degrees = ", ".join(f"{a:.0f}°" for a in towards)
            en, nl = f"{en}, towards {degrees}", f"{nl}, gericht op {degrees}"
        items.append(
            {
                "x": round(x),
                "y": round(y),
                "of": kinds.index(most),
                "towards": towards,
                "words": said(en, nl),
            }
        )
    directed = int(cells["azimuth_deg"].notna().sum())
    return {
        **common,
        "items": items,
        "classes": classes,
        "title": said("Kind of cell", "Soort cel"),
        "lead": said(
            f"{len(cells):,} cells at {len(items):,} sites; a spoke points where a cell is aimed "
            f"({directed:,} of them are).",
            f"{len(cells):,} cellen op {len(items):,} plaatsen; een spaak wijst waar een cel op "
            f"gericht is ({directed:,} zijn dat).",
        ),
        "columns": [said("kind", "soort"), said("#cells", "#cellen")],
        "rows": [[_kind(one), int(counts[one])] for one in kinds],
    }


def _kind(one: str) -> Words:
    if one == "cell":
        return said("cell", "cel")
    return said("not said", "niet gezegd") if one == "?" else said(one, one)


def _tidy(value: float, steps: tuple[float, ...] = (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8)) -> float:
    """The next number above that is easy to read."""
    power = 10 ** np.floor(np.log10(value))
    return float(next(step * power for step in (*steps, 10) if step * power >= value))


def _squares(cells: pd.DataFrame) -> dict[str, Any]:
    span = max(np.ptp(cells["x"]), np.ptp(cells["y"]))
    size = _tidy(span / 70, (1, 2, 5))
    counted = (
        cells.assign(c=np.floor(cells["x"] / size), r=np.floor(cells["y"] / size))
        .groupby(["c", "r"], sort=True)
        .size()
        .reset_index(name="n")
    )
    breaks = _breaks(counted["n"].to_numpy(float))
    of = np.searchsorted(breaks, counted["n"], side="right")
    km = f"{size / 1000:g} km"
    rows = counted.to_numpy(dtype=float).tolist()
    items = [
        {
            "x": round((column + 0.5) * size),
            "y": round((row + 0.5) * size),
            "of": int(place),
            "words": said(
                f"{n:,.0f} cell{'s' if n > 1 else ''} in this square of {km}",
                f"{n:,.0f} cel{'len' if n > 1 else ''} in dit vierkant van {km}",
            ),
        }
        for (column, row, n), place in zip(rows, of, strict=True)
    ]
    classes = _classes(breaks)
    return {
        "items": items,
        "classes": classes,
        "size_m": size,
        "title": said(f"Cells per square of {km}", f"Cellen per vierkant van {km}"),
        "lead": said(
            f"{len(cells):,} cells, counted in squares of {km}.",
            f"{len(cells):,} cellen, geteld in vierkanten van {km}.",
        ),
        "columns": [
            said("cells per square", "cellen per vierkant"),
            said("#squares", "#vierkanten"),
        ],
        "rows": [[one["label"], int((of == n).sum())] for n, one in enumerate(classes)],
    }


def _breaks(values: np.ndarray) -> list[float]:
    """At most five tidy limits between six classes of like size."""
    cuts = np.quantile(values, np.linspace(0, 1, len(RAMP) + 1)[1:-1])
    return sorted({_tidy(cut) if cut > 0 else 0.0 for cut in cuts if cut > values.min()})


def _classes(breaks: list[float], unit: str = "") -> list[dict[str, Any]]:
    colours = RAMP[len(RAMP) - len(breaks) - 1 :]
    edges = [f"{edge:,.0f}" if edge >= 10 or edge == int(edge) else f"{edge:g}" for edge in breaks]
    if not edges:
        return [{"colour": colours[0], "label": said(f"all{unit}", f"alle{unit}")}]
    labels = [said(f"under {edges[0]}{unit}", f"onder {edges[0]}{unit}")]
    labels += [
        said(f"{low} to {high}{unit}", f"{low} tot {high}{unit}") for low, high in pairwise(edges)
    ]
    labels.append(said(f"{edges[-1]}{unit} and more", f"{edges[-1]}{unit} en meer"))
    return [{"colour": c, "label": label} for c, label in zip(colours, labels, strict=True)]


def areas(zones: gpd.GeoDataFrame, level: str, persons: pd.Series | None) -> dict[str, Any]:
    """Zones of one level; with a register coloured by its persons per km²."""
    zones = zones.sort_values("zone_id").reset_index(drop=True)
    bounds = zones.total_bounds
    tolerance = max(bounds[2] - bounds[0], bounds[3] - bounds[1]) / 2500
    shapes = shapely.coverage_simplify(zones.geometry.to_numpy(), tolerance)
    km2 = zones.geometry.area.to_numpy() / 1e6
    known = zones["zone_id"].map(persons).to_numpy(float) if persons is not None else None
    density = known / km2 if known is not None and np.isfinite(known).any() else None
    breaks = _breaks(density[np.isfinite(density)]) if density is not None else []
    plain = [{"colour": "#dce8f0", "label": said("a zone", "een zone")}]
    classes = _classes(breaks, "/km²") if density is not None else plain
    if density is not None and not np.isfinite(density).all():
        classes.append(
            {"colour": "#ffffff", "label": said("not in the register", "niet in het register")}
        )
    items = []
    for number, (name, shape) in enumerate(zip(zones["name"], shapes, strict=True)):
        of, more = 0, ("", "")
        if density is not None and known is not None:
            is_known = np.isfinite(density[number])
            of = int(np.searchsorted(breaks, density[number], "right")) if is_known else -1
            of = of % len(classes)
            if is_known:
                more = (
                    f", {known[number]:,.0f} persons in the register",
                    f", {known[number]:,.0f} personen in het register",
                )
        inner = shapely.point_on_surface(shape)
        items.append(
            {
                "x": round(inner.x),
                "y": round(inner.y),
                "of": of,
                "rings": _rings(shape),
                "words": said(
                    f"{name}: {km2[number]:,.1f} km²{more[0]}",
                    f"{name}: {km2[number]:,.1f} km²{more[1]}",
                ),
            }
        )
    columns = [said("zone", "zone"), said("#km²", "#km²")]
    rows: list[list[Any]] = [
        [str(name), round(float(a), 1)] for name, a in zip(zones["name"], km2, strict=True)
    ]
    if known is not None:
        columns.append(said("#persons", "#personen"))
        for row, n in zip(rows, known, strict=True):
            row.append(int(n) if np.isfinite(n) else said("–", "–"))
    return {
        "key": f"zones {level}",
        "kind": "areas",
        "name": said(f"Zones: {level}", f"Zones: {level}"),
        "box": [float(edge) for edge in bounds],
        "told": f"{len(zones):,} zones ({level})",
        "items": items,
        "classes": classes,
        "title": said("Persons in the register per km²", "Personen in het register per km²")
        if density is not None
        else said("Zones", "Zones"),
        "lead": said(
            f"{len(zones):,} zones, {km2.sum():,.0f} km².",
            f"{len(zones):,} zones, {km2.sum():,.0f} km².",
        ),
        "columns": columns,
        "rows": rows,
    }


def _rings(shape: shapely.Geometry) -> list[list[list[int]]]:
    found = []
    for polygon in shapely.get_parts(shape):
        for line in (polygon.exterior, *polygon.interiors):
            found.append(np.round(shapely.get_coordinates(line)).astype(int).tolist())
    return found


def _picture(tiles: pd.DataFrame, size: float, codes: np.ndarray) -> dict[str, Any]:
    lattice = lattice_of(tiles, "local", size)
    grid = np.full((lattice.n_rows, lattice.n_columns), 255, dtype=np.uint8)
    grid[lattice.places(*tiles[["x_m", "y_m"]].to_numpy(float).T)] = codes
    step = max(1, int(np.ceil(max(grid.shape) / MOST_SIDE)))
    thin = grid[::step, ::step]
    return {
        "kind": "grid",
        "west": lattice.x_min_m,
        "south": lattice.y_min_m,
        "size_m": size * step,
        "n_columns": thin.shape[1],
        "n_rows": thin.shape[0],
        "codes": base64.b64encode(thin.tobytes()).decode(),
        "items": [],
        "box": list(lattice.bounds()),
        "told": f"{len(tiles):,} tiles",
    }


def _n_tiles(tiles: pd.DataFrame, size: float) -> Words:
    return said(f"{len(tiles):,} tiles of {size:g} m.", f"{len(tiles):,} tegels van {size:g} m.")


def land_use(tiles: pd.DataFrame, size: float) -> dict[str, Any]:
    """The kind of land use that takes most of each tile, where any takes a quarter."""
    shares = tiles[LAND_USE].to_numpy(float)
    codes = np.where(shares.max(axis=1) >= MANY, shares.argmax(axis=1), len(LAND_USE))
    classes = [{"colour": LAND[kind][0], "label": said(*LAND[kind][1:])} for kind in LAND_USE]
    classes.append({"colour": "#f4f1e6", "label": said("open or other", "open of anders")})
    km2 = np.bincount(codes, minlength=len(classes)) * size**2 / 1e6
    return {
        **_picture(tiles, size, codes.astype(np.uint8)),
        "key": "land_use",
        "classes": classes,
        "name": said("Land use", "Bodemgebruik"),
        "title": said("Land use that takes most of the tile", "Bodemgebruik van het grootste deel"),
        "lead": _n_tiles(tiles, size),
        "columns": [said("land use", "bodemgebruik"), said("#km²", "#km²")],
        "rows": [[one["label"], round(float(a), 1)] for one, a in zip(classes, km2, strict=True)],
    }


def heights(tiles: pd.DataFrame, size: float) -> dict[str, Any]:
    """Elevation in classes of like size."""
    values = tiles["elevation_m"].to_numpy(float)
    told = np.isfinite(values)
    breaks = _breaks(np.maximum(values[told], 0))
    codes = np.where(told, np.searchsorted(breaks, values, side="right"), 255)
    classes = _classes(breaks, " m")
    km2 = np.bincount(codes[told], minlength=len(classes)) * size**2 / 1e6
    return {
        **_picture(tiles, size, codes.astype(np.uint8)),
        "key": "elevation",
        "classes": classes,
        "name": said("Elevation", "Hoogte"),
        "title": said("Elevation in m", "Hoogte in m"),
        "lead": _n_tiles(tiles, size),
        "columns": [said("elevation", "hoogte"), said("#km²", "#km²")],
        "rows": [[one["label"], round(float(a), 1)] for one, a in zip(classes, km2, strict=True)],
    }
