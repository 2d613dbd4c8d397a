"""What dies before its time, at a person's word: a day (`shred`), or a pilot for good (`stop`)."""

from __future__ import annotations

from datetime import date, datetime

from peil.charter import reading
from peil.charter.clock import now
from peil.charter.retention import PARTS, Part, is_gone, parts_of
from peil.charter.windows import window_of
from peil.outcome import Outcome
from peil.store.atomic import write_json
from peil.store.store import Store
from peil.watch.retain.deaths import Deaths
from peil.watch.retain.deleting import enter
from peil.watch.retain.retain import delete_beside, delete_where, outcome, told


def shred(pilot: str, day: str, at: datetime | None = None) -> Outcome:
    """Delete all rows of a day now, keys first; what was released of it stays.

    Sums over the devices of its linkage window go with it, since they hold the day's too; the key
    of the window's pseudonyms goes with its last day.

    Raises
    ------
    Refused
        No valid charter or no such day; a delivered file that this user may not delete, or a ledger
        that takes no receipt, once all else is deleted.
    """
    charter, store = reading.load(pilot), Store()
    when = reading.day_of(charter, day)
    moment, deaths = at or now(charter), Deaths()
    units = [unit for unit in charter.units() if when <= unit <= when]  # a day's hours, if it has
    parts: list[tuple[date, Part]] = [
        (unit, part) for unit in units for part in PARTS if part != "linked"
    ]
    delete_beside(charter, store, deaths, "shred", moment)  # it has rows of the day too
    delete_where(charter, store, deaths, parts, "shred", moment)
    for window in dict.fromkeys(window_of(charter, unit) for unit in units):
        if all(is_gone(store, charter.pilot, other, "staged") for other in window.days()):
            delete_where(charter, store, deaths, [(window.first, "linked")], "shred", moment)
    deaths.require_all(pilot)
    return outcome("shred", charter, told(charter, store, deaths), bool(deaths.receipts))


def stop(pilot: str, at: datetime | None = None) -> Outcome:
    """Stop a pilot for good: no verb opens it again, and every row and unreleased figure dies.

    What was released stays with the agency. A day that a run holds at this moment is left, and said
    so: end that run, and stop again. A ledger that takes no entry keeps nothing from dying.

    Raises
    ------
    Refused
        No valid charter; a delivered file that this user may not delete, or a ledger that takes no
        entry, once all else is deleted.
    """
    charter, store = reading.load(pilot), Store()
    moment, deaths = at or now(charter), Deaths()
    if not store.stopped(charter.pilot).exists():
        write_json(store.stopped(charter.pilot), {"at": moment.isoformat()})
    with deaths.going_on():
        facts = {"pilot": charter.pilot}
        enter(store, charter.pilot, "stopped", moment, facts, "that it was stopped")
    delete_beside(charter, store, deaths, "stop", moment)
    delete_where(charter, store, deaths, list(parts_of(charter)), "stop", moment)
    deaths.require_all(pilot)
    return outcome("stop", charter, told(charter, store, deaths), bool(deaths.receipts))
