"""Read what is known of days beforehand: holidays of the charter's country, events, weather."""

from __future__ import annotations

import csv
from collections.abc import Collection
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from peil.charter.schema import Charter
from peil.outcome import Refused
from peil.store.store import Store
from peil.watch.outlook import weather
from peil_models.crowding import CrowdingCalendar

COLUMNS = ("from", "to", "zone", "name")
LONGEST_NAME = 80


def file_of(charter: Charter, store: Store) -> Path:
    """Where the announced events of a pilot are listed, beside its charter."""
    return store.settings.pilots / f"{charter.pilot}.events.csv"


def calendar_of(
    charter: Charter, store: Store, days: list[date], zones: Collection[str]
) -> CrowdingCalendar:
    """Make the calendar of some days.

    Raises
    ------
    Refused
        The file of events, or of weather, has a wrong line: file, line and column are named.
    """
    return CrowdingCalendar(
        holidays=frozenset(_holidays(charter, days)),
        events=_events(charter, file_of(charter, store), zones),
        weather=weather.read(charter, store),
    )


def _holidays(charter: Charter, days: list[date]) -> set[date]:
    if charter.area.country is None:
        return set()
    import holidays  # takes its time

    years = sorted({day.year for day in days})
    calendar = holidays.country_holidays(charter.area.country, years=years)
    return {day for day in days if day in calendar}


def days_around(first: date, last: date) -> list[date]:
    """Every day of a period, and of the week after it."""
    return [first + timedelta(days=n) for n in range((last - first).days + 8)]


def _events(charter: Charter, file: Path, zones: Collection[str]) -> pd.DataFrame:
    rows: list[dict[str, Any]] = []
    if file.is_file():
        with file.open(encoding="utf-8-sig", newline="") as stream:
            try:
                lines = csv.DictReader(stream)
                if missing := [name for name in COLUMNS if name not in (lines.fieldnames or ())]:
                    raise Refused(
                        f"{file}, line 1: lacks the column {missing[0]}; it is {','.join(COLUMNS)}."
                    )
                rows = [_event(charter, file, lines.line_num, line, zones) for line in lines]
            except (UnicodeDecodeError, csv.Error):
                raise Refused(f"{file} is no CSV in UTF-8: save it as that.") from None
    zone = ZoneInfo(charter.time_zone)
    events = pd.DataFrame(rows, columns=["from_at", "to_at", "zone_id", "name"])
    for name in ("from_at", "to_at"):
        events[name] = pd.DatetimeIndex(events[name], tz=zone).as_unit("s")
    return events.sort_values(["from_at", "zone_id", "name"], ignore_index=True)


def _event(
    charter: Charter, file: Path, line_no: int, line: dict[str, str], zones: Collection[str]
) -> dict[str, Any]:
    where = f"{file}, line {line_no}"
    zone = ZoneInfo(charter.time_zone)
    moments = {}
    for column in ("from", "to"):
        try:
            wall = datetime.fromisoformat((line[column] or "").strip())
        except ValueError:
            raise Refused(
                f"{where}, column {column}: is no moment; write it as 2026-03-04T19:00, local time."
            ) from None
        moments[column] = wall if wall.tzinfo else wall.replace(tzinfo=zone)
    if moments["to"] <= moments["from"]:
        raise Refused(f"{where}, column to: lies before the event begins; correct one of them.")
    zone_id = (line["zone"] or "").strip()
    if zone_id not in zones:
        raise Refused(
            f"{where}, column zone: is no zone of {charter.pilot} that has figures; write its code "
            f"as in the released table, such as {min(zones)}."
        )
    name = " ".join((line["name"] or "").split())
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise Refused(f"{where}, column name: must be a name of 1 to {LONGEST_NAME} signs.")
    return {"from_at": moments["from"], "to_at": moments["to"], "zone_id": zone_id, "name": name}
