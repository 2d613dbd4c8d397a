"""What refuses one deletion stops no other: a ledger that takes no entry, a file, a charter."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from kept_day import DAY, MACHINE, RAW_END, STAGED_END
from test_opt_out import HEADER, LEAVES, ROWS, stage

from peil.charter.clock import now
from peil.charter.period import Period
from peil.outcome import Refused
from peil.store import keys, ledger, lock
from peil.store.atomic import read_json
from peil.watch.retain import deleting
from peil.watch.retain.opt_out import opt_out
from peil.watch.retain.retain import retain
from peil.watch.retain.stop import shred, stop
from tests.stores import peil_here

GONE: dict[str, Callable[[Any], Path]] = {
    "heads": lambda store: store.heads("tiny"),
    "operator's key": lambda store: store.signing_key,
    "agency's key": lambda store: store.agency_key,
}
VERBS: dict[str, Callable[[], Any]] = {
    "retain": lambda: retain("tiny", STAGED_END, MACHINE),
    "shred": lambda: shred("tiny", str(DAY)),
    "stop": lambda: stop("tiny"),
}
PARTS: tuple[Any, ...] = ("raw", "staged", "linked")


def released(tiny: Any) -> None:
    """Something is released of another day, so that heads of the ledger must be there."""
    facts = {"product": "presence", "period": str(DAY + timedelta(days=1))}
    ledger.append(tiny.store, "tiny", "release", now(tiny.charter), facts)


def taken_away(tiny: Any, gone: str) -> Callable[[], object]:
    """Take away what the ledger cannot go on without; what puts it back."""
    file = GONE[gone](tiny.store)
    aside = file.rename(tiny.folder / file.name)
    return lambda: aside.rename(file)


@pytest.mark.parametrize("gone", GONE)
@pytest.mark.parametrize("verb", VERBS)
def test_all_dies_though_the_ledger_takes_no_receipt_and_the_next_run_adds_them(
    full: Any, verb: str, gone: str
) -> None:
    store, markers = full.tiny.store, full.markers()
    released(full.tiny)
    put_back = taken_away(full.tiny, gone)
    with pytest.raises(Refused, match=r"^Not in the ledger of tiny yet: ") as refusal:
        VERBS[verb]()
    what = "receipts of what was deleted"
    what = f"that it was stopped, {what}" if verb == "stop" else what
    assert f"yet: {what} (The " in str(refusal.value) and "gone" in str(refusal.value)
    assert str(refusal.value).endswith("): run the same again once that is mended.")
    assert all("logs" in name for name in full.readable(markers))
    assert [read_json(store.retained("tiny", DAY, part))["is_done"] for part in PARTS[:2]] == [
        False,
        False,
    ]
    put_back()
    if verb == "stop":  # the mark says so, where no entry does
        assert gone == "agency's key" or ledger.find(store, "tiny", "stopped") is None
        with pytest.raises(Refused, match="was stopped for good"):
            Period.open("tiny")
    outcome = VERBS[verb]()
    assert outcome.facts["deleted"].startswith("deleted raw of 2026-03-02: 4 files; staged")
    parts = [entry["facts"].get("part") for entry in full.receipts()]
    assert parts == [*([None] if verb == "stop" else []), "reproduced", *PARTS]
    assert all(read_json(store.retained("tiny", DAY, part))["is_done"] for part in PARTS)
    assert ledger.check(store, "tiny") == []
    before = full.state()
    assert VERBS[verb]().status == "unchanged" and full.state() == before


def test_rows_of_every_day_go_though_the_ledger_takes_no_receipt_of_one(tiny: Any) -> None:
    """The staged rows of the first day are deleted with a receipt, the second is purged."""
    later = DAY + timedelta(days=1)
    tiny.deliver("a.csv", HEADER + ROWS)
    tiny.deliver("b.csv", HEADER + ROWS.replace(str(DAY), str(later)), later)
    tiny.ingest()
    tiny.ingest(later)
    stage(tiny)
    tiny.store.raw_file("tiny", DAY).unlink()
    released(tiny)
    tiny.put("opt_out.csv", f"imsi\n{LEAVES}\n")
    put_back = taken_away(tiny, "heads")
    with pytest.raises(Refused, match="heads of the ledger of tiny are gone"):
        opt_out("tiny")
    assert not tiny.store.staged_file("tiny", DAY).exists()
    put_back()
    assert tiny.raw("SELECT count(*) FROM events", later) == [(4,)]
    tiny.vouch()
    opt_out("tiny")
    deleted = ledger.find(tiny.store, "tiny", "deleted")
    assert deleted and (deleted["facts"]["part"], deleted["facts"]["why"]) == ("staged", "opt-out")


def test_a_file_that_may_not_be_deleted_keeps_nothing_else_from_dying(
    full: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny, real = full.tiny, os.replace
    stuck = tiny.deliver("a.csv", "")
    other = tiny.deliver("b.csv", "imsi,at,mcc,mnc,cell,imei\n")

    def refuse(source: Any, target: Any) -> None:
        if Path(source) == stuck:
            raise PermissionError(errno.EACCES, "Permission denied")
        real(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", refuse)
        with pytest.raises(Refused, match=r"cannot be deleted \(Permission denied\): give"):
            retain("tiny", STAGED_END, MACHINE)
    assert stuck.exists() and not other.exists()
    assert not list(tiny.deliveries.rglob(f"{deleting.ASIDE}*"))
    assert not tiny.store.key("tiny", DAY, "staged").exists()
    assert not tiny.store.staged_file("tiny", DAY).exists()
    assert [entry["facts"]["part"] for entry in full.receipts()] == ["reproduced", *PARTS[1:]]
    retain("tiny", STAGED_END, MACHINE)
    assert not stuck.exists() and full.receipts()[-1]["facts"]["part"] == "raw"


def test_of_a_delivery_folder_that_is_mounted_read_only_the_setting_is_named(
    full: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Path.mkdir

    def refuse(path: Path, *words: Any, **named: Any) -> None:
        if deleting.ASIDE in str(path):
            raise OSError(errno.EROFS, "Read-only file system", str(path))
        real(path, *words, **named)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "mkdir", refuse)
        with pytest.raises(Refused, match=r"\(Read-only file system\): .*PEIL_KEEP_DELIVERIES"):
            retain("tiny", RAW_END, MACHINE)
    assert not full.tiny.store.raw_file("tiny", DAY).exists()


def test_what_is_held_and_what_is_refused_are_told_together(full: Any) -> None:
    released(full.tiny)
    taken_away(full.tiny, "heads")
    with (
        lock.held(full.tiny.store, "tiny", lock.REPRODUCE, "reproduce"),
        pytest.raises(Refused) as refusal,
    ):
        retain("tiny", STAGED_END, MACHINE)
    assert "; tiny reproduce is held by reproduce" in str(refusal.value)


def test_a_charter_that_does_not_read_keeps_no_other_pilot_from_retention(full: Any) -> None:
    tiny = full.tiny
    broken = tiny.charter_file.with_name("a_broken.yml")
    broken.write_text("pilot: [")
    keys_before = list(tiny.store.key("tiny", DAY, "raw").parent.glob(f"{DAY}.*.key"))
    assert keys_before and keys.read_key(keys_before[0])
    done = peil_here(
        tiny.folder / "data",
        "retain",
        PEIL_PILOTS=str(tiny.folder / "pilots"),
        PEIL_KEEP_DELIVERIES="false",
    )
    assert done.returncode == 2 and "a_broken" in done.stdout + done.stderr
    assert "retain tiny" in done.stdout
    assert not any(key.exists() for key in keys_before)
