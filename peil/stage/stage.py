"""Stage: dbt turns the sealed raw file of a day into the sealed staged file."""

from __future__ import annotations

import hashlib
import os
from datetime import date
from pathlib import Path

from peil import methods
from peil.adapters import database
from peil.adapters.transform import TransformSession, build
from peil.charter import access, windows
from peil.charter.clock import moment_of
from peil.charter.period import Period
from peil.gates import require_open
from peil.outcome import Fact, Outcome, Refused, Waiting
from peil.quality.measuring import measure
from peil.stage.accounting import rows_of
from peil.store import sealed
from peil.store.atomic import (
    canonical,
    fresh_folder,
    read_json,
    read_whole,
    removed_on_failure,
    require_whole,
    write_json,
)
from peil.store.faults import disk
from peil.store.store import Store

# free disk that staging asks for, as times the size of the raw file: the staged file is 1.9 times
# as large (a day of 1 000 devices), and as many rows again may be spilled while they are sorted
STAGED_RATIO = 4
ACCOUNT = "staged.main.int_rows_accounted__by_file_reason"


def stage(pilot: str, day: str) -> Outcome:
    """Make the `staged` state of one day: pseudonymised, cleaned, counted; in SQL.

    Raises
    ------
    Waiting
        The raw state is not there.
    """
    period = Period.open(pilot, day, is_unit=True)
    record = period.store.staged_manifest(period.pilot, period.day)
    if period.is_released():
        require_whole(record)
        return period.outcome("stage", "unchanged", {"why": "released"})
    is_staged = record.exists()
    if retained := period.retained("stage", "raw", is_staged):
        return retained
    require_open("raw", period.pilot, str(period.day))
    with period.held("stage"):
        outcome = _stage(period)
        measure(period.charter, period.day, period.store)
        return outcome


def _stage(period: Period) -> Outcome:
    charter, day, store, pilot = period.charter, period.day, period.store, period.pilot
    raw, manifest = store.raw_manifest(pilot, day), store.staged_manifest(pilot, day)
    if not (raw.exists() and store.raw_file(pilot, day).exists()):
        raise Waiting(f"{pilot} {day} is not ingested yet: run `peil ingest {pilot} {day}`.")
    if windows.is_shredded(store, charter, day):
        raise Refused(
            f"The key of the pseudonyms of {pilot} {day} was destroyed: what is left of that day "
            "is late and is never staged under another key."
        )
    first = windows.window_of(charter, day).first
    pseudonym_key = access.day_key(store, pilot, first, "pseudonym")
    access.day_key(store, pilot, day, "staged")
    cleaning = methods.section("cleaning", pilot)
    fingerprint = _fingerprint(store, pilot, day, cleaning, pseudonym_key)
    staged = store.staged_file(pilot, day)
    staged_key = store.key(pilot, day, "staged")
    before = read_whole(manifest) if staged.exists() else {}
    if before.get("fingerprint") == fingerprint and sealed.is_intact(staged, staged_key, before):
        return period.outcome("stage", "unchanged", before["facts"])
    database.require_sound(store, pilot, day, "raw")
    disk.require_room(store, STAGED_RATIO * store.raw_file(pilot, day).stat().st_size)

    part = staged.with_name(f".{staged.name}.part")
    for leftover in (part, part.with_name(part.name + ".wal")):
        leftover.unlink(missing_ok=True)
    work = fresh_folder(store.work(pilot, day, "stage"))
    session = TransformSession(
        raw_file=store.raw_file(pilot, day),
        raw_key=store.key(pilot, day, "raw"),
        staged_file=part,
        staged_key=staged_key,
        pseudonym_key=pseudonym_key,
        memory_limit=store.settings.memory,
        threads=store.settings.threads,
        temp_directory=work / "spill",
        cleaning=cleaning,
    )
    n_rows = sum(file["n_rows"] - file["n_opted_out"] for file in read_json(raw)["files"])
    access.read(store, pilot, day, "raw", n_rows, "stage")
    wal = part.with_name(part.name + ".wal")
    with removed_on_failure(part, wal, work):
        build(["path:models/staging", "path:models/intermediate"], session, work / "dbt")
        # rows that are staged again live no longer for it
        staged_at = read_whole(manifest).get("staged_at")
        manifest.unlink(missing_ok=True)  # it describes another file
        os.replace(part, staged)
    accounting, content = _read_back(store, pilot, day)
    facts: dict[str, Fact] = {
        f"n_{outcome}": rows_of(accounting, outcome)
        for outcome in ("staged", "quarantined", "opted_out")
    }
    write_json(
        manifest,
        {
            "fingerprint": fingerprint,
            "sealed": sealed.seal_of(staged, staged_key),
            "staged_at": staged_at or moment_of(charter, day).isoformat(),
            "content_sha256": content,
            "facts": facts,
            "rows": _rows_fingerprint(store, pilot, day, cleaning),
            "accounting": accounting,
        },
    )
    return period.outcome("stage", "done", facts, manifest)


def _fingerprint(
    store: Store, pilot: str, day: date, cleaning: dict[str, float], pseudonym_key: Path
) -> str:
    """Of what was landed, the SQL, its limits, and which key was used (a hash of its hash)."""
    from peil.store.provenance import code_hash

    digest = hashlib.sha256(_rows_fingerprint(store, pilot, day, cleaning).encode())
    digest.update(code_hash().encode())
    key = pseudonym_key.read_bytes()
    digest.update(hashlib.sha256(b"which key|" + key).digest())
    return digest.hexdigest()


def _rows_fingerprint(store: Store, pilot: str, day: date, cleaning: dict[str, float]) -> str:
    """Of what was landed and how it was judged: the same whichever key names the devices."""
    landed = read_json(store.raw_manifest(pilot, day))["fingerprint"]
    return hashlib.sha256(landed.encode() + canonical(cleaning)).hexdigest()


def _read_back(store: Store, pilot: str, day: date) -> tuple[list[dict[str, str | int]], str]:
    """Every file's rows by outcome and reason (counts only), and a hash of what estimation reads.

    The hash is free of the pseudonym key: two keys give the same estimates.
    """
    with database.connection(store, store.work(pilot, day, "read")) as opened:
        database.attach_staged(opened, store, pilot, day, verb="stage")
        rows = opened.execute(
            f"SELECT file_name, outcome, coalesce(reason, ''), n_rows FROM {ACCOUNT} "
            "ORDER BY file_id, outcome, reason"
        ).fetchall()
        digest = hashlib.sha256()
        for query in (
            "SELECT * FROM staged.main.int_devices_counted__by_cell_hour ORDER BY ALL",
            "SELECT * FROM staged.main.int_devices_withheld__by_hour ORDER BY ALL",
            "SELECT * FROM staged.main.stg_operator__cells ORDER BY ALL",
        ):
            for row in opened.execute(query).fetchall():
                digest.update(repr(row).encode())
    accounting = [
        {"file_name": name, "outcome": outcome, "reason": reason, "n_rows": int(n_rows)}
        for name, outcome, reason, n_rows in rows
    ]
    return accounting, digest.hexdigest()
