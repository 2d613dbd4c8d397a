"""Outlines of the zones as unions of their tiles.

Needs the extra `synthetic`; zones as numbers of tiles are in `country`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from peil_models.extras import optional_package
from peil_models.synthetic.country import (
    CRS,
    N_COLUMNS,
    N_ROWS,
    REGION_NAMES,
    TILE_M,
    X_MIN_M,
    Y_MIN_M,
    Country,
)

if TYPE_CHECKING:
    import geopandas as gpd


def make_zones(country: Country) -> gpd.GeoDataFrame:
    """One row per zone: zone_id, name, parent_id, level and geometry on EPSG:3035.

    Municipalities first, then regions, then the country. Corners lie on tile corners;
    points on straight edges are left out.
    """
    geopandas = optional_package("geopandas", "synthetic")
    shapely = optional_package("shapely", "synthetic")
    municipality = country.municipality.reshape(N_ROWS, N_COLUMNS)
    # runs of equal tiles in a row: few rectangles instead of thousands of squares
    edges = np.flatnonzero(np.diff(municipality.ravel()) != 0) + 1
    edges = np.union1d(edges, np.arange(0, municipality.size, N_COLUMNS))
    ends = np.r_[edges[1:], municipality.size]
    rows, left, right = edges // N_COLUMNS, edges % N_COLUMNS, (ends - 1) % N_COLUMNS + 1
    boxes = shapely.box(
        X_MIN_M + left * TILE_M,
        Y_MIN_M + rows * TILE_M,
        X_MIN_M + right * TILE_M,
        Y_MIN_M + (rows + 1) * TILE_M,
    )
    number = municipality.ravel()[edges]
    shapes = [_outline(shapely, boxes[number == n]) for n in range(len(country.zone_ids))]
    rows_of_zones: list[dict[str, str | None]] = [
        {"zone_id": code, "name": name, "parent_id": code[:4], "level": "municipality"}
        for code, name in zip(country.zone_ids, country.names, strict=True)
    ]
    for region, name in enumerate(REGION_NAMES):
        rows_of_zones.append(
            {"zone_id": f"PL{region + 1:02d}", "name": name, "parent_id": "PL", "level": "region"}
        )
        shapes.append(_outline(shapely, boxes[np.r_[country.region_of, -1][number] == region]))
    rows_of_zones.append(
        {"zone_id": "PL", "name": "Peilland", "parent_id": None, "level": "country"}
    )
    shapes.append(_outline(shapely, boxes[number >= 0]))
    zones = geopandas.GeoDataFrame(pd.DataFrame(rows_of_zones), geometry=shapes, crs=CRS)
    order = zones["zone_id"].str.len().mul(-1).to_frame("longest").assign(code=zones["zone_id"])
    return zones.loc[order.sort_values(["longest", "code"]).index].reset_index(drop=True)


def _outline(shapely: Any, boxes: np.ndarray) -> Any:
    """Union of boxes, without points on straight edges."""
    return shapely.normalize(shapely.simplify(shapely.union_all(boxes), 0.0))
