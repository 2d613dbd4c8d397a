"""Where nobody runs what deletes, status and watch say that rows are kept too long."""

from __future__ import annotations

import io
import os
import shutil
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from kept_day import DAY, RAW_END, STAGED_END
from rich.console import Console

from peil.alerts import incidents, telling
from peil.charter import retention
from peil.commands.status_table import tell_status
from peil.outcome import Refused
from peil.store.atomic import aside_of, write_text
from peil.watch.retain import overdue
from peil.watch.retain.retain import retain
from peil.watch.watch import watch
from tests.unit.conftest import REAL

GRACE, SECOND = timedelta(days=1), timedelta(seconds=1)
LATER = datetime.now(tz=UTC) + timedelta(days=2)  # the files of these tests lie there since now


def status(at: datetime, machine_at: datetime = LATER) -> str:
    printed = io.StringIO()
    tell_status("tiny", Console(file=printed, width=300), at, machine_at)
    return printed.getvalue()


def kinds(full: Any) -> list[str]:
    return [each.trouble.kind for each in telling.standing(full.tiny.store, "tiny")]


def test_status_has_a_line_a_grace_after_rows_were_due_and_not_a_second_before(full: Any) -> None:
    full.tiny.write_charter(retention__staged_days=7)
    shutil.rmtree(full.beside.parent)
    assert "kept longer" not in status(RAW_END + GRACE - SECOND)
    lines = [line for line in status(RAW_END + GRACE).splitlines() if "kept longer" in line]
    assert len(lines) == 1
    assert "the charter lets it: raw rows of 2026-03-02. Run `peil retain tiny`" in lines[0]
    retain("tiny", RAW_END + GRACE, LATER)
    assert "kept longer" not in status(RAW_END + GRACE)


def test_the_grace_is_what_the_setting_says(full: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PEIL_OVERDUE_AFTER_H", "3")
    hours = timedelta(hours=3)
    shutil.rmtree(full.beside.parent)
    assert "kept longer" not in status(STAGED_END + hours - SECOND)
    assert "kept longer" in status(STAGED_END + hours)


def test_files_that_came_just_now_are_not_overdue_whatever_the_pilots_clock(full: Any) -> None:
    at = STAGED_END + timedelta(days=3)
    assert "kept longer" not in status(at, datetime.now(tz=UTC) + GRACE / 2)
    assert "kept longer" in status(at)
    retain("tiny", at, LATER)
    full.tiny.deliver("b.csv", "imsi,at,mcc,mnc,cell,imei\n")  # a day that is closed
    assert "kept longer" not in status(at, datetime.now(tz=UTC) + GRACE / 2)
    assert "raw rows of 2026-03-02" in status(at)


@pytest.mark.parametrize("state", ["raw", "staged"])
def test_rows_without_a_record_count_from_the_end_of_their_day(full: Any, state: str) -> None:
    """A kill between the renaming of a sealed file and its record leaves them so."""
    store = full.tiny.store
    shutil.rmtree(full.beside.parent)
    for record in (store.raw_manifest("tiny", DAY), store.staged_manifest("tiny", DAY)):
        record.unlink()
    other = store.staged_file("tiny", DAY) if state == "raw" else store.raw_file("tiny", DAY)
    other.unlink()
    assert "kept longer" not in status(STAGED_END + GRACE - SECOND)
    assert f"{state} rows of 2026-03-02" in status(STAGED_END + GRACE)
    retain("tiny", STAGED_END - SECOND, LATER)
    sealed = getattr(store, f"{state}_file")("tiny", DAY)
    assert sealed.exists()
    retain("tiny", STAGED_END, LATER)
    assert not sealed.exists() and not store.key("tiny", DAY, state).exists()
    assert "kept longer" not in status(STAGED_END + GRACE)


@pytest.mark.parametrize("is_whole", [True, False])
def test_rows_of_a_real_pilot_without_a_record_count_from_when_they_were_written(
    tiny: Any, is_whole: bool
) -> None:
    """A day that is landed long after it was is no older for it."""
    tiny.write_charter(**REAL, retention__staged_days=3)
    sealed, at = tiny.store.raw_file("tiny", DAY), LATER.replace(microsecond=0)
    file = write_text(sealed if is_whole else aside_of(sealed), "rows")
    os.utime(file, (at.timestamp(), at.timestamp()))
    for part in ("raw", "staged"):
        due = retention.due(tiny.charter, tiny.store, DAY, part)
        assert due == at + timedelta(days=3)


def test_a_day_of_which_nothing_was_landed_is_never_due(full: Any) -> None:
    charter, store, nothing = full.tiny.charter, full.tiny.store, DAY + timedelta(days=1)
    assert retention.due(charter, store, nothing, "raw") is None
    assert retention.due(charter, store, nothing, "staged") is None


def test_what_a_killed_reproduction_left_is_overdue_too(full: Any) -> None:
    charter, store = full.tiny.charter, full.tiny.store
    early = RAW_END - SECOND
    assert overdue.overdue(charter, store, early, LATER).is_beside
    assert not overdue.overdue(charter, store, early, LATER - GRACE * 2).is_beside
    retain("tiny", early, LATER)
    assert not overdue.overdue(charter, store, early, LATER)


def test_watch_tells_it_once_and_once_that_it_ended(full: Any) -> None:
    at = STAGED_END + GRACE
    began = watch("tiny", None, at, LATER)
    assert kinds(full).count("kept_too_long") == 1 and began.facts["n_began"] >= 1
    again = watch("tiny", None, at + GRACE, LATER)
    assert again.facts["n_began"] == 0 and "kept_too_long" in kinds(full)
    (incident,) = [
        each
        for each in incidents.standing(full.tiny.store, "tiny")
        if each.trouble.kind == "kept_too_long"
    ]
    assert incident.trouble.since == str(DAY)
    assert "raw rows of 2026-03-02; staged rows of 2026-03-02" in incident.trouble.what
    retain("tiny", at + GRACE, LATER)
    ended = watch("tiny", None, at + GRACE, LATER)
    assert ended.facts["n_ended"] == 1 and "kept_too_long" not in kinds(full)


def test_an_expired_charter_tells_it_too(full: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    full.tiny.write_charter(expires="2026-03-08")
    expired = full.tiny.charter.expires + timedelta(days=1)
    monkeypatch.setattr("peil.watch.watch.today", lambda charter: expired)
    with pytest.raises(Refused, match="expired"):
        watch("tiny", None, STAGED_END + GRACE, LATER)
    assert kinds(full) == ["kept_too_long"]
