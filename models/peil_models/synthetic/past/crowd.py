"""Hourly history of made-up zones as a pilot would have released it, with planted surges."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from peil_models.synthetic.past.profiles import KINDS, SATURDAY, SUNDAY, season, usual_week
from peil_models.synthetic.past.weather import make_weather

Floats = NDArray[np.float64]
SURGE_COLUMNS = ("zone_id", "began_at", "ended_at", "factor")
CITY_SD, CITY_MEMORY = 0.04, 0.6  # of the city's busy and quiet days
DAY_SD = 0.05  # of a zone's days
HOUR_SD, HOUR_MEMORY = 0.05, 0.7  # of a zone's hours: a busy hour is followed by another
LEAST_EXPECTED = 500.0  # persons, where surges are planted
NO_DAYS: frozenset[date] = frozenset()


@dataclass(frozen=True)
class CrowdHistory:
    """Rows of a made-up past and their truth.

    Parameters
    ----------
    rows : DataFrame
        `zone_id`, `hour_at`, `value` (NaN where withheld), `sd`; by zone and hour.
    expected : DataFrame
        `zone_id`, `hour_at`, `persons`: what the planted days, weather and seasons make of each
        hour, without chance and without surges.
    surges : DataFrame
        `zone_id`, `began_at`, `ended_at`, `factor`: what was planted.
    weather : DataFrame
        `hour_at`, `temperature_c`, `sun_share`, `rain_mm`, `warmer_c`.

    Examples
    --------
    >>> zones = pd.DataFrame({"zone_id": ["a"], "kind": ["office"], "persons": [900.0]})
    >>> list(make_crowd_history(zones, date(2026, 1, 5), 7, seed=1).rows)
    ['zone_id', 'hour_at', 'value', 'sd']
    """

    rows: pd.DataFrame
    expected: pd.DataFrame
    surges: pd.DataFrame
    weather: pd.DataFrame


def make_crowd_history(
    zones: pd.DataFrame,
    first_day: date,
    days: int,
    seed: int,
    *,
    time_zone: str = "Europe/Amsterdam",
    holidays: Collection[date] = NO_DAYS,
    weeks: Mapping[str, Floats] | None = None,
    surges: pd.DataFrame | None = None,
    n_surges: int = 0,
    surge_days: int = 28,
    unevenness: float = 1.0,
    market_share: float = 0.35,
    least_devices: int = 15,
) -> CrowdHistory:
    """Make the hourly past of zones: weeks, seasons, days off, weather, chance and surges.

    Parameters
    ----------
    zones : DataFrame
        `zone_id`, `kind` (see `KINDS`), `persons`: the mean of an ordinary week.
    first_day : date
    days : int in [1, inf)
    seed : int
    time_zone : str
    holidays : collection of date
        Days off: zones have their Sunday, without its market.
    weeks : mapping of str to ndarray of shape (7, 24), optional
        Usual persons of a zone by weekday and hour, in place of the week of its kind: a past that
        is to join a week that is known takes that week's. Its season then counts from
        `first_day + days`, where its factor is 1, and the weather is usual on average over the
        past, by hour of working and of free days.
    surges : DataFrame, optional
        `zone_id`, `began_at`, `ended_at` (excluded), `factor`: to be planted.
    n_surges : int, default=0
        More of them at random in the last `surge_days`, of two to four hours and a factor from 1.3
        to 3, one a zone and day, where at least 500 persons are expected.
    unevenness : float in [0, inf)
        Times the usual chance by which days of the city, days and hours of a zone differ.
    market_share : float in (0, 1]
        Persons are counted by devices, so that v persons have the standard error
        ``sqrt(v / market_share)``.
    least_devices : int
        A value that rests on fewer is withheld.

    Raises
    ------
    ValueError
        A kind is unknown, a column is missing, or surges find no room.

    Examples
    --------
    >>> zones = pd.DataFrame({"zone_id": ["a"], "kind": ["centre"], "persons": [4000.0]})
    >>> past = make_crowd_history(zones, date(2026, 1, 5), 14, seed=1, n_surges=1)
    >>> len(past.rows), len(past.surges)
    (336, 1)
    """
    absent = [name for name in ("zone_id", "kind", "persons") if name not in zones]
    if absent:
        raise ValueError(f"zones lack the column {absent[0]}")
    zones = zones.sort_values("zone_id", kind="stable")
    begin = pd.Timestamp(first_day, tz=time_zone)
    end = pd.Timestamp(first_day + pd.Timedelta(days=days), tz=time_zone)
    hour_at = pd.date_range(begin, end, freq="h", inclusive="left")
    rng = np.random.default_rng([seed, 71])
    weather = make_weather(hour_at, np.random.default_rng([seed, 72]))
    day = np.asarray((hour_at.tz_localize(None).normalize() - pd.Timestamp(first_day)).days)
    busy = _city_days(rng, days)
    planned, actual = [], []
    for number, (zone_id, kind, persons) in enumerate(
        zip(zones["zone_id"], zones["kind"], zones["persons"], strict=True)
    ):
        usual = None if weeks is None else weeks.get(str(zone_id))
        expected = _expected(str(kind), float(persons), hour_at, weather, holidays, usual)
        own = np.random.default_rng([seed, 73, number])
        chance = busy[day] + DAY_SD * own.standard_normal(days)[day] + _hours(own, len(hour_at))
        planned.append(expected)
        actual.append(expected * np.exp(unevenness * chance))
    plan, persons_at = np.stack(planned), np.stack(actual)
    names = [str(zone) for zone in zones["zone_id"]]
    planted = _planted(rng, names, plan, hour_at, n_surges, surge_days, surges)
    for zone_id, began_at, ended_at, factor in planted.itertuples(index=False):
        during = (hour_at >= began_at) & (hour_at < ended_at)
        persons_at[names.index(zone_id), during] *= factor
    devices = rng.poisson(persons_at * market_share)
    value = np.where(devices >= least_devices, devices / market_share, np.nan)
    columns = {
        "zone_id": np.repeat(np.array(names, object), len(hour_at)),
        "hour_at": hour_at[np.tile(np.arange(len(hour_at)), len(names))],
    }
    rows = pd.DataFrame(
        columns | {"value": value.ravel(), "sd": np.sqrt(value.ravel() / market_share)}
    )
    return CrowdHistory(rows, pd.DataFrame(columns | {"persons": plan.ravel()}), planted, weather)


def _city_days(rng: np.random.Generator, days: int) -> Floats:
    """Return how busy the whole city is on each day, in logarithms."""
    busy = np.zeros(days)
    shocks = rng.standard_normal(days) * CITY_SD * np.sqrt(1 - CITY_MEMORY**2)
    for i in range(1, days):
        busy[i] = CITY_MEMORY * busy[i - 1] + shocks[i]
    return busy


def _hours(rng: np.random.Generator, n: int) -> Floats:
    """Return how busy a zone's hours are, in logarithms, each like the hour before."""
    shocks = rng.standard_normal(n) * HOUR_SD * np.sqrt(1 - HOUR_MEMORY**2)
    busy = np.zeros(n)
    for i in range(1, n):
        busy[i] = HOUR_MEMORY * busy[i - 1] + shocks[i]
    return busy


def _expected(
    kind: str,
    persons: float,
    hour_at: pd.DatetimeIndex,
    weather: pd.DataFrame,
    holidays: Collection[date],
    usual: Floats | None,
) -> Floats:
    """Return the persons that days, season and weather make of each hour."""
    week = usual_week(kind) * persons  # an unknown kind is refused
    answer = KINDS[kind]
    if usual is not None:
        week = np.asarray(usual, np.float64)
    is_off = np.isin(hour_at.date, np.array(sorted(holidays), dtype=object))
    weekday = np.where(is_off, SUNDAY, hour_at.day_of_week)
    level = week[weekday, hour_at.hour]
    wave = season(kind, np.asarray(hour_at.day_of_year))
    if usual is not None:
        wave = wave / wave[-1]  # the known week is what the past comes to
    free = weekday >= SATURDAY
    warmer = weather["warmer_c"].to_numpy() / 10.0
    factor = 1.0 + answer.warm * warmer + answer.rain * (weather["rain_mm"].to_numpy() > 0.2)
    factor += answer.sun * (weather["sun_share"].to_numpy() - 0.4) * free
    factor = np.clip(factor, 0.2, 4.0)
    # a known week had usual weather: its free nights are not emptier for being dark
    if usual is not None:
        factor = factor / pd.Series(factor).groupby([free, hour_at.hour]).transform("mean")
    return np.asarray(level * wave * factor)


def _planted(
    rng: np.random.Generator,
    names: list[str],
    plan: Floats,
    hour_at: pd.DatetimeIndex,
    n_surges: int,
    surge_days: int,
    surges: pd.DataFrame | None,
) -> pd.DataFrame:
    """Return the surges to be planted, given ones and drawn ones, by zone and begin."""
    rows: list[tuple[object, ...]] = []
    if surges is not None:
        rows += [tuple(row) for row in surges[list(SURGE_COLUMNS)].itertuples(index=False)]
    first = max(len(hour_at) - 24 * surge_days, 0)
    zone, at = np.nonzero(plan[:, first : len(hour_at) - 4] >= LEAST_EXPECTED)
    taken: set[tuple[int, date]] = set()
    for place in rng.permutation(len(zone)):
        if len(taken) == n_surges:
            break
        hour = first + int(at[place])
        key = (int(zone[place]), hour_at[hour].date())
        if key in taken:
            continue
        taken.add(key)
        ended = hour + int(rng.integers(2, 5))
        factor = float(np.exp(rng.uniform(np.log(1.3), np.log(3.0))))
        rows.append((names[key[0]], hour_at[hour], hour_at[ended], factor))
    if len(taken) < n_surges:
        raise ValueError(f"{n_surges} surges find no room where 500 persons are expected")
    frame = pd.DataFrame(rows, columns=list(SURGE_COLUMNS))
    for name in SURGE_COLUMNS[1:3]:
        frame[name] = pd.to_datetime(frame[name], utc=True).dt.tz_convert(hour_at.tz)
    return frame.sort_values(["zone_id", "began_at"], kind="stable").reset_index(drop=True)
