"""Intervals of presence where they are hardest: by attraction, over a day, from hour to hour.

Pure: tables in, figures out. Levels of zones are in `released_figures`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from peil.score.released_figures import HOUR, Choices, Record, figures_of

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
    held: dict[str, list[np.ndarray]] = {DAY_SUMS: [], CHANGES: []}
    for day in days:
        both = day.merge(true, on=["zone_id", "hour_at"]).sort_values(["zone_id", "hour_at"])
        names = [name for name in both.columns if name.startswith("draw_")]
        for _, rows in both.groupby("zone_id"):
            drawn, there = rows[names].to_numpy(dtype=np.float64), rows["n_true"].to_numpy()
            for part, draws, truth in (
                (DAY_SUMS, drawn.sum(axis=0)[None], there.sum()[None]),
                (CHANGES, np.diff(drawn, axis=0), np.diff(there)),
            ):
                lower, upper = np.quantile(draws, [tail, 1.0 - tail], axis=1)
                held[part].append((lower <= truth) & (truth <= upper))
    return [
        {
            "product": "presence",
            "part": part,
            "n_entries": int(sum(len(entries) for entries in lists)),
            "coverage": float(np.round(np.concatenate(lists).mean(), 6)),
        }
        for part, lists in held.items()
        if lists
    ]
