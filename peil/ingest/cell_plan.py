"""Check that a cell plan lies in the pilot's part of the world, and bound what is read of one."""

from __future__ import annotations

import duckdb
from pyproj import CRS, Transformer

from peil import methods
from peil.area.tiling import LAND_USE as LAND_USE
from peil.area.zones import read_zones, select_zones
from peil.charter.reading import root
from peil.charter.schema import Charter, Delivery
from peil.ingest.readers import READERS
from peil.outcome import Refused
from peil.store.store import Store


def require_not_swapped(connection: duckdb.DuckDBPyConnection, plan: str, crs: str) -> None:
    """Refuse a plan of which more cells would lie in the pilot's part of the world if swapped.

    Parameters
    ----------
    plan : str
        What the plan is called in the sentence.
    crs : str
        The pilot's plane, whose area of use is that part; nothing is known of a plane of its own.

    Raises
    ------
    Refused
        With the number of cells, and what to do.
    """
    there = "latitude IS NOT NULL AND longitude IS NOT NULL"
    query = f"SELECT count(*) FROM raw.main.cells WHERE {there}"
    (n_cells,) = connection.execute(query).fetchone() or (0,)
    if not n_cells or not crs.upper().startswith("EPSG:"):
        return
    area = CRS(crs).area_of_use
    if area is None:
        return
    inside = "({0} BETWEEN $south AND $north AND {1} BETWEEN $west AND $east)"
    as_told, swapped = connection.execute(
        f"SELECT count(*) FILTER ({inside.format('latitude', 'longitude')}), "
        f"count(*) FILTER ({inside.format('longitude', 'latitude')}) FROM raw.main.cells "
        f"WHERE {there}",
        {"south": area.south, "north": area.north, "west": area.west, "east": area.east},
    ).fetchone() or (0, 0)
    if swapped > as_told:
        raise Refused(
            f"{plan}: latitude and longitude are swapped in {swapped} of {n_cells} cells (they lie "
            f"outside the area of {crs}): turn them in `columns`, or have the plan corrected."
        )


def cell_delivery(charter: Charter, store: Store) -> Delivery:
    """How cells are read: of OpenCelliD only those in and near the charter's area.

    A cell beyond the border serves devices within it: `[cells]` in methods.toml says how far.
    """
    cells, area = charter.inputs.cells, charter.area
    if not READERS[cells.reader].is_boxed or cells.box is not None:
        return cells
    if area.crs == "local":
        raise Refused("area.crs: OpenCelliD has latitudes; give the area a plane with a code.")
    bounds = bounds_of(charter, store)
    margin = float(methods.section("cells", charter.pilot)["margin_m"])
    change = Transformer.from_crs(CRS.from_user_input(area.crs), "EPSG:4326", always_xy=True)
    box_ = change.transform_bounds(
        bounds[0] - margin, bounds[1] - margin, bounds[2] + margin, bounds[3] + margin
    )
    return cells.model_copy(update={"box": box_})


def bounds_of(charter: Charter, store: Store) -> tuple[float, float, float, float]:
    """West, south, east and north of the charter's area on its plane, in m."""
    area = charter.area
    part = area.grid or area.within
    if part is not None:
        return (part.x_min_m, part.y_min_m, part.x_max_m, part.y_max_m)
    zones = select_zones(
        read_zones(root(charter, store), area.zones, area.crs, area.tile_m, charter.title.en),
        area.only,
    )
    west, south, east, north = (float(end) for end in zones.total_bounds)
    return west, south, east, north
