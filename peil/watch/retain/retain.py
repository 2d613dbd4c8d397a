"""Retain: delete of every day of a pilot what its charter's time for it is over; once for each.

Works under an expired charter and in a stopped pilot too: what is due must die all the same, also
where the ledger takes no receipt, or something else may not be deleted.
"""

from __future__ import annotations

from contextlib import ExitStack
from datetime import date, datetime

from peil.adapters.airflow import forgetting
from peil.alerts import incidents, listing
from peil.charter import reading, retention
from peil.charter.clock import machine_now, now
from peil.charter.retention import PARTS, Part, is_due, parts_of
from peil.charter.schema import Charter
from peil.charter.windows import linked_products, periods, window_of
from peil.outcome import Fact, Outcome
from peil.store import lock
from peil.store.faults import disk
from peil.store.store import Store
from peil.watch.retain import deleting, remains
from peil.watch.retain.deaths import Deaths
from peil.watch.retain.deleting import delete


def retain(pilot: str, at: datetime | None = None, machine_at: datetime | None = None) -> Outcome:
    """Delete what is due now: keys first, then files; receipts go into the ledger.

    Parameters
    ----------
    at : datetime, optional
        Another moment than the pilot's own (`peil.charter.clock`).
    machine_at : datetime, optional
        Another moment than the machine's: Airflow stamps its rows and logs with that.

    Returns
    -------
    Outcome
        What died, and what was left and why. Unchanged where nothing was due.

    Raises
    ------
    Refused
        No valid charter; a delivered file that this user may not delete, or a ledger that takes no
        receipt, once all else is deleted.
    """
    charter, store = reading.load(pilot), Store()
    moment, deaths = at or now(charter), Deaths()
    delete_beside(charter, store, deaths, "retention", moment)
    delete_where(
        charter,
        store,
        deaths,
        [
            (day, part)
            for day, part in parts_of(charter)
            if is_due(charter, store, day, part, moment)
        ],
        "retention",
        moment,
    )
    gone = {str(day) for day in charter.units() if retention.is_gone(store, pilot, day, "staged")}
    listing.forget(store, charter.pilot, gone)
    incidents.forget(store, charter.pilot, gone)
    limit = machine_at or machine_now()
    n_lines = forgetting.forget(store.settings, limit, charter.retention.staged_days)
    deaths.require_all(pilot)
    facts = told(charter, store, deaths)
    if n_lines:
        facts["n_log_files"] = n_lines
    return outcome("retain", charter, facts, bool(deaths.receipts or n_lines))


def delete_where(
    charter: Charter,
    store: Store,
    deaths: Deaths,
    parts: list[tuple[date, Part]],
    why: str,
    at: datetime,
) -> None:
    """Delete these parts, each with its day held; one that is held or refused stops no other."""
    for day, part in parts:
        with deaths.going_on(), disk.ours_first(store):
            record = store.retained(charter.pilot, day, part)
            if not record.exists() and not remains.of(charter, store, day, part):
                continue
            names = _names(charter, store, day, part)
            with lock.all_held(store, charter.pilot, names, "retain"):
                deaths.add(delete(charter, store, day, part, why, at))


def _names(charter: Charter, store: Store, day: date, part: Part) -> list[str]:
    """What is held while a part dies: of whoever reads it, or writes what dies with it.

    Days, then what goes on beside them, and the estimates of a window last: every process that
    holds several takes them in this order, so that no two wait for each other.
    """
    window = window_of(charter, day)
    names = [str(other) for other in (window.days() if part == "linked" else [day])]
    if part == "raw":  # a part of the day may be staged by itself
        return names + lock.parts(store, charter.pilot, str(day))
    linked = linked_products(charter)
    if part == "staged":  # these are released and published beside their day
        names += [f"{day}.{row.name}" for row in linked if day in periods(row, window)]
    return [*names, *([f"{window.first}.{lock.LINKED}"] if linked else [])]


def delete_beside(charter: Charter, store: Store, deaths: Deaths, why: str, at: datetime) -> None:
    """Delete what a killed `peil reproduce` left; of a living one say that it is left.

    It has no time of its own: nobody goes on with it. The process that works there holds it by
    itself too, since that may live a step longer than the one that was killed.
    """
    folder, pilot = store.beside(charter.pilot), charter.pilot
    if not store.reproduced(pilot).exists() and not remains.beside(charter, store):
        return
    places = [store]
    if folder.is_dir():
        places.append(Store(store.settings.model_copy(update={"data": folder, "plane": "both"})))
    with deaths.going_on(), disk.ours_first(store), ExitStack() as holding:
        for place in places:
            holding.enter_context(lock.held(place, pilot, lock.REPRODUCE, "retain", wait_s=0))
        deaths.add(deleting.delete_beside(charter, store, why, at))


def told(charter: Charter, store: Store, deaths: Deaths) -> dict[str, Fact]:
    """What died and what was left, in words for a terminal."""
    facts: dict[str, Fact] = {}
    died = []
    for part in PARTS:
        own = [receipt for receipt in deaths.receipts if receipt["part"] == part]
        if own:
            days = sorted({receipt["period"] for receipt in own})
            span = days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"
            died.append(f"{part} of {span}: {sum(receipt['n_files'] for receipt in own):,} files")
    died += [
        f"what a killed `peil reproduce` left: {receipt['n_files']:,} files"
        for receipt in deaths.receipts
        if receipt["part"] == deleting.BESIDE
    ]
    if died:
        facts["deleted"] = "deleted " + "; ".join(died)
    left = [*deaths.held]
    if not remains.is_ours(charter, store):
        left.append("delivered files stay with the operator, whose folder it is")
    if left:
        facts["left"] = "; ".join(left)
    return facts


def outcome(verb: str, charter: Charter, facts: dict[str, Fact], is_new: bool) -> Outcome:
    """What such a verb answers about a pilot."""
    period = f"{charter.period.start} to {charter.period.end}"
    return Outcome(verb, charter.pilot, period, "done" if is_new else "unchanged", facts)
