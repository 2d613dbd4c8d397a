"""Layers of the map with a shape an item: cells as points or squares, zones as areas.

Each gives what the page draws: shapes, classes with colours, a table, in both languages. Layers of
tiles, which are pictures, are in `peil.inspecting.tile_layers`.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

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
MOST_SITES = 1_500  # more are counted in squares
Words = dict[str, str]


def words(en: str, nl: str) -> Words:
    """A text of the page in its two languages."""
    return {"en": en, "nl": nl}


def places(cells: pd.DataFrame) -> dict[str, Any]:
    """Cells at their sites, coloured by technology or type; in squares where there are many."""
    kind = next((name for name in ("technology", "cell_type") if cells[name].notna().any()), None)
    kinds_of_cells = cells[kind].fillna("?") if kind else pd.Series("cell", index=cells.index)
    cells = cells.assign(kind=kinds_of_cells.where(kinds_of_cells.isin(list(CLASSES)), "?"))
    counts = cells["kind"].value_counts()
    common = {
        "key": "cells",
        "kind": "points",
        "name": words("Cells", "Cellen"),
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
    kinds = [kind for kind in (*CLASSES, "?") if kind in counts]
    classes = [{"colour": CLASSES.get(kind, "#4c5a67"), "label": _kind(kind)} for kind in kinds]
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
                "words": words(en, nl),
            }
        )
    directed = int(cells["azimuth_deg"].notna().sum())
    return {
        **common,
        "items": items,
        "classes": classes,
        "title": words("Kind of cell", "Soort cel"),
        "lead": words(
            f"{len(cells):,} cells at {len(items):,} sites; a spoke points where a cell is aimed "
            f"({directed:,} of them are).",
            f"{len(cells):,} cellen op {len(items):,} plaatsen; een spaak wijst waar een cel op "
            f"gericht is ({directed:,} zijn dat).",
        ),
        "columns": [words("kind", "soort"), words("#cells", "#cellen")],
        "rows": [[_kind(kind), int(counts[kind])] for kind in kinds],
    }


def _kind(name: str) -> Words:
    if name == "cell":
        return words("cell", "cel")
    return words("not said", "niet gezegd") if name == "?" else words(name, name)


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
    breaks = breaks_of(counted["n"].to_numpy(float))
    class_numbers = np.searchsorted(breaks, counted["n"], side="right")
    km = f"{size / 1000:g} km"
    rows = counted.to_numpy(dtype=float).tolist()
    items = [
        {
            "x": round((column + 0.5) * size),
            "y": round((row + 0.5) * size),
            "of": int(place),
            "words": words(
                f"{n:,.0f} cell{'s' if n > 1 else ''} in this square of {km}",
                f"{n:,.0f} cel{'len' if n > 1 else ''} in dit vierkant van {km}",
            ),
        }
        for (column, row, n), place in zip(rows, class_numbers, strict=True)
    ]
    classes = classes_of(breaks)
    return {
        "items": items,
        "classes": classes,
        "size_m": size,
        "title": words(f"Cells per square of {km}", f"Cellen per vierkant van {km}"),
        "lead": words(
            f"{len(cells):,} cells, counted in squares of {km}.",
            f"{len(cells):,} cellen, geteld in vierkanten van {km}.",
        ),
        "columns": [
            words("cells per square", "cellen per vierkant"),
            words("#squares", "#vierkanten"),
        ],
        "rows": [
            [item["label"], int((class_numbers == n).sum())] for n, item in enumerate(classes)
        ],
    }


def breaks_of(values: np.ndarray) -> list[float]:
    """At most five tidy limits between six classes of like size."""
    cuts = np.quantile(values, np.linspace(0, 1, len(RAMP) + 1)[1:-1])
    return sorted({_tidy(cut) if cut > 0 else 0.0 for cut in cuts if cut > values.min()})


def classes_of(breaks: list[float], unit: str = "") -> list[dict[str, Any]]:
    """Colour and label of the classes between limits, the lowest first."""
    colours = RAMP[len(RAMP) - len(breaks) - 1 :]
    edges = [f"{edge:,.0f}" if edge >= 10 or edge == int(edge) else f"{edge:g}" for edge in breaks]
    if not edges:
        return [{"colour": colours[0], "label": words(f"all{unit}", f"alle{unit}")}]
    labels = [words(f"under {edges[0]}{unit}", f"onder {edges[0]}{unit}")]
    labels += [
        words(f"{low} to {high}{unit}", f"{low} tot {high}{unit}") for low, high in pairwise(edges)
    ]
    labels.append(words(f"{edges[-1]}{unit} and more", f"{edges[-1]}{unit} en meer"))
    return [{"colour": c, "label": label} for c, label in zip(colours, labels, strict=True)]


def areas(zones: gpd.GeoDataFrame, level: str, persons: pd.Series | None) -> dict[str, Any]:
    """Zones of one level; with a register coloured by its persons per km²."""
    zones = zones.sort_values("zone_id").reset_index(drop=True)
    bounds = zones.total_bounds
    tolerance = max(bounds[2] - bounds[0], bounds[3] - bounds[1]) / 2500
    shapes = shapely.coverage_simplify(zones.geometry.to_numpy(), tolerance)
    km2 = zones.geometry.area.to_numpy() / 1e6
    n_persons = zones["zone_id"].map(persons).to_numpy(float) if persons is not None else None
    density = n_persons / km2 if n_persons is not None and np.isfinite(n_persons).any() else None
    breaks = breaks_of(density[np.isfinite(density)]) if density is not None else []
    plain = [{"colour": "#dce8f0", "label": words("a zone", "een zone")}]
    classes = classes_of(breaks, "/km²") if density is not None else plain
    if density is not None and not np.isfinite(density).all():
        classes.append(
            {"colour": "#ffffff", "label": words("not in the register", "niet in het register")}
        )
    items = []
    for number, (name, shape) in enumerate(zip(zones["name"], shapes, strict=True)):
        place, more = 0, ("", "")
        if density is not None and n_persons is not None:
            is_known = np.isfinite(density[number])
            place = int(np.searchsorted(breaks, density[number], "right")) if is_known else -1
            place = place % len(classes)
            if is_known:
                more = (
                    f", {n_persons[number]:,.0f} persons in the register",
                    f", {n_persons[number]:,.0f} personen in het register",
                )
        inner = shapely.point_on_surface(shape)
        items.append(
            {
                "x": round(inner.x),
                "y": round(inner.y),
                "of": place,
                "rings": _rings(shape),
                "words": words(
                    f"{name}: {km2[number]:,.1f} km²{more[0]}",
                    f"{name}: {km2[number]:,.1f} km²{more[1]}",
                ),
            }
        )
    columns = [words("zone", "zone"), words("#km²", "#km²")]
    rows: list[list[Any]] = [
        [str(name), round(float(a), 1)] for name, a in zip(zones["name"], km2, strict=True)
    ]
    if n_persons is not None:
        columns.append(words("#persons", "#personen"))
        for row, n in zip(rows, n_persons, strict=True):
            row.append(int(n) if np.isfinite(n) else words("–", "–"))
    return {
        "key": f"zones {level}",
        "kind": "areas",
        "name": words(f"Zones: {level}", f"Zones: {level}"),
        "box": [float(edge) for edge in bounds],
        "told": f"{len(zones):,} zones ({level})",
        "items": items,
        "classes": classes,
        "title": words("Persons in the register per km²", "Personen in het register per km²")
        if density is not None
        else words("Zones", "Zones"),
        "lead": words(
            f"{len(zones):,} zones, {km2.sum():,.0f} km².",
            f"{len(zones):,} zones, {km2.sum():,.0f} km².",
        ),
        "columns": columns,
        "rows": rows,
    }


def _rings(shape: shapely.Geometry) -> list[list[list[int]]]:
    rings = []
    for polygon in shapely.get_parts(shape):
        for line in (polygon.exterior, *polygon.interiors):
            rings.append(np.round(shapely.get_coordinates(line)).astype(int).tolist())
    return rings
