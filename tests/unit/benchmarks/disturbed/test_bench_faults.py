"""Faults are drawn by number and do what they say; the way out is the one that is named."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from benchmarks.disturbed import faults, seeded, ways
from benchmarks.disturbed.seeded import KINDS, OF_FILES, VERBS
from benchmarks.disturbed.warm import End

KEY = "operator/keys/demo/a.key"


@pytest.fixture
def store(tmp_path: Path) -> Path:
    for name in ("operator/sealed/demo/a.json", KEY, "operator/mlflow.db", "agency/ledger/a.jsonl"):
        file = tmp_path / "store" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"0123456789")
    (tmp_path / "store" / KEY).chmod(0o400)
    (tmp_path / "store" / "operator" / "a.lock").touch()
    return tmp_path / "store"


def test_the_same_number_is_the_same_fault_and_every_verb_meets_every_kind(store: Path) -> None:
    drawn = [seeded.drawn(number, store) for number in range(90)]
    assert drawn == [seeded.drawn(number, store) for number in range(90)]
    assert {(fault.kind, fault.verb) for fault in drawn} == {(k, v) for k in KINDS for v in VERBS}
    places = {fault.place for fault in drawn if fault.kind in OF_FILES}
    assert places == {
        str(file.relative_to(store))
        for file in store.rglob("*")
        if file.is_file() and file.suffix != ".lock"
    }
    assert {fault.place for fault in drawn if fault.kind not in OF_FILES} == {""}


BEFORE = (
    "retain score approve release ingest stage estimate train run ingest "
    "retain score approve release retain score approve release retain release"
)


@pytest.mark.parametrize(
    ("numbers", "turns", "share"),
    [(range(1000), BEFORE, 0.9442), (range(1000, 2000), "receive opt-out shred stop", 0.0741)],
    ids=["before 1000", "from 1000"],
)
def test_a_number_stays_what_it_was_and_from_1000_on_every_later_verb_meets_every_kind(
    store: Path, numbers: range, turns: str, share: float
) -> None:
    kinds = "kill, stop, disk full, EIO, EROFS, byte, cut, delete, two at once, clock back"
    pairs = [(kind, verb) for verb in turns.split() for kind in kinds.split(", ")]
    drawn = [seeded.drawn(number, store) for number in numbers]
    assert [(fault.kind, fault.verb) for fault in drawn] == (pairs * 25)[: len(numbers)]
    assert round(drawn[0].share, 4) == share


@pytest.mark.parametrize("kind", OF_FILES)
def test_a_fault_harms_its_file_and_no_other(store: Path, kind: str) -> None:
    seeded.harm(seeded.Fault(0, kind, "retain", KEY, 0.5, False), store)
    file = store / KEY
    harmed = file.read_bytes() if file.exists() else None
    assert harmed == {"byte": b"01234`6789", "cut": b"01234", "delete": None}[kind]
    assert harmed is None or file.stat().st_mode & 0o777 == 0o400
    assert (store / "operator" / "mlflow.db").read_bytes() == b"0123456789"


# three files are written, the second twice; what happened to each is told at the end
WRITER = """
import json, os, sys
from pathlib import Path
from benchmarks.disturbed.arming import Arming, arm
root, kind, at = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
counts = arm(Arming(kind, at, 0.0, ""), root)
told = []
for file in (root / "a", root / "b", root / "b", root.parent / "outside", root / "c"):
    try:
        file.write_text("x")
        told.append(0)
    except OSError as error:
        told.append(error.errno)
print(json.dumps([told, counts]))
"""


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("", [0, 0, 0, 0, 0]),
        ("EIO", [0, errno.EIO, errno.EIO, 0, 0]),  # one file, for good
        ("EROFS", [0, errno.EROFS, errno.EROFS, 0, errno.EROFS]),  # from then on, all of the store
        ("kill", -9),
        ("stop", -15),
    ],
)
def test_a_fault_comes_at_its_write_to_the_store(tmp_path: Path, kind: str, told: Any) -> None:
    words = [sys.executable, "-c", WRITER, str(tmp_path / "store"), kind, "2"]
    (tmp_path / "store").mkdir()
    done = subprocess.run(words, capture_output=True, check=False, timeout=60)
    if isinstance(told, int):
        assert done.returncode == told and (tmp_path / "store" / "a").exists()
        assert not (tmp_path / "store" / "c").exists()
    else:
        assert json.loads(done.stdout) == [told, {"n_writes": 4, "n_opens": 4}]


SENTENCES = [
    (2, "The disk of the store is full: 1 MB free; make room there, then run", "made room"),
    (2, "The store is read-only ({0}): mount it for writing, then", "mounted for writing"),
    (143, "Stopped by SIGTERM: nothing is signed, run the same again to go on.", "run again"),
    (143, "Stopped.", "no way out"),
    (-9, "", "run again"),
    (2, "demo is held by run, process 7: wait for it, or stop that process.", "waited"),
    (2, "The database {0}/operator/mlflow.db is damaged: move it away: x", "moved away"),
    (2, "The key {0}/" + KEY + " has not 32 bytes: restore it from backup.", "restored"),
    (2, "The key a.key has not 32 bytes: restore it from backup.", "restored"),
    (2, "The file {0}/operator/b.part does not read: restore the file.", "nothing to restore"),
    (2, "The key is lost: restore it from backup.", "restored all"),
    (2, "Something is wrong.", "no way out"),
    (1, "Traceback:\n  File x\nValueError", "trace"),
]


@pytest.mark.parametrize(("code", "words", "way"), SENTENCES)
def test_the_way_out_is_the_one_that_is_named(
    store: Path, tmp_path: Path, code: int, words: str, way: str
) -> None:
    base, ballast, put = tmp_path / "base", tmp_path / "ballast", []
    (base / KEY).parent.mkdir(parents=True)
    (base / KEY).write_bytes(b"copy")
    ballast.touch()
    world: Any = SimpleNamespace(
        store=store, ballast=ballast, base=lambda _: base, put=lambda verb: put.append(verb)
    )
    end = End(code, words.format(store), 1.0, 1.0)
    assert ways.take(end, world, "score", 1) == (way, [])
    assert ballast.exists() == (way != "made room")
    assert (store / "operator" / "mlflow.db").exists() == (way != "moved away")
    assert ((store / KEY).read_bytes() == b"copy") == (way == "restored")
    assert put == (["score"] if way == "restored all" else [])
    assert os.path.exists(store / "agency" / "ledger" / "a.jsonl")


def test_of_two_ways_an_even_number_takes_the_first_and_an_odd_one_the_other(store: Path) -> None:
    base = store.parent / "base"
    (base / KEY).parent.mkdir(parents=True)
    (base / KEY).write_bytes(b"copy")
    world: Any = SimpleNamespace(store=store, base=lambda _: base)
    words = f"The file {store}/{KEY} is bad: restore it from backup, or run `peil ingest demo x`."
    ends = [ways.take(End(2, words, 1.0, 1.0), world, "score", number) for number in (0, 1)]
    assert ends == [("restored", []), ("ran the verb", [["ingest", "demo", "x"]])]


class OneEnd:
    """A warm process whose every command ends alike."""

    def __init__(self, ends: list[End]) -> None:
        self.ends, self.asked = ends, 0

    def run(self, *_: Any, **__: Any) -> list[End]:
        self.asked += 1
        return [self.ends[min(self.asked, len(self.ends)) - 1]]


@pytest.mark.parametrize(
    ("ends", "is_well"),
    [
        ([End(0, "", 1.0, 1.0)], True),
        ([End(-9, "", 1.0, 1.0), End(0, "", 1.0, 1.0)], True),
        ([End(2, "It is held by run.", 1.0, 1.0), End(0, "", 1.0, 1.0)], True),
        ([End(2, "It is held by run.", 1.0, 1.0)] * 2 + [End(0, "", 1.0, 1.0)], False),
        ([End(1, "Traceback:\nValueError", 1.0, 1.0), End(0, "", 1.0, 1.0)], False),
        ([End(2, "Something is wrong.", 1.0, 1.0)], False),
    ],
)
def test_a_fault_ends_well_without_a_trace_and_by_ways_that_lead_on(
    store: Path, monkeypatch: pytest.MonkeyPatch, ends: list[End], is_well: bool
) -> None:
    undisturbed = SimpleNamespace(end=End(0, "", 1.0, 1.0, 5, 5), content={}, hidden=frozenset())
    world: Any = SimpleNamespace(
        store=store,
        ballast=store,
        warm=OneEnd(ends),
        undisturbed=lambda _: undisturbed,
        put=lambda _: None,
        commands=lambda _: [["retain"]],
        whole=lambda _: [["retain"], ["verify"]],
    )
    monkeypatch.setattr(faults, "content", lambda *_: {})
    row = faults.one(0, world)
    assert (row["kind"], row["verb"], row["is_well"]) == ("kill", "retain", is_well)
    for changed, left in (({"a.csv": "other"}, []), ({}, [".a.part"])):
        monkeypatch.setattr(faults, "content", lambda *_, changed=changed: changed)
        monkeypatch.setattr(faults, "half_made", lambda _, left=left: left)
        assert not faults.one(0, world)["is_well"]
