"""One disclosure ledger for all pilots of an operator: what was released of each delivery.

A delivery is known by its content, whatever the pilot is called. What a further release would give
away together with earlier ones is worked out in `peil_models.disclosure.joint_audit`; here it is
asked, told in a sentence, and what crosses is kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from filelock import FileLock

from peil.area.area import Area, area_of
from peil.charter import reading
from peil.charter.hour import unit_of
from peil.charter.products import PRESENCE, PRODUCTS
from peil.charter.schema import Charter
from peil.charter.thresholds import threshold_of
from peil.outcome import Refused
from peil.release import released_margins as margins
from peil.release.released_margins import ReleasedMargins
from peil.store import checking, ledger
from peil.store.atomic import read_json
from peil.store.store import Store
from peil_models.disclosure.audit import EXACT
from peil_models.disclosure.differences import differences
from peil_models.disclosure.joint_audit import Narrowed, narrowed
from peil_models.disclosure.joint_hour import CrossingError


@contextmanager
def locked(store: Store) -> Iterator[None]:
    """Hold the operator's disclosure ledger, so that no two pilots cross unaware of each other."""
    lock = store.operator / "locks" / "disclosure.lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(lock):
        yield


def delivery_of(store: Store, pilot: str, day: date) -> list[str]:
    """Hashes of the files of events that a day's figures are made of.

    Raises
    ------
    Refused
        Neither the estimates nor the list of what was landed say so.
    """
    estimated, landed = store.estimated_record(pilot, day), store.raw_manifest(pilot, day)
    listed = read_json(estimated).get("delivery") if estimated.exists() else None
    if not listed and landed.exists():
        listed = sorted({file["sha256"] for file in read_json(landed)["files"]})
    if not listed:
        raise Refused(
            f"{pilot} {day}: nothing says any more which delivery its figures are made of, so that "
            "they cannot be compared with other releases: estimate the day again."
        )
    return list(listed)


def release_of(
    charter: Charter, area: Area, product: str, day: date, table: pd.DataFrame, store: Store
) -> ReleasedMargins:
    """What a table tells of a delivery, with the devices behind its figures."""
    estimated = store.estimated(charter.pilot, day, product)
    return ReleasedMargins(
        pilot=charter.pilot,
        product=product,
        period=str(day),
        threshold=threshold_of(charter),
        delivery=delivery_of(store, charter.pilot, day),
        area=margins.tiled(charter, area),
        members=margins.members(area),
        entries=margins.entries(product, table, estimated),
        left_out=left_out_of(store, charter.pilot, day),
    )


def left_out_of(store: Store, pilot: str, day: date) -> dict[str, str]:
    """Of each file of events of a day, by its hash, how many rows were left out, by which list."""
    manifest = store.raw_manifest(pilot, day)
    landed = read_json(manifest) if manifest.exists() else {"files": []}
    counts = {file["sha256"]: int(file.get("n_opted_out", 0)) for file in landed["files"]}
    listed = landed.get("opt_out", "")
    return {file: f"{n_rows} {listed}" if n_rows else "0" for file, n_rows in counts.items()}


def check(store: Store, release: ReleasedMargins) -> None:
    """Refuse a release that would tell too much together with those of other pilots.

    Raises
    ------
    Refused
        It would narrow a withheld entry, or single out few people by a difference: of zones, of
        files, or of before and after they opted out; or what was released of the same delivery is
        not known any more.
    """
    _mend(store, release)
    before = margins.kept(store, release.delivery, release.product)
    for other in before:
        if not (release.is_without_the_same(other) and release.is_of_the_same_files(other)):
            _check_left_out(release, other)
    others = [other for other in before if other.pilot != release.pilot]
    if not others:
        return
    if release.product != PRESENCE:
        _check_linked(release, others)
        return
    releases = [*others, release]
    hours, aligned = margins.aligned(releases)
    try:
        report = narrowed(aligned, max(other.threshold for other in releases))
    except CrossingError as crossing:
        raise Refused(
            f"{release.pilot} {release.period}: its {crossing} with those by which "
            f"{others[0].pilot} released {others[0].product} of the same records "
            f"({others[0].period}): take zones that lie wholly in those, or hold them whole."
        ) from None
    if report:
        raise Refused(_sentence(report, releases, hours))


def keep(store: Store, release: ReleasedMargins) -> None:
    """Keep what crosses; the same release is the same files."""
    margins.keep(store, release)


def _check_left_out(release: ReleasedMargins, other: ReleasedMargins) -> None:
    """Refuse figures of the same records without few people whom an earlier release counted.

    Or with few more, of a file that came since. Whoever subtracts one from the other would know
    where these were, of each zone and of each sum of zones that both tell.
    """
    where = f"{other.pilot} released {other.product} of the same records ({other.period})"
    why = (
        "though not of all the same files"
        if release.is_without_the_same(other)
        else "before somebody opted out"
    )
    what = f"{why}, and the difference would tell of fewer than"
    threshold = max(release.threshold, other.threshold)
    if release.product != PRESENCE:
        key = margins.key_of(release.product, release.entries)
        shared = release.entries.merge(other.entries[key], on=key).sort_values(key)
        if len(shared):
            first = shared.iloc[0]
            raise Refused(
                f"{release.pilot} {release.period}: {where} {what} {threshold} devices of "
                f"{first[key[0]]} at {_local(first[key[2]])}: it is not released."
            )
        return
    hours, (earlier, later) = margins.aligned([other, release])
    for hour, zone, taken in differences(earlier, later):
        if EXACT < abs(taken) < threshold:
            raise Refused(
                f"{release.pilot} {release.period}: {where} {what} {threshold} devices of "
                f"{list(release.members)[zone]} at {_local(hours[hour])}: it is not released."
            )


def _check_linked(release: ReleasedMargins, others: list[ReleasedMargins]) -> None:
    """Products that follow devices are told of the same zones only, and no entry more.

    Their entries are of people counted over days, of which two zonings would tell a difference by
    origin or by way; no sum over them is published, so that entries that were told are all.
    """
    for other in others:
        where = f"{other.pilot} released {other.product} of the same records ({other.period})"
        is_same = other.area.is_same(release.area) and np.array_equal(
            other.area.zone, release.area.zone
        )
        if other.members != release.members or not is_same:
            raise Refused(
                f"{release.pilot} {release.period}: {where} by other zones than these, and what "
                "two zonings tell together of people who are followed cannot be bounded: take the "
                "same `area`, or leave the product out."
            )
        key = margins.key_of(release.product, release.entries)
        shown = release.entries[~release.entries["withheld"]]
        joined = shown.merge(
            other.entries[[*key, "withheld"]], on=key, how="left", suffixes=("", "_before")
        )
        is_new = joined["withheld_before"].ne(False)
        if is_new.any():
            first = joined[is_new].iloc[0]
            raise Refused(
                f"{release.pilot} {release.period}: {where} without {first[key[0]]}, "
                f"{first[key[1]]} at {_local(first[key[2]])}, which this release would tell "
                f"({int(is_new.sum())} such entries): it is not released."
            )


def _sentence(
    report: list[Narrowed], releases: list[ReleasedMargins], hours: pd.DatetimeIndex
) -> str:
    """The first entry that would be given away: which release, area and hour."""
    few, release = report[0], releases[-1]
    zones = [list(other.members) for other in releases]
    if few.release >= 0:
        owner = releases[few.release]
        what = f"the withheld entry of {zones[few.release][few.entry]} ({owner.pilot})"
    else:
        owner = next(r for r, at in zip(releases, few.around, strict=True) if at >= 0)
        places = [
            f"in {names[at]} of {other.pilot}"
            if at >= 0
            else f"in no published zone of {other.pilot}"
            for names, other, at in zip(zones, releases, few.around, strict=True)
        ]
        what = f"the people who are {' and '.join(places)}"
    earlier = owner if owner is not release else releases[0]
    when = f"at {_local(hours[few.hour])}"
    when += f", and {len(report) - 1} more," if len(report) > 1 else ""
    threshold = max(other.threshold for other in releases)
    return (
        f"{release.pilot} {release.period}: with the {earlier.product} that {earlier.pilot} "
        f"released of the same records ({earlier.period}), {what} {when} "
        f"would be known to within {threshold} devices: it is not released; take zones that lie "
        f"wholly in those of {earlier.pilot}, or hold them whole."
    )


def _local(hour: Any) -> str:
    return str(pd.Timestamp(hour).tz_convert("UTC").strftime("%Y-%m-%d %H:%M UTC"))


def _mend(store: Store, release: ReleasedMargins) -> None:
    """Write again what other pilots released and the ledger knows, where a file of it is gone."""
    for path in sorted(store.ledger(release.pilot).parent.glob("*.jsonl")):
        pilot = path.stem
        if pilot == release.pilot:
            continue
        periods = {
            str(entry["facts"]["period"])
            for entry in ledger.entries(path)
            if entry["kind"] == "release"
            and entry["facts"]["product"] == release.product
            and "n_hours" not in entry["facts"]  # a day of hours tells nothing that these do not
        }
        for period in sorted(periods - margins.periods_kept(store, pilot, release.product)):
            if ledger.is_released(store, pilot, release.product, period):
                _mend_period(store, release, pilot, unit_of(period))


def _mend_period(store: Store, release: ReleasedMargins, pilot: str, day: date) -> None:
    folder = store.released(pilot, release.product, day)
    try:
        if not set(delivery_of(store, pilot, day)) & set(release.delivery):
            return
        if fault := checking.fault_of(store, pilot, release.product, day):
            raise Refused(fault.removesuffix("."))
        charter = reading.load(pilot)
        table = margins.read_table(folder, PRODUCTS[release.product].table("released"))
        area = area_of(charter, store)
        keep(store, release_of(charter, area, release.product, day, table, store))
    except (Refused, OSError) as why:
        fault = f" ({why})" if isinstance(why, Refused) else ""
        raise Refused(
            f"{pilot} released {release.product} of {day}, perhaps of the same records, and what "
            f"it told is gone from {store.disclosure}{fault}: restore that folder, or {folder} and "
            "the estimates behind it, before anybody else releases."
        ) from None
