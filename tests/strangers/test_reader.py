"""A stranger adds a delivery format: at most four files, and every verb and page follows."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tracked import tracked

from peil.settings import PROJECT

pytestmark = pytest.mark.slow  # each runs a copy of the checkout

MOST_FILES = 4
DELIVERED = "toy_who,toy_when,toy_where,toy_note\n" + "".join(
    f"20408{n:010d},2026-03-02 {n % 24:02d}:30:00,c{1 + n % 2},x\n" for n in range(60)
)
CELLS = "cell_id,latitude,longitude\nc1,52.37,4.90\nc2,52.38,4.91\n"
READER = '''"""A toy format: who, when and where."""

from __future__ import annotations

from pathlib import Path

import duckdb

from peil.charter.schema import Delivery
from peil.ingest.readers.generic import Generic
from peil.ingest.readers.reader import Match, Reader, Role, Sample

COLUMNS = {"subscriber_id": "toy_who", "observed_at": "toy_when", "cell_id": "toy_where"}


class Toy(Reader):
    """Columns are known by their names."""

    name = "toy"
    files = "toy records"
    settings = "events only"
    roles = ("events",)

    @classmethod
    def recognises(cls, sample: Sample) -> Match | None:
        is_toy = set(COLUMNS.values()) <= set(sample.names)
        return Match("events", len(COLUMNS), "the columns of a toy") if is_toy else None

    @classmethod
    def columns_of(cls, role: Role, sample: Sample) -> dict[str, str]:
        return COLUMNS

    @classmethod
    def land_events(
        cls, connection: duckdb.DuckDBPyConnection, file: Path, file_id: int, delivery: Delivery
    ) -> list[str]:
        mapped = delivery.model_copy(update={"columns": COLUMNS})
        return Generic.land_events(connection, file, file_id, mapped)
'''
MAPPING = {"subscriber_id": "toy_who", "observed_at": "toy_when", "cell_id": "toy_where"}
CHANGES = {  # file: what stands there, what is put in its place
    "peil/ingest/readers/__init__.py": (
        ("multimno, opencellid\n", "multimno, opencellid, toy\n"),
        ("        opencellid.Opencellid,\n", "        opencellid.Opencellid,\n        toy.Toy,\n"),
    ),
    "peil/charter/schema.py": (('"mobloc", "opencellid"]', '"mobloc", "opencellid", "toy"]'),),
    "docs/your-own-data.md": (
        ("| OpenCelliD |", "| toy records | `reader: toy`; events only |\n| OpenCelliD |"),
    ),
}


def content_of(folder: Path) -> dict[str, bytes]:
    """Every file of a checkout, by its name in it."""
    names = [file.relative_to(PROJECT) for file in tracked()]
    new = folder.glob("peil/**/*.py")
    files = {folder / name for name in names} | set(new)
    return {str(file.relative_to(folder)): file.read_bytes() for file in files if file.is_file()}


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checkout with one format more."""
    folder = tmp_path_factory.mktemp("stranger") / "peil"
    for file in tracked():
        target = folder / file.relative_to(PROJECT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
    (folder / "peil/ingest/readers/toy.py").write_text(READER)
    for name, pairs in CHANGES.items():
        text = (folder / name).read_text()
        for before, after in pairs:
            assert text.count(before) == 1, (name, before)
            text = text.replace(before, after)
        (folder / name).write_text(text)
    return folder


def run(folder: Path, *words: str) -> str:
    """Run Python on the copy in a process of its own, and give what it printed."""
    lies_in = {
        "PEIL_DATA": folder.parent / "data",
        "PEIL_DELIVERIES": folder.parent / "deliveries",
        "PEIL_PILOTS": folder.parent / "pilots",
        "PYTHONPATH": f"{folder}:{folder / 'models'}",
    }
    done = subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={**os.environ, **{name: str(value) for name, value in lies_in.items()}},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return " ".join(done.stdout.split())


def test_a_reader_touches_at_most_four_files(copy: Path) -> None:
    before, after = content_of(PROJECT), content_of(copy)
    touched = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    assert touched == {"peil/ingest/readers/toy.py", *CHANGES}
    assert len(touched) <= MOST_FILES


def test_the_new_format_is_recognised_and_landed(copy: Path) -> None:
    delivery = copy.parent / "deliveries" / "shop"
    (delivery / "events" / "2026-03-02").mkdir(parents=True)
    (delivery / "events" / "2026-03-02" / "a.csv").write_text(DELIVERED)
    (delivery / "plan.csv").write_text(CELLS)
    charter = copy.parent / "pilots" / "shop.yml"
    words = ["--charter", str(charter), "--basis", "synthetic"]
    printed = run(copy, "-m", "peil.cli", "inspect", str(delivery), *words)
    assert "reader: toy, since the columns of a toy" in printed
    for ours, theirs in MAPPING.items():
        assert f"{ours} {theirs} " in printed
    assert "not landed: toy_note" in printed and "60 rows" in printed
    assert "cannot_parse" not in printed and "null_value" not in printed
    assert "reader: toy" in charter.read_text()
    key = str(copy.parent / "keys" / "a.key")
    person = ["party", "enroll", "--role", "operator", "--name", "A. Tester", "--key", key]
    run(copy, "-m", "peil.cli", *person)
    signed = ["charter", "sign", "shop", "--synthetic", str(delivery), "--key", key]
    run(copy, "-m", "peil.cli", *signed)
    program = copy.parent / "land_a_day.py"
    program.write_text(
        "from peil.ingest.ingest import ingest\nprint(ingest('shop', '2026-03-02').sentence())\n"
    )
    landed = run(copy, str(program))
    assert "ingest shop 2026-03-02: done" in landed and "60 rows delivered" in landed


def test_charter_and_guide_follow_the_registry(copy: Path) -> None:
    test = "tests/unit/ingest/readers/test_registry.py"
    assert "[100%]" in run(copy, "-m", "pytest", "-q", "-p", "no:cacheprovider", test)
