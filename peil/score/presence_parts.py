"""Intervals of presence where they are hardest: by attraction, over a day, from hour to hour.

Pure: tables in, figures out. Levels of zones are in `released_figures`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from peil.score.released_figures import HOUR, Choices, Floats, Record, covered_at, figures_of

FIFTHS = 5
DAY_SUMS, CHANGES = "sums of a day", "changes in an hour"


def by_attraction(
    table: pd.DataFrame, true: pd.DataFrame, register: pd.Series, choices: Choices
) -> list[Record]:
    """Figures of the lowest zones in fifths of persons by day over residents, the least first.

    Parameters
    ----------
    table : DataFrame
        Released rows of the hours to score, as of `released_figures.presence`.
    true : DataFrame
        zone_id, hour_at (UTC), n_true of the bottom zones.
    register : Series
        Residents by zone_id.
    choices : dict
        As of `released_figures.presence`.
    """
    both = table.merge(true, left_on=["REF_AREA", HOUR], right_on=["zone_id", "hour_at"])
    by_day = both.assign(value=both["OBS_VALUE"].astype(float)).groupby("zone_id")["value"].mean()
    attraction = (by_day / register.reindex(by_day.index).astype(float)).dropna().sort_index()
    if len(attraction) < FIFTHS:
        return []
    place = attraction.rank(method="first").astype(int) - 1
    fifth = both["zone_id"].map(place * FIFTHS // len(attraction))
    return [
        {
            "product": "presence",
            "part": f"fifth {number + 1} of day over night",
            **figures_of(both[fifth == number], choices),
        }
        for number in range(FIFTHS)
    ]


def of_draws(
    days: Iterable[pd.DataFrame], true: pd.DataFrame, choices: dict[str, Any]
) -> list[Record]:
    """How often intervals of sums over a day and of changes from hour to hour hold the truth.

    They are quantiles of joint draws, as the released intervals are; errors that hours share are
    in both.

    Parameters
    ----------
    days : iterable of DataFrame
        For each day zone_id, hour_at (UTC) of the hours to score, and a column ``draw_…`` a draw.
    true : DataFrame
        zone_id, hour_at (UTC), n_true of the bottom zones.
    choices : dict
        ``level``.
    """
    tail = (1.0 - choices["level"]) / 2.0
    entries: dict[str, list[Floats]] = {DAY_SUMS: [], CHANGES: []}
    for day in days:
        both = day.merge(true, on=["zone_id", "hour_at"]).sort_values(["zone_id", "hour_at"])
        names = [name for name in both.columns if name.startswith("draw_")]
        for _, rows in both.groupby("zone_id"):
            drawn, there = rows[names].to_numpy(dtype=np.float64), rows["n_true"].to_numpy()
            for part, draws, truth in (
                (DAY_SUMS, drawn.sum(axis=0)[None], there.sum()[None]),
                (CHANGES, np.diff(drawn, axis=0), np.diff(there)),
            ):
                lower, middle, upper = np.quantile(draws, [tail, 0.5, 1.0 - tail], axis=1)
                entries[part].append(np.stack([truth, middle, lower, upper]))
    return [
        {"product": "presence", "part": part, **_held(np.concatenate(of_zones, axis=1))}
        for part, of_zones in entries.items()
        if of_zones
    ]


def _held(entries: Floats) -> Record:
    true, middle, lower, upper = entries
    return {
        "n_entries": len(true),
        "coverage": float(np.round(np.mean((lower <= true) & (true <= upper)), 6)),
        "covered_at": covered_at(true, middle, lower, upper),
    }
