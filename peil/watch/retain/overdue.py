"""What lies in the store longer than the charter lets it: nobody ran what deletes it.

A day's grace, since what is due dies with the next hourly run. Both clocks must have passed it: the
pilot's, by which rows are due, and the machine's, by which files lie there. A simulated pilot lives
at the end of its period, so that by its own clock a day is overdue as soon as it is staged.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from peil.alerts import telling
from peil.alerts.trouble import Trouble
from peil.charter import retention, windows
from peil.charter.retention import PARTS, Part
from peil.charter.schema import Charter
from peil.store.store import Store

SOURCE = "overdue"
KIND = "kept_too_long"
NAMES = {"raw": "raw rows", "staged": "staged rows", "linked": "pseudonym keys"}


@dataclass(frozen=True)
class Overdue:
    """What is kept too long: days by part, and whether a killed `peil reproduce` left rows."""

    days: dict[Part, list[date]]
    is_beside: bool

    def __bool__(self) -> bool:
        return bool(self.days or self.is_beside)

    def in_words(self) -> str:
        """Which parts of how many days, the first named.

        >>> Overdue({"raw": [date(2026, 3, 2), date(2026, 3, 3)]}, is_beside=False).in_words()
        'raw rows of 2 periods, the first 2026-03-02'
        """
        parts = [
            f"{NAMES[part]} of {days[0]}"
            if len(days) == 1
            else f"{NAMES[part]} of {len(days)} periods, the first {days[0]}"
            for part, days in self.days.items()
        ]
        return "; ".join([*parts, *(["what a killed `peil reproduce` left"] * self.is_beside)])


def overdue(charter: Charter, store: Store, at: datetime, machine_at: datetime) -> Overdue:
    """Look for what should have been deleted, the grace (`PEIL_OVERDUE_AFTER_H`) ago or longer.

    Parameters
    ----------
    at : datetime
        The pilot's moment (`peil.charter.clock`), passed in.
    machine_at : datetime
        The machine's, passed in: files are stamped with that.
    """
    grace = timedelta(hours=store.settings.overdue_after_h)
    dying = [
        (day, part)
        for day, part in retention.parts_of(charter)
        if retention.is_due(charter, store, day, part, at - grace)
        and (part != "linked" or _is_there(charter, store, day))
    ]
    if not dying and not store.beside(charter.pilot).is_dir():
        return Overdue({}, is_beside=False)
    from peil.watch.retain import remains  # knows readers: loaded where something may be overdue

    days: dict[Part, list[date]] = {}
    for day, part in dying:
        left = remains.of(charter, store, day, part)
        since = _moments([*left.keys, *left.files()])
        if since and min(since) + grace <= machine_at:
            days.setdefault(part, []).append(day)
    # of a living one something is written all the while
    beside = _moments(remains.beside(charter, store).files())
    ordered = {part: sorted(days[part]) for part in PARTS if part in days}
    return Overdue(ordered, bool(beside) and max(beside) + grace <= machine_at)


def _is_there(charter: Charter, store: Store, first: date) -> bool:
    """Whether anything of a linkage window is there, which is due whether or not it ever was."""
    key = windows.pseudonym_key(store, charter, first)
    return key.exists() or store.linked(charter.pilot, first).exists()


def _moments(files: Iterable[Path]) -> list[datetime]:
    """Since when files lie here: not when they were last written, which may be copied along."""
    moments = []
    for file in files:
        with suppress(FileNotFoundError):  # it died just now
            moments.append(datetime.fromtimestamp(file.lstat().st_ctime, tz=UTC))
    return moments


def line(charter: Charter, store: Store, at: datetime, machine_at: datetime) -> list[str]:
    """Say in one line what is kept too long and what to do; no line where nothing is."""
    late = overdue(charter, store, at, machine_at)
    if not late:
        return []
    return [f"✗ kept longer than the charter lets it: {late.in_words()}. {_to_do(charter)}"]


def look(charter: Charter, store: Store, at: datetime, machine_at: datetime) -> telling.Look:
    """Look for what is kept too long, as one trouble that lasts until all of it is gone."""
    late = overdue(charter, store, at, machine_at)
    local = str(at.astimezone(ZoneInfo(charter.time_zone)).date())
    if not late:
        return telling.Look(SOURCE, local)
    first = [str(days[0]) for days in late.days.values()]
    trouble = Trouble(
        pilot=charter.pilot,
        kind=KIND,
        where="rows",
        day=local,
        since=min([*first, local]),
        severity="note",  # nothing waits for it, but the charter is not kept
        owner="operator",
        what=f"Of {charter.pilot} lies here longer than its charter lets it: {late.in_words()}.",
        what_to_do=_to_do(charter),
        observed={f"n_{part}": len(days) for part, days in late.days.items()},
    )
    return telling.Look(SOURCE, local, (trouble,))


def _to_do(charter: Charter) -> str:
    return (
        f"Run `peil retain {charter.pilot}`, and have it run every hour: the DAG "
        f"retain__{charter.pilot} does where a scheduler runs and it is not paused."
    )
