"""Judge a day's figures against the same weekdays before: expected range, trend, verdict."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from math import inf
from statistics import NormalDist

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from peil.charter.schema import Charter
from peil.quality import store as quality
from peil.quality.catalogue import CHECKS, Check
from peil.quality.choices import Choices
from peil.quality.figures import Figures, groups, read, rows_behind_of, rows_of
from peil.quality.ranges import Array, Range, expected_range, trend
from peil.store.store import Store

WEEKLY = "cell_hour"  # so many that only the same weekdays are read


def judge(charter: Charter, day: date, store: Store, choices: Choices) -> pa.Table:
    """Say of every figure of a day what was expected and whether it is fine.

    Returns
    -------
    pyarrow.Table
        Columns of `peil.quality.store.SCHEMAS["judged"]`. The verdict is ``unknown`` where the
        history is too short or the figure itself is not told; ``stop`` where a figure of the
        whole day, of a check that may stop it, is far out of range; else ``note`` or ``fine``.
        Moments are in seconds since the local midnight.
    """
    from peil.quality import warnings  # judges what is read here

    n_weeks = int(choices.history_weeks)
    others = tuple(scope for scope in quality.SCOPES if scope != WEEKLY)
    parts = []
    for scopes, weekly in ((others, False), ((WEEKLY,), True)):
        figures = read(charter, day, store, n_weeks, scopes, weekly)
        parts += list(_judged(figures, choices, weekly))
        if not weekly:
            parts += list(warnings.judge(figures, rows_behind_of(figures), choices))
    schema = quality.SCHEMAS["judged"]
    return pa.concat_tables([schema.empty_table(), *parts])


def reach_of(share: float) -> float:
    """Say beyond how many standard deviations to one side this share of normal figures lies.

    >>> round(reach_of(0.025), 2), reach_of(0.0)
    (1.96, inf)
    """
    return -NormalDist().inv_cdf(share) if share > 0 else inf


def _judged(figures: Figures, choices: Choices, weekly: bool) -> Iterator[pa.Table]:
    """Judge figure by figure of one check and scope, all places and hours at once."""
    rows_behind = None if weekly else rows_behind_of(figures)
    for scope, name, at in groups(figures.keys):
        check = CHECKS[name]
        reach = reach_of(choices.false_note_share / 2 / len(at))
        today, history = figures.today[at], figures.history[at]
        behind = None if rows_behind is None else rows_behind[at]
        ranged = expected_range(history, check.kind, choices, reach, behind, weekly)
        slope = np.full(len(at), np.nan)
        if not weekly:
            slope = trend(today, history, check.kind, int(choices.trend_days))
        severity = check.severity if scope == "day" else "note"
        verdict = _verdict(check, severity, today, ranged, choices)
        keys = figures.keys.take(pa.array(at))
        yield rows_of(keys, check, severity, today, ranged, slope, verdict)


def _verdict(
    check: Check, severity: str, today: Array, ranged: Range, choices: Choices
) -> NDArray[np.intp]:
    """Number of each figure's verdict in `VERDICTS`."""
    too_low = (today < ranged.lower) & (check.side in ("both", "below"))
    too_high = (today > ranged.upper) & (check.side in ("both", "above"))
    far = np.zeros(len(today), dtype=bool)
    if severity == "stop":
        if check.kind == "share":
            far = today > ranged.expected + choices.stop_share_excess
        else:
            far = (today < choices.stop_ratio_min * ranged.expected) | (
                today > choices.stop_ratio_max * ranged.expected
            )
    is_known = ~np.isnan(today) & ~np.isnan(ranged.expected)
    verdict = np.where(too_low | too_high, np.where(far, 2, 1), 0)
    return np.where(is_known, verdict, 3)
