"""A cell plan is judged when it comes in: numbers that can be, one place a cell, in the area.

A plan is taken whole or not at all, as when it is read: the first fault refuses it in one
sentence. Cells are named, since they are masts and not people.
"""

from __future__ import annotations

import duckdb
import numpy as np
import pandas as pd

from peil import methods
from peil.area.planes import on_plane, require_true_distances
from peil.charter.schema import Charter
from peil.ingest.cell_plan import bounds_of
from peil.ingest.readers.refusal import shown
from peil.outcome import Refused
from peil.store.raw_tables import CELL_COLUMNS
from peil.store.store import Store

NUMBERS = tuple(name for name, kind in CELL_COLUMNS.items() if kind == "DOUBLE")
# the numbers that an antenna can have, besides finite: SQL of a column, and in words
POSSIBLE = {
    "power_w": ("power_w > 0", "above 0"),
    "range_m": ("range_m > 0", "above 0"),
    "path_loss_exponent": ("path_loss_exponent > 0", "above 0"),
    "midpoint_dbm": ("midpoint_dbm BETWEEN -160 AND 0", "from -160 to 0"),
    "steepness": ("steepness > 0 AND steepness <= 10", "above 0 and at most 10"),
    "beam_horizontal_deg": (
        "beam_horizontal_deg > 0 AND beam_horizontal_deg <= 360",
        "above 0 and at most 360",
    ),
    "beam_vertical_deg": (
        "beam_vertical_deg > 0 AND beam_vertical_deg <= 360",
        "above 0 and at most 360",
    ),
    "azimuth_deg": (
        "azimuth_deg BETWEEN -360 AND 360 OR is_directional IS NOT DISTINCT FROM FALSE",
        "from -360 to 360",
    ),
    "tilt_deg": ("tilt_deg BETWEEN -90 AND 90", "from -90 to 90"),
}

# cells by which -1 is no angle: of a plan that writes angles below 0 there would be others
CODED_AZIMUTH = (
    "azimuth_deg = -1 AND is_directional IS DISTINCT FROM FALSE AND NOT EXISTS "
    "(SELECT 1 FROM {table} WHERE azimuth_deg < 0 AND azimuth_deg <> -1)"
)


def require_possible(
    connection: duckdb.DuckDBPyConnection, plan: str, table: str = "raw.main.cells"
) -> None:
    """Refuse a plan with a number that no antenna has: no power, or an infinite height.

    Parameters
    ----------
    plan : str
        What the plan is called in the sentence.
    table : str
        Cells in canonical columns. A value that is not a number (NaN) counts as missing, and is
        written as such.

    Raises
    ------
    Refused
        With the first such cell, the field, and what to do.
    """
    missing = ", ".join(f"{name} = CASE WHEN NOT isnan({name}) THEN {name} END" for name in NUMBERS)
    is_missing = " OR ".join(f"isnan({name})" for name in NUMBERS)
    connection.execute(f"UPDATE {table} SET {missing} WHERE {is_missing}")
    for name in NUMBERS:
        condition, words = POSSIBLE.get(name, ("TRUE", ""))
        bad = f"NOT (isfinite({name}) AND ({condition}))"
        row = connection.execute(
            f"SELECT min(cell_id), count(DISTINCT cell_id) FROM {table} WHERE {bad}"
        ).fetchone()
        if row is not None and row[1]:
            must = "finite" + (f" and {words}" if words else "")
            raise Refused(
                f"{plan}, cell {shown(row[0])}, {name}: is not {must}{_others(row[1])}; correct "
                "it, or leave it empty where it is not known."
            )
    row = connection.execute(
        f"SELECT min(cell_id), count(DISTINCT cell_id) FROM {table} "
        f"WHERE {CODED_AZIMUTH.format(table=table)}"
    ).fetchone()
    if row is not None and row[1]:
        raise Refused(
            f"{plan}, cell {shown(row[0])}, azimuth_deg: is -1, the only angle below 0 in the plan"
            f"{_others(row[1])}, as if it stood for no direction; leave it empty there, or write "
            "359."
        )


def require_placed(
    connection: duckdb.DuckDBPyConnection, plan: str, charter: Charter, store: Store
) -> None:
    """Refuse a plan that lies elsewhere, or that has one cell at two places at one time.

    A cell of two versions that begin at different moments has moved, and may lie anywhere.

    Raises
    ------
    Refused
        With the first such cell and what to do. `[cells]` in methods.toml has the distances.
    """
    choices = methods.section("cells", charter.pilot)
    plan_cells = connection.execute(
        "SELECT cell_id, latitude, longitude, x_m, y_m, crs, valid_from FROM raw.main.cells "
        "WHERE (valid_from < valid_to) IS NOT FALSE "
        "AND ((x_m IS NOT NULL AND y_m IS NOT NULL) "
        "OR (latitude BETWEEN -90 AND 90 AND longitude BETWEEN -180 AND 180)) "
        "ORDER BY ALL"
    ).df()
    if plan_cells.empty:
        return
    placed = on_plane(plan_cells, charter.area.crs)
    _require_one_place(placed, plan, float(choices["apart_m"]))
    margin, share_min = float(choices["margin_m"]), float(choices["inside_share_min"])
    west, south, east, north = bounds = bounds_of(charter, store)
    require_true_distances(charter.area.crs, bounds, float(choices["stretch_max"]))
    is_near = placed["x_m"].between(west - margin, east + margin)
    is_near &= placed["y_m"].between(south - margin, north + margin)
    n_cells, n_near = (cells["cell_id"].nunique() for cells in (placed, placed[is_near]))
    if n_near == 0 or n_near < share_min * n_cells:
        first = placed.loc[~is_near, "cell_id"].min()
        raise Refused(
            f"{plan}, cell {shown(first)}: lies outside the pilot's area and {margin / 1000:g} "
            f"km around it, as do all but {n_near} of {n_cells} cells; compare the position "
            "columns and `crs` of `inputs.cells` with `area`, or have the plan of this network "
            "delivered."
        )


def _require_one_place(placed: pd.DataFrame, plan: str, apart_m: float) -> None:
    same = placed.groupby(["cell_id", "valid_from"], dropna=False)[["x_m", "y_m"]]
    spread = (same.max() - same.min()).to_numpy()
    is_apart = np.hypot(spread[:, 0], spread[:, 1]) > apart_m
    if is_apart.any():
        cells = same.max().index.get_level_values("cell_id")[is_apart].unique().sort_values()
        raise Refused(
            f"{plan}, cell {shown(cells[0])}: lies at two places more than {apart_m:g} m apart at "
            f"the same time{_others(len(cells))}; correct its position, or say from when to when "
            "each holds."
        )


def _others(n_cells: int) -> str:
    return f" (and {n_cells - 1} other cells)" if n_cells > 1 else ""
