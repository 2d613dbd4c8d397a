"""Say of each episode how sure its figures are: outages that were released, hours before unknown.

Rows that came late are no doubt of an hour: it is released once, without them, and whoever releases
it cannot know yet that they will come.
"""

from __future__ import annotations

import pandas as pd

from peil.watch.outlook.figures import HourlyFigures

HOUR = pd.Timedelta(hours=1)


def of_episodes(surges: pd.DataFrame, figures: HourlyFigures, until: pd.Timestamp) -> pd.DataFrame:
    """Add to episodes what makes them doubtful.

    Parameters
    ----------
    surges : DataFrame
        `zone_id`, `began_at` and `ended_at` (NaT while it lasts), local.
    figures : HourlyFigures
    until : Timestamp
        End of the newest hour.

    Returns
    -------
    DataFrame
        With `silent_share`: the most that silent cells serve of the zone as a rule, in an hour of
        the episode. And `is_after_gap`: of the hour before it no figure is there.

    Examples
    --------
    >>> at = pd.date_range("2026-03-02", periods=3, freq="h", tz="Europe/Amsterdam")
    >>> rows = pd.DataFrame({"zone_id": "A", "hour_at": at, "value": [None, 9.0, 5.0]})
    >>> figures = HourlyFigures(rows, list(at), outages={("A", at[2]): 0.3})
    >>> surges = pd.DataFrame({"zone_id": ["A"], "began_at": at[1:2], "ended_at": [pd.NaT]})
    >>> of_episodes(surges, figures, at[2] + HOUR)[["silent_share", "is_after_gap"]].values.tolist()
    [[0.3, True]]
    """
    before = [began_at - HOUR for began_at in surges["began_at"]]
    frame = figures.recent
    is_before = frame["hour_at"].isin(before) & frame["zone_id"].isin(set(surges["zone_id"]))
    there = frame.loc[is_before & frame["value"].notna(), ["zone_id", "hour_at"]]
    observed = set(there.itertuples(index=False, name=None))
    silent, after_gap = [], []
    for zone_id, began_at, ended_at in zip(
        surges["zone_id"], surges["began_at"], surges["ended_at"], strict=True
    ):
        end = until if pd.isna(ended_at) else ended_at
        shares = [
            share
            for (zone, at), share in figures.outages.items()
            if zone == zone_id and began_at <= at < end
        ]
        silent.append(max(shares, default=0.0))
        after_gap.append((zone_id, began_at - HOUR) not in observed)
    return surges.assign(
        silent_share=pd.Series(silent, surges.index, dtype="float64"),
        is_after_gap=pd.Series(after_gap, surges.index, dtype="bool"),
    )
