"""What dies before its time, at a person's word: a day (`shred`), or a pilot for good (`stop`)."""

from __future__ import annotations

from datetime import date, datetime

from peil.charter import reading
from peil.charter.clock import now
from peil.charter.retention import PARTS, Part, is_gone, parts_of
from peil.charter.windows import window_of
from peil.outcome import Outcome
from peil.store import ledger
from peil.store.atomic import write_json
from peil.store.store import Store
from peil.watch.retain.retain import delete_beside, delete_where, outcome, told


def shred(pilot: str, day: str, at: datetime | None = None) -> Outcome:
    """Delete all rows of a day now, keys first; what was released of it stays.

    Sums over the devices of its linkage window go with it, since they hold the day's too; the key
    of the window's pseudonyms goes with its last day.

    Raises
    ------
    Refused
        No valid charter, no such day, or a delivered file that this user may not delete.
    """
    charter, store = reading.load(pilot), Store()
    when = reading.day_of(charter, day)
    moment = at or now(charter)
    units = [unit for unit in charter.units() if when <= unit <= when]  # a day's hours, if it has
    parts: list[tuple[date, Part]] = [
        (unit, part) for unit in units for part in PARTS if part != "linked"
    ]
    receipts, held = delete_beside(charter, store, "shred", moment)  # it has rows of the day too
    more, busy = delete_where(charter, store, parts, "shred", moment)
    receipts, held = [*receipts, *more], [*held, *busy]
    for window in dict.fromkeys(window_of(charter, unit) for unit in units):
        if all(is_gone(store, charter.pilot, other, "staged") for other in window.days()):
            more, busy = delete_where(charter, store, [(window.first, "linked")], "shred", moment)
            receipts, held = [*receipts, *more], [*held, *busy]
    return outcome("shred", charter, told(charter, store, receipts, held), bool(receipts))


def stop(pilot: str, at: datetime | None = None) -> Outcome:
    """Stop a pilot for good: no verb opens it again, and every row and unreleased figure dies.

    What was released stays with the agency. A day that a run holds at this moment is left, and said
    so: end that run, and stop again.

    Raises
    ------
    Refused
        No valid charter, or a delivered file that this user may not delete.
    """
    charter, store = reading.load(pilot), Store()
    moment = at or now(charter)
    ledger.append(store, charter.pilot, "stopped", moment, {"pilot": charter.pilot})
    if not store.stopped(charter.pilot).exists():
        write_json(store.stopped(charter.pilot), {"at": moment.isoformat()})
    receipts, held = delete_beside(charter, store, "stop", moment)
    more, busy = delete_where(charter, store, list(parts_of(charter)), "stop", moment)
    receipts, held = [*receipts, *more], [*held, *busy]
    return outcome("stop", charter, told(charter, store, receipts, held), bool(receipts))
