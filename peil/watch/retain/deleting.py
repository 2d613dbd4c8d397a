"""Delete a part of a day so that a kill at any moment, and a second run, end the same way.

What will die is written down first, with its counts and the names of its keys. Then keys are
shredded, delivered files moved aside, files deleted, and the receipt added to the ledger; only then
the record says that it is done. A second run goes on from the record, so that a receipt which the
ledger did not take is added by the next.
"""

from __future__ import annotations

import os
import shutil
from datetime import date, datetime
from pathlib import Path
from typing import Any

from peil.charter import reading
from peil.charter.retention import Part
from peil.charter.schema import Charter
from peil.outcome import Refused
from peil.store import keys, ledger
from peil.store.atomic import read_json, write_json
from peil.store.faults import disk
from peil.store.store import Store
from peil.watch.retain import remains
from peil.watch.retain.remains import Remains

ASIDE = ".to_be_deleted"  # hidden, so that no delivery is looked for in it
BESIDE = "reproduced"  # names, as a part of a day does, what a killed `peil reproduce` left


class NotEntered(Refused):
    """What is done, and the ledger refuses to say: nothing else waits for it."""

    def __init__(self, pilot: str, what: str, why: str) -> None:
        self.what, self.why = what, why.removesuffix(".")
        super().__init__(f"Not in the ledger of {pilot} yet: {what} ({self.why}).")


def enter(
    store: Store, pilot: str, kind: str, at: datetime, facts: dict[str, Any], what: str
) -> None:
    """Add an entry to the ledger.

    Raises
    ------
    NotEntered
        The ledger refuses it, or its disk; what it would say is done all the same.
    """
    try:
        with disk.ours_first(store):
            ledger.append(store, pilot, kind, at, facts)
    except Refused as refusal:
        raise NotEntered(pilot, what, str(refusal)) from None


def delete(
    charter: Charter, store: Store, day: date, part: Part, why: str, at: datetime
) -> dict[str, Any] | None:
    """Delete what there is of a part of a day; its receipt, or none where nothing was left.

    The caller holds the day.

    Parameters
    ----------
    why : str
        ``retention``, ``shred``, ``stop`` or ``opt-out``.
    at : datetime
        The pilot's moment, passed in.

    Raises
    ------
    NotEntered
        It is deleted, and the ledger has no receipt of it yet.
    Refused
        A delivered file may not be deleted.
    """
    record = store.retained(charter.pilot, day, part)
    before = _before(record)
    why = why if before["is_done"] else before["why"]
    dying = remains.of(charter, store, day, part)
    if part == "staged" and why != "retention":
        more = remains.at_a_word(charter, store, day, why)
        dying = Remains(dying.keys, [*dying.places, *more], dying.delivered)
    # an entry `shredded` says of a whole window that no other key may ever name its devices
    kind = "shredded" if part == "linked" else "deleted"
    what = {"part": part, "period": str(day), "why": why}
    return _die(charter, store, record, dying, what, kind, at)


def delete_beside(charter: Charter, store: Store, why: str, at: datetime) -> dict[str, Any] | None:
    """Delete the store in which a killed `peil reproduce` worked; its receipt, or none.

    The caller holds it.
    """
    record = store.reproduced(charter.pilot)
    before = _before(record)
    period = f"{charter.period.start} to {charter.period.end}"
    what = {"part": BESIDE, "period": period, "why": why if before["is_done"] else before["why"]}
    return _die(charter, store, record, remains.beside(charter, store), what, "deleted", at)


def _before(record: Path) -> dict[str, Any]:
    return read_json(record) if record.exists() else {"is_done": True, "number": 0}


def _die(
    charter: Charter,
    store: Store,
    record: Path,
    dying: Remains,
    what: dict[str, str],
    kind: str,
    at: datetime,
) -> dict[str, Any] | None:
    """Go through all steps, or through those that are left of a run that was killed."""
    before = _before(record)
    if before["is_done"]:
        if not dying:
            return None
        before = {**_receipt(dying, what), "number": before["number"] + 1}
        write_json(record, {**before, "is_done": False})
    _bury(charter, store, dying, what["period"])
    facts = {name: value for name, value in before.items() if name != "is_done"}
    enter(store, charter.pilot, kind, at, facts, "receipts of what was deleted")
    write_json(record, {**facts, "is_done": True})
    return facts


def _receipt(dying: Remains, what: dict[str, str]) -> dict[str, Any]:
    files = dying.files()
    return {
        **what,
        "n_files": len(files),
        "n_delivered": len(dying.delivered),
        "n_bytes": sum(file.lstat().st_size for file in files),
        "keys": {path.name: keys.key_id(path.read_bytes()) for path in dying.keys},
    }


def _bury(charter: Charter, store: Store, dying: Remains, period: str) -> None:
    for key in dying.keys:
        keys.shred(key)
    for place in dying.places:
        if place.is_dir() and not place.is_symlink():
            shutil.rmtree(place)
        else:
            place.unlink(missing_ok=True)
    if not remains.is_ours(charter, store):
        return
    folder = reading.root(charter, store)
    aside = folder / ASIDE / charter.pilot / period
    refusals = []
    for number, file in enumerate(dying.delivered):
        try:
            _move(file, aside / f".{number}")
        except Refused as refusal:  # of one file: others go all the same
            refusals.append(refusal)
    shutil.rmtree(aside, ignore_errors=True)
    for parent in (aside.parent, aside.parent.parent):
        if parent.is_dir() and not any(parent.iterdir()):
            parent.rmdir()
    if refusals:
        raise refusals[0]


def _move(file: Path, aside: Path) -> None:
    try:
        aside.parent.mkdir(parents=True, exist_ok=True)
        os.replace(file, aside)
        return
    except OSError as error:
        why = error.strerror
    raise Refused(
        f"A delivered file in {file.parent} cannot be deleted ({why}): give this user the "
        "right to, or set PEIL_KEEP_DELIVERIES where somebody else deletes it."
    )
