"""Somebody opts out late: rows of open days go, what is unreleased is made again.

What was released cannot be called back, and is said; so is where nobody can be looked for any more.
The list is the charter's `inputs.opt_out`, read as it is now; a list that was applied already
changes nothing. Like `peil retain` it works under an expired charter and in a stopped pilot too:
then only what had to be made again is left.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from peil.charter import reading
from peil.charter.clock import now
from peil.charter.period import Period
from peil.charter.products import PRESENCE, PRODUCTS, Product
from peil.charter.retention import gone_days
from peil.charter.schema import Charter
from peil.charter.windows import Window, linked_products, periods, window_of, windows
from peil.ingest import deliveries
from peil.outcome import Fact, GateClosed, Outcome, Refused
from peil.stage import parts, purging
from peil.stage.device_rows import opt_out_list
from peil.store import ledger
from peil.store.atomic import read_json, sha256, write_json
from peil.store.store import Store
from peil.watch.retain import deleting, reach, remains
from peil.watch.retain.deaths import Deaths
from peil.watch.retain.retain import delete_beside, outcome

COUNTS = (
    "n_rows_raw",
    "n_rows_staged",
    "n_days_purged",
    "n_days_deleted",
    "n_candidates",
)
Counts = dict[str, Any]


def opt_out(pilot: str) -> Outcome:
    """Apply the opt-out list to every day whose rows are still there.

    Of each day the rows of who is on the list go from the sealed files, and candidates that they
    are in: its own, and those over its linkage window. A day that is not released
    is landed, staged and estimated again as far as it had come: from its delivery, or from the raw
    file once the delivery is gone. Where only staged rows are left, its counts cannot be made again
    without somebody; such a day is deleted. Killed at any moment and run again, it ends the same.

    Returns
    -------
    Outcome
        What was taken out; which releases stand that they are in; of which days nobody can be
        looked for any more; what is still to be made again.

    Raises
    ------
    Refused
        No charter, none that names a list, or a list that is not there.
    """
    charter, store = reading.load(pilot), Store()
    listed = opt_out_list(charter, store)
    if listed is None:
        raise Refused(f"The charter of {pilot} names no opt-out list: add `inputs.opt_out` to it.")
    record = store.retained(charter.pilot, charter.period.start, "opt_out")
    before = read_json(record) if record.exists() else {}
    digest = sha256(listed)
    if before.get("list_sha256") != digest or (before["days"] and not _is_of_now(before)):
        before = {"list_sha256": digest, "is_done": False, "days": {}}
    if before["is_done"]:
        return outcome("opt-out", charter, {"why": "the list was applied before"}, False)
    shut = _why_shut(pilot)
    # what a killed `peil reproduce` left may hold them as well
    deaths, stopped = Deaths(), list[str]()
    delete_beside(charter, store, deaths, "opt-out", now(charter))
    for day in charter.units():
        of_day = Period(charter, day, store)
        with of_day.held("opt-out"), parts.none_of(of_day):
            if str(day) not in before["days"]:
                before["days"][str(day)] = _count(of_day)
                write_json(record, before)  # before anything is taken out: what was there is told
            _purge(of_day, before["days"][str(day)], deaths)
        if not shut:
            stopped += _again(of_day)
    if not shut:
        stopped += _products_again(charter, store)
    elif waits := _waiting(charter, store, before["days"]):
        stopped.append(f"not made again: {', '.join(waits)}: {shut}")
    facts = _told(charter, store, before)
    stopped = [*deaths.left(pilot), *stopped]
    if stopped:
        facts["left"] = "; ".join(stopped)
    else:
        write_json(record, {**before, "is_done": True})
    return outcome("opt-out", charter, facts, True)


def _is_of_now(record: dict[str, Any]) -> bool:
    """Whether this version began the record, or it is done: of another it is begun again."""
    return record["is_done"] or all("released" in counts for counts in record["days"].values())


def _why_shut(pilot: str) -> str:
    """Why verbs may not make anything again now, as in an expired charter; empty where they may."""
    try:
        Period.open(pilot)
    except Refused as refusal:
        return str(refusal)
    return ""


def _told(charter: Charter, store: Store, record: dict[str, Any]) -> dict[str, Fact]:
    """Enter in the ledger what was taken out and what stands; the same in words."""
    days: dict[str, Counts] = record["days"]
    facts: dict[str, Fact] = {
        name: sum(counts.get(name, 0) for counts in days.values()) for name in COUNTS
    }
    hit = reach.joined(counts["released"] for counts in days.values() if counts["n_days_purged"])
    lost = [day for day, counts in days.items() if counts["is_out_of_reach"]]
    of_lost = reach.joined(days[day]["released"] for day in lost)
    others = {name: of_lost[name] - hit.get(name, set()) for name in of_lost}
    facts["n_released"] = sum(map(len, hit.values()))
    standing, unsure = reach.in_spans(charter, hit), reach.in_spans(charter, others)
    unsearched = reach.spans(charter.units(), lost)
    entry = {
        **facts,
        "list": record["list_sha256"],
        "released": standing,
        "not_searched": unsearched,
        "released_not_searched": unsure,
    }
    ledger.append(store, charter.pilot, "opted_out", now(charter), entry)
    if standing:
        facts["note"] = (
            f"what was released rests on them too and cannot be called back, "
            f"{reach.in_words(standing)}: tell the agency, which decides whether to withdraw it"
        )
    if unsearched:
        words = (
            f"nobody can be looked for any more in {', '.join(unsearched)}, of which rows or keys "
            "are gone"
        )
        stands = f": released of it and standing, with them or without: {reach.in_words(unsure)}"
        facts["not_searched"] = words + (stands if unsure else "")
    return facts


def _count(period: Period) -> Counts:
    """What of a day will be taken out, and what is released of it."""
    charter, day, store = period.charter, period.day, period.store
    n_raw = purging.purge_raw(charter, store, day, is_count=True)
    n_staged = purging.purge_staged(charter, store, day, is_count=True)
    is_hit = bool(n_raw or n_staged)
    return {
        "n_rows_raw": n_raw,
        "n_rows_staged": n_staged,
        "n_days_purged": int(is_hit),
        "n_days_deleted": int(is_hit and _is_lost(period)),
        # of a window those that a day of it before this one has not taken yet
        "n_candidates": is_hit * sum(file.is_dir() for _, file in _candidates(period)),
        "is_out_of_reach": reach.is_out_of_reach(period),
        "released": reach.released_of(period),
    }


def _is_lost(period: Period) -> bool:
    """Whether its counts hold somebody, may still be released, and cannot be made again."""
    raw = period.store.raw_file(period.pilot, period.day)
    return not period.is_released() and not raw.exists()


def _candidates(period: Period) -> Iterator[tuple[Period, Path]]:
    """Places of unreleased candidates that its rows are in: its own, and those of its window."""
    charter, store = period.charter, period.store
    for row in PRODUCTS.values():
        starts = [period.day] if row.name == PRESENCE else periods(row, period.window)
        for start in starts:
            if not period.is_released(row.name, start):
                place = store.candidate(charter.pilot, row.name, start)
                yield Period(charter, start, store), place


def _purge(period: Period, counts: Counts, deaths: Deaths) -> None:
    charter, day, store = period.charter, period.day, period.store
    if not counts["n_days_purged"]:
        return
    for of_start, place in _candidates(period):
        product = place.parent.name
        if product == PRESENCE:  # whose lock is the day's, which the caller holds
            remains.remove_with_parts(place)
            continue
        with of_start.held("opt-out", part=product):
            remains.remove_with_parts(place)
    # sums over devices hold them too; where they are needed they are made again
    window = window_of(charter, day)
    shutil.rmtree(store.linked(charter.pilot, window.first), ignore_errors=True)
    if counts["n_days_deleted"]:
        with deaths.going_on():
            deaths.add(deleting.delete(charter, store, day, "staged", "opt-out", now(charter)))
    else:
        purging.purge_staged(charter, store, day)
        purging.purge_raw(charter, store, day)
    if not gone_days(store, charter.pilot, window):
        return
    for row in linked_products(charter):  # nor can these be made again without them
        for start in periods(row, window):
            if not period.is_released(row.name, start):
                remains.remove_with_parts(store.estimated(charter.pilot, start, row.name))


def _is_open(period: Period) -> bool:
    """Whether it can be made again and still be released."""
    raw = period.store.raw_file(period.pilot, period.day)
    return not period.is_released() and raw.exists()


def _again(period: Period) -> Iterator[str]:
    """Land, stage and estimate an unreleased day again, as far as it had come; what stopped it."""
    from peil.estimate.estimate import estimate
    from peil.ingest.ingest import ingest
    from peil.stage.stage import stage

    charter, store, pilot, day = period.charter, period.store, period.pilot, period.day
    if not _is_open(period):
        return
    folder = reading.root(charter, store)
    verbs: list[tuple[Callable[[str, str], Outcome], bool]] = [
        (ingest, bool(deliveries.files(folder, charter.inputs.events.path, day))),
        (stage, store.staged_file(pilot, day).exists()),
        (estimate, store.estimated_record(pilot, day).exists()),
    ]
    try:
        for verb, is_done_before in verbs:
            if is_done_before:
                verb(pilot, str(day))
    except (Refused, GateClosed) as stop:
        yield f"{day} stopped: {stop}"


def _open_products(charter: Charter, store: Store) -> Iterator[tuple[Product, Window]]:
    """Products of a window that were estimated and are not all released."""
    from peil.estimate.linked import estimate as linked

    for window in windows(charter):
        for row in linked_products(charter):
            is_released = all(
                ledger.is_released(store, charter.pilot, row.name, str(day))
                for day in periods(row, window)
            )
            if not is_released and linked.is_estimated(charter, row, window, store):
                yield row, window


def _products_again(charter: Charter, store: Store) -> Iterator[str]:
    """Estimate them again; what stopped one."""
    from peil.estimate.linked import estimate as linked

    for row, window in _open_products(charter, store):
        try:
            linked.estimate(charter.pilot, row.name, str(window.first))
        except (Refused, GateClosed) as stop:
            yield f"{row.name} of {window} stopped: {stop}"


def _waiting(charter: Charter, store: Store, days: dict[str, Counts]) -> list[str]:
    """What somebody was taken out of and would have to be made again, in words."""
    hit = [day for day in charter.units() if days[str(day)]["n_days_purged"]]
    waits = [str(day) for day in hit if _is_open(Period(charter, day, store))]
    hit_windows = {window_of(charter, day) for day in hit}
    return waits + [
        f"{row.name} of {window}"
        for row, window in _open_products(charter, store)
        if window in hit_windows
    ]
