"""What a zone's hour usually is, from the weeks before: medians, profiles, sums of recent hours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from peil_models.crowding.history import Floats, HourCube, Ints

WEEKS = (7, 14, 21, 28)
PROFILE_DAYS = 56
WORKDAY, FRIDAY, SATURDAY, DAY_OFF = range(4)


def weekdays(cube: HourCube) -> Ints:
    """Return the weekday of each day of a cube, Monday is 0."""
    return np.asarray((cube.first_day + np.arange(cube.values.shape[1]) + 3) % 7)


def kinds_of_days(cube: HourCube, is_holiday: NDArray[np.bool_]) -> Ints:
    """Return the kind of each day: Monday to Thursday, Friday, Saturday, Sunday or a holiday."""
    by_weekday = np.array([WORKDAY] * 4 + [FRIDAY, SATURDAY, DAY_OFF])
    return np.where(is_holiday, DAY_OFF, by_weekday[weekdays(cube)])


def shifted(values: Floats, lag: int) -> Floats:
    """Return each day's values some days before, NaN before the first day."""
    before = np.full_like(values, np.nan)
    if lag < values.shape[1]:
        before[:, lag:] = values[:, : values.shape[1] - lag]
    return before


def median_of(stack: Floats) -> Floats:
    """Return the median along the first axis, NaN left out; NaN where nothing is left.

    Examples
    --------
    >>> median_of(np.array([[1.0], [np.nan], [4.0], [3.0]]))
    array([3.])
    """
    ordered = np.sort(stack, axis=0)
    n = (~np.isnan(stack)).sum(axis=0)
    low = np.take_along_axis(ordered, np.maximum(n - 1, 0)[None] // 2, axis=0)[0]
    high = np.take_along_axis(ordered, np.minimum(n, len(stack) - 1)[None] // 2, axis=0)[0]
    return np.asarray((low + high) / 2)


def profile_of_kind(values: Floats, kinds: Ints) -> Floats:
    """Return the mean of the same hour on days of the same kind in the eight weeks before.

    Examples
    --------
    >>> values = np.arange(3.0)[None, :, None] * np.ones((1, 3, 24))
    >>> profile_of_kind(values, np.array([0, 0, 0]))[0, :, 0]
    array([nan, 0. , 0.5])
    """
    profile = np.full_like(values, np.nan)
    days = np.arange(values.shape[1])
    for kind in np.unique(kinds):
        chosen = np.where((kinds == kind)[None, :, None], values, np.nan)
        total, count = running(chosen, axis=1)
        at = days[kinds == kind]
        first = np.maximum(at - PROFILE_DAYS, 0)
        n = count[:, at] - count[:, first]
        with np.errstate(invalid="ignore", divide="ignore"):
            profile[:, at] = np.where(n > 0, (total[:, at] - total[:, first]) / n, np.nan)
    return profile


def running(values: Floats, axis: int) -> tuple[Floats, Ints]:
    """Return sums and numbers of the values before each position, NaN left out."""
    width = [(1, 0) if i == axis else (0, 0) for i in range(values.ndim)]
    present = ~np.isnan(values)
    total = np.cumsum(np.where(present, values, 0.0), axis=axis)
    return np.pad(total, width), np.pad(np.cumsum(present, axis=axis), width)


@dataclass(frozen=True)
class Expected:
    """Planes of shape (n_zones, n_days, 24) that depend on earlier days only.

    Parameters
    ----------
    median : ndarray
        Of the same hour of four weeks without their holidays; of days of the same kind on a
        holiday; of any day where neither is known. NaN before the second day.
    mean, profile : ndarray
        Of the same four hours; of days of the same kind.
    level : ndarray
        Usual level of the zone, shape (n_zones, n_days): mean of the medians of four weeks.
    unit : ndarray
        ``median + 0.1 level``, at least a person: what differences are measured in.
    """

    median: Floats
    mean: Floats
    profile: Floats
    level: Floats
    unit: Floats

    @classmethod
    def of(cls, cube: HourCube, is_holiday: NDArray[np.bool_]) -> Expected:
        """Compute the planes of a cube; `is_holiday` has an entry a day."""
        values = cube.values
        profile = profile_of_kind(values, kinds_of_days(cube, is_holiday))
        ordinary = np.where(is_holiday[None, :, None], np.nan, values)
        stack = np.stack([shifted(ordinary, lag) for lag in WEEKS])
        count = (~np.isnan(stack)).sum(axis=0)
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = np.nansum(stack, axis=0) / np.where(count, count, np.nan)
        median = median_of(stack)
        median = np.where(is_holiday[None, :, None] | np.isnan(median), profile, median)
        any_day = profile_of_kind(values, np.zeros(values.shape[1], np.int64))
        median = np.where(np.isnan(median), any_day, median)
        total, n = running(np.where(np.isnan(median), np.nan, median).mean(axis=2), axis=1)
        days = np.arange(values.shape[1]) + 1
        first = np.maximum(days - 28, 0)
        hours, n_hours = running(values.reshape(len(values), -1), axis=1)
        since = np.maximum(24 * (days - 1) - 24 * 28, 0)
        at = 24 * (days - 1)
        with np.errstate(invalid="ignore", divide="ignore"):
            own = (hours[:, at] - hours[:, since]) / (n_hours[:, at] - n_hours[:, since])
            usual = (total[:, days] - total[:, first]) / (n[:, days] - n[:, first])
        level = np.where(np.isnan(usual), own, usual)
        unit = median + 0.1 * level[:, :, None]
        return cls(median, mean, profile, level, np.maximum(unit, 1.0))


@dataclass(frozen=True)
class RecentHours:
    """Sums of observed and expected hours up to any hour, to see how busy a zone has been."""

    observed: Floats
    expected: Floats
    counts: Ints

    @classmethod
    def of(cls, values: Floats, median: Floats) -> RecentHours:
        """Sum along the hours of all days, shape (n_zones, n_days, 24)."""
        both = ~np.isnan(values) & ~np.isnan(median)
        flat = (len(values), -1)
        seen_values = np.where(both, values, np.nan).reshape(flat)
        observed, counts = running(seen_values, axis=1)
        expected, _ = running(np.where(both, median, np.nan).reshape(flat), axis=1)
        return cls(observed, expected, counts)

    def together(self) -> RecentHours:
        """Return the sums over all zones, as one zone."""
        return RecentHours(
            self.observed.sum(axis=0, keepdims=True),
            self.expected.sum(axis=0, keepdims=True),
            self.counts.sum(axis=0, keepdims=True),
        )

    def ratio(self, zone: Ints, until: Ints, hours: int) -> Floats:
        """Return observed to expected in some hours before positions; NaN without a value."""
        first = np.maximum(until - hours, 0)
        y = self.observed[zone, until] - self.observed[zone, first]
        e = self.expected[zone, until] - self.expected[zone, first]
        n = self.counts[zone, until] - self.counts[zone, first]
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where((n > 0) & (e > 0), np.clip(y / e, 0.0, 10.0), np.nan)
