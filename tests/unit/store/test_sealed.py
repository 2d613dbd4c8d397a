"""A sealed file that is damaged, or whose key is gone, is made again before `unchanged` is said."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from peil.adapters import database
from peil.charter.clock import now
from peil.ingest.ingest import ingest
from peil.outcome import GateClosed, Outcome, Refused, Waiting
from peil.stage import stage as module
from peil.store import ledger
from peil.store.faults.disk import DiskFull
from peil.store.keys import new_key

DAY = date(2026, 3, 2)
HEADER = "imsi,at,mcc,mnc,cell,imei\n"
ROW = "204080000000001,2026-03-02 10:00:00,204,08,c1,\n"


def flip(file: Path, key: Path) -> None:
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)


def cut(file: Path, key: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1000])


def lose_key(file: Path, key: Path) -> None:
    key.unlink()


def other_key(file: Path, key: Path) -> None:
    key.unlink()
    new_key(key)


HARMS = [flip, cut, lose_key, other_key]


@pytest.mark.parametrize("harm", HARMS)
def test_what_harms_the_raw_file_is_healed_by_ingest(
    tiny: Any, harm: Callable[[Path, Path], None]
) -> None:
    tiny.deliver("a.csv", HEADER + ROW)
    tiny.ingest()
    assert ingest("tiny", str(DAY)).status == "unchanged"
    harm(tiny.store.raw_file("tiny", DAY), tiny.store.key("tiny", DAY, "raw"))
    with pytest.raises(Refused, match=r"damaged or gone: run `peil ingest tiny 2026-03-02`"):
        database.require_sound(tiny.store, "tiny", DAY, "raw")
    with pytest.raises(Refused, match=r"damaged or gone"):
        tiny.raw("SELECT 1")
    assert ingest("tiny", str(DAY)).status == "done"
    assert tiny.raw("SELECT cell_id FROM events") == [("c1",)]
    assert ingest("tiny", str(DAY)).status == "unchanged"


def stage(tiny: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Outcome]:
    """`stage` whose SQL writes a few bytes."""

    def build(_select: Any, session: Any, _target: Path) -> None:
        session.staged_file.write_bytes(b"sealed rows" * 200)

    tiny.deliver("a.csv", HEADER + ROW)
    tiny.ingest()
    monkeypatch.setattr(module, "build", build)
    monkeypatch.setattr(module, "_read_back", lambda *_: ([], "content"))
    monkeypatch.setattr(module, "measure", lambda *_: None)
    monkeypatch.setattr(module, "require_open", lambda *_: None)
    return lambda: module.stage("tiny", str(DAY))


@pytest.mark.parametrize("harm", HARMS)
def test_what_harms_the_staged_file_is_healed_by_stage(
    tiny: Any, monkeypatch: pytest.MonkeyPatch, harm: Callable[[Path, Path], None]
) -> None:
    run = stage(tiny, monkeypatch)
    assert (run().status, run().status) == ("done", "unchanged")
    staged = tiny.store.staged_file("tiny", DAY)
    harm(staged, tiny.store.key("tiny", DAY, "staged"))
    with pytest.raises(Refused, match=r"damaged or gone: run `peil stage tiny 2026-03-02`"):
        database.require_sound(tiny.store, "tiny", DAY, "staged")
    assert run().status == "done"
    assert staged.read_bytes() == b"sealed rows" * 200
    assert run().status == "unchanged"


def test_a_damaged_raw_file_is_never_staged(tiny: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    run = stage(tiny, monkeypatch)
    flip(tiny.store.raw_file("tiny", DAY), Path())
    with pytest.raises(Refused, match=r"run `peil ingest tiny 2026-03-02`, which makes it again"):
        run()
    ingest("tiny", str(DAY))
    assert run().status == "done"


def test_a_damaged_record_of_a_released_day_is_not_made_again(
    tiny: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = stage(tiny, monkeypatch)
    run()
    facts = {"product": "presence", "period": str(DAY)}
    ledger.append(tiny.store, "tiny", "release", now(tiny.charter), facts)
    assert run().facts["why"] == "released"
    tiny.store.staged_manifest("tiny", DAY).write_text("{")
    with pytest.raises(Refused, match=r"its day is released: .* restore it from backup"):
        run()


def test_what_a_killed_run_left_aside_is_gone_before_the_sql_writes(
    tiny: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = stage(tiny, monkeypatch)
    staged = tiny.store.staged_file("tiny", DAY)
    part = staged.with_name(f".{staged.name}.part")
    leftovers = [part, part.with_name(f"{part.name}.wal")]
    for file in leftovers:
        file.write_bytes(b"half")
    left: list[bool] = []
    build = module.build

    def look(*words: Any) -> Any:
        left.extend(file.exists() for file in leftovers)
        return build(*words)

    monkeypatch.setattr(module, "build", look)
    run()
    assert left == [False, False]


def test_staging_does_not_begin_without_a_raw_state_an_open_gate_and_room(
    tiny: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = stage(tiny, monkeypatch)
    monkeypatch.setattr(module, "build", lambda *_: pytest.fail("it began"))

    def closed(*_: Any) -> None:
        raise GateClosed("The gate is closed.")

    with monkeypatch.context() as patch, pytest.raises(GateClosed):
        patch.setattr(module, "require_open", closed)
        run()
    with monkeypatch.context() as patch, pytest.raises(DiskFull):
        patch.setattr(module, "STAGED_RATIO", 10**12)
        run()
    tiny.store.raw_manifest("tiny", DAY).unlink()
    with pytest.raises(Waiting, match="is not ingested yet"):
        run()
