"""Days on which nothing happens to the clocks: of these the calendar need not be asked each row.

To ask it of a local time takes half as long as to read the record, and a delivery is of a day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import duckdb

DAYS = 40  # looked at on either side
HEAD = 1000  # rows at the begin of a file that say of when it is
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Calm:
    """Days on which clocks keep one distance from UTC: their begin and end as local time in SQL."""

    begin: str
    end: str
    ahead_us: int

    def holds(self, stamp: str) -> str:
        """SQL of whether a local time stamp is on these days."""
        return f"{stamp} >= TIMESTAMP '{self.begin}' AND {stamp} < TIMESTAMP '{self.end}'"

    def moment(self, stamp: str) -> str:
        """SQL of its moment, if it is."""
        return f"make_timestamptz(epoch_us({stamp}) - {self.ahead_us})"


def around(connection: duckdb.DuckDBPyConnection, stamp: datetime, zone: str) -> Calm | None:
    """The days around a local time on which nothing happens to the clocks; None of one too near.

    The calendar that would be asked of each row is asked of each hour, so that both agree.

    Parameters
    ----------
    stamp : datetime
        Local, without zone.
    zone : str
        SQL of the time zone's name.

    Examples
    --------
    >>> with duckdb.connect() as opened:
    ...     print(around(opened, datetime(2026, 3, 2, 8), "'Europe/Amsterdam'"))
    ...     print(around(opened, datetime(2026, 3, 29, 8), "'Europe/Amsterdam'"))
    Calm(begin='2026-01-21 08:00:00', end='2026-03-28 03:00:00', ahead_us=3600000000)
    None
    """
    hours = connection.execute(
        "SELECT local, epoch_us(local) - epoch_us("
        f"timezone('UTC', timezone({zone}, local))) FROM range(?::TIMESTAMP - to_days({DAYS}), "
        f"?::TIMESTAMP + to_days({DAYS}), INTERVAL 1 HOUR) AS hours(local) ORDER BY local",
        [stamp, stamp],
    ).fetchall()
    ahead_us = next(ahead for local, ahead in hours if local >= stamp)
    changed = [local for local, ahead in hours if ahead != ahead_us]
    begin = max((local + 2 * DAY for local in changed if local < stamp), default=hours[0][0])
    end = min((local - DAY for local in changed if local >= stamp), default=hours[-1][0])
    return Calm(str(begin), str(end), ahead_us) if begin <= stamp < end else None


def at_head(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    zone: str,
    given: str,
    name: str,
    stamp: str,
) -> Calm | None:
    """The same around the times at the begin of a file; None where none of them is one.

    Parameters
    ----------
    relation : str
        SQL of the file.
    zone : str
        SQL of the time zone's name.
    given, name, stamp : str
        SQL of what was delivered, over the file's columns; its name; and SQL of the local time
        stamp, over that name.
    """
    if is_utc(zone):
        return None
    row = connection.execute(
        f"SELECT quantile_disc(local, 0.5) FROM (SELECT {stamp} AS local FROM "
        f"(SELECT {given} AS {name} FROM {relation} LIMIT {HEAD})) "
        "WHERE local BETWEEN '1970-06-01' AND '2100-01-01'"
    ).fetchone()
    return around(connection, row[0], zone) if row and row[0] else None


def is_utc(zone: str) -> bool:
    """Whether SQL of a time zone's name names UTC, which needs no calendar.

    >>> is_utc("'UTC'"), is_utc("'Europe/Amsterdam'")
    (True, False)
    """
    return zone.upper() in ("'UTC'", "'ETC/UTC'")
