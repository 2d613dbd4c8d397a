"""Things die in time: keys, files, deliveries, logs; a receipt stays, however often killed."""

from __future__ import annotations

import os
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from kept_day import DAY, IMSI, MACHINE, RAW_END, STAGED_END

from peil.charter.clock import now
from peil.outcome import Refused
from peil.store import keys, ledger, lock
from peil.store.store import Store
from peil.watch.retain import deleting
from peil.watch.retain.retain import retain
from peil.watch.retain.stop import shred, stop
from tests.stores import peil_here

SECOND = timedelta(seconds=1)


def test_raw_rows_die_when_their_hours_are_over_and_not_a_second_before(full: Any) -> None:
    tiny = full.tiny
    tiny.write_charter(retention__staged_days=7)
    shutil.rmtree(full.beside.parent)  # it dies at any moment: see below
    before = full.state()
    outcome = retain("tiny", RAW_END - SECOND, MACHINE - timedelta(days=9))
    assert outcome.status == "unchanged" and full.state() == before
    outcome = retain("tiny", RAW_END, MACHINE - timedelta(days=9))
    assert outcome.facts["deleted"] == "deleted raw of 2026-03-02: 4 files"
    store = tiny.store
    assert not store.raw_file("tiny", DAY).exists() and not store.key("tiny", DAY, "raw").exists()
    assert not list((tiny.deliveries / "tiny" / "events").rglob("*.csv"))
    assert (tiny.deliveries / "tiny" / "cells.csv").exists()
    assert store.staged_file("tiny", DAY).exists() and store.key("tiny", DAY, "staged").exists()


def test_nothing_of_a_day_can_be_read_in_any_folder_after_its_time(full: Any) -> None:
    markers = full.markers()
    assert len(full.readable(markers)) >= 10  # each place is one that the scan reaches
    retain("tiny", STAGED_END, MACHINE)
    assert full.readable(markers) == []
    assert "new" in (full.tiny.store.airflow_home / "logs" / "walk.log").read_text()


def test_a_receipt_says_what_died_and_no_row_of_it(full: Any) -> None:
    name = keys.key_id(full.tiny.store.key("tiny", DAY, "raw").read_bytes())
    retain("tiny", STAGED_END, MACHINE)
    beside, first, second, third = full.receipts()
    assert beside["facts"]["part"] == "reproduced" and beside["facts"]["n_files"] >= 2
    assert list(beside["facts"]["keys"]) == [f"{DAY}.raw.key"]
    assert first["facts"]["keys"] == {f"{DAY}.raw.key": name}
    assert (first["facts"]["n_files"], first["facts"]["n_delivered"]) == (4, 1)
    assert [e["facts"]["part"] for e in (first, second, third)] == ["raw", "staged", "linked"]
    assert third["kind"] == "shredded" and first["facts"]["why"] == "retention"
    assert IMSI not in full.tiny.store.ledger("tiny").read_text()
    assert ledger.check(full.tiny.store, "tiny") == []


def test_what_a_killed_reproduction_left_dies_at_any_moment_and_a_living_one_is_left(
    full: Any,
) -> None:
    store, early = full.tiny.store, RAW_END - SECOND
    beside = Store(store.settings.model_copy(update={"data": full.beside}))
    for place in (store, beside):  # who started it, and the process that works there
        with lock.held(place, "tiny", lock.REPRODUCE, "reproduce"):
            for outcome in (retain("tiny", early, MACHINE), shred("tiny", "2026-03-08")):
                assert "reproduce is held by reproduce" in str(outcome.facts["left"])
            assert beside.key("tiny", DAY, "raw").exists()
    outcome = retain("tiny", early, MACHINE)
    assert "what a killed `peil reproduce` left: " in str(outcome.facts["deleted"])
    assert not full.beside.parent.exists() and store.raw_file("tiny", DAY).exists()
    assert retain("tiny", early, MACHINE).status == "unchanged"
    full.leave_reproduced()
    shred("tiny", "2026-03-08")
    assert not full.beside.parent.exists()


def test_run_twice_nothing_is_done_twice(full: Any) -> None:
    retain("tiny", STAGED_END, MACHINE)
    before = full.state()
    assert retain("tiny", STAGED_END, MACHINE).status == "unchanged"
    assert full.state() == before


class Killed(BaseException):
    """A process that ends here."""


def test_killed_at_any_step_and_run_again_it_ends_in_the_same_state(
    full: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = full.save("start")
    retain("tiny", STAGED_END, MACHINE)
    end = full.state()
    steps: list[int] = []

    def dying(real: Any, at: int) -> Any:
        def step(*words: Any, **named: Any) -> Any:
            steps.append(1)
            if len(steps) == at:
                raise Killed
            return real(*words, **named)

        return step

    n_killed = 0
    for at in range(1, 60, 2):
        full.restore(start)
        steps.clear()
        with monkeypatch.context() as patch:
            patch.setattr(os, "replace", dying(os.replace, at))
            patch.setattr(keys, "shred", dying(keys.shred, at))
            patch.setattr(shutil, "rmtree", dying(shutil.rmtree, at))
            patch.setattr(ledger, "append", dying(ledger.append, at))
            patch.setattr(Path, "unlink", dying(Path.unlink, at))
            try:
                retain("tiny", STAGED_END, MACHINE)
            except Killed:
                n_killed += 1
        retain("tiny", STAGED_END, MACHINE)
        assert full.state() == end, at
        if len(steps) < at:
            break
    assert n_killed >= 10


def test_a_delivery_folder_of_somebody_else_is_left_and_said_so(
    full: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PEIL_KEEP_DELIVERIES", "true")
    outcome = retain("tiny", RAW_END, MACHINE)
    assert "delivered files stay with the operator" in str(outcome.facts["left"])
    assert list((full.tiny.deliveries / "tiny" / "events").rglob("*.csv"))
    assert not full.tiny.store.raw_file("tiny", DAY).exists()


def test_a_delivery_is_deleted_only_after_its_day_is_staged(tiny: Any) -> None:
    file = tiny.deliver("a.csv", "imsi,at,mcc,mnc,cell,imei\n")
    assert retain("tiny", now(tiny.charter), MACHINE).status == "unchanged"
    assert file.exists()


def test_a_day_that_another_run_holds_is_left_and_said_so(full: Any) -> None:
    with lock.held(full.tiny.store, "tiny", str(DAY), "stage"):
        outcome = retain("tiny", RAW_END, MACHINE)
    assert "is held by stage" in str(outcome.facts["left"])
    assert full.tiny.store.raw_file("tiny", DAY).exists()


def test_a_folder_that_may_not_be_written_is_told_in_a_sentence(
    full: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.replace

    def refuse(source: Any, target: Any) -> None:
        if deleting.ASIDE in str(target):
            raise PermissionError(13, "Permission denied")
        real(source, target)

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(Refused, match=r"cannot be deleted \(Permission denied\): give"):
        retain("tiny", RAW_END, MACHINE)


def test_afterwards_each_verb_says_in_a_sentence_that_the_day_is_closed(full: Any) -> None:
    from peil.estimate.estimate import estimate
    from peil.ingest.ingest import ingest
    from peil.stage.stage import stage

    retain("tiny", STAGED_END, MACHINE)
    late = full.tiny.deliver("b.csv", "imsi,at,mcc,mnc,cell,imei\n")
    for verb in (ingest, stage, estimate):
        outcome = verb("tiny", str(DAY))
        assert outcome.status == "unchanged" and outcome.facts["why"] == "retained"
        assert "the day is closed" in str(outcome.facts["note"])
    retain("tiny", STAGED_END, MACHINE)  # what came late dies too
    assert not late.exists() and full.receipts()[-1]["facts"]["number"] == 2
    full.tiny.store.estimated_record("tiny", DAY).unlink()
    with pytest.raises(Refused, match=r"^The staged rows of tiny 2026-03-02 were deleted by the"):
        estimate("tiny", str(DAY))
    done = peil_here(
        full.tiny.folder / "data", "status", "tiny", PEIL_PILOTS=str(full.tiny.folder / "pilots")
    )
    assert "† raw rows deleted: 2026-03-02" in done.stdout
    assert "its rows were deleted" in " ".join(done.stdout.split())


def test_a_shredded_day_can_be_read_by_nobody(full: Any) -> None:
    markers = full.markers()
    shred("tiny", str(DAY))
    left = full.readable(markers)
    assert all("logs" in name for name in left), left  # logs have a time of their own
    assert {e["facts"]["why"] for e in full.receipts()} == {"shred"}
    with pytest.raises(Refused, match="is not there"):
        keys.read_key(full.tiny.store.key("tiny", DAY, "pseudonym"))


def test_a_stopped_pilot_is_opened_by_no_verb_and_holds_nothing_unreleased(full: Any) -> None:
    from peil.charter.period import Period

    markers = full.markers()
    stop("tiny")
    assert all("logs" in name for name in full.readable(markers))
    assert not full.tiny.store.estimated("tiny", DAY).exists()
    assert full.receipts()[0]["kind"] == "stopped"
    full.tiny.store.stopped("tiny").unlink()  # the ledger says so all the same
    with pytest.raises(Refused, match="was stopped for good"):
        Period.open("tiny")
    before = full.state()
    stop("tiny")
    assert {k: v for k, v in full.state().items() if "stopped" not in k} == before
