"""Where nothing happens to the clocks, a time is read without the calendar, and the same."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from peil.charter.schema import Delivery
from peil.ingest.readers import calm, generic, typed
from peil.ingest.readers.opening import literal

ZONES = (
    "Europe/Amsterdam",
    "Africa/Casablanca",  # an hour back for Ramadan
    "America/Sao_Paulo",
    "Australia/Lord_Howe",  # by half an hour
    "America/Nuuk",  # before midnight
    "Asia/Kathmandu",
    "Pacific/Apia",  # left out a day
)
STAMPS = ("2011-12-28 20:00", "2018-10-30 00:00", "2026-03-02 08:00", "2026-03-27 23:00")
ISO = Delivery(
    reader="generic",
    path="events.csv",
    time_zone="Europe/Amsterdam",
    columns={"subscriber_id": "ID", "observed_at": "AT"},
)
COUNT = """SELECT count(*) FILTER (plain IS NOT NULL), count(*) FILTER (
  plain IS DISTINCT FROM quick OR is_time IS DISTINCT FROM is_quick_time)
FROM (SELECT {plain} AS plain, {quick} AS quick, {is_time} AS is_time,
  {is_quick_time} AS is_quick_time FROM (
    SELECT unnest(range(?::TIMESTAMP - to_days(60), ?::TIMESTAMP + to_days(60),
      INTERVAL 10 MINUTE)) AS x
    UNION ALL VALUES (NULL::TIMESTAMP), ('infinity'::TIMESTAMP), ('-infinity'::TIMESTAMP)))"""


@pytest.fixture
def opened() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


@pytest.mark.parametrize("stamp", STAMPS)
@pytest.mark.parametrize("zone", ZONES)
def test_every_time_is_the_moment_that_the_calendar_says(
    opened: duckdb.DuckDBPyConnection, zone: str, stamp: str
) -> None:
    name, at = literal(zone), datetime.fromisoformat(stamp)
    days = calm.around(opened, at, name)
    sql = COUNT.format(
        plain=typed.local("x", name),
        quick=typed.local("x", name, days),
        is_time=f"({typed.is_time('x', name)}) IS TRUE",
        is_quick_time=f"({typed.local('x', name, days)}) IS NOT NULL",
    )
    n_read, n_different = opened.execute(sql, [at, at]).fetchone() or (0, -1)
    assert n_read > 15_000 and n_different == 0


def test_there_is_a_month_of_calm_but_for_days_of_a_change(
    opened: duckdb.DuckDBPyConnection,
) -> None:
    zone = literal("Europe/Amsterdam")
    winter = calm.around(opened, datetime(2026, 1, 20), zone)
    assert winter is not None and winter.ahead_us == 3_600_000_000
    span = datetime.fromisoformat(winter.end) - datetime.fromisoformat(winter.begin)
    assert timedelta(days=79) < span <= timedelta(days=80)
    spring = calm.around(opened, datetime(2026, 4, 2), zone)
    assert spring is not None and spring.ahead_us == 7_200_000_000
    assert calm.around(opened, datetime(2026, 3, 28, 20), zone) is None
    assert calm.around(opened, datetime(2026, 3, 29, 20), zone) is None


@pytest.mark.parametrize(
    "head", ["20-03-2026 08:00:00", "99-99-9999 99:99:99", "", "01-01-2199 00:00:00"]
)
def test_times_that_are_not_as_those_at_the_begin_of_a_file_are_read_as_they_are(
    opened: duckdb.DuckDBPyConnection, tmp_path: Path, head: str
) -> None:
    times = ["28-03-2026 23:59:59", "29-03-2026 02:30:00", "29-03-2026 03:30:00"]
    times += ["25-10-2026 02:30:00", "01-07-2026 12:00:00", "20-03-2026 08:00:01"]
    file = tmp_path / "events.csv"
    file.write_text("ID;AT\n" + "".join(f"a;{time}\n" for time in [head] * 3 + times))
    delivery = Delivery(
        reader="generic",
        path="events.csv",
        separator=";",
        time_zone="Europe/Amsterdam",
        time_format="%d-%m-%Y %H:%M:%S",
        columns={"subscriber_id": "ID", "observed_at": "AT"},
    )
    generic.Generic.land_events(opened, file, 0, delivery)
    rows = opened.execute(
        "SELECT observed_at::VARCHAR, defect FROM incoming ORDER BY line"
    ).fetchall()
    assert rows[3:] == [
        ("2026-03-28 22:59:59+00", None),
        (None, "cannot_parse"),
        ("2026-03-29 01:30:00+00", None),
        (None, "cannot_parse"),
        ("2026-07-01 10:00:00+00", None),
        ("2026-03-20 07:00:01+00", None),
    ]


def test_the_calendar_is_not_asked_of_each_row(
    opened: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    file = tmp_path / "events.csv"
    file.write_text("ID,AT\n" + "a,2026-03-20 08:00:00\n" * 3)
    generic.Generic.land_events(opened, file, 0, ISO)
    view = opened.sql("SELECT sql FROM duckdb_views() WHERE view_name = 'events_read'").fetchall()
    assert "make_timestamptz((epoch_us(observed_at_parsed) - 3600000000))" in view[0][0]


def test_a_file_that_begins_with_no_end_of_time_is_read(
    opened: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    file = tmp_path / "events.csv"
    file.write_text("ID,AT\n" + "a,infinity\n" * 3 + "a,2026-03-20 08:00:00\n")
    generic.Generic.land_events(opened, file, 0, ISO)
    rows = opened.execute("SELECT observed_at::VARCHAR FROM incoming ORDER BY line").fetchall()
    assert rows == [(None,)] * 3 + [("2026-03-20 07:00:00+00",)]
