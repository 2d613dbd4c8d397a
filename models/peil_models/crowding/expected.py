"""What a zone's hour usually is, from the weeks before: medians, profiles, sums of recent hours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from peil_models.crowding.history import Floats, HourCube, Ints

WEEKS = (7, 14, 21, 28)
PROFILE_DAYS = 56
LEVEL_DAYS = 28
WORKDAY, FRIDAY, SATURDAY, DAY_OFF = range(4)


def weekdays(cube: HourCube) -> Ints:
    """Return the weekday of each day of a cube, Monday is 0."""
    return np.asarray((cube.first_day + np.arange(cube.values.shape[1]) + 3) % 7)


def kinds_of_days(cube: HourCube, is_holiday: NDArray[np.bool_]) -> Ints:
    """Return the kind of each day: Monday to Thursday, Friday, Saturday, Sunday or a holiday."""
    by_weekday = np.array([WORKDAY] * 4 + [FRIDAY, SATURDAY, DAY_OFF])
    return np.where(is_holiday, DAY_OFF, by_weekday[weekdays(cube)])


def shifted(values: Floats, lag: int, since: int = 0) -> Floats:
    """Return the values some days before each day from `since` on, NaN before the first day.

    Examples
    --------
    >>> shifted(np.arange(4.0)[None, :, None], 2, since=1)[0, :, 0]
    array([nan,  0.,  1.])
    """
    n_days = values.shape[1]
    before = np.full((len(values), n_days - since, *values.shape[2:]), np.nan)
    first = max(lag, since)
    if first < n_days:
        before[:, first - since :] = values[:, first - lag : n_days - lag]
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


def profile_of_kind(values: Floats, kinds: Ints, since: int = 0) -> Floats:
    """Return the mean of the same hour on days of the same kind in the eight weeks before.

    Of the days from `since` on, shape (n_zones, n_days - since, 24).

    Examples
    --------
    >>> values = np.arange(3.0)[None, :, None] * np.ones((1, 3, 24))
    >>> profile_of_kind(values, np.array([0, 0, 0]))[0, :, 0]
    array([nan, 0. , 0.5])
    """
    profile = np.full_like(values[:, since:], np.nan)
    begin = max(since - PROFILE_DAYS, 0)
    recent, days = values[:, begin:], np.arange(values.shape[1] - begin)
    for kind in np.unique(kinds[since:]):
        is_kind = kinds[begin:] == kind
        total, count = running(np.where(is_kind[None, :, None], recent, np.nan), axis=1)
        at = days[is_kind & (days >= since - begin)]
        first = np.maximum(at - PROFILE_DAYS, 0)
        n = count[:, at] - count[:, first]
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = np.where(n > 0, (total[:, at] - total[:, first]) / n, np.nan)
        profile[:, at + begin - since] = mean
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
    def of(cls, cube: HourCube, is_holiday: NDArray[np.bool_], since: int = 0) -> Expected:
        """Compute the planes of a cube; `is_holiday` has an entry a day.

        Days before `since` are NaN, and levels of the four weeks from it on rest on fewer days.
        """
        values, off = cube.values, is_holiday[None, since:, None]
        profile = profile_of_kind(values, kinds_of_days(cube, is_holiday), since)
        ordinary = np.where(is_holiday[None, :, None], np.nan, values)
        stack = np.stack([shifted(ordinary, lag, since) for lag in WEEKS])
        count = (~np.isnan(stack)).sum(axis=0)
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = np.nansum(stack, axis=0) / np.where(count, count, np.nan)
        median = median_of(stack)
        median = np.where(off | np.isnan(median), profile, median)
        if (lacks := np.isnan(median).any(axis=(1, 2))).any():
            any_day = profile_of_kind(values[lacks], np.zeros(values.shape[1], np.int64), since)
            median[lacks] = np.where(np.isnan(median[lacks]), any_day, median[lacks])
        total, n = running(median.mean(axis=2), axis=1)
        days = np.arange(median.shape[1]) + 1
        first = np.maximum(days - LEVEL_DAYS, 0)
        with np.errstate(invalid="ignore", divide="ignore"):
            level = (total[:, days] - total[:, first]) / (n[:, days] - n[:, first])
        if (is_absent := np.isnan(level)).any():
            level = np.where(is_absent, _level_of_hours(values)[:, since:], level)
        unit = np.maximum(median + 0.1 * level[:, :, None], 1.0)
        planes = (median, mean, profile, level, unit)
        return cls(*(_since(plane, since) for plane in planes))


def _level_of_hours(values: Floats) -> Floats:
    """Return the mean of the hours of the four weeks before each day, shape (n_zones, n_days)."""
    hours, n_hours = running(values.reshape(len(values), -1), axis=1)
    at = 24 * np.arange(values.shape[1])
    first = np.maximum(at - 24 * LEVEL_DAYS, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((hours[:, at] - hours[:, first]) / (n_hours[:, at] - n_hours[:, first]))


def _since(plane: Floats, since: int) -> Floats:
    """Return a plane of the days from `since` on as one of all days."""
    before = np.full((len(plane), since, *plane.shape[2:]), np.nan)
    return np.concatenate([before, plane], axis=1) if since else plane


@dataclass(frozen=True)
class RecentHours:
    """Sums of observed and expected hours up to any hour, to see how busy a zone has been."""

    observed: Floats
    expected: Floats
    counts: Ints

    @classmethod
    def of(cls, values: Floats, median: Floats, since: int = 0) -> RecentHours:
        """Sum along the hours of the days from `since` on, shape (n_zones, n_days, 24)."""
        values, median = values[:, since:], median[:, since:]
        both = ~np.isnan(values) & ~np.isnan(median)
        flat, before = (len(values), -1), ((0, 0), (24 * since, 0))
        observed, counts = running(np.where(both, values, np.nan).reshape(flat), axis=1)
        expected, _ = running(np.where(both, median, np.nan).reshape(flat), axis=1)
        return cls(np.pad(observed, before), np.pad(expected, before), np.pad(counts, before))

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
