"""Ingest waits for what still grows, does nothing twice, and mends what a kill left."""

from __future__ import annotations

import errno
import json
import os
import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from peil.ingest import file_rows, landing
from peil.ingest import ingest as module
from peil.ingest.file_check import look
from peil.ingest.ingest import ingest
from peil.ingest.readers.refusal import FileRefused
from peil.outcome import Refused, Waiting
from peil.store.faults import disk
from tests.unit.conftest import REAL

DAY = date(2026, 3, 2)
HEADER = "imsi,at,mcc,mnc,cell,imei\n"


def row(number: int, cell: str = "c1", **fields: str) -> str:
    told = {"imsi": f"20408000000000{number}", "at": f"2026-03-02 10:00:0{number}"} | fields
    return f"{told['imsi']},{told['at']},204,08,{cell},3500000000\n"


def lines(tiny: Any) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = tiny.raw("SELECT line, defect FROM events ORDER BY line")
    return found


def test_a_growing_file_is_waited_for(tiny: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PEIL_SETTLE_S", "0.01")
    file = tiny.deliver("a.csv", HEADER + row(1))
    tiny.vouch()

    def writes_on(_: float) -> None:
        with file.open("a") as opened:
            opened.write(row(2))

    with monkeypatch.context() as patch:
        patch.setattr(module.time, "sleep", writes_on)
        with pytest.raises(Waiting, match=r"a.csv still grows"):
            ingest("tiny", str(DAY))
    assert not tiny.store.raw_file("tiny", DAY).exists()
    tiny.vouch()
    assert ingest("tiny", str(DAY)).facts["n_delivered"] == 2


def test_a_file_that_lies_still_is_not_waited_for(
    tiny: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PEIL_SETTLE_S", "30")
    tiny.deliver("a.csv", HEADER + row(1))
    monkeypatch.setattr(module.time, "time", lambda now=time.time: now() + 3600)
    monkeypatch.setattr(module.time, "sleep", lambda seconds: pytest.fail("slept"))
    assert tiny.ingest().status == "done"


@pytest.mark.parametrize(
    ("grows", "expected"), [(True, r"a.csv still grows"), (False, "half a list")]
)
def test_what_a_look_says_of_files_counts_where_none_of_them_grows(
    tiny: Any, monkeypatch: pytest.MonkeyPatch, grows: bool, expected: str
) -> None:
    file = tiny.deliver("a.csv", HEADER + row(1))
    tiny.vouch()

    def looked_at(given: Path, *rest: Any) -> Any:
        if given == file:
            return look(given, *rest)
        if grows:
            file.write_text(HEADER + row(1) + row(2))
        raise FileRefused("unreadable", "half a list")

    monkeypatch.setenv("PEIL_SETTLE_S", "0.01")
    monkeypatch.setattr(module, "look", looked_at)
    with pytest.raises(Waiting if grows else FileRefused, match=expected):
        ingest("tiny", str(DAY))


def test_the_time_that_a_look_takes_is_part_of_the_time_between_two_looks(
    tiny: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny.deliver("a.csv", HEADER + row(1))
    tiny.vouch()
    slept: list[float] = []

    def slow(*given: Any) -> Any:
        began = time.monotonic()
        while time.monotonic() - began < 0.2:
            pass
        return look(*given)

    monkeypatch.setenv("PEIL_SETTLE_S", "0.5")
    monkeypatch.setattr(module, "look", slow)
    monkeypatch.setattr(module.time, "sleep", slept.append)
    ingest("tiny", str(DAY))
    (waited_s,) = slept
    assert 0 <= waited_s <= 0.3


def test_a_second_run_does_nothing_and_says_so(tiny: Any) -> None:
    tiny.deliver("a.csv", HEADER + row(1) + row(9))
    first = tiny.ingest()
    before = tiny.store.raw_file("tiny", DAY).stat()
    again = ingest("tiny", str(DAY))
    assert (again.status, again.facts) == ("unchanged", first.facts)
    after = tiny.store.raw_file("tiny", DAY).stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_of_a_released_day_whose_record_is_damaged_nothing_is_said_to_be_unchanged(
    tiny: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who is opted out is read from that record: what cannot be read is no empty list."""
    tiny.deliver("a.csv", HEADER + row(1))
    tiny.ingest()
    monkeypatch.setattr(module.Period, "is_released", lambda _: True)
    assert ingest("tiny", str(DAY)).facts["why"] == "released"
    tiny.store.raw_manifest("tiny", DAY).write_text('{"opt_out": ')
    with pytest.raises(Refused, match="its day is released: it is not made again"):
        ingest("tiny", str(DAY))


def test_a_new_opt_out_is_applied_by_landing_the_day_again(tiny: Any) -> None:
    tiny.deliver("a.csv", HEADER + row(1) + row(2))
    assert tiny.ingest().facts["n_opted_out"] == 0
    tiny.put("opt_out.csv", "imsi\n204080000000002\n")
    outcome = tiny.ingest()
    assert (outcome.status, outcome.facts["n_opted_out"]) == ("done", 1)
    assert tiny.raw("SELECT subscriber_id FROM events") == [("204080000000001",)]


def test_a_later_file_of_the_day_is_landed_with_the_first(tiny: Any) -> None:
    tiny.deliver("a.csv", HEADER + row(1))
    tiny.ingest()
    tiny.deliver("b.csv", HEADER + row(2))
    assert tiny.ingest().facts["n_delivered"] == 2


@pytest.mark.parametrize("missing", ["events", "cells.csv"])
def test_a_day_that_is_not_delivered_is_waited_for(tiny: Any, missing: str) -> None:
    if missing == "cells.csv":
        tiny.deliver("a.csv", HEADER + row(1))
        (tiny.deliveries / "tiny" / missing).unlink()
    with pytest.raises(
        Waiting, match=f"No {missing[:4]}.* delivery of 2026-03-02 at tiny/{missing}"
    ):
        tiny.ingest()


def test_a_file_that_breaks_off_is_refused_by_name_and_without_a_value(tiny: Any) -> None:
    file = tiny.deliver("cut.csv.gz", HEADER + "".join(row(n % 8) for n in range(5000)))
    whole = file.read_bytes()
    damaged = bytearray(whole)
    damaged[len(whole) // 2] ^= 255
    for content in (whole[: len(whole) // 2], whole[:-1], bytes(damaged)):
        file.write_bytes(content)
        with pytest.raises(Refused, match=r"cut.csv.gz breaks off or is damaged") as refused:
            tiny.ingest()
        assert "20408" not in str(refused.value)
        assert not tiny.store.raw_file("tiny", DAY).exists()


def test_a_parquet_file_that_breaks_off_is_refused_by_name(tiny: Any) -> None:
    tiny.deliver("cut.parquet", b"PAR1 and then nothing")
    with pytest.raises(Refused, match=r"cut.parquet breaks off: it lacks the end of a Parquet"):
        tiny.ingest()


def test_a_kill_while_landing_is_mended_by_the_next_run(
    tiny: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny.deliver("a.csv", HEADER + row(1))

    class KilledError(BaseException):
        pass

    def killed(*_: object) -> None:
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(landing.os, "replace", killed)
        with pytest.raises(KilledError):
            tiny.vouch() and ingest("tiny", str(DAY))
    tiny.ingest()
    sealed = tiny.store.raw_file("tiny", DAY).parent
    assert sorted(file.name for file in sealed.iterdir()) == [
        "2026-03-02.raw.duckdb",
        "2026-03-02.raw.json",
    ]
    assert not list(Path(tiny.store.work("tiny", DAY, "ingest").parent).iterdir())


def test_a_kill_before_the_record_makes_no_row_younger(
    tiny: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny.write_charter(**REAL)
    tiny.sign()
    tiny.deliver("a.csv", HEADER + row(1))
    with monkeypatch.context() as patch:
        patch.setattr(module, "write_json", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            ingest("tiny", str(DAY))
    then = datetime(2026, 3, 3, 4, tzinfo=UTC)
    os.utime(tiny.store.raw_file("tiny", DAY), (then.timestamp(), then.timestamp()))
    assert ingest("tiny", str(DAY)).status == "done"
    record = json.loads(tiny.store.raw_manifest("tiny", DAY).read_text())
    assert record["landed_at"] == then.isoformat()


@pytest.mark.parametrize("name", ["cells.csv", "opt_out.csv"])
def test_a_plan_or_a_list_that_cannot_be_read_stops_the_day(tiny: Any, name: str) -> None:
    tiny.deliver("a.csv", HEADER + row(1))
    tiny.put(name, b"")
    with pytest.raises(Refused, match=name):
        tiny.ingest()
    assert not tiny.store.raw_file("tiny", DAY).exists()


@pytest.mark.parametrize(
    ("number", "kind"), [(errno.ENOSPC, disk.DiskFull), (errno.EIO, disk.StoreFault)]
)
def test_a_fault_of_the_disk_is_no_fault_of_the_file_that_was_being_landed(
    tiny: Any, monkeypatch: pytest.MonkeyPatch, number: int, kind: type[Refused]
) -> None:
    tiny.deliver("a.csv", HEADER + row(1))
    tiny.deliver("b.csv", HEADER + row(2))
    land, landed = file_rows._land_file, []

    def fail_at_the_second(*given: Any) -> Any:
        landed.append(given)
        if len(landed) == 2:
            raise OSError(number, "x", str(tiny.store.root / "operator" / "sealed" / "part"))
        return land(*given)

    monkeypatch.setattr(file_rows, "_land_file", fail_at_the_second)
    with pytest.raises(kind) as refusal:
        tiny.ingest()
    assert "b.csv" not in str(refusal.value)
    assert not tiny.store.raw_manifest("tiny", DAY).exists()
    monkeypatch.setattr(file_rows, "_land_file", land)
    assert tiny.ingest().facts["n_files_refused"] == 0
