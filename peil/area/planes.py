"""Cells on the pilot's plane, from degrees or from a plane of their own."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd
from pyproj import CRS, Proj, Transformer
from pyproj.exceptions import CRSError

from peil.outcome import Refused


def require_true_distances(
    crs: str, bounds: tuple[float, float, float, float], stretch_max: float
) -> None:
    """Refuse a plane on which distances in the area are not those on the ground.

    EPSG:3857, of maps on the web, has metres of 1.6 m in the Netherlands.

    Parameters
    ----------
    crs : str
        An EPSG code, or ``local``.
    bounds : tuple of float
        West, south, east and north of the area on it, in m.
    stretch_max : float
        Most by which a distance on it may differ, as a share of that on the ground.

    Raises
    ------
    Refused
        With what to take instead.
    """
    if crs == "local":
        return
    west, south, east, north = bounds
    middle = ((west + east) / 2, (south + north) / 2)
    degrees = _change(crs, "EPSG:4326").transform(*middle)
    if np.isfinite(degrees).all():
        factors = Proj(CRS.from_user_input(crs)).get_factors(*degrees)
        scales = (factors.meridional_scale, factors.parallel_scale)
        if all(abs(scale - 1) <= stretch_max for scale in scales):
            return
    raise Refused(
        f"area.crs: distances on {crs} are not those on the ground where the area lies; take a "
        "plane made for that region, such as its zone of UTM."
    )


def on_plane(cells: pd.DataFrame, crs: str) -> pd.DataFrame:
    """Project cells onto a plane, in metres: `x_m`, `y_m`.

    Parameters
    ----------
    cells : DataFrame
        With columns `x_m`, `y_m`, `latitude`, `longitude`, and `crs` where positions have one.
    crs : str
        An EPSG code, or ``local``.

    Raises
    ------
    Refused
        Cells lie on a plane that cannot be laid on this one.
    """
    placed = cells.copy()
    globe = placed["x_m"].isna() & placed["latitude"].notna()
    if globe.any():
        if crs == "local":
            raise Refused("The cell plan has latitudes, but the charter's plane is `local`.")
        _move(placed, globe, ("EPSG:4326", crs), ("longitude", "latitude"))
    for theirs in sorted(placed.loc[~globe, "crs"].dropna().unique()) if "crs" in placed else []:
        if "local" in (theirs, crs):
            if theirs != crs:
                raise Refused(
                    f"The cell plan lies on {theirs} and the charter's area on {crs}: a "
                    "plane of its own cannot be laid on another; correct `crs`."
                )
        elif not _is_one_plane(theirs, crs):
            _move(placed, ~globe & (placed["crs"] == theirs), (theirs, crs), ("x_m", "y_m"))
    return placed


def _is_one_plane(theirs: str, ours: str) -> bool:
    try:
        return is_one_plane(theirs, ours)
    except CRSError:
        raise Refused(
            "The cell plan lies on a plane that there is not: correct `crs` in `inputs.cells`, or "
            "in the plan, as EPSG:3035."
        ) from None


def _move(
    cells: pd.DataFrame, which: pd.Series, planes: tuple[str, str], columns: tuple[str, str]
) -> None:
    from_x, from_y = (cells.loc[which, name].to_numpy(dtype=float) for name in columns)
    moved = _change(*planes).transform(from_x, from_y)
    cells.loc[which, "x_m"], cells.loc[which, "y_m"] = moved


@lru_cache(maxsize=64)
def is_one_plane(crs: str, other: str) -> bool:
    """Whether two names are of the same coordinate reference system.

    >>> is_one_plane("EPSG:28992", "epsg:28992"), is_one_plane("EPSG:28992", "EPSG:3035")
    (True, False)
    """
    return bool(CRS.from_user_input(crs) == CRS.from_user_input(other))


@lru_cache(maxsize=8)  # finding the way between two planes takes longer than moving a plan
def _change(theirs: str, ours: str) -> Transformer:
    start, end = CRS.from_user_input(theirs), CRS.from_user_input(ours)
    return Transformer.from_crs(start, end, always_xy=True)
