"""Ingest: delivered files become the sealed raw file of the day, canonical columns only."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from peil.charter import reading, retention, windows
from peil.charter.clock import moment_of
from peil.charter.period import Period
from peil.charter.schema import Charter
from peil.ingest import corrections, deliveries, file_rows, landing, new_opt_outs
from peil.ingest.file_check import FileCheck, has_records, is_still, look, state_of
from peil.ingest.readers.refusal import FileRefused, shown
from peil.outcome import Fact, Outcome, Refused, Waiting
from peil.store import sealed
from peil.store.atomic import (
    canonical,
    read_whole,
    removed_on_failure,
    require_whole,
    write_json,
)
from peil.store.faults import disk
from peil.store.store import Store

QUIET_S = 60.0  # a file untouched for so long is not being written any more
NOBODY_LEFT_OUT = (
    "nobody on the opt-out list has a record here: if many are on it, compare how list and records "
    "write an identifier"
)


def ingest(pilot: str, day: str) -> Outcome:
    """Make the `raw` state of one day.

    Waits until the files are stable, compares their content with earlier deliveries, leaves
    out opted-out subscribers before the first write, and lands the canonical columns. A file
    that cannot be read is refused by itself. What comes for a released day is flagged, never
    read in. Killed at any point and run again, it ends in the same state.

    Raises
    ------
    Waiting
        No delivery yet, or a file that still grows.
    Refused
        No valid charter, an unsigned simulated delivery, or no file that can be read.
    """
    period = Period.open(pilot, day, is_unit=True)
    if period.is_released():
        return _released(period)
    if retained := period.retained("ingest", "raw", is_done=True):
        return retained
    with period.held("ingest"):
        return _ingest(period)


def _released(period: Period) -> Outcome:
    require_whole(period.store.raw_manifest(period.pilot, period.day))
    late = corrections.after_release(period.charter, period.day, period.store, period.is_left_out)
    corrections.keep(period.store, period.pilot, period.day, late)
    facts: dict[str, Fact] = {"why": "released"}
    if late:
        facts["n_corrections_flagged"] = len(late)
    if new_opt_outs.is_new(period.charter, period.store, [period.day]):
        facts["note"] = f"somebody may have opted out since: run `peil opt-out {period.pilot}`"
    return period.outcome("ingest", "unchanged", facts)


def _ingest(period: Period) -> Outcome:
    charter, day, store = period.charter, period.day, period.store
    inputs, pilot = charter.inputs, charter.pilot
    folder = reading.root(charter, store)
    events = deliveries.files(folder, inputs.events.path, day)
    cells = deliveries.files(folder, inputs.cells.path, day)
    for kind, files, delivery in (
        ("event", events, inputs.events),
        ("cell", cells, inputs.cells),
    ):
        if not files:
            raise Waiting(
                f"No {kind} delivery of {day} at {deliveries.pattern(delivery.path, day)}: "
                "deliver it, or correct `inputs` in the charter."
            )
    opt_out = [folder / inputs.opt_out.path] if inputs.opt_out else []
    for file in opt_out:
        if not file.is_file():
            raise Refused(f"The opt-out list {file.name} is missing: without it nothing is read.")
    names = deliveries.names(folder, inputs.events.path, day, events)
    with _stable(charter, day, store, [*events, *cells, *opt_out]):
        looks, refused = _look_at(store, folder, names, [*cells, *opt_out])
    digests = {file: checked.sha256 for file, checked in looks.items()}
    deliveries.check_vouched(store, charter, digests)
    accepted, twice = _not_twice(store, pilot, day, names, looks)
    refused += twice

    asks = {
        "inputs": inputs.model_dump(mode="json", exclude={"truth": True, "events": {"due"}}),
        "threshold": charter.threshold,
        "time_zone": charter.time_zone,
        "mcc": charter.operator.mcc,
        "files": {str(file.relative_to(folder)): digest for file, digest in digests.items()},
        "refused": {file["name"]: file["reason"] for file in refused},
    }
    fingerprint = hashlib.sha256(canonical(asks)).hexdigest()
    raw, manifest = store.raw_file(pilot, day), store.raw_manifest(pilot, day)
    before = read_whole(manifest) if raw.exists() else {}
    key = store.key(pilot, day, "raw")
    if before.get("fingerprint") == fingerprint and sealed.is_intact(raw, key, before):
        corrections.keep(store, pilot, day, corrections.refused(charter, day, before["refused"]))
        return period.outcome("ingest", "unchanged", _facts(before))

    began = retention.left_at(charter, store, day)  # a kill may have come before the record
    delivered = sum(file.stat().st_size for file in looks)
    disk.require_room(store, store.settings.room_ratio * delivered)
    if windows.is_shredded(store, charter, day):
        late = FileRefused(
            "late",
            f"The delivery of {day} comes after the key of its pseudonyms was destroyed: it stays "
            "where it is and is never read in, take it away.",
        )
        refused += [file_rows.refusal(names[file], late, digests[file]) for file in accepted]
        accepted = {}
    if not accepted:
        corrections.keep(store, pilot, day, corrections.refused(charter, day, refused))
        raise Refused(_first_sentence(refused))
    try:
        with removed_on_failure(*landing.parts(raw)):
            landed = landing.land(charter, day, store, folder, accepted, cells, looks)
    except landing.NothingLandedError as nothing:
        refused += nothing.refused
        corrections.keep(store, pilot, day, corrections.refused(charter, day, refused))
        raise Refused(_first_sentence(refused)) from None
    refused += landed.refused
    if landed.n_passing:  # no second run takes it for final; one that ends alike is called alike
        fingerprint = hashlib.sha256(canonical([fingerprint, landed.refused])).hexdigest()
    record = {
        "fingerprint": fingerprint,
        "sealed": sealed.seal_of(raw, key),
        "landed_at": before.get("landed_at") or (began or moment_of(charter, day)).isoformat(),
        "opt_out": "".join(digests[file] for file in opt_out),
        "n_listed": landed.n_listed,
        "files": landed.files,
        "refused": refused,
        "corrected": corrections.corrected(
            before, {accepted[file]: digests[file] for file in accepted}
        ),
        "cells": [{"name": file.name, "sha256": digests[file]} for file in cells],
    }
    write_json(manifest, record)
    corrections.keep(store, pilot, day, corrections.refused(charter, day, refused))
    return period.outcome("ingest", "done", _facts(record), manifest)


def _first_sentence(refused: list[dict[str, str]]) -> str:
    return refused[0]["why"]


def _facts(record: dict[str, Any]) -> dict[str, Fact]:
    facts: dict[str, Fact] = {
        "n_files": len(record["files"]),
        "n_delivered": sum(file["n_rows"] for file in record["files"]),
        "n_opted_out": sum(file["n_opted_out"] for file in record["files"]),
        "n_files_refused": len(record["refused"]),
    }
    if record.get("n_listed") and not facts["n_opted_out"]:
        facts["note"] = NOBODY_LEFT_OUT
    return facts


@contextmanager
def _stable(charter: Charter, day: date, store: Store, files: list[Path]) -> Iterator[None]:
    """Look at files before and after the block; one that changed is still being written.

    Those that were touched lately are given some time between the looks. What the block made of a
    file that changed is not told: it is said to grow.
    """
    began = time.monotonic()
    first = {file: state for file in files if (state := _state(file))}
    newest = max((touched for _, touched in first.values()), default=0) / 1e9
    settle_s = store.settings.settle_s if time.time() - newest <= QUIET_S else 0.0

    def look_again() -> None:
        if settle_s <= 0:
            return
        time.sleep(max(began + settle_s - time.monotonic(), 0.0))
        for file, state in first.items():
            if not is_still(file, state):
                growing = corrections.growing(charter, day, shown(file))
                corrections.keep(store, charter.pilot, day, [growing])
                raise Waiting(f"{shown(file)} still grows: it is taken when two looks agree.")

    try:
        yield
    except FileRefused:
        look_again()
        raise
    look_again()


def _state(file: Path) -> tuple[int, int] | None:
    try:
        return state_of(file)
    except FileRefused:
        return None


def _look_at(
    store: Store, folder: Path, events: dict[Path, str], needed: list[Path]
) -> tuple[dict[Path, FileCheck], list[dict[str, str]]]:
    """Look at every file once, several at a time; part events that cannot be read at all."""

    def looked_at(file: Path) -> FileCheck | FileRefused:
        try:
            deliveries.require_within(folder, file)
            return look(file, store.settings.unpacked_ratio)
        except FileRefused as error:
            return error

    looks: dict[Path, FileCheck] = {}
    refused: list[dict[str, str]] = []
    files = [*events, *needed]
    # to unpack and to hash leave the interpreter to others
    with ThreadPoolExecutor(store.settings.threads) as pool:
        for file, checked in zip(files, pool.map(looked_at, files), strict=True):
            if isinstance(checked, FileCheck):
                looks[file] = checked
            elif file in needed:
                raise checked
            else:
                refused.append(file_rows.refusal(events[file], checked))
    return looks, refused


def _not_twice(
    store: Store, pilot: str, day: date, names: dict[Path, str], looks: dict[Path, FileCheck]
) -> tuple[dict[Path, str], list[dict[str, str]]]:
    """Part the files whose content came before, on another day or under another name."""
    before = deliveries.delivered_before(store, pilot, day)
    accepted: dict[Path, str] = {}
    refused: list[dict[str, str]] = []
    accepted_by_hash: dict[str, str] = {}
    for file, name in names.items():
        if file not in looks:
            continue
        checked = looks[file]
        origin = before.get(checked.sha256) or accepted_by_hash.get(checked.sha256)
        if origin and has_records(file, checked):  # files without any are alike
            error = FileRefused(
                "delivered_twice",
                f"{shown(name)} has the same content as delivered before ({shown(origin)}): "
                "remove it or deliver the right one.",
            )
            refused.append(file_rows.refusal(name, error, checked.sha256))
        else:
            accepted_by_hash[checked.sha256] = name
            accepted[file] = name
    return accepted, refused
