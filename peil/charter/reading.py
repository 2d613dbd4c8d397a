"""Read a charter from its file, and answer what it says of days: refused in one sentence."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml
from pydantic import ValidationError

from peil.charter import promises
from peil.charter.hour import Hour, hours_within, start_of, unit_of
from peil.charter.schema import FILL_IN, Charter
from peil.outcome import Refused
from peil.settings import Settings, settings
from peil.store.store import Store

# as `yaml.safe_load`, in C where libyaml is: a run reads its charter a hundred times
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def path_of(pilot: str | Path) -> Path:
    """The charter's file: a path as given, or `<pilots>/<pilot>.yml`.

    Without `PEIL_PILOTS`, a charter that `peil simulate` wrote for fewer days comes first.
    """
    given = Path(pilot)
    if given.suffix in {".yml", ".yaml"}:
        return given
    choices = settings()
    own = simulated_path(str(pilot), choices)
    is_simulated = "pilots" not in choices.model_fields_set and own.is_file()
    return own if is_simulated else choices.pilots / f"{pilot}.yml"


def simulated_path(pilot: str, of_machine: Settings | None = None) -> Path:
    """Where `peil simulate` writes the charter of the days that it simulated, in the store."""
    return (of_machine or settings()).data / "pilots" / f"{pilot}.yml"


def load(pilot: str | Path) -> Charter:
    """Read and check a charter.

    Raises
    ------
    Refused
        No such file, not YAML, or not a valid charter: one sentence with file and key.
    """
    file = path_of(pilot)
    if not file.is_file():
        raise Refused(f"No charter at {file}: without a charter nothing runs; write one first.")
    try:
        content: Any = yaml.load(file.read_text(encoding="utf-8"), _LOADER)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}" if mark else ""
        raise Refused(f"{file} is not YAML{where}: correct it and try again.") from None
    if not isinstance(content, dict):
        raise Refused(f"{file} holds no charter: it must be keys and values, see pilots/demo.yml.")
    if place := _unfilled(content):
        raise Refused(f"{file}, {place}: still to be filled in; read what is asked there.")
    try:
        charter = Charter.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"]) or "(the whole)"
        reason = first["msg"].removeprefix("Value error, ")
        raise Refused(f"{file}, {key}: {reason}.") from None
    if not charter.is_synthetic and file == simulated_path(file.stem):
        raise Refused(
            f"{file}, legal_basis: only the charter of simulated data may lie in the store; "
            f"take it away, charters lie in {settings().pilots}."
        )
    if charter.pilot != file.stem:
        raise Refused(f"{file}, pilot: is {charter.pilot}, but the file says {file.stem}.")
    if fault := promises.fault(charter):
        raise Refused(f"{file}, {fault}.")
    return charter


def _unfilled(content: Any, key: str = "") -> str:
    """The first key whose text still asks to be filled in."""
    if isinstance(content, str):
        return key if FILL_IN in content else ""
    parts: list[tuple[Any, Any]] = []
    if isinstance(content, dict | list):
        parts = list(content.items() if isinstance(content, dict) else enumerate(content))
    return next(
        (place for name, part in parts if (place := _unfilled(part, f"{key}.{name}".lstrip(".")))),
        "",
    )


def check_valid(charter: Charter, today: date) -> None:
    """Refuse an expired charter. `today` is passed in: the demo's clock is its period's end."""
    if today > charter.expires:
        raise Refused(
            f"The charter of {charter.pilot} expired on {charter.expires}: "
            "have it renewed and signed before anything runs."
        )


def day_of(charter: Charter, day: str | date) -> date:
    """Read a day, or of an hourly pilot an hour, and refuse one outside the charter's period."""
    try:
        date_asked = day if isinstance(day, date) else unit_of(day)
    except ValueError:
        of_hours = ", or an hour as 2026-03-02T20" if charter.is_hourly else ""
        raise Refused(f"That is not a day: write it as 2026-03-02{of_hours}.") from None
    if isinstance(date_asked, Hour):
        date_asked = _hour_of(charter, date_asked)
    if not charter.period.start <= date_asked <= charter.period.end:
        raise Refused(
            f"{date_asked} lies outside the period of {charter.pilot} "
            f"({charter.period.start} to {charter.period.end}): a new period needs a new charter."
        )
    return date_asked


def _hour_of(charter: Charter, hour: Hour) -> Hour:
    """The hour that is meant, by the name that it has; an offset may stand behind any."""
    if not charter.is_hourly:
        raise Refused(
            f"{charter.pilot} is delivered and released by the day, not by the hour: write the day "
            f"as {hour.calendar_day}, or have a charter signed that says `every: PT1H`."
        )
    of_day = hours_within(hour.calendar_day, charter.time_zone)
    zone = ZoneInfo(charter.time_zone)
    for each in of_day:
        offset = f"{start_of(each, charter.time_zone).astimezone(zone):%z}"
        if each == hour or (each.hour, offset) == (hour.hour, hour.offset):
            return each
    raise Refused(
        f"There is no hour {hour} in {charter.time_zone}: the clock leaves it out, or the offset "
        "is another; of two hours of one name the second is as 2026-10-25T02+0100."
    )


def unit_asked(charter: Charter, day: str | date) -> date:
    """Read what is delivered by itself: a day, or of an hourly pilot an hour.

    Raises
    ------
    Refused
        As `day_of`, and a day where hours are delivered.
    """
    period = day_of(charter, day)
    if charter.is_hourly and not isinstance(period, Hour):
        raise Refused(
            f"{charter.pilot} is delivered by the hour: name one of them, as {period}T20."
        )
    return period


def days_between(charter: Charter, start: str | None, end: str | None) -> list[date]:
    """The days, or hours, asked for, within the period; without a bound the period's own.

    A day as a bound stands for all its hours.

    Raises
    ------
    Refused
        No such day, one outside the period, or a last day before the first.
    """
    first = day_of(charter, start) if start else charter.period.start
    last = day_of(charter, end) if end else charter.period.end
    if last < first:
        raise Refused(f"--to {last} lies before --from {first}.")
    return [day for day in charter.units() if first <= day <= last]


def pilots() -> list[str]:
    """Names of all pilots that have a charter, in order."""
    return sorted(file.stem for file in settings().pilots.glob("*.yml"))


def root(charter: Charter, store: Store) -> Path:
    """The folder that the charter's input paths are relative to."""
    if charter.inputs.root == "deliveries":
        return store.settings.deliveries_folder
    outside = store.settings.outside_data
    if outside is None:
        raise Refused(
            f"{charter.pilot} reads deliveries from outside: "
            "set PEIL_OUTSIDE_DATA to the folder that holds them."
        )
    return outside


def is_day_of_hours(pilot: str, day: str | date) -> bool:
    """Whether a whole day is meant of a pilot that is released by the hour."""
    charter = load(pilot)
    return charter.is_hourly and not isinstance(day_of(charter, day), Hour)
