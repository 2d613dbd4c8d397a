"""Somebody opts out late: rows of open days go, what is unreleased is made again.

What was released cannot be called back, and is said. The list is the charter's `inputs.opt_out`,
read as it is now; a list that was applied already changes nothing.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterator

from peil.charter import reading
from peil.charter.clock import now
from peil.charter.period import Period
from peil.charter.products import PRODUCTS
from peil.charter.schema import Charter
from peil.charter.windows import linked_products, periods, window_of, windows
from peil.ingest import deliveries
from peil.outcome import Fact, GateClosed, Outcome, Refused
from peil.stage import parts, purging
from peil.stage.device_rows import opt_out_list
from peil.store import ledger
from peil.store.atomic import read_json, sha256, write_json
from peil.store.store import Store
from peil.watch.retain import deleting
from peil.watch.retain.retain import delete_beside, outcome

COUNTS = ("n_rows_raw", "n_rows_staged", "n_days_purged", "n_days_deleted", "n_released")


def opt_out(pilot: str) -> Outcome:
    """Apply the opt-out list to every day whose rows are still there.

    Of each day the rows of who is on the list go from the sealed files. A day that is not released
    is landed, staged and estimated again as far as it had come: from its delivery, or from the raw
    file once the delivery is gone. Where only staged rows are left, its counts cannot be made again
    without somebody; such a day is deleted. Killed at any moment and run again, it ends the same.

    Raises
    ------
    Refused
        No valid charter, none that names a list, or a list that is not there.
    """
    period = Period.open(pilot)
    charter, store = period.charter, period.store
    listed = opt_out_list(charter, store)
    if listed is None:
        raise Refused(f"The charter of {pilot} names no opt-out list: add `inputs.opt_out` to it.")
    record = store.retained(charter.pilot, charter.period.start, "opt_out")
    before = read_json(record) if record.exists() else {}
    if before.get("list_sha256") != (digest := sha256(listed)):
        before = {"list_sha256": digest, "is_done": False, "days": {}}
    if before["is_done"]:
        return outcome("opt-out", charter, {"why": "the list was applied before"}, False)
    # what a killed `peil reproduce` left may hold them as well
    _, stopped = delete_beside(charter, store, "opt-out", now(charter))
    for day in charter.units():
        of_day = Period(charter, day, store)
        with of_day.held("opt-out"), parts.none_of(of_day):
            if str(day) not in before["days"]:
                before["days"][str(day)] = _count(of_day)
                write_json(record, before)  # before anything is taken out: what was there is told
            _purge(of_day, before["days"][str(day)])
        stopped += _again(of_day)
    stopped += _products_again(charter, store)
    totals: Counter[str] = Counter()
    for counts in before["days"].values():
        totals.update(counts)
    facts: dict[str, Fact] = {name: totals[name] for name in COUNTS}
    ledger.append(store, charter.pilot, "opted_out", now(charter), {**facts, "list": digest})
    if totals["n_released"]:
        facts["note"] = (
            "what was released rests on them too and cannot be called back: tell the agency, "
            "which decides whether to withdraw it"
        )
    if stopped:
        facts["left"] = "; ".join(stopped)
    else:
        write_json(record, {**before, "is_done": True})
    return outcome("opt-out", charter, facts, True)


def _count(period: Period) -> dict[str, int]:
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
        "n_released": is_hit * sum(period.is_released(name) for name in PRODUCTS),
    }


def _is_lost(period: Period) -> bool:
    """Whether its counts hold somebody, may still be released, and cannot be made again."""
    raw = period.store.raw_file(period.pilot, period.day)
    return not period.is_released() and not raw.exists()


def _purge(period: Period, counts: dict[str, int]) -> None:
    charter, day, store = period.charter, period.day, period.store
    if not counts["n_days_purged"]:
        return
    # sums over devices hold them too; where they are needed they are made again
    window = window_of(charter, day).first
    shutil.rmtree(store.linked(charter.pilot, window), ignore_errors=True)
    if counts["n_days_deleted"]:
        deleting.delete(charter, store, day, "staged", "opt-out", now(charter))
        return
    purging.purge_staged(charter, store, day)
    purging.purge_raw(charter, store, day)


def _again(period: Period) -> Iterator[str]:
    """Land, stage and estimate an unreleased day again, as far as it had come; what stopped it."""
    from peil.estimate.estimate import estimate
    from peil.ingest.ingest import ingest
    from peil.stage.stage import stage

    charter, store, pilot, day = period.charter, period.store, period.pilot, period.day
    if period.is_released() or not store.raw_file(pilot, day).exists():
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


def _products_again(charter: Charter, store: Store) -> Iterator[str]:
    """Estimate products of a window again that were estimated and are not all released."""
    from peil.estimate.linked import estimate as linked

    for window in windows(charter):
        for row in linked_products(charter):
            starts = periods(row, window)
            is_released = all(
                ledger.is_released(store, charter.pilot, row.name, str(day)) for day in starts
            )
            if is_released or not linked.is_estimated(charter, row, window, store):
                continue
            try:
                linked.estimate(charter.pilot, row.name, str(window.first))
            except (Refused, GateClosed) as stop:
                yield f"{row.name} of {window} stopped: {stop}"
