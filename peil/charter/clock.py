"""Tell the day and the moment it is for a pilot: the only clock.

A simulated pilot lives at the end of its period; a real one lives now.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from peil.charter.schema import Charter


def today(charter: Charter) -> date:
    """Tell the local day it is for this pilot: expiry and retention are judged by it."""
    if charter.is_synthetic:
        return charter.period.end
    return datetime.now(tz=ZoneInfo(charter.time_zone)).date()


def now(charter: Charter) -> datetime:
    """Tell the moment it is for this pilot, in UTC."""
    if charter.is_synthetic:
        end = datetime.combine(charter.period.end, datetime.max.time(), ZoneInfo(charter.time_zone))
        return end.astimezone(UTC).replace(microsecond=0)
    return datetime.now(tz=UTC).replace(microsecond=0)


def wall_today() -> date:
    """Tell the day on the machine's clock, in UTC: people enrol and vouch on it."""
    return datetime.now(tz=UTC).date()


def machine_now() -> datetime:
    """Tell the machine's own moment, in UTC: logs and Airflow's rows are stamped with it."""
    return datetime.now(tz=UTC)


def end_of(day: date, time_zone: str) -> datetime:
    """Tell the midnight that ends a local calendar day, in UTC."""
    end = datetime.combine(day + timedelta(days=1), datetime.min.time(), ZoneInfo(time_zone))
    return end.astimezone(UTC)


def moment_of(charter: Charter, day: date) -> datetime:
    """Tell when a verb handles a day: retention counts from it.

    A simulated day is handled at the midnight that ends it, as its schedule has it, however late
    it is run: else nothing of a simulated pilot, which lives at its period's end, would ever die.
    """
    return end_of(day, charter.time_zone) if charter.is_synthetic else now(charter)


def hours_of(day: date, time_zone: str) -> list[datetime]:
    """List the hours of a local calendar day, as UTC moments.

    >>> len(hours_of(date(2026, 3, 29), "Europe/Amsterdam"))
    23
    """
    zone = ZoneInfo(time_zone)
    moment = datetime.combine(day, datetime.min.time(), zone).astimezone(UTC)
    end = datetime.combine(day + timedelta(days=1), datetime.min.time(), zone).astimezone(UTC)
    return [moment + timedelta(hours=n) for n in range(int((end - moment).total_seconds()) // 3600)]
