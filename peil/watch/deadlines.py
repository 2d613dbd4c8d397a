"""Is a day's delivery there when the charter says that it is due, and a day of hours bundled?"""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from peil import status
from peil.alerts import telling
from peil.alerts.trouble import Trouble
from peil.charter import reading
from peil.charter.clock import due_at as due_at
from peil.charter.clock import now
from peil.charter.schema import Charter
from peil.ingest import deliveries
from peil.outcome import Refused
from peil.release.hours.day import is_past, missing_hours
from peil.store.store import Store

KIND = "late_delivery"
SOURCE = "deadlines"
UNBUNDLED = "day_not_bundled"


def look(charter: Charter, store: Store, at: datetime) -> telling.Look:
    """Look for days of which nothing is there though it is due.

    Parameters
    ----------
    at : datetime
        The pilot's moment (`peil.charter.clock`), passed in.

    Returns
    -------
    Look
        One trouble a late day. Files that lie in the delivery folder are there, whatever
        becomes of them: that is told by others.
    """
    late = []
    for day in charter.units():
        due = due_at(charter, day)
        if due is not None and due < at and not _is_there(charter, store, day):
            late.append(_trouble(charter, day, due))
    local = at.astimezone(ZoneInfo(charter.time_zone)).date()
    return telling.Look(SOURCE, str(local), tuple(late))


def unbundled(charter: Charter, store: Store, at: datetime) -> telling.Look:
    """Look for days of hours that have no bundle though nothing of them can come any more.

    Of a simulated pilot there are none: its clock does not say what can come.
    """
    days = charter.days() if charter.is_hourly else []
    missing_by_day = {day: missing_hours(charter, store, day) for day in days}
    left = tuple(
        _without_bundle(charter, day, [hour.name for hour in missing])
        for day, missing in missing_by_day.items()
        if missing is not None and is_past(charter, missing, at)
    )
    local = at.astimezone(ZoneInfo(charter.time_zone)).date()
    return telling.Look(UNBUNDLED, str(local), left)


def _without_bundle(charter: Charter, day: date, missing: list[str]) -> Trouble:
    pilot, never = charter.pilot, f" Never released: {', '.join(missing)}." if missing else ""
    return Trouble(
        pilot=pilot,
        kind=UNBUNDLED,
        where=f"day {day}",
        day=str(day),
        since=str(day),
        severity="stop",
        owner="operator",
        what=f"{day} of {pilot} has no bundle, though no hour of it can come any more.{never}",
        what_to_do=f"Run `peil release {pilot} {day}`: it bundles the hours that are released and "
        "closes the others, or says whose approval it waits for.",
        observed={"n_hours_missing": len(missing)},
    )


def passed(pilot: str) -> None:
    """Tell what is late now. Airflow calls this when a run of ingest outlives its deadline."""
    charter = reading.load(pilot)
    store, at = Store(), now(charter)
    telling.settle(store, charter, [look(charter, store, at)], at)


def _is_there(charter: Charter, store: Store, day: date) -> bool:
    if status.of_day(charter, day, store).state != "nothing":
        return True
    folder = reading.root(charter, store)
    try:
        return bool(deliveries.files(folder, charter.inputs.events.path, day))
    except Refused:
        return True  # a file lies there that is not accepted: ingest says why


def _trouble(charter: Charter, day: date, due: datetime) -> Trouble:
    local = due.astimezone(ZoneInfo(charter.time_zone))
    path = deliveries.pattern(charter.inputs.events.path, day)
    return Trouble(
        pilot=charter.pilot,
        kind=KIND,
        where=f"events {day}",
        day=str(day),
        since=str(day),
        severity="stop",
        owner="operator",
        what=f"No events of {day} by {local:%Y-%m-%d %H:%M} ({charter.time_zone}), when they were "
        "due. The day waits for them, other days go on.",
        what_to_do=f"Ask {charter.operator.contact} for the files of that day, at {path}.",
    )
