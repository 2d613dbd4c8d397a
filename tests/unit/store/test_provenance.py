"""A run id changes with what can change a number, and with nothing else."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from peil.settings import PROJECT
from peil.store import provenance


@pytest.fixture
def run_id(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], str]:
    """The run id that a copy of the checkout would give, worked out anew at each call."""
    for name in ("peil", "models", "dbt_project", "benchmarks", "expectations"):
        ignored = shutil.ignore_patterns("__pycache__", "target", "logs")
        shutil.copytree(PROJECT / name, tmp_path / name, ignore=ignored)
    monkeypatch.setattr(provenance, "PROJECT", tmp_path)

    def now() -> str:
        provenance.code_hash.cache_clear()
        return provenance.run_id({"staged": "a"}, {"steps": 1})

    yield now
    provenance.code_hash.cache_clear()


@pytest.mark.parametrize(
    "place",
    [
        *(f"peil/{room}" for room in provenance.ROOMS),
        "models/peil_models/presence",
        "dbt_project/models/staging",
        "dbt_project/macros",
        "dbt_project/dialects",
    ],
)
def test_a_change_in_a_room_that_makes_numbers_changes_it(
    run_id: Callable[[], str], tmp_path: Path, place: str
) -> None:
    before = run_id()
    files = [file for file in (tmp_path / place).rglob("*") if file.suffix in {".py", ".sql"}]
    assert files, place
    with files[0].open("a") as text:
        text.write("\n")
    assert run_id() != before
    files[0].write_bytes((PROJECT / files[0].relative_to(tmp_path)).read_bytes())
    assert run_id() == before


def test_the_reader_of_methods_changes_it(run_id: Callable[[], str], tmp_path: Path) -> None:
    before = run_id()
    (tmp_path / "peil/methods.py").write_text("")
    assert run_id() != before


@pytest.mark.parametrize(
    "place",
    [
        "peil/pages",
        "peil/alerts",
        "peil/commands",
        "peil/watch",
        "peil/score",
        "peil/tasks",
        "peil/inspecting",
        "peil/redteam",
        "peil/gates",
        "benchmarks",
        "expectations",
    ],
)
def test_a_change_in_what_only_shows_tells_or_measures_keeps_it(
    run_id: Callable[[], str], tmp_path: Path, place: str
) -> None:
    before = run_id()
    files = list((tmp_path / place).rglob("*.py"))
    assert files, place
    for file in files:
        file.write_text("# another sentence\n" + file.read_text())
    assert run_id() == before


def test_every_room_either_makes_numbers_or_is_known_not_to() -> None:
    rooms = {folder.name for folder in (PROJECT / "peil").iterdir() if folder.is_dir()}
    without = {"alerts", "commands", "gates", "inspecting", "pages", "quality", "redteam", "score"}
    assert rooms - {"__pycache__"} == {*provenance.ROOMS, *without, "tasks", "watch"}


def test_inputs_parameters_and_environment_change_it(
    run_id: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = {run_id(), provenance.run_id({"staged": "b"}, {"steps": 1})}
    ids.add(provenance.run_id({"staged": "a"}, {"steps": 2}))
    monkeypatch.setattr(provenance, "environment", lambda: {"numpy": "0"})
    ids.add(provenance.run_id({"staged": "a"}, {"steps": 1}))
    assert len(ids) == 4
