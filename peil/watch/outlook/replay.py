"""Replay: walk a pilot's released hours one after another, as if each had just been released.

It has a place of its own (`agency/replay/<pilot>/`): outlook, page and what the city was told. What
stands at the agency is not touched. Models and days' bands are shared, so that the outlook of an
hour has the bytes that `peil outlook` gives at that hour.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from peil.charter import reading
from peil.charter.schema import Charter
from peil.outcome import Fact, Outcome, Refused
from peil.store.atomic import read_whole, write_json
from peil.store.faults import stopping
from peil.store.store import Store
from peil.watch.outlook import figures, outlook, sentences

LONGEST_REST_S = 0.2  # asked to stop, it stops within so long
RECORD = "replay.json"
Wait = Callable[[float], object]
PageOf = Callable[[Charter, float], Callable[[Store], object]]


class ReplayedStore(Store):
    """The store of a pilot with a place of its own for what a replay makes."""

    _place = "replay"

    def __init__(self, pilot: str) -> None:
        self._pilot = pilot
        super().__init__()

    @property
    def folder(self) -> Path:
        """Everything that is made here."""
        return self.agency / self._place / self._pilot

    @property
    def own(self) -> Path:
        """What is kept beside: what the city was told, locks, the report of the gate."""
        return self.folder / "own"

    def outlook(self, pilot: str) -> Path:
        """The outlook as at the hour that is being replayed."""
        return self.folder / "outlook" / pilot

    def portal(self, pilot: str) -> Path:
        """The page as at the hour that is being replayed."""
        return self.folder / "portal" / pilot


class LookedBackStore(ReplayedStore):
    """The store of a pilot with a place of its own for the outlook as at an hour of before."""

    _place = "looked_back"


def look_back(pilot: str, hour: str) -> tuple[Outcome, LookedBackStore]:
    """Compute the outlook as at an hour, beside the one that stands; the city is told nothing.

    Raises
    ------
    Refused, Waiting, GateClosed
        As `outlook`.
    """
    store = LookedBackStore(reading.load(pilot).pilot)
    return outlook.outlook(pilot, hour, store, tells=False), store


def replay(
    pilot: str,
    speed: float,
    start: str | None = None,
    end: str | None = None,
    again: bool = False,
    tell: Callable[[str], object] = print,
    wait: Wait | None = None,
    page_of: PageOf | None = None,
) -> Outcome:
    """Walk the released hours of a pilot, each with its outlook, page and messages.

    Parameters
    ----------
    pilot : str
    speed : float
        Hours of the pilot in an hour of the clock; where an hour takes longer to compute, the next
        begins at once.
    start, end : str, optional
        First and last hour, as 2026-03-04T18; all released hours by default.
    again : bool
        From the first hour on. Otherwise a replay that was stopped goes on after its last hour.
    tell : callable
        Called with each line that an hour has to say.
    wait : callable, optional
        Rests until a moment of the monotonic clock.
    page_of : callable, optional
        Given charter and seconds an hour, returns what writes the page as a store has it; none is
        written by a process that is the agency's alone.

    Raises
    ------
    Refused, Waiting, GateClosed
        As `outlook`; no such hour; no speed.
    """
    if not speed > 0:
        raise Refused("A replay needs a speed above 0: `--speed 600` takes six seconds an hour.")
    charter = reading.load(pilot)
    store = ReplayedStore(charter.pilot)
    if store.plane == "operator":
        raise Refused(
            "A replay is the agency's to make, and this process is the operator's "
            "(PEIL_PLANE=operator): run `peil replay` on the agency's side."
        )
    hours = _hours(charter, Store(), start, end)
    stretch = {"from": name_of(hours[0]), "to": name_of(hours[-1])}
    record = read_whole(store.folder / RECORD)
    left = hours
    if not again and record.get("asked") == stretch and record["last"] != stretch["to"]:
        left = [hour for hour in hours if name_of(hour) > record["last"]]
        tell(f"Going on after {record['last']}; `--again` begins at {stretch['from']}.")
    else:
        shutil.rmtree(store.folder, ignore_errors=True)
    # zones' outlines are the operator's: where they do not lie there is no page, as of `outlook`
    page = page_of(charter, 3600 / speed) if page_of and store.plane != "agency" else None
    due = time.monotonic()
    n_messages = 0
    for hour in left:
        stopping.check()
        done = outlook.outlook(charter.pilot, name_of(hour), store)
        n_messages += int(done.facts.get("n_sent", 0))  # type: ignore[arg-type]
        if page:
            page(store)
        write_json(store.folder / RECORD, {"asked": stretch, "last": name_of(hour)})
        for line in sentences.now(charter.pilot, store):
            tell(line)
        due = max(due + 3600 / speed, time.monotonic())
        if hour != left[-1]:
            (wait or rest_until)(due)
    facts: dict[str, Fact] = {"n_hours": len(left), "n_messages": n_messages}
    shown = [str(store.portal(charter.pilot) / "index.html")] if page else []
    where = [*shown, str(store.outlook(charter.pilot))]
    return Outcome("replay", charter.pilot, stretch["to"], "done", facts, where)


def name_of(hour: pd.Timestamp) -> str:
    """Name a local hour, with its offset: an autumn night has an hour twice.

    >>> name_of(pd.Timestamp("2026-03-04T20:00", tz="Europe/Amsterdam"))
    '2026-03-04T20:00+01:00'
    """
    return str(hour.isoformat(timespec="minutes"))


def rest_until(due: float) -> None:
    """Rest until a moment of the monotonic clock, or until this process is asked to stop."""
    while (left := due - time.monotonic()) > 0:
        stopping.check()
        time.sleep(min(left, LONGEST_REST_S))


def _hours(
    charter: Charter, store: Store, start: str | None, end: str | None
) -> list[pd.Timestamp]:
    """The released hours from one to another."""
    hours = figures.read(charter, store, end).released
    if start is not None:
        first = figures.read(charter, store, start).released[-1]
        hours = [hour for hour in hours if hour >= first]
    if not hours:
        raise Refused(f"No released hour of {charter.pilot} lies from {start} to {end}.")
    return hours
