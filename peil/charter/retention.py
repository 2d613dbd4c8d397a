"""When what was read of a day must be gone, by its charter and its clock, and what is gone.

Only moments and records: what lies where, and its deletion, belong to `peil.watch.retain`.

A day has three parts. ``raw``: the sealed raw file, its key, delivered files of events, work
folders; gone `retention.raw_hours` after staging. ``staged``: the sealed staged file, its key,
joint draws, candidates, what was set aside; gone `retention.staged_days` after staging. ``linked``:
of a linkage window, named after its first day: the key of its pseudonyms and sums over its devices;
gone with the staged rows of its last day. A day that was never staged counts from its landing, and
may stay as long as staged rows do: nothing lives longer. What a kill left without a record counts
from when it was written.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

from peil.charter.clock import end_of
from peil.charter.schema import Charter
from peil.charter.windows import Window, window_of, windows
from peil.store.atomic import aside_of, read_json, read_whole
from peil.store.store import Store

OPT_OUT = "since its counts held somebody who opted out"
Part = Literal["raw", "staged", "linked"]
PARTS: tuple[Part, ...] = ("raw", "staged", "linked")


def parts_of(charter: Charter) -> Iterator[tuple[date, Part]]:
    """Every part of every day, in order; a window's own after those of its days."""
    for window in windows(charter):
        yield from ((day, part) for day in window.days() for part in PARTS if part != "linked")
        yield window.first, "linked"


def due(charter: Charter, store: Store, day: date, part: Part) -> datetime | None:
    """The moment from which a part of a day must be gone; none where nothing of it is there.

    Parameters
    ----------
    day : date
        Of ``linked`` the first day of the window.
    """
    if part == "linked":
        return max(_staged_end(charter, store, other) for other in window_of(charter, day).days())
    staged = _moment(store.staged_manifest(charter.pilot, day), "staged_at", charter, day)
    if staged is not None and part == "raw":
        return staged + timedelta(hours=charter.retention.raw_hours)
    landed = _moment(store.raw_manifest(charter.pilot, day), "landed_at", charter, day)
    is_there = staged is not None or landed is not None or left_at(charter, store, day) is not None
    return _staged_end(charter, store, day) if is_there else None


def left_at(charter: Charter, store: Store, day: date) -> datetime | None:
    """When the first sealed file of a day was written that is there, finished or not; else none.

    It tells of rows to whose record a kill did not come. Of a simulated day it is the day's end, as
    `peil.charter.clock.moment_of` has it.
    """
    sealed = (store.raw_file(charter.pilot, day), store.staged_file(charter.pilot, day))
    written = []
    for file in (*sealed, *map(aside_of, sealed)):
        with suppress(FileNotFoundError):
            written.append(file.stat().st_mtime)
    if not written:
        return None
    if charter.is_synthetic:
        return end_of(day, charter.time_zone)
    return datetime.fromtimestamp(min(written), tz=UTC).replace(microsecond=0)


def _staged_end(charter: Charter, store: Store, day: date) -> datetime:
    pilot = charter.pilot
    began = (
        _moment(store.staged_manifest(pilot, day), "staged_at", charter, day)
        or _moment(store.raw_manifest(pilot, day), "landed_at", charter, day)
        or left_at(charter, store, day)
        or end_of(day, charter.time_zone)
    )
    return began + timedelta(days=charter.retention.staged_days)


def _moment(manifest: Any, name: str, charter: Charter, day: date) -> datetime | None:
    """When a state was made; one of an older Peil or a damaged one says nothing: the day's end.

    So what is damaged dies early, rather than living on until somebody mends it.
    """
    if not manifest.exists():
        return None
    at = read_whole(manifest).get(name)
    return datetime.fromisoformat(at) if at else end_of(day, charter.time_zone)


def is_gone(store: Store, pilot: str, day: date, part: Part) -> bool:
    """Whether a part of a day was deleted, or its deletion began: no verb makes it again."""
    return store.retained(pilot, day, part).exists()


def is_due(charter: Charter, store: Store, day: date, part: Part, at: datetime) -> bool:
    """Whether a part of a day must be gone at a moment; what was gone once stays due."""
    if is_gone(store, charter.pilot, day, part):
        return True
    moment = due(charter, store, day, part)
    return moment is not None and moment <= at


def gone_days(store: Store, pilot: str, window: Window) -> list[date]:
    """Days of a window whose staged rows are gone, in order."""
    return [day for day in window.days() if is_gone(store, pilot, day, "staged")]


def closed(store: Store, pilot: str, day: date, part: Part) -> str:
    """Why a day of which a part is gone takes nothing more, in one sentence."""
    why = read_json(store.retained(pilot, day, part))["why"]
    ended = {
        "retention": "by the charter's retention",
        "shred": "by `peil shred`",
        "opt-out": OPT_OUT,
    }
    return (
        f"The {part} rows of {pilot} {day} were deleted {ended.get(why, 'by `peil stop`')}: the "
        "day is closed, and what comes for it stays unread; have it taken away."
    )
