"""Layers of the map that are pictures of tiles: land use and elevation, a class a tile."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import pandas as pd

from peil.area.tiling import LAND_USE, lattice_of
from peil.inspecting.layers import Words, breaks_of, classes_of, words

LAND = {
    "building": ("#d55e00", "buildings", "gebouwen"),
    "residential": ("#e69f00", "residential", "wonen"),
    "forest": ("#009e73", "forest", "bos"),
    "water": ("#56b4e9", "water", "water"),
    "roads": ("#595959", "roads", "wegen"),
}
MOST_SIDE = 700  # tiles a side of a picture; a finer lattice is thinned
MANY = 0.25  # share from which a kind of land use names a tile


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
    return words(f"{len(tiles):,} tiles of {size:g} m.", f"{len(tiles):,} tegels van {size:g} m.")


def land_use(tiles: pd.DataFrame, size: float) -> dict[str, Any]:
    """The kind of land use that takes most of each tile, where any takes a quarter."""
    shares = tiles[LAND_USE].to_numpy(float)
    codes = np.where(shares.max(axis=1) >= MANY, shares.argmax(axis=1), len(LAND_USE))
    classes = [{"colour": LAND[kind][0], "label": words(*LAND[kind][1:])} for kind in LAND_USE]
    classes.append({"colour": "#f4f1e6", "label": words("open or other", "open of anders")})
    km2 = np.bincount(codes, minlength=len(classes)) * size**2 / 1e6
    return {
        **_picture(tiles, size, codes.astype(np.uint8)),
        "key": "land_use",
        "classes": classes,
        "name": words("Land use", "Bodemgebruik"),
        "title": words(
            "Land use that takes most of the tile", "Bodemgebruik van het grootste deel"
        ),
        "lead": _n_tiles(tiles, size),
        "columns": [words("land use", "bodemgebruik"), words("#km²", "#km²")],
        "rows": [[item["label"], round(float(a), 1)] for item, a in zip(classes, km2, strict=True)],
    }


def heights(tiles: pd.DataFrame, size: float) -> dict[str, Any]:
    """Elevation in classes of like size."""
    values = tiles["elevation_m"].to_numpy(float)
    is_known = np.isfinite(values)
    breaks = breaks_of(np.maximum(values[is_known], 0))
    codes = np.where(is_known, np.searchsorted(breaks, values, side="right"), 255)
    classes = classes_of(breaks, " m")
    km2 = np.bincount(codes[is_known], minlength=len(classes)) * size**2 / 1e6
    return {
        **_picture(tiles, size, codes.astype(np.uint8)),
        "key": "elevation",
        "classes": classes,
        "name": words("Elevation", "Hoogte"),
        "title": words("Elevation in m", "Hoogte in m"),
        "lead": _n_tiles(tiles, size),
        "columns": [words("elevation", "hoogte"), words("#km²", "#km²")],
        "rows": [[item["label"], round(float(a), 1)] for item, a in zip(classes, km2, strict=True)],
    }
