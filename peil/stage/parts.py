"""Parts of a day: cut by pseudonym, staged one by one wherever there is room, then joined.

Every rule of cleaning is about one device, so a part needs no other. A part is a sealed file of its
own, under a key derived from that of the staged file, in the day's scratch folder, where retention
looks; it goes once the day is joined. The joined day has the rows of a day that was staged as one,
in the same order, whatever the number of parts.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from peil.adapters import database, sealing
from peil.adapters.transform import build, part_key
from peil.charter import retention
from peil.charter.period import Period
from peil.gates import require_open
from peil.outcome import Outcome, Refused, Waiting
from peil.settings import MOST_PARTS
from peil.stage.ready_day import ReadyDay
from peil.store import keys, lock
from peil.store.atomic import fresh_folder, read_whole, removed_on_failure, sha256, write_json
from peil.store.faults import disk, stopping

# what a part is made for, and what it takes
MADE = ("stg_operator__batch", "stg_operator__cells", "int_kinds_kept", "int_devices_numbered")
SAME_IN_ALL = ("stg_operator__batch", "stg_operator__cells", "int_cells_numbered")
BY_DEVICE = "int_events_classified"
# set aside by what stood before it: in its place among the rows of its device; any other at the end
IN_PLACE = "reason IS NULL OR reason IN ('duplicate', 'impossible_move', 'suspicious_move')"


def as_written(part: str) -> tuple[int, int]:
    """Read a part as a person writes it: its number from 1 on, and how many there are.

    >>> as_written("2/4")
    (2, 4)
    """
    number, slash, n_parts = part.partition("/")
    if not (slash and number.isdecimal() and n_parts.isdecimal()):
        raise Refused("That is no part of a day: write it as 2/4.")
    return int(number), int(n_parts)


def stage_part(pilot: str, day: str, number: int, n_parts: int) -> Outcome:
    """Stage one part of a day, on this machine or another of the same store.

    Parameters
    ----------
    number : int in [1, n_parts]
    n_parts : int in [2, 64]

    Raises
    ------
    Refused
        There is no such part; the rows of the day are gone.
    Waiting
        The raw state is not there, or another process stages this part.
    """
    if not (2 <= n_parts <= MOST_PARTS and 1 <= number <= n_parts):
        raise Refused(
            f"There is no part {number} of {n_parts}: a day has 2 to {MOST_PARTS}, counted from 1."
        )
    period = Period.open(pilot, day, is_unit=True)
    facts = {"part": f"{number} of {n_parts}"}
    if period.is_released() or period.retained("stage", "raw", _is_staged(period)):
        return period.outcome("stage", "unchanged", {**facts, "why": "the day is done"})
    require_open("raw", period.pilot, str(period.day))
    disk.require_room(period.store)
    ready = ReadyDay.of(period)
    is_new = not ready.staged_before() and _made(ready, number - 1, n_parts)
    return period.outcome("stage", "done" if is_new else "unchanged", {**facts})


def _is_staged(period: Period) -> bool:
    return period.store.staged_manifest(period.pilot, period.day).exists()


def folder_of(period: Period) -> Path:
    """Where the parts of a day lie."""
    return period.store.work(period.pilot, period.day, "parts")


@contextmanager
def none_of(period: Period) -> Iterator[None]:
    """Hold every part of a day and remove what lies there of them: what was landed will change.

    Raises
    ------
    Waiting
        One is being staged.
    """
    store, pilot, day = period.store, period.pilot, period.day
    with lock.all_held(store, pilot, lock.parts(store, pilot, str(day)), "opt-out"):
        shutil.rmtree(folder_of(period), ignore_errors=True)
        yield


def _made(ready: ReadyDay, number: int, n_parts: int) -> bool:
    """Make a part unless it is there; whether it was made."""
    period = ready.period
    store, pilot, day = period.store, period.pilot, period.day
    file = folder_of(period) / f"{number}_of_{n_parts}.duckdb"
    if _is_whole(ready, file):  # also while its maker lets go of it
        return False
    with lock.held(store, pilot, lock.part(str(day), number), "stage"):
        if _is_whole(ready, file):
            return False
        file.parent.mkdir(parents=True, exist_ok=True)
        aside = file.with_name(f".{file.name}.part")
        wal = aside.with_name(f"{aside.name}.wal")
        for leftover in (aside, wal):
            leftover.unlink(missing_ok=True)
        work = fresh_folder(store.work(pilot, day, f"stage_{number}_of_{n_parts}"))
        session, rows = ready.session(aside, work, (number, n_parts)), ready.rows
        with removed_on_failure(aside, wal, work):
            wanted = [*MADE, f"+{BY_DEVICE}"]
            build(wanted, session, work / "dbt", asks_all=False)
            if retention.is_gone(store, pilot, day, "raw"):
                raise Refused(retention.closed(store, pilot, day, "raw"))
            if ready.rows != rows:  # somebody opted out of them, or they were delivered again
                raise Waiting(f"{pilot} {day} was landed anew meanwhile: stage its part again.")
            os.replace(aside, file)
        record = {"fingerprint": _fingerprint(ready, file), "sha256": sha256(file)}
        write_json(file.with_suffix(".json"), record)
        shutil.rmtree(work, ignore_errors=True)
    return True


def _is_whole(ready: ReadyDay, file: Path) -> bool:
    record = read_whole(file.with_suffix(".json"))
    return (
        file.is_file()
        and record.get("fingerprint") == _fingerprint(ready, file)
        and record.get("sha256") == sha256(file)
    )


def _fingerprint(ready: ReadyDay, file: Path) -> str:
    """Of what the day's staged file is of, the part, and the key of that file."""
    which = keys.key_id(keys.read_key(ready.staged_key))
    return hashlib.sha256(f"{ready.fingerprint} {file.stem} {which}".encode()).hexdigest()


def joined(ready: ReadyDay, file: Path, n_parts: int, work: Path) -> None:
    """Make the parts that are not there, and write their rows into a new staged file.

    The caller holds the day; what follows from the rows is made by dbt afterwards.
    """
    period = ready.period
    folder = folder_of(period)
    files = [folder / f"{number}_of_{n_parts}.duckdb" for number in range(n_parts)]
    for number in range(n_parts):
        stopping.check()
        _made(ready, number, n_parts)
    with database.connection(period.store, work / "join", [folder, file.parent]) as opened:
        own = keys.read_key(ready.staged_key)
        sealing.attach(opened, file, "staged", own, False)
        for number, part in enumerate(files):
            key = part_key(ready.staged_key, (number, n_parts))
            sealing.attach(opened, part, f"part_{number}", key, True)
        for table in (*SAME_IN_ALL, "int_kinds_kept", "int_devices_numbered", BY_DEVICE):
            opened.execute(_as_in_a_part(opened, table))
        for table in SAME_IN_ALL:
            opened.execute(f"INSERT INTO staged.main.{table} FROM part_0.main.{table}")
        every = " UNION ".join(f"FROM part_{n}.main.int_kinds_kept" for n in range(n_parts))
        opened.execute(
            f"INSERT INTO staged.main.int_kinds_kept SELECT * FROM ({every}) ORDER BY kind_no"
        )
        for n in range(n_parts):
            opened.execute(
                f"INSERT INTO staged.main.int_devices_numbered FROM part_{n}.main."
                "int_devices_numbered"
            )
            opened.execute(
                f"INSERT INTO staged.main.{BY_DEVICE} FROM part_{n}.main.{BY_DEVICE} "
                f"WHERE {IN_PLACE}"
            )
        rest = " UNION ALL ".join(
            f"FROM part_{n}.main.{BY_DEVICE} WHERE NOT ({IN_PLACE})" for n in range(n_parts)
        )
        opened.execute(
            f"INSERT INTO staged.main.{BY_DEVICE} SELECT * FROM ({rest}) ORDER BY file_id, line"
        )
        opened.execute("DETACH staged")


def _as_in_a_part(opened: duckdb.DuckDBPyConnection, table: str) -> str:
    """The statement that makes a table as dbt made it in a part, with what its columns promise."""
    statement = opened.execute(
        "SELECT sql FROM duckdb_tables() WHERE database_name = 'part_0' AND table_name = ?", [table]
    ).fetchone()
    assert statement is not None
    columns = statement[0].partition("(")[2]
    return f"CREATE TABLE staged.main.{table} ({columns}"
