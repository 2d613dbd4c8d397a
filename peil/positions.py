"""Are the positions of a cell plan where the pilot is? Swapped latitude and longitude are told."""

from __future__ import annotations

import duckdb

from peil.outcome import Refused


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
    from pyproj import CRS  # a quarter of a second

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
