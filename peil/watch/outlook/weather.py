"""Read the weather that the agency keeps beside its history: observed, and forecast.

Which columns there are is the agency's choice: temperature, sun, rain. What is not known is empty;
where a column stops, the outlook goes on without it and says so.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd

from peil.charter.schema import Charter
from peil.outcome import Refused
from peil.store.store import Store

HOUR = "hour_at"
MOST_COLUMNS = 12
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")


def file_of(charter: Charter, store: Store) -> Path:
    """Where the weather of a pilot lies: at the agency, beside its history."""
    return store.history(charter.pilot).with_name("weather.csv")


def read(charter: Charter, store: Store) -> pd.DataFrame | None:
    """Read the weather of each hour; None where none is kept.

    Returns
    -------
    DataFrame
        `hour_at` (local), ascending, and a column of numbers for each that the file has; NaN where
        it is empty.

    Raises
    ------
    Refused
        The file is no such table: line and column are named.
    """
    file = file_of(charter, store)
    if not file.is_file():
        return None
    zone = ZoneInfo(charter.time_zone)
    with file.open(encoding="utf-8-sig", newline="") as stream:
        try:
            lines = csv.reader(stream)
            columns = _columns(file, next(lines, []))
            rows = list(_rows(file, lines, columns, zone))
        except (UnicodeDecodeError, csv.Error):
            raise Refused(f"{file} is no CSV in UTF-8: save it as that.") from None
    table = pd.DataFrame(rows, columns=columns)
    table[HOUR] = pd.DatetimeIndex(table[HOUR], tz="UTC").tz_convert(zone).as_unit("s")
    table = table.sort_values(HOUR, kind="stable", ignore_index=True)
    twice = table[HOUR].duplicated()
    if twice.any():
        hour = table.loc[twice, HOUR].iloc[0]
        raise Refused(f"{file} has {hour:%Y-%m-%dT%H:%M%z} twice: leave one line of it.")
    return table.astype({name: float for name in columns if name != HOUR})


def stops(weather: pd.DataFrame | None, newest_at: pd.Timestamp) -> dict[str, str | None]:
    """Return the columns that end before an hour, each with its last hour; None where it has none.

    Examples
    --------
    >>> at = pd.date_range("2026-03-02", periods=3, freq="h", tz="Europe/Amsterdam")
    >>> table = pd.DataFrame({"hour_at": at, "rain_mm": [0.0, 1.0, None], "sun": [0.0, 0.0, 1.0]})
    >>> stops(table, at[2])
    {'rain_mm': '2026-03-02T01:00:00+01:00'}
    """
    ended: dict[str, str | None] = {}
    for name in [] if weather is None else weather.columns.drop(HOUR):
        assert weather is not None
        hours = weather.loc[weather[name].notna(), HOUR]
        if hours.empty or hours.max() < newest_at:
            ended[str(name)] = None if hours.empty else hours.max().isoformat()
    return ended


def _columns(file: Path, header: list[str]) -> list[str]:
    columns = [name.strip() for name in header]
    if HOUR not in columns:
        raise Refused(f"{file}, line 1: lacks the column {HOUR}; it is {HOUR} and numbers.")
    for number, name in enumerate(columns, 1):
        if not NAME.fullmatch(name) or columns.count(name) > 1:
            raise Refused(
                f"{file}, line 1, column {number}: is no name of its own; write letters, digits "
                "and _, such as temperature_c."
            )
    if not 1 <= len(columns) - 1 <= MOST_COLUMNS:
        raise Refused(
            f"{file}, line 1: has {len(columns) - 1} columns beside {HOUR}; keep 1 to "
            f"{MOST_COLUMNS}, such as temperature_c, sun_share, rain_mm."
        )
    return columns


def _rows(
    file: Path, lines: Iterator[list[str]], columns: list[str], zone: ZoneInfo
) -> Iterator[list[datetime | float]]:
    for number, line in enumerate(lines, 2):
        if not line:
            continue
        if len(line) != len(columns):
            raise Refused(
                f"{file}, line {number}: has {len(line)} fields where line 1 has {len(columns)}."
            )
        yield [
            _hour(text, f"{file}, line {number}, column {name}", zone)
            if name == HOUR
            else _number(text, f"{file}, line {number}, column {name}")
            for name, text in zip(columns, line, strict=True)
        ]


def _hour(text: str, where: str, zone: ZoneInfo) -> datetime:
    try:
        wall = datetime.fromisoformat(text.strip())
    except ValueError:
        wall = None
    if wall is None or wall.minute or wall.second or wall.microsecond:
        raise Refused(f"{where}: is no whole hour; write it as 2026-03-04T19:00, local time.")
    local = wall if wall.tzinfo else wall.replace(tzinfo=zone)
    if local.utcoffset() != local.replace(fold=1).utcoffset():
        raise Refused(
            f"{where}: comes twice, or not at all, when the clock changes; write its distance from "
            "UTC too, as 2026-10-25T02:00+01:00."
        )
    return local.astimezone(ZoneInfo("UTC")).replace(tzinfo=None)


def _number(text: str, where: str) -> float:
    if not text.strip():
        return math.nan
    try:
        value = float(text)
    except ValueError:
        value = math.inf
    if not math.isfinite(value):
        raise Refused(f"{where}: is no number; leave it empty where it is not known.")
    return value
