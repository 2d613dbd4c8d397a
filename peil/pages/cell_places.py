"""Where cells stand, for the operator's pages: position on the plane, and region."""

from __future__ import annotations

from contextlib import suppress
from datetime import date

import geopandas as gpd
import pandas as pd

from peil.adapters import database
from peil.area.area import Area
from peil.charter.clock import end_of, start_of
from peil.charter.schema import Charter
from peil.outcome import Refused
from peil.quality import passes
from peil.quality.choices import limits_of
from peil.quality.store import folder
from peil.store.atomic import write_bytes
from peil.store.store import Store

COLUMNS = ["cell_id", "region_id", "x_m", "y_m"]
Outline = list[list[tuple[float, float]]]


def places(charter: Charter, store: Store, area: Area, days: list[date]) -> pd.DataFrame:
    """Read the cells of the newest plan that can still be read, and of the plans read before.

    Staged files die by their retention; places (no personal data) are kept beside the figures.

    Returns
    -------
    DataFrame
        One row per cell, ascending: `cell_id`, `region_id` (empty: none), `x_m`, `y_m` (m on the
        pilot's plane; null: not located). Empty when no plan was ever readable.
    """
    pilot = charter.pilot
    file = folder(store, pilot) / "places.parquet"
    before = pd.read_parquet(file) if file.is_file() else pd.DataFrame(columns=COLUMNS)
    readable = [
        day
        for day in days
        if store.staged_file(pilot, day).exists() and store.key(pilot, day, "staged").exists()
    ]
    if not readable:
        return before
    newest = _placed(charter, store, area, max(readable))
    cells = pd.concat([newest, before[~before["cell_id"].isin(newest["cell_id"])]])
    cells = cells.sort_values("cell_id").reset_index(drop=True)
    if not cells.equals(before):
        content: bytes = cells.to_parquet(None, index=False)
        write_bytes(file, content, mode=0o600)
    return cells


def _placed(charter: Charter, store: Store, area: Area, day: date) -> pd.DataFrame:
    """Read one day's plan: the region as quality has it, the position on the pilot's plane."""
    start, end = start_of(day, charter.time_zone), end_of(day, charter.time_zone)
    with database.connection(store, store.work(charter.pilot, day, "places")) as opened:
        database.attach_staged(opened, store, charter.pilot, day, verb="pages")
        opened.execute(
            "CREATE TEMP TABLE this_batch AS "
            "SELECT ?::TIMESTAMPTZ AS day_start_at, ?::TIMESTAMPTZ AS day_end_at",
            [start, end],
        )
        opened.execute(
            "CREATE TEMP TABLE limits AS SELECT ?::DOUBLE AS staged_region_m",
            [limits_of(charter.pilot).staged_region_m],
        )
        cells: pd.DataFrame = opened.execute(
            "SELECT cell_id, coalesce(region_id, '') AS region_id, x_m, y_m, latitude, longitude "
            f"FROM staged.main.stg_operator__cells LEFT JOIN ({passes.TABLES['placed']}) "
            "USING (cell_id) "
            "QUALIFY row_number() OVER (PARTITION BY cell_id ORDER BY valid_from DESC NULLS LAST, "
            "valid_to DESC NULLS FIRST) = 1 ORDER BY cell_id"
        ).df()
    with suppress(Refused):  # degrees on a plane of its own: regions are known, positions not
        cells = area.placed(cells)
    cells[["x_m", "y_m"]] = cells[["x_m", "y_m"]].astype(float)
    return cells[COLUMNS]


def region_names(cells: pd.DataFrame, area: Area) -> dict[str, str]:
    """Say of each region in which zone most of its cells stand.

    Parameters
    ----------
    cells : DataFrame
        As `places` gives it.

    Returns
    -------
    dict of str to str
        By `region_id`: ``Noorderdam E3900.0N3665.0``; the id alone where no zone holds a cell.
    """
    zones = area.zones[area.zones["zone_id"].isin(area.bottom())]
    bare = gpd.GeoDataFrame({"name": zones["name"].to_numpy()}, geometry=zones.geometry.to_numpy())
    points = gpd.GeoDataFrame(
        {"region_id": cells["region_id"]}, geometry=gpd.points_from_xy(cells["x_m"], cells["y_m"])
    )
    within = gpd.sjoin(points, bare, predicate="intersects")
    counts = within.groupby(["region_id", "name"]).size().rename("n").reset_index()
    first = counts.sort_values(["n", "name"], ascending=[False, True]).groupby("region_id")["name"]
    zone = first.first().to_dict()
    regions = sorted(set(cells["region_id"]) - {""})
    return {region: f"{zone[region]} {region}" if region in zone else region for region in regions}


def outlines(area: Area, tolerance_m: float = 50.0) -> list[Outline]:
    """Simplify the outlines of the bottom zones for a small map, as rings of points in m.

    Lines are simplified by `tolerance_m`: nothing is measured on this map.
    """
    shapes = area.zones[area.zones["zone_id"].isin(area.bottom())].geometry
    return [
        [
            [(float(round(x)), float(round(y))) for x, y, *_ in ring.coords]
            for ring in (shape.exterior, *shape.interiors)
        ]
        for shape in shapes.simplify(tolerance_m).explode()
    ]
