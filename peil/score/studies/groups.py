"""Groups of zone-hours in which a candidate may not be worse, beyond those of `peil.score.paired`.

What tells them apart goes with the rows of a unit: `described` adds it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from peil.area.area import Area
from peil.score import paired

ABOUT = ("residents", "residents_km2", "is_outage", "above")  # what `described` adds
SEPARATOR = "|"
KM2 = 1e6


def described(rows: pd.DataFrame, area: Area, hours_out: pd.DatetimeIndex) -> pd.DataFrame:
    """Say of each row how many live in its zone, how densely, and what zones lie above it.

    Parameters
    ----------
    rows : DataFrame
        Of lowest zones: zone_id, hour_at.
    hours_out : DatetimeIndex
        Hours (UTC) in which a cell was out.
    """
    zones = area.zones.set_index("zone_id")
    parents = zones["parent_id"].to_dict()
    residents = area.register if area.register is not None else pd.Series(dtype=np.float64)
    lived_in = rows["zone_id"].map(residents).astype(np.float64)
    return rows.assign(
        residents=lived_in,
        residents_km2=lived_in / rows["zone_id"].map(zones.geometry.area / KM2),
        is_outage=rows["hour_at"].isin(hours_out),
        above=rows["zone_id"].map({zone: _above(zone, parents) for zone in area.bottom()}),
    )


def _above(zone: str, parents: dict[str, Any]) -> str:
    """Zones above one, the nearest first.

    >>> _above("a", {"a": "b", "b": "c", "c": None})
    'b|c'
    """
    chain: list[str] = []
    parent = parents.get(zone)
    while isinstance(parent, str) and parent and parent not in chain:
        chain.append(parent)
        parent = parents.get(parent)
    return SEPARATOR.join(chain)


def guarded(about: pd.DataFrame, choices: dict[str, Any]) -> dict[str, pd.Series]:
    """Which zone-hours belong to a group, by its name; the first is all of them by day.

    Parameters
    ----------
    about : DataFrame
        Indexed by zone_id and hour_at, as for `peil.score.paired.groups_of`; with `ABOUT` also
        groups by density, tourists and outages.
    choices : dict
        Section `compare` of methods.toml.
    """
    chosen = paired.groups_of(about, choices["visited_ratio"])
    if not set(ABOUT) <= set(about.columns):
        return chosen
    is_day, zone = about["is_day"], about.index.get_level_values("zone_id")
    density = about.groupby("zone_id")["residents_km2"].first()
    if density.notna().any():
        is_dense = pd.Series(zone.isin(density.index[density > density.median()]), about.index)
        chosen |= {"dense zones": is_day & is_dense, "sparse zones": is_day & ~is_dense}
        # more sleep there than live there: guests, whom the night ratio takes for residents
        at_night = about[about["is_night"]].groupby("zone_id")["n_true"].mean()
        guests = at_night / about.groupby("zone_id")["residents"].first()
        is_tourist = zone.isin(guests.index[guests >= choices["tourist_ratio"]])
        chosen["tourist zones"] = pd.Series(is_tourist, about.index)
    return chosen | {"outage hours": about["is_outage"].astype(bool)}


def levels(about: pd.DataFrame, values: pd.Series) -> dict[str, tuple[pd.DataFrame, pd.DataFrame]]:
    """Sum both candidates' persons to each level above the lowest, by hour of the day.

    Parameters
    ----------
    about : DataFrame
        The incumbent's rows.
    values : Series
        The candidate's persons, of the same rows.

    Returns
    -------
    dict
        ``level 1`` is the one right above. Rows as those given, of zones of that level.
    """
    if "above" not in about:
        return {}
    both = (about, about.assign(value=values))
    deepest = int(about["above"].str.count(r"\|").max()) + 1 if about["above"].any() else 0
    summed = {}
    for number in range(deepest):
        first, second = (_summed(rows, number) for rows in both)
        summed[f"level {number + 1}"] = (first, second)
    return summed


def _summed(rows: pd.DataFrame, number: int) -> pd.DataFrame:
    above = rows["above"].str.split(SEPARATOR, regex=False).str[number]
    by_day = rows[rows["is_day"] & above.notna() & (above != "")]
    keys = [by_day["world"] + " " + above[by_day.index], by_day.index.get_level_values("hour_at")]
    together = by_day.groupby(keys)
    sums = together[["value", "n_true"]].sum(min_count=1)
    sums["world"] = together["world"].first()
    sums.index.names = ["zone_id", "hour_at"]
    return sums
