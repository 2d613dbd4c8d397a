"""Tell the day and the moment it is for a pilot: the only clock.

A simulated pilot lives at the end of its period; a real one lives now.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from peil.charter.hour import Hour
from peil.charter.hour import end_of as end_of
from peil.charter.hour import hours_of as hours_of
from peil.charter.hour import start_of as start_of
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


def moment_of(charter: Charter, day: date) -> datetime:
    """Tell when a verb handles a day, or an hour: retention counts from it.

    A simulated day is handled at the midnight that ends it, an hour at its end, as their schedule
    has it, however late it is run: else nothing of a simulated pilot, which lives at its period's
    end, would ever die.
    """
    return end_of(day, charter.time_zone) if charter.is_synthetic else now(charter)


def due_at(charter: Charter, day: date) -> datetime | None:
    """When the events of a day or hour are due, in UTC; None where the charter names no time.

    Parameters
    ----------
    charter : Charter
        Its `inputs.events.due` is a local time of the day after, of an hour how long after it.
    day : date
        A local calendar day, or an hour.
    """
    due = charter.inputs.events.due
    if due is None:
        return None
    if isinstance(day, Hour):
        return end_of(day, charter.time_zone) + timedelta(hours=due.hour, minutes=due.minute)
    local = datetime.combine(day + timedelta(days=1), due, ZoneInfo(charter.time_zone))
    return local.astimezone(UTC)
