"""Hours of local days: night, working hours, working days.

Clocks and holidays are arguments; nothing here knows today.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import ArrayLike, NDArray

WORKDAY, WEEKEND, HOLIDAY = range(3)
DAY_TYPES = ("workday", "weekend", "holiday")
HOUR_S = 3600.0


@dataclass(frozen=True)
class Calendar:
    """Hours of the linkage window, by the local clock.

    Attributes
    ----------
    start_s : ndarray of float64, shape (n_slots,)
        Start of each hour, ascending. Unit: seconds since the window's start.
    end_s : float
        End of the last.
    day : ndarray of int64, shape (n_slots,)
        Number of the local day.
    local_hour : ndarray of int64, shape (n_slots,)
        Hour of the local clock, 0 to 23; once more or less where the clock changes.
    day_type : ndarray of int8, shape (n_slots,)
        `WORKDAY`, `WEEKEND` or `HOLIDAY`.

    Examples
    --------
    >>> monday = make_calendar([0, 86_400], date(2026, 3, 2))
    >>> night = monday.between(22, 6)
    >>> int(night.sum()), monday.seconds([5.5 * 3600], [7 * 3600], night)
    (8, array([1800.]))
    """

    start_s: NDArray[np.float64]
    end_s: float
    day: NDArray[np.int64]
    local_hour: NDArray[np.int64]
    day_type: NDArray[np.int8]

    def between(self, start_hour: float, end_hour: float) -> NDArray[np.bool_]:
        """Slots of an interval of the local day, over midnight where it ends before it starts."""
        hour = self.local_hour
        if start_hour <= end_hour:
            return np.asarray((hour >= start_hour) & (hour < end_hour))
        return np.asarray((hour >= start_hour) | (hour < end_hour))

    def seconds(
        self, start_s: ArrayLike, end_s: ArrayLike, which: ArrayLike
    ) -> NDArray[np.float64]:
        """Seconds of each interval that lie in the slots marked by `which`."""
        marked = np.asarray(which, dtype=bool)
        if marked.shape != self.start_s.shape:
            raise ValueError(f"which has shape {marked.shape}, expected {self.start_s.shape}")
        edges = np.append(self.start_s, self.end_s)
        until = np.append(0.0, np.cumsum(np.where(marked, np.diff(edges), 0.0)))
        low, high = (np.interp(np.asarray(v, np.float64), edges, until) for v in (start_s, end_s))
        return np.asarray(high - low)


def make_calendar(
    bounds_s: ArrayLike,
    first_day: date,
    holidays: Container[date] = (),
    weekend: Sequence[int] = (5, 6),
    changes: ArrayLike | None = None,
) -> Calendar:
    """Lay out the hours of local days.

    Parameters
    ----------
    bounds_s : array-like of shape (n_days + 1,)
        Midnights by the local clock; a day of 23 or 25 hours is one where the clock changes. Unit:
        seconds since the window's start.
    first_day : date
        The first local day.
    holidays : container of date
        Days off, such as ``holidays.country_holidays("NL")``.
    weekend : sequence of int, default=(5, 6)
        Days of the week off, Monday is 0.
    changes : array-like of shape (n_days,), optional
        Hour of the day at which the clock changes, 2 by default (as in Europe).

    Raises
    ------
    ValueError
        Bounds that do not ascend, or a day that is not 23, 24 or 25 hours long, with its number.

    Examples
    --------
    >>> days = make_calendar([0, 23 * 3600], date(2026, 3, 29))
    >>> days.local_hour[:4], len(days.local_hour), DAY_TYPES[days.day_type[0]]
    (array([0, 1, 3, 4]), 23, 'weekend')
    """
    bounds = np.asarray(bounds_s, dtype=np.float64)
    lengths = np.diff(bounds) / HOUR_S
    if bounds.ndim != 1 or len(bounds) < 2:
        raise ValueError("bounds_s must hold two midnights or more")
    wrong = ~np.isin(lengths, (23.0, 24.0, 25.0))
    if wrong.any():
        raise ValueError(f"bounds_s: day {int(wrong.argmax())} is not 23, 24 or 25 hours long")
    n_hours = lengths.astype(np.int64)
    n_days = len(n_hours)
    change = np.full(n_days, 2) if changes is None else np.asarray(changes, dtype=np.int64)
    day = np.repeat(np.arange(n_days), n_hours)
    nth = np.arange(len(day)) - np.repeat(np.cumsum(n_hours) - n_hours, n_hours)
    local = nth + np.where((n_hours[day] == 23) & (nth >= change[day]), 1, 0)
    local -= np.where((n_hours[day] == 25) & (nth > change[day]), 1, 0)
    kinds = np.empty(n_days, dtype=np.int8)
    for number in range(n_days):
        date_ = first_day + timedelta(days=number)
        off = date_.weekday() in weekend
        kinds[number] = HOLIDAY if date_ in holidays else WEEKEND if off else WORKDAY
    return Calendar(bounds[day] + nth * HOUR_S, float(bounds[-1]), day, local, kinds[day])
