"""Faults are drawn by number and do what they say; the way out is the one that is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.disturbed import faults, seeded
from benchmarks.disturbed.seeded import KINDS, End


@pytest.fixture
def store(tmp_path: Path) -> Path:
    for name in ("sealed/demo/a.json", "keys/demo/a.key", "mlflow.db"):
        file = tmp_path / "store" / "operator" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"0123456789")
    (tmp_path / "store" / "operator" / "keys/demo/a.key").chmod(0o400)
    return tmp_path / "store"


def test_the_same_number_is_the_same_fault_and_every_kind_comes(store: Path) -> None:
    drawn = [seeded.drawn(number, store / "operator") for number in range(21)]
    assert drawn == [seeded.drawn(number, store / "operator") for number in range(21)]
    assert [fault.kind for fault in drawn] == list(KINDS) * 3
    assert {fault.place for fault in drawn if fault.kind in ("byte", "cut", "delete")} >= {
        "mlflow.db",
        "keys/demo/a.key",
    }


@pytest.mark.parametrize("kind", ["byte", "cut", "delete"])
def test_a_fault_harms_its_file_and_no_other(store: Path, kind: str) -> None:
    operator = store / "operator"
    seeded.harm(seeded.Fault(0, kind, "keys/demo/a.key", 0.5), operator)
    file = operator / "keys/demo/a.key"
    harmed = file.read_bytes() if file.exists() else None
    assert harmed == {"byte": b"01234`6789", "cut": b"01234", "delete": None}[kind]
    assert harmed is None or file.stat().st_mode & 0o777 == 0o400
    assert (operator / "mlflow.db").read_bytes() == b"0123456789"


@pytest.mark.parametrize(
    ("code", "words", "way"),
    [
        (2, "The disk of the store is full: 1 MB free", "run again"),
        (143, "Stopped by SIGTERM", "run again"),
        (2, "The database {}/operator/mlflow.db is damaged: move it away: x", "moved away"),
        (
            2,
            "The file {}/a.raw.json of the store is damaged: run `peil ingest d x`",
            "run the verb",
        ),
        (2, "The key a.key has not 32 bytes: restore it from backup.", "restored"),
        (2, "Something is wrong.", "no way out"),
    ],
)
def test_the_way_out_is_the_one_that_is_named(
    store: Path, tmp_path: Path, code: int, words: str, way: str
) -> None:
    base = tmp_path / "base"
    (base / "operator").mkdir(parents=True)
    assert faults._way_out(End(code, words.format(store), 1.0), store, base) == way
    assert (store / "operator" / "mlflow.db").exists() == (way not in ("moved away", "restored"))
