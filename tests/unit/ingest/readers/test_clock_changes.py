"""A local time that clocks skip or show twice is no moment, at whatever hour they change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import duckdb
import pytest

from peil.ingest.readers import typed
from peil.ingest.readers.opening import literal

HALF_HOUR = timedelta(minutes=30)
ZONES = (
    "Europe/Amsterdam",
    "Europe/London",
    "America/New_York",
    "America/Havana",
    "Africa/Casablanca",
    "Africa/Cairo",  # the last hour of the day comes twice
    "Asia/Beirut",
    "America/Santiago",
    "America/Nuuk",  # skips the last hour of the day, too
    "Australia/Lord_Howe",  # by half an hour
)


def changes(zone: ZoneInfo, year: int) -> list[datetime]:
    """Moments of a year, to the half hour, at which clocks change."""
    begin = datetime(year, 1, 1, tzinfo=UTC)
    moments = [begin + number * HALF_HOUR for number in range(366 * 48)]
    ahead = [moment.astimezone(zone).utcoffset() for moment in moments]
    return [moments[n] for n in range(1, len(moments)) if ahead[n] != ahead[n - 1]]


def moment_of(local: datetime, zone: ZoneInfo) -> datetime | None:
    """The only moment at which clocks show a time; None where there is none, or two."""
    first, second = (local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    return first if first == second else None


@pytest.mark.parametrize("name", ZONES)
def test_every_half_hour_around_a_change_is_the_moment_that_it_is(name: str) -> None:
    zone = ZoneInfo(name)
    around = changes(zone, 2026)
    assert len(around) >= 2
    times = sorted(
        {
            change.astimezone(zone).replace(tzinfo=None) + number * HALF_HOUR
            for change in around
            for number in range(-48, 49)
        }
    )
    with duckdb.connect() as opened:
        opened.execute("SET TimeZone = 'UTC'")
        sql = f"SELECT epoch_us({typed.local('x', literal(name))}) FROM (SELECT unnest(?) AS x)"
        read = [row[0] for row in opened.execute(sql, [times]).fetchall()]
    expected = [moment_of(time, zone) for time in times]
    assert read == [moment and round(moment.timestamp() * 1e6) for moment in expected]
    assert None in read
