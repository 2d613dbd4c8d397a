"""The day of a pilot of hours: its released hours in one bundle, the same entries byte for byte.

Nothing is estimated, protected or audited again: each entry was, with its hour, and is published
once. With its day bundled an hour that never came is closed, since the day would be another one.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from peil.charter import reading
from peil.charter.clock import due_at, end_of, now
from peil.charter.hour import Hour, day_of, hours_within
from peil.charter.period import Period
from peil.charter.products import PRESENCE, Product
from peil.charter.schema import Charter
from peil.ingest import deliveries
from peil.outcome import Fact, Outcome, Refused, Waiting
from peil.release import approvals, bundle, statement
from peil.release.crossing import sending
from peil.store import outbound, released_tables, verifying
from peil.store.atomic import (
    aside_of,
    fresh_folder,
    read_json,
    removed_on_failure,
    replace_folder,
    write_json,
    write_text,
)
from peil.store.store import Store

# what every verb answers of an hour that its day was bundled without
LEFT_OUT: dict[str, Fact] = {"why": "released", "note": "its day was bundled without it"}
SUMMED = ("n_entries", "n_withheld", "n_unobserved")


def release_day(pilot: str, day: str) -> Outcome:
    """Bundle the released hours of a day, and let it cross; once, whatever comes later.

    Raises
    ------
    Waiting
        An hour is not released that may still come, or that is under way; or nobody has approved
        the bundle yet.
    Refused
        No hour of the day is released, or one is not as it was signed.
    """
    period = Period.open(pilot, day)
    row, store, charter = period.product(PRESENCE, to="release"), period.store, period.charter
    folder = store.released(pilot, PRESENCE, period.day)
    if period.has_crossed():
        bundle.require_whole(store, pilot, PRESENCE, period.day)
        sending.finish(store, charter, PRESENCE, period.day)
        return period.outcome("release", "unchanged", {"why": "released"}, folder)
    bundle.require_at_hand(store, pilot, PRESENCE, period.day)
    with period.held("release"):
        candidate = store.candidate(pilot, PRESENCE, period.day)
        if not (period.is_released() and candidate.exists()):  # else a kill came while it crossed
            _candidate(period, row, _hours(period))
        approvals.require(period, row, candidate)
        aside = aside_of(store.outbound(pilot, PRESENCE, period.day))
        with removed_on_failure(aside):
            outbound.make_folder(store, aside.parent)
            shutil.rmtree(aside, ignore_errors=True)
            shutil.copytree(candidate, aside)
            signed = bundle.require_candidate(store, charter, PRESENCE, str(period.day), aside)
            verifying.same_entries(aside, signed, folder.parent)
            approved = approvals.require(period, row, aside)
            counts = sending.cross(period, row, aside, signed, approved)
    return period.outcome("release", "done", counts, folder)


def bundle_days(pilot: str, periods: Iterable[str | date] | None = None) -> list[Outcome]:
    """Bundle the days of these hours of which all that can come is released, and earlier ones.

    Of the day of an hour that is all its hours: who calls this after each hour bundles it once
    its last is released. A day of which an hour is missing is bundled with the day after it, or
    once none of its hours can come any more.

    Parameters
    ----------
    periods : iterable of str or date, optional
        Hours or days; by default every day of the pilot of which nothing can come any more.
    """
    charter, store = reading.load(pilot), Store()
    days, at = charter.days(), now(charter)
    within = {day_of(reading.day_of(charter, period)) for period in periods or ()}
    last = days[-1] if periods is None else max(within, default=date.min)
    outcomes = []
    for day in [day for day in days if day <= last]:
        missing = missing_hours(charter, store, day)
        is_earlier = periods is not None and day < last
        is_over = missing is not None and (is_earlier or is_past(charter, missing, at))
        if missing is None or (missing and not is_over):
            continue
        try:
            outcomes.append(release_day(pilot, str(day)))
        except Refused as refusal:
            # one that waits for an hour, or for people, a later call finds; of days that stay
            # without a bundle the watch tells, which is who calls without periods
            if periods is not None and not isinstance(refusal, Waiting):
                raise
    return outcomes


def missing_hours(charter: Charter, store: Store, day: date) -> list[Hour] | None:
    """Hours of a day that are not released, where others are and the day is not bundled."""
    if Period(charter, day, store).has_crossed():
        return None
    hours = hours_within(day, charter.time_zone)
    missing = [hour for hour in hours if not Period(charter, hour, store).has_crossed()]
    return missing if len(missing) < len(hours) else None


def is_past(charter: Charter, hours: Iterable[Hour], at: datetime) -> bool:
    """Whether at a moment none of these hours may come any more.

    An hour may come until it is due, or where the charter names no time until a day has passed. A
    simulated pilot lives at its period's end, so that of its hours the clock says nothing.
    """
    return not charter.is_synthetic and all(_until(charter, hour) <= at for hour in hours)


def _until(charter: Charter, hour: Hour) -> datetime:
    day_after = hour.calendar_day + timedelta(days=1)
    return due_at(charter, hour) or end_of(day_after, charter.time_zone)


def _hours(period: Period) -> list[Hour]:
    """Hours of the day that are released, once no other may come.

    An hour is on its way once it was landed, or lies there.
    """
    charter, store, pilot = period.charter, period.store, period.pilot
    hours = hours_within(period.day, charter.time_zone)
    released = [hour for hour in hours if Period(charter, hour, store).has_crossed()]
    folder = reading.root(charter, store)
    for hour in [hour for hour in hours if hour not in released]:
        bundle.require_at_hand(store, pilot, PRESENCE, hour)
        is_closed = (store.quarantine(pilot) / f"{hour}.closed.json").exists()
        is_there = store.raw_manifest(pilot, hour).exists() or bool(
            deliveries.files(folder, charter.inputs.events.path, hour)
        )
        may_come = not charter.is_synthetic and not is_past(charter, [hour], now(charter))
        if (is_there and not is_closed) or may_come:
            raise Waiting(
                f"{pilot} {period.day} is bundled when all its hours are released or can come no "
                f"more: run `peil run {pilot} --from {hour} --to {hour}`, or wait for it."
            )
    if not released:
        raise Refused(f"{pilot} {period.day}: no hour of it is released, so there is no day.")
    for hour in released:
        bundle.require_whole(store, pilot, PRESENCE, hour)
    return released


def joined(folders: list[Path], name: str) -> pd.DataFrame:
    """Put the rows of released hours, which are in order, in the order of a day's table."""
    table = pd.concat([released_tables.read(folder, name) for folder in folders], ignore_index=True)
    # text would put the second of two 02 hours first
    return table.sort_values("REF_AREA", kind="stable", ignore_index=True)


def _outages(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Outages of hours, which are in order, in the order of a day's.

    >>> hours = [{"outages": [{"zone_id": z, "share": at} for z in "BA"]} for at in (0.1, 0.2)]
    >>> [(each["zone_id"], each["share"]) for each in _outages([{}, *hours])]
    [('A', 0.1), ('A', 0.2), ('B', 0.1), ('B', 0.2)]
    """
    every = [outage for record in records for outage in record.get("outages", [])]
    return sorted(every, key=lambda outage: str(outage["zone_id"]))


def _candidate(period: Period, row: Product, hours: list[Hour]) -> None:
    """Write the bundle aside: the hours' rows in the order of a day's table, and whose they are."""
    store, pilot, name = period.store, period.pilot, row.table("released")
    folders = [store.released(pilot, PRESENCE, hour) for hour in hours]
    table = joined(folders, name)
    folder = store.candidate(pilot, PRESENCE, period.day)
    aside = fresh_folder(folder.with_name(f".{folder.name}.part"))
    csv = released_tables.write(table, aside, name)
    content = hashlib.sha256(csv.encode()).hexdigest()
    records = [read_json(each / "metadata.json") for each in folders]
    metadata: dict[str, Any] = {
        **{key: value for key, value in records[-1].items() if key != "certificate_sha256"},
        **{key: sum(record[key] for record in records) for key in SUMMED},
        "period": str(period.day),
        "table_sha256": content,
        "outages": _outages(records),
        "hours": [str(hour) for hour in hours],
        "hours_missing": [
            str(hour)
            for hour in hours_within(period.day, period.charter.time_zone)
            if hour not in hours
        ],
    }
    metadata["withheld_share"] = round(metadata["n_withheld"] / max(metadata["n_entries"], 1), 4)
    write_json(aside / "metadata.json", metadata)
    for language, words in statement.privacy(period.charter, metadata).items():
        write_text(aside / f"statement.{language}.md", words)
    shutil.copy(folders[-1] / "methods.toml", aside / "methods.toml")
    names = {key: str(metadata[key]) for key in (*verifying.NAMES, "table_sha256")}
    of_hours = {
        str(hour): record["table_sha256"] for hour, record in zip(hours, records, strict=True)
    }
    bundle.seal(store, aside, {**names, "table": name, "hours": of_hours})
    replace_folder(aside, folder)
