"""Hourly history of zones on a cube of zone, local day and hour of the clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

HISTORY_COLUMNS = ("zone_id", "hour_at", "value")
EPOCH = date(1970, 1, 1)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Hours:
    """Hours as local days since 1970 and hours of the clock, two arrays of one length."""

    day: Ints
    hour: Ints

    @classmethod
    def of(cls, hour_at: Any, time_zone: Any) -> Hours:
        """Read times with a zone in a local one.

        Examples
        --------
        >>> at = pd.DatetimeIndex(["2026-03-01 23:00"]).tz_localize("UTC")
        >>> Hours.of(at, "Europe/Amsterdam").hour
        array([0])
        """
        local = pd.DatetimeIndex(hour_at).tz_convert(time_zone)
        wall = local.tz_localize(None).as_unit("s").asi8
        return cls(wall // 86_400, wall % 86_400 // 3600)


@dataclass(frozen=True)
class HourCube:
    """Hold values by zone, local day and hour of the clock; what is missing is NaN.

    The doubled hour of the autumn night is the mean of both, since presence is a stock and not a
    sum; the hour that spring leaves out is missing.

    Parameters
    ----------
    zones : tuple of str
        Sorted.
    first_day : int
        Days since 1970 of the first day.
    values, sd : ndarray of shape (n_zones, n_days, 24)
        `sd` is NaN where the history gives no own uncertainty.
    time_zone : tzinfo
    """

    zones: tuple[str, ...]
    first_day: int
    values: Floats
    sd: Floats
    time_zone: Any

    @property
    def days(self) -> list[date]:
        """Return the local days of the cube."""
        first = EPOCH + timedelta(days=self.first_day)
        return [first + timedelta(days=i) for i in range(self.values.shape[1])]

    def before(self, day: int, hour: int) -> HourCube:
        """Return the cube without values at and after an hour of a day (a position)."""
        values = self.values.copy()
        values[:, day, hour:] = np.nan
        values[:, day + 1 :] = np.nan
        return HourCube(self.zones, self.first_day, values, self.sd, self.time_zone)


def zone_positions(zone_ids: Any) -> tuple[Ints, tuple[str, ...]]:
    """Return the position of each zone among the sorted ones, and these; names are sorted once.

    Examples
    --------
    >>> positions, zones = zone_positions(["b", "a", "b"])
    >>> positions.tolist(), zones
    ([1, 0, 1], ('a', 'b'))
    """
    codes, uniques = pd.factorize(pd.Index(zone_ids), use_na_sentinel=False)
    names = [str(name) for name in uniques]
    zones = tuple(sorted(set(names)))
    place = {name: position for position, name in enumerate(zones)}
    return np.array([place[name] for name in names], dtype=np.int64)[codes], zones


def check_history(history: pd.DataFrame) -> None:
    """Refuse a table that is no hourly history.

    Raises
    ------
    ValueError
        A column is missing, a time is without a zone or no full hour, a value is negative or
        infinite, or a zone has an hour twice.

    Examples
    --------
    >>> check_history(pd.DataFrame({"zone_id": ["a"], "value": [1.0]}))
    Traceback (most recent call last):
    ValueError: the history lacks the column hour_at
    """
    absent = [name for name in HISTORY_COLUMNS if name not in history]
    if absent:
        raise ValueError(f"the history lacks the column {absent[0]}")
    if getattr(history["hour_at"].dtype, "tz", None) is None:
        raise ValueError("hour_at of the history must be times with a time zone")
    seconds = pd.DatetimeIndex(history["hour_at"]).as_unit("s").asi8
    if (seconds % 3600 != 0).any():
        raise ValueError("hour_at of the history must be full hours")
    value = history["value"].to_numpy(np.float64)
    if (value < 0).any() or np.isinf(value).any():
        raise ValueError("value of the history is negative or infinite")
    zone = zone_positions(history["zone_id"])[0]
    hour = seconds // 3600 - (seconds.min() // 3600 if len(seconds) else 0)
    place = zone * (hour.max(initial=0) + 1) + hour
    # a history that is in order shows it at once
    if not (np.diff(place) > 0).all() and not pd.Index(place).is_unique:
        raise ValueError("the history holds an hour of a zone twice")


def hour_cube(history: pd.DataFrame, until: pd.Timestamp | None = None, ahead: int = 0) -> HourCube:
    """Lay out a history by zone, local day and hour.

    Parameters
    ----------
    history : DataFrame
        `zone_id`, `hour_at`, `value`, optionally `sd`; in any order.
    until : Timestamp, optional
        Rows at and after it are left out.
    ahead : int, default=0
        Empty days after the day of `until` (of the last row without it).

    Raises
    ------
    ValueError
        See `check_history`; or nothing is left.

    Examples
    --------
    >>> at = pd.date_range("2026-03-02", periods=3, freq="h", tz="Europe/Amsterdam")
    >>> rows = pd.DataFrame({"zone_id": "a", "hour_at": at, "value": [5.0, 7.0, None]})
    >>> hour_cube(rows).values[0, 0, :3]
    array([ 5.,  7., nan])
    """
    check_history(history)
    time_zone = history["hour_at"].dt.tz
    rows = history if until is None else history[history["hour_at"] < until]
    if not len(rows):
        raise ValueError("the history has no hour before the forecast")
    at = Hours.of(rows["hour_at"], time_zone)
    last = int(at.day.max())
    if until is not None:
        last = max(last, int(Hours.of([until], time_zone).day[0]))
    zone, zones = zone_positions(rows["zone_id"])
    first = int(at.day.min())
    shape = (len(zones), last + ahead - first + 1, 24)
    flat = np.ravel_multi_index((zone, at.day - first, at.hour), shape)
    columns = [rows["value"].to_numpy(np.float64)]
    columns.append(rows["sd"].to_numpy(np.float64) if "sd" in rows else np.full(len(rows), np.nan))
    planes = [_means(flat, column, shape) for column in columns]
    return HourCube(zones, first, planes[0], planes[1], time_zone)


def _means(flat: Ints, values: Floats, shape: tuple[int, int, int]) -> Floats:
    """Return the mean of the values of each place, NaN where there is none."""
    present = ~np.isnan(values)
    size = int(np.prod(shape))
    counts = np.bincount(flat[present], minlength=size)
    if counts.max(initial=0) <= 1:  # but for the doubled hour of an autumn night
        means = np.full(size, np.nan)
        means[flat[present]] = values[present]
        return means.reshape(shape)
    order = np.lexsort((values[present], flat[present]))  # sums do not depend on the order of rows
    sums = np.bincount(flat[present][order], weights=values[present][order], minlength=size)
    with np.errstate(invalid="ignore"):
        return np.asarray((sums / np.where(counts, counts, np.nan)).reshape(shape))
