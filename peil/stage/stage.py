"""Stage: dbt turns the sealed raw file of a day into the sealed staged file."""

from __future__ import annotations

import hashlib
import os
import shutil
from datetime import date

from peil.adapters import database
from peil.adapters.dbt_parsed import WHOLE_DAY
from peil.adapters.transform import build
from peil.charter.clock import moment_of
from peil.charter.period import Period
from peil.gates import require_open
from peil.outcome import Fact, Outcome
from peil.quality.measuring import measure
from peil.stage import parts
from peil.stage.accounting import rows_of
from peil.stage.ready_day import ReadyDay
from peil.store import sealed
from peil.store.atomic import (
    fresh_folder,
    read_whole,
    removed_on_failure,
    require_whole,
    write_json,
)
from peil.store.faults import disk
from peil.store.store import Store

# free disk that staging asks for, as times the size of the raw file: the staged file is 1.3 times
# as large (a day of the demo; 1.9 times a day of 1 000 devices), and as many rows again may be
# spilled while they are sorted
STAGED_RATIO = 4
ACCOUNT = "staged.main.int_rows_accounted__by_file_reason"
# what is made of the rows of a day, once its parts are joined
AFTER_JOINING = [
    "stg_operator__events",
    "int_events_quarantined",
    "int_device_hours",
    "int_devices_placed__by_cell_hour",
    "int_devices_counted__by_cell_hour",
    "int_devices_counted__by_hour",
    "int_devices_seen__by_hour",
    "int_devices_withheld__by_hour",
    "int_rows_counted__by_cell_hour",
    "int_rows_accounted__by_file_reason",
    f"tag:{WHOLE_DAY}",  # what could not be asked of a part
]


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
    ready, manifest = ReadyDay.of(period), store.staged_manifest(pilot, day)
    staged, staged_key = store.staged_file(pilot, day), ready.staged_key
    if before := ready.staged_before():
        shutil.rmtree(parts.folder_of(period), ignore_errors=True)  # of a run that was cut off
        return period.outcome("stage", "unchanged", before["facts"])
    disk.require_room(store, STAGED_RATIO * store.raw_file(pilot, day).stat().st_size)

    part = staged.with_name(f".{staged.name}.part")
    wal = part.with_name(part.name + ".wal")
    for leftover in (part, wal):
        leftover.unlink(missing_ok=True)
    work = fresh_folder(store.work(pilot, day, "stage"))
    session = ready.session(part, work)
    with removed_on_failure(part, wal, work):
        if store.settings.engine == "spark":
            from peil.stage import on_spark  # of an extra that few install

            on_spark.staged(ready, session, work)
        elif (n_parts := store.settings.parts) > 1:
            parts.joined(ready, part, n_parts, work)
            build(AFTER_JOINING, session, work / "dbt")
        else:
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
            "fingerprint": ready.fingerprint,
            "sealed": sealed.seal_of(staged, staged_key),
            "staged_at": staged_at or moment_of(charter, day).isoformat(),
            "content_sha256": content,
            "facts": facts,
            "rows": ready.rows,
            "accounting": accounting,
        },
    )
    shutil.rmtree(parts.folder_of(period), ignore_errors=True)
    return period.outcome("stage", "done", facts, manifest)


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
