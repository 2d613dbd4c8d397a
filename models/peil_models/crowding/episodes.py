"""Runs of loud hours: where a surge begins, worsens and ends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from peil_models.crowding.history import Floats

Flags = NDArray[np.bool_]
EPISODE_COLUMNS = (
    "zone_id",
    "began_at",
    "ended_at",
    "level",
    "observed",
    "expected",
    "excess",
    "excess_low",
    "excess_high",
    "times_a_year",
    "known_event",
)
MOST_SILENT_HOURS = 24  # without a value nobody can say that it goes on


@dataclass(frozen=True)
class Episode:
    """A run of hours of a zone that began loud; positions in the hours that were scored."""

    zone: int
    began: int
    last: int
    peak: int
    score: float
    level: int
    is_open: bool


def runs(
    loud: Flags, goes_on: Flags, is_observed: Flags, quiet_hours: int
) -> list[tuple[int, int, bool]]:
    """Return first and last hour of each run, and whether it is still open at the end.

    A run begins with a loud hour. Hours that are loud or go on belong to it; it ends after
    `quiet_hours` observed hours that are neither, or after 24 hours without a value.

    Examples
    --------
    >>> loud = np.array([0, 1, 0, 1, 0, 0, 0, 1], dtype=bool)
    >>> runs(loud, loud, np.ones(8, dtype=bool), quiet_hours=3)
    [(1, 3, False), (7, 7, True)]
    """
    ended: list[tuple[int, int, bool]] = []
    began = last = -1
    quiet = silent = 0
    for at in range(len(loud)):
        if loud[at] or (began >= 0 and goes_on[at]):
            began, last, quiet, silent = (at if began < 0 else began), at, 0, 0
        elif began >= 0:
            quiet, silent = (quiet + 1, 0) if is_observed[at] else (quiet, silent + 1)
            if quiet >= quiet_hours or silent >= MOST_SILENT_HOURS:
                ended.append((began, last, False))
                began = -1
    if began >= 0:
        ended.append((began, last, True))
    return ended


def peaks_of(scores: Floats, quiet_hours: int) -> Floats:
    """Return the highest scores of all zones, thinned to one in each run of some hours.

    A score counts where no higher one of its zone lies within `quiet_hours` hours: for any level
    above the usual scores, the number of peaks above it is about that of its episodes.

    Examples
    --------
    >>> peaks_of(np.array([[0.0, 3.0, 1.0, 0.0, 2.0]]), quiet_hours=2)
    array([3., 2.])
    """
    heights = np.where(np.isnan(scores), -np.inf, scores)
    padded = np.pad(heights, ((0, 0), (quiet_hours, quiet_hours)), constant_values=-np.inf)
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * quiet_hours + 1, axis=1)
    is_peak = (heights >= windows.max(axis=2)) & np.isfinite(heights)
    return np.asarray(heights[is_peak])


def episodes_of(
    scores: Floats, goes_on: Flags, levels: Floats, quiet_hours: int
) -> Iterator[Episode]:
    """Yield the episodes of all zones, by zone and begin.

    Parameters
    ----------
    scores : ndarray of shape (n_zones, n_hours)
        NaN where not observed or not forecast.
    goes_on : ndarray of shape (n_zones, n_hours)
        Hours that do not end an episode, though they would not begin one.
    levels : ndarray of shape (3,)
        Rising; a score at or above the first is loud.

    Examples
    --------
    >>> scores = np.array([[0.0, 5.0, 9.0, 0.0, 0.0]])
    >>> levels = np.array([4.0, 8.0, 20.0])
    >>> [episode.level for episode in episodes_of(scores, scores > 8, levels, 2)]
    [2]
    """
    for zone, row in enumerate(scores):
        loud = np.nan_to_num(row, nan=-np.inf) >= levels[0]
        if not loud.any():
            continue
        for began, last, is_open in runs(loud, goes_on[zone], ~np.isnan(row), quiet_hours):
            peak = began + int(np.nanargmax(row[began : last + 1]))
            level = int((row[peak] >= levels).sum())
            yield Episode(zone, began, last, peak, float(row[peak]), level, is_open)
