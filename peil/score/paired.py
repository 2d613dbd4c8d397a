"""Each estimator of presence beside the released one, on the same truth: by how much it errs less.

Pure: scored rows in, figures out. How sure a gain is says `peil_models.scores.paired_gain`.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from peil_models.scores import paired_gain

# groups of zone-hours in which none should be much worse; the first is all of them
GROUPS = ("by day", "at night", "days off", "small zones", "large zones", "visited zones")


def against(rows: pd.DataFrame, incumbent: str, choices: dict[str, Any]) -> list[dict[str, Any]]:
    """Compare every other estimator with the incumbent, in each group of zone-hours.

    Parameters
    ----------
    rows : DataFrame
        zone_id, hour_at, estimator, value and n_true (persons), day, is_off (no working day),
        is_day, is_night (by the hour); the same zone-hours of each estimator.
    incumbent : str
        The estimator whose figures are released.
    choices : dict
        Section `compare` of methods.toml: ``level``, ``visited_ratio``.

    Returns
    -------
    list of dict
        ``estimator``, ``group``, ``gain`` with ``lower`` and ``upper`` (a share of the incumbent's
        mean relative error; positive where the other errs less), ``n_zones``, ``n_days``. Groups
        of one zone, and those in which the incumbent does not err, have no row.
    """
    key = ["zone_id", "hour_at"]
    wide = rows.pivot(index=key, columns="estimator", values="value")
    about = rows[rows["estimator"] == incumbent].set_index(key).reindex(wide.index)
    names = [name for name in sorted(wide.columns) if name != incumbent]
    compared = []
    for group, chosen in groups_of(about, choices["visited_ratio"]).items():
        part, values = about[chosen], wide[chosen]
        is_known = values.notna().all(axis=1) & (part["n_true"] > 0)
        part, values = part[is_known], values[is_known]
        errs = (values[incumbent] != part["n_true"]).any() if len(part) else False
        zones = part.index.get_level_values("zone_id")
        if zones.nunique() < 2 or not errs:
            continue
        for name in names:
            gain = paired_gain(
                part["n_true"],
                values[incumbent],
                values[name],
                zones,
                part["day"],
                level=choices["level"],
            )
            compared.append(
                {
                    "estimator": name,
                    "group": group,
                    **{end: round(getattr(gain, end), 4) for end in ("gain", "lower", "upper")},
                    "n_zones": gain.n_units,
                    "n_days": gain.n_days,
                }
            )
    return compared


def groups_of(about: pd.DataFrame, visited_ratio: float) -> dict[str, pd.Series]:
    """Which zone-hours belong to a group; sizes and visits as the truth has them.

    Parameters
    ----------
    about : DataFrame
        Indexed by zone_id and hour_at: n_true, is_off, is_day, is_night.
    visited_ratio : float
        Persons by day over those at night from which a zone counts as visited.
    """
    by_day, at_night = about[about["is_day"]], about[about["is_night"]]
    zone = about.index.get_level_values("zone_id").to_series(index=about.index)
    size = by_day.groupby("zone_id")["n_true"].mean()
    visits = size / at_night.groupby("zone_id")["n_true"].mean()
    is_small = zone.isin(size.index[size <= size.median()])
    is_visited = zone.isin(visits.index[visits >= visited_ratio])
    is_day = about["is_day"]
    chosen = (
        is_day,
        about["is_night"],
        is_day & about["is_off"],
        is_day & is_small,
        is_day & ~is_small,
        is_day & is_visited,
    )
    return dict(zip(GROUPS, chosen, strict=True))


def verdict(compared: list[dict[str, Any]], estimator: str, group_loss_max: float) -> str:
    """Say in words how an estimator stands to the released one.

    Parameters
    ----------
    group_loss_max : float
        By what share of the incumbent's error one may err more in a group and be *better* all the
        same; where that is exceeded without being certain, it is *perhaps worse* there.

    >>> rows = [{"estimator": "em", "group": "by day", "gain": -0.4, "lower": -0.5, "upper": -0.3}]
    >>> verdict(rows, "em", 0.02)
    'worse'
    """
    own = {row["group"]: row for row in compared if row["estimator"] == estimator}
    whole = own.pop(GROUPS[0], None)
    if whole is None:
        return "not compared"
    if whole["upper"] < 0.0:
        return "worse"
    worse = [name for name, row in own.items() if row["upper"] < 0.0]
    is_better = whole["lower"] > 0.0
    perhaps = [
        name
        for name, row in own.items()
        if is_better and name not in worse and row["gain"] < -group_loss_max
    ]
    words = "better" if is_better else "no difference shown"
    words += f", but worse: {', '.join(worse)}" if worse else ""
    return words + (f", perhaps worse: {', '.join(perhaps)}" if perhaps else "")
