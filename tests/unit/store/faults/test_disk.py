"""Disk and databases of the store: each fault is one sentence, and leaves nothing half made."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pytest
from typer.testing import CliRunner

from peil import cli
from peil.alerts import telling
from peil.charter.period import Period
from peil.ingest import file_rows, landing
from peil.ingest.ingest import ingest
from peil.outcome import Refused, Waiting
from peil.store import atomic
from peil.store.faults import disk
from peil.store.faults.damage import Damaged

DAY = date(2026, 3, 2)
HEADER = "imsi,at,mcc,mnc,cell,imei\n"
ROW = "204080000000001,2026-03-02 10:00:00,204,08,c1,\n"
NO_SPACE = OSError(errno.ENOSPC, "No space left on device")


class Usage(NamedTuple):
    free: int


def leftovers(tiny: Any) -> list[Path]:
    return [path for path in tiny.store.root.rglob("*") if path.name.startswith(".")]


def run(*words: str) -> tuple[int, str]:
    """Exit code of a command, and its one sentence."""
    result = CliRunner().invoke(cli.app, words)
    if result.exit_code:
        assert "Traceback" not in result.output and result.stderr.count("\n") == 1, result.output
    return result.exit_code, result.stderr


def test_a_verb_does_not_begin_where_the_disk_has_no_room(
    tiny: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny.deliver("a.csv", HEADER + ROW)
    tiny.vouch()
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda _: Usage(disk.FLOOR - 1))
        code, words = run("ingest", "tiny", str(DAY))
    assert code == 2
    assert words.startswith("The disk of the store is full: 68 MB free, 68 MB needed at ")
    assert leftovers(tiny) == [] and not tiny.store.raw_file("tiny", DAY).exists()
    assert ingest("tiny", str(DAY)).status == "done"


def test_room_is_asked_for_by_the_size_of_the_delivery(
    tiny: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny.deliver("a.csv", HEADER + ROW * 1000)
    tiny.vouch()
    monkeypatch.setenv("PEIL_ROOM_RATIO", "10000")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(2 * disk.FLOOR))
    with pytest.raises(disk.DiskFull, match=r"135 MB free, 4\d\d MB needed"):
        ingest("tiny", str(DAY))
    monkeypatch.setenv("PEIL_ROOM_RATIO", "8")
    assert ingest("tiny", str(DAY)).status == "done"


@pytest.mark.parametrize(
    ("at", "error"),
    [
        ("_land_cells", duckdb.IOException("IO Error: cannot write: No space left on device")),
        ("_insert", duckdb.FatalException("FATAL Error: invalidated: No space left on device")),
        ("_insert", duckdb.OutOfMemoryException("Out of Memory Error: max_temp_directory_size")),
        ("_insert", NO_SPACE),
    ],
)
def test_a_disk_that_fills_up_while_landing_blames_no_delivery_and_leaves_nothing(
    tiny: Any, monkeypatch: pytest.MonkeyPatch, at: str, error: Exception
) -> None:
    def fill_up(*_: Any) -> None:
        raise error

    tiny.deliver("a.csv", HEADER + ROW)
    tiny.vouch()
    with monkeypatch.context() as patch:
        patch.setattr(file_rows if at == "_insert" else landing, at, fill_up)
        code, words = run("ingest", "tiny", str(DAY))
    assert code == 2 and words.startswith("The disk of the store is full: "), words
    assert leftovers(tiny) == [] and not tiny.store.raw_manifest("tiny", DAY).exists()
    assert ingest("tiny", str(DAY)).facts["n_files_refused"] == 0


def test_a_write_that_fails_leaves_the_old_file_and_no_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = atomic.write_text(tmp_path / "a.json", "old")

    def fail(_: int) -> None:
        raise NO_SPACE

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space"):
        atomic.write_text(file, "new")
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"] and file.read_text() == "old"


def test_what_is_half_made_goes_when_a_block_fails_and_stays_when_it_does_not(
    tmp_path: Path,
) -> None:
    file, folder = tmp_path / "a", tmp_path / "b"
    with atomic.removed_on_failure(file, folder):
        file.touch()
        folder.mkdir()
    assert file.exists() and folder.exists()
    with pytest.raises(ZeroDivisionError), atomic.removed_on_failure(file, folder):
        _ = 1 // 0
    assert not file.exists() and not folder.exists()


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.EROFS, "The store is read-only"),
        (errno.EACCES, "may not be read or written by user"),
        (errno.EIO, "does not read or write"),
        (errno.ENOENT, "is gone: run `peil stage tiny 2026-03-02`"),
        (errno.EDQUOT, "The disk of the store is full"),
    ],
)
def test_an_error_of_the_system_is_said_with_the_path_and_the_way_out(
    tiny: Any, number: int, words: str
) -> None:
    file = tiny.store.staged_manifest("tiny", DAY)
    sentence = str(disk.in_words(OSError(number, os.strerror(number), str(file)), tiny.store))
    assert words in sentence and sentence.count(". ") == 0
    assert str(file if number != errno.EDQUOT else tiny.store.root) in sentence


def test_an_error_while_a_folder_is_copied_is_said_of_its_file(tiny: Any) -> None:
    """Python gathers what went wrong in words, and raises them together."""
    copy = tiny.store.outbox / "released" / "a.csv"
    why = f"[Errno {errno.EIO}] Input/output error: '{copy}'"
    sentence = str(disk.in_words(shutil.Error([("/a.csv", str(copy), why)]), tiny.store))
    assert sentence.startswith(f"The disk under {copy} does not read or write")
    assert disk.in_words(shutil.Error([("/a.csv", str(copy), "odd")]), tiny.store) is None


def test_an_error_of_another_file_or_kind_stays_a_fault(tiny: Any) -> None:
    assert disk.in_words(OSError(errno.EACCES, "no", "/etc/shadow"), tiny.store) is None
    assert disk.in_words(ValueError("a row"), tiny.store) is None


@pytest.mark.parametrize("name", ["mlflow.db", "airflow/airflow.db"])
@pytest.mark.parametrize("content", [b"", b"garbage" * 1000, None])
def test_a_database_that_is_none_is_named(tiny: Any, name: str, content: bytes | None) -> None:
    file = tiny.store.operator / name
    file.parent.mkdir(parents=True)
    with sqlite3.connect(file) as opened:
        opened.execute("CREATE TABLE a AS SELECT 1 AS b")
    assert disk.broken_databases(tiny.store) == []
    file.write_bytes(file.read_bytes()[:5000] if content is None else content)
    (sentence,) = disk.broken_databases(tiny.store)
    assert sentence.startswith(f"The database {file} is damaged: ")
    code, _ = run("status", "tiny")
    result = CliRunner().invoke(cli.app, ["status", "tiny"])
    assert code == 0 and sentence in result.output
    wrapped = RuntimeError("wrapped by a library")
    wrapped.__context__ = sqlite3.DatabaseError("file is not a database")
    assert str(disk.in_words(wrapped, tiny.store)) == sentence


def test_a_cut_manifest_is_shown_by_status_and_made_again_by_its_verb(tiny: Any) -> None:
    tiny.deliver("a.csv", HEADER + ROW)
    tiny.ingest()
    manifest = tiny.store.raw_manifest("tiny", DAY)
    manifest.write_bytes(manifest.read_bytes()[:20])
    result = CliRunner().invoke(cli.app, ["status", "tiny"])
    sentence = f"The file {manifest} of the store is damaged: run `peil ingest tiny 2026-03-02`"
    assert result.exit_code == 0 and sentence in result.output
    with pytest.raises(Damaged) as damaged:
        atomic.read_json(manifest)
    assert str(damaged.value).startswith(sentence)
    assert ingest("tiny", str(DAY)).status == "done"
    assert disk.look(tiny.store, "tiny") == []


def test_a_cut_record_that_status_reads_is_a_damaged_day(tiny: Any) -> None:
    report = tiny.store.quality("tiny", DAY) / "raw.json"
    report.parent.mkdir(parents=True)
    report.write_text('{"is_op')
    result = CliRunner().invoke(cli.app, ["status", "tiny"], env={"COLUMNS": "200"})
    assert result.exit_code == 0 and "damaged" in result.output and str(report) in result.output


def test_every_verb_looks_for_room_before_it_holds_a_period(
    tiny: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    period = Period(tiny.charter, DAY, tiny.store)
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda _: Usage(disk.FLOOR - 1))
        with pytest.raises(disk.DiskFull), period.held("estimate"):
            pytest.fail("it began")
    with period.held("estimate"):
        pass


def test_unfinished_folders_of_a_period_go_where_a_verb_fails(tiny: Any) -> None:
    period = Period(tiny.charter, DAY, tiny.store)
    unfinished = atomic.aside_of(tiny.store.candidate("tiny", "presence", DAY))
    other = atomic.aside_of(tiny.store.candidate("tiny", "flows", DAY))
    with pytest.raises(ZeroDivisionError), period.held("release presence"):
        for folder in (unfinished, other):
            folder.mkdir(parents=True)
        _ = 1 // 0
    assert not unfinished.exists() and other.exists()


def test_an_error_that_is_not_the_disks_passes_as_it_is(tiny: Any) -> None:
    for error in (ValueError("a row"), Refused("wrong columns.")):
        with pytest.raises(type(error)) as passed, disk.ours_first(tiny.store):
            raise error
        assert passed.value is error
    with pytest.raises(disk.DiskFull), disk.ours_first(tiny.store):
        raise NO_SPACE


def test_a_full_disk_is_told_where_a_late_delivery_is_told_by_its_deadline(tiny: Any) -> None:
    tiny.write_charter(inputs__events__due="06:00")
    for error, n_incidents in ((Waiting("No delivery."), 0), (disk.full(tiny.store, 1), 1)):
        telling.verb_failed(tiny.store, tiny.charter, "ingest", str(DAY), error)
        assert len(telling.standing(tiny.store, "tiny")) == n_incidents
    (incident,) = telling.standing(tiny.store, "tiny")
    assert incident.trouble.owner == "operator" and "is full" in incident.trouble.what
