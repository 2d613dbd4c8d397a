"""Figures of released tables beside the known truth: errors, intervals, and what is published.

Pure: tables in, figures out. Which tables a pilot released is read in `released`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from peil_models import scores

Floats = NDArray[np.float64]
Record = dict[str, Any]
Choices = dict[str, Any]
HOUR = "TIME_PERIOD"
FIGURES = ["OBS_VALUE", "OBS_LOWER", "OBS_UPPER"]
BETWEEN, WITHIN = "between zones", "within a zone"
ALL_ORIGINS, SUMMED = "all origins", "origins summed"
FACTORS = tuple(number / 20 for number in range(1, 31))  # widths that are tried of intervals


def presence(
    table: pd.DataFrame, true: pd.DataFrame, zones: pd.DataFrame, choices: Choices
) -> list[Record]:
    """Figures of released presence, a row per level of zones, the lowest first.

    Parameters
    ----------
    table : DataFrame
        Released rows of the hours to score: REF_AREA, TIME_PERIOD (UTC), value and interval.
    true : DataFrame
        zone_id, hour_at (UTC), n_true of the bottom zones.
    zones : DataFrame
        zone_id, parent_id, level.
    choices : dict
        ``level`` of the intervals, ``fixed_share`` to compare them with.
    """
    by_zone = _of_every_level(true, zones)
    both = table.merge(
        by_zone, left_on=["REF_AREA", HOUR], right_on=["zone_id", "hour_at"], validate="one_to_one"
    ).merge(zones[["zone_id", "level"]], on="zone_id", validate="many_to_one")
    return [
        {
            "product": "presence",
            "part": str(level),
            **figures_of(both[both["level"] == level], choices),
        }
        for level in zones["level"].value_counts(sort=True).index  # the most zones, the lowest
        if (both["level"] == level).any()
    ]


def persons_of_hour(
    table: pd.DataFrame, true: pd.DataFrame, zones: pd.DataFrame
) -> dict[str, float]:
    """Least, mean and most of an hour's released persons over those truly there.

    Of the whole area: the published zones without a parent.
    """
    tops = set(zones.loc[zones["parent_id"].isna(), "zone_id"])
    whole = table[table["REF_AREA"].isin(tops) & table["OBS_VALUE"].notna()]
    there = _of_every_level(true, zones)
    both = whole.merge(there, left_on=["REF_AREA", HOUR], right_on=["zone_id", "hour_at"])
    both = both[["hour_at", "OBS_VALUE", "n_true"]].astype({"OBS_VALUE": float})
    of_hour = both.groupby("hour_at").sum()
    share = (of_hour["OBS_VALUE"] / of_hour["n_true"].clip(lower=1.0)).to_numpy()
    if not len(share):
        return {}
    return {
        "least": _rounded(share.min()),
        "mean": _rounded(share.mean()),
        "most": _rounded(share.max()),
    }


def flows(table: pd.DataFrame, true: pd.DataFrame, choices: Choices) -> list[Record]:
    """Figures of released trips by entry, of the whole day; those within a zone are not released.

    Parameters
    ----------
    table : DataFrame
        Released rows, those that stand for withheld entries too.
    true : DataFrame
        n_true by REF_AREA_FROM, REF_AREA_TO, FREQ and TIME_PERIOD (UTC), the entry that the trips
        belong to; null of those within a zone.
    choices : dict
        As of `presence`.
    """
    key = ["REF_AREA_FROM", "REF_AREA_TO", "FREQ", HOUR]
    is_within = true["REF_AREA_FROM"].isna()
    by_entry = true[~is_within].groupby(key, as_index=False, observed=True)["n_true"].sum()
    published = table.loc[table["OBS_VALUE"].notna(), [*key, *FIGURES]]
    both = by_entry.merge(published, on=key, how="outer", validate="one_to_one")
    within = pd.DataFrame({"n_true": [float(true.loc[is_within, "n_true"].sum())]})
    within[FIGURES] = np.nan
    both["n_true"] = both["n_true"].fillna(0.0)
    return [
        {"product": "flows", "part": part, **figures_of(entries, choices)}
        for part, entries in ((BETWEEN, both), (WITHIN, within))
    ]


def visitors(
    table: pd.DataFrame, summed: pd.DataFrame, true: pd.DataFrame, choices: Choices
) -> list[Record]:
    """How much of the visitors is published, and how good their sum is before it is protected.

    Who lives where has no truth by zone and hour, so that an entry has no error of its own: persons
    of the published entries are set against all who are truly there. The sum over origins is that
    of the estimates, comparable with released presence.

    Parameters
    ----------
    table : DataFrame
        Released rows of the hours to score.
    summed : DataFrame
        zone_id, hour_at (UTC), n_estimated: all origins of a zone and hour together.
    true : DataFrame
        zone_id, hour_at (UTC), n_true of the bottom zones.
    choices : dict
        As of `presence`.
    """
    hours = set(table[HOUR])
    there = true[true["hour_at"].isin(hours)]
    published = table["OBS_VALUE"].notna()
    share = float(table.loc[published, "OBS_VALUE"].sum()) / max(float(there["n_true"].sum()), 1.0)
    released = {
        "n_entries": len(table),
        "n_published": int(published.sum()),
        "published_share": _rounded(share),
    }
    both = there.merge(summed, on=["zone_id", "hour_at"], how="left", validate="one_to_one")
    both["OBS_VALUE"] = both["n_estimated"].fillna(0.0)
    both["OBS_LOWER"] = both["OBS_UPPER"] = np.nan
    of_sum = figures_of(both, choices)
    errors = {name: of_sum[name] for name in ("mape", "wape", "bias") if name in of_sum}
    return [
        {"product": "visitors", "part": ALL_ORIGINS, **released},
        {"product": "visitors", "part": SUMMED, "n_entries": len(both), **errors},
    ]


def figures_of(both: pd.DataFrame, choices: Choices) -> Record:
    """Figures of entries beside their truth: errors of the published ones, and how many they are.

    Parameters
    ----------
    both : DataFrame
        n_true; OBS_VALUE, OBS_LOWER, OBS_UPPER, null where an entry is withheld.
    choices : dict
        ``level``, ``fixed_share``.

    Returns
    -------
    dict
        n_entries, n_published; published_share of the true mass; of published entries mape (those
        with a truth above 0), wape, bias; coverage and interval_score (persons) of the intervals,
        fixed_share_score, that of value ± fixed_share, and covered_at, the shares that would be
        covered by intervals `FACTORS` times as wide. What cannot be measured is left out.

    Examples
    --------
    >>> rows = pd.DataFrame({"n_true": [100.0, 100.0], "OBS_VALUE": [110.0, None],
    ...                      "OBS_LOWER": [95.0, None], "OBS_UPPER": [125.0, None]})
    >>> of_rows = figures_of(rows, {"level": 0.9, "fixed_share": 0.1})
    >>> of_rows["published_share"], of_rows["mape"], of_rows["coverage"], of_rows["interval_score"]
    (0.5, 0.1, 1.0, 30.0)
    """
    shown = both[both["OBS_VALUE"].notna()]
    whole = float(both["n_true"].sum())
    figures: Record = {"n_entries": len(both), "n_published": len(shown)}
    if whole > 0:
        figures["published_share"] = _rounded(shown["n_true"].sum() / whole)
    true, value, lower, upper = (
        shown[name].to_numpy(dtype=np.float64, na_value=np.nan) for name in ("n_true", *FIGURES)
    )
    if not true.sum() > 0:
        return figures
    measured = {
        "mape": scores.mape(true, value),
        "wape": scores.wape(true, value),
        "bias": scores.bias(true, value),
    }
    if not (np.isnan(lower).any() or np.isnan(upper).any()):
        level, fixed = choices["level"], choices["fixed_share"]
        ends = (value * (1 - fixed), value * (1 + fixed))
        figures["covered_at"] = covered_at(true, value, lower, upper)
        measured["coverage"] = scores.interval_coverage(true, lower, upper)
        measured["interval_score"] = scores.interval_score(true, lower, upper, level=level)
        measured["fixed_share_score"] = scores.interval_score(true, *ends, level=level)
    return figures | {name: _rounded(figure) for name, figure in measured.items()}


def covered_at(true: Floats, value: Floats, lower: Floats, upper: Floats) -> list[float]:
    """Share of truths within intervals whose both sides are `FACTORS` times as wide.

    Parameters
    ----------
    true, value, lower, upper : ndarray of shape (n,)
        With ``lower <= value <= upper``.

    Examples
    --------
    >>> value = np.array([10.0])
    >>> shares = covered_at(value + 3, value, value - 4, value + 4)  # three quarters of a side
    >>> min(factor for factor, share in zip(FACTORS, shares, strict=True) if share == 1.0)
    0.75
    """
    side = np.maximum(np.where(true < value, value - lower, upper - value), 0.0)
    away = np.abs(true - value)
    return [round(float(np.mean(away <= factor * side + 1e-9)), 3) for factor in FACTORS]


def _of_every_level(true: pd.DataFrame, zones: pd.DataFrame) -> pd.DataFrame:
    """Truth of the bottom zones and of all zones above them."""
    parent = dict(zip(zones["zone_id"], zones["parent_id"], strict=True))
    key = ["zone_id", "hour_at"]
    frames: list[pd.DataFrame] = []
    own: pd.DataFrame = true[[*key, "n_true"]]
    while len(own):
        frames.append(own)
        above = own.assign(zone_id=own["zone_id"].map(parent))
        own = above.groupby(key)["n_true"].sum().reset_index()
    whole = pd.concat(frames, ignore_index=True)
    return whole.groupby(key)["n_true"].sum().reset_index()


def _rounded(figure: float) -> float:
    return float(np.round(figure, 6))
