"""Files are short enough for one sitting, have names that say something, and are not empty."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from tracked import named, tracked

from peil.settings import PROJECT

MOST_LINES = {".py": 300, ".sql": 130, ".yml": 350, ".yaml": 350}
MOST_LINES_OF_TESTS = 350
SAY_NOTHING = {"utils", "util", "helpers", "helper", "common", "core", "base", "shared", "misc"}
PROMISES = (
    "unit",
    "properties",
    "recovery",
    "dags",
    "deliveries",
    "conventions",
    "strangers",
    "attacks",
    "faults",
    "browser",
    "end_to_end",
)


def too_long(files: list[Path]) -> list[str]:
    return [
        f"{file.name}: {lines} lines"
        for file in files
        if (lines := len(file.read_text().splitlines()))
        > (MOST_LINES_OF_TESTS if PROJECT / "tests" in file.parents else MOST_LINES[file.suffix])
    ]


def names_that_say_nothing(files: list[Path], root: Path) -> list[str]:
    return [
        str(file.relative_to(root))
        for file in files
        if SAY_NOTHING
        & {part.removesuffix(".py").strip("_") for part in file.relative_to(root).parts}
    ]


def empty_tests(files: list[Path]) -> list[str]:
    """Test files in which no test function does anything."""
    empty = []
    for file in files:
        functions = [
            node
            for node in ast.walk(ast.parse(file.read_text()))
            if isinstance(node, ast.FunctionDef)
        ]
        if not any(
            f.name.startswith("test_") and len(f.body) > 0 and not isinstance(f.body[-1], ast.Pass)
            for f in functions
        ):
            empty.append(file.name)
    return empty


def test_files_are_short_enough_for_one_sitting() -> None:
    files = named(*MOST_LINES)
    assert len(files) > 150
    assert too_long(files) == []


def test_no_module_is_named_after_nothing() -> None:
    files = named(".py", ".sql", ".js")
    assert len(files) > 150
    assert names_that_say_nothing(files, PROJECT) == []


def test_every_promise_has_a_folder_with_tests() -> None:
    there = {folder.name for folder in (PROJECT / "tests").iterdir() if folder.is_dir()}
    assert set(PROMISES) == there - {"__pycache__"}
    tests = [file for file in tracked() if file.name.startswith("test_") and file.suffix == ".py"]
    holding = {file.relative_to(PROJECT / "tests").parts[0] for file in tests}
    assert holding == set(PROMISES)
    assert empty_tests(tests) == []


def test_what_breaks_these_rules_is_told(tmp_path: Path) -> None:
    long, vague, empty = (tmp_path / name for name in ("long.py", "utils.py", "test_empty.py"))
    long.write_text("\n" * 301)
    vague.write_text("")
    empty.write_text("def test_nothing():\n    pass\n\ndef build():\n    return 1\n")
    assert too_long([long, vague]) == ["long.py: 301 lines"]
    inside = tmp_path / "shared" / "store.py"
    assert names_that_say_nothing([long, vague, inside], tmp_path) == [
        "utils.py",
        "shared/store.py",
    ]
    assert empty_tests([empty, Path(__file__)]) == ["test_empty.py"]


def test_each_pilot_is_named_after_its_file() -> None:
    from peil.charter import reading

    files = sorted((PROJECT / "pilots").glob("*.yml"))
    assert {"demo", "essnet_sample", "multimno_sample"} <= {file.stem for file in files}
    for file in files:
        assert reading.load(file).pilot == file.stem


@pytest.mark.parametrize(
    "verb",
    [
        "ingest",
        "stage",
        "estimate",
        "release",
        "train",
        "watch",
        "retain",
        "receive",
        "outlook",
        "promote",
    ],
)
def test_every_dag_says_what_to_do_if_it_fails(verb: str) -> None:
    doc = ast.get_docstring(ast.parse((PROJECT / "dags" / f"{verb}.py").read_text())) or ""
    assert doc.startswith(f"{verb.capitalize()}: ")
    assert "\nIf it fails: " in doc
    assert len(list((PROJECT / "dags").glob("*.py"))) == 10
