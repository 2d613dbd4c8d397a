"""What README and docs tell people to type works, and where they point there is something."""

from __future__ import annotations

import ast
import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest
from tracked import named
from typer.testing import CliRunner

from benchmarks.__main__ import app as benchmarks
from peil import cli
from peil.adapters.experiments import QUANTITIES
from peil.estimate.estimators import RELEASED_ESTIMATOR
from peil.settings import PROJECT

DOCUMENTS = [
    file
    for file in named(".md")
    if file.parts[-2] in ("docs", "methods", "decisions") or file.parent == PROJECT
]
FENCE = re.compile(r"^```sh\n(.*?)^```$", re.M | re.S)
HARMLESS = {("peil", "charter", "check"), ("peil", "status")}
DECISIONS = 7


def lines_of(file: Path) -> list[str]:
    """Commands of a document's ```sh blocks, continued lines joined, remarks left out."""
    blocks = "".join(FENCE.findall(file.read_text())).replace("\\\n", " ")
    return [line.strip() for line in blocks.splitlines() if line.strip()[:1] not in ("", "#")]


COMMANDS = sorted({line for file in DOCUMENTS for line in lines_of(file)})


def words_of(line: str) -> list[str]:
    """The words of a command, without settings before it and remarks after it."""
    words = shlex.split(line, comments=True)
    while words and re.match(r"^[A-Z_]+=", words[0]):
        words.pop(0)
    return words


def targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):.*?##", (PROJECT / "Makefile").read_text(), re.M))


def test_the_documents_are_found() -> None:
    assert len(DOCUMENTS) >= 14
    readme = {" ".join(words_of(line)) for line in lines_of(PROJECT / "README.md")}
    assert {"make pilot", "make test"} <= readme
    assert len([line for line in COMMANDS if "peil " in line]) >= 10


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_in_a_document_is_one_that_exists(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PEIL_DATA", str(tmp_path))
    words = words_of(line)
    if words[0].endswith("peil"):
        harmless = any(words[: len(one)] == list(one) for one in HARMLESS) and "demo" in line
        asked = words[1:] if harmless else [*words[1:], "--help"]
        told = CliRunner().invoke(cli.app, asked)
        assert told.exit_code == 0, told.output
        options = {word.split("=")[0] for word in words if word.startswith("--")}
        if not harmless:
            assert all(option in told.output for option in options), told.output
    elif words[:3] == ["python", "-m", "benchmarks"]:
        told = CliRunner().invoke(benchmarks, [*words[3:], "--help"])
        assert told.exit_code == 0, told.output
        assert all(word in told.output for word in words if word.startswith("--")), told.output
    elif words[0] == "make":
        names = [word for word in words[1:] if "=" not in word]
        assert set(names) <= targets(), names
    else:
        assert words[0] in {"docker", "cp", "tar", "export", "softhsm2-util"}


def test_a_command_that_does_not_exist_is_noticed() -> None:
    assert CliRunner().invoke(cli.app, ["forecast", "--help"]).exit_code != 0
    assert "forecast" not in targets()


def test_make_help_says_a_line_on_each_command() -> None:
    done = subprocess.run(
        ["make", "help"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={"PATH": os.environ["PATH"]},
    )
    assert done.returncode == 0, done.stderr
    told = {line.split()[0] for line in done.stdout.splitlines() if line.strip()}
    assert {"pilot", "test", "check", "bench", "up", "clean"} <= told == targets()
    assert all(len(line.split()) >= 3 for line in done.stdout.splitlines())


def test_a_link_within_the_repository_leads_somewhere() -> None:
    checked = 0
    for file in DOCUMENTS:
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", file.read_text()):
            if "://" in target or target.startswith("mailto:"):
                continue
            checked += 1
            assert (file.parent / target).exists() or target == "docs/page.png", (
                f"{file.name}: {target}"
            )
    assert checked > 12


def test_a_test_that_a_document_cites_exists() -> None:
    """`tests/a/b.py::test_c` in a document is a promise that somebody can run it."""
    cited = 0
    for file in DOCUMENTS:
        for place, name in re.findall(
            r"`(tests/[\w/]+(?:\.py)?)(?:::(test_\w+))?", file.read_text()
        ):
            cited += 1
            there = PROJECT / place
            assert there.exists(), f"{file.name}: {place}"
            assert not name or f"def {name}(" in there.read_text(), f"{file.name}: {name}"
    assert cited > 20


def test_a_charter_in_a_document_is_valid(tmp_path: Path) -> None:
    from peil.charter import reading

    found = 0
    for file in DOCUMENTS:
        for block in re.findall(
            r"^```yaml\n(pilot: (\w+)\n.*?)^```$", file.read_text(), re.M | re.S
        ):
            (tmp_path / f"{block[1]}.yml").write_text(block[0])
            assert not reading.load(tmp_path / f"{block[1]}.yml").is_synthetic
            found += 1
    assert found == 1


def test_the_decisions_are_numbered_without_a_gap_and_complete() -> None:
    files = sorted((PROJECT / "docs/decisions").glob("*.md"))
    assert [file.name[:4] for file in files] == [f"{n:04d}" for n in range(1, len(files) + 1)]
    assert len(files) >= DECISIONS
    for file in files:
        heads = re.findall(r"^## (\w+)", file.read_text(), re.M)
        assert heads == ["Context", "Choice", "Consequences", "Rejected"], file.name


def test_the_attacks_and_requirements_are_each_told_once() -> None:
    text = (PROJECT / "docs/privacy.md").read_text()
    for letter, last in (("L", 27), ("R", 34), ("A", 13)):
        rows = re.findall(rf"^\| {letter}(\d+) \|", text, re.M)
        assert [int(row) for row in rows] == list(range(1, last + 1)), letter


def test_each_deed_is_told_once_with_what_it_touches_and_a_test() -> None:
    text = (PROJECT / "docs/privacy.md").read_text()
    rows = re.findall(r"^\| D(\d+) \|(.*)$", text, re.M)
    assert [int(number) for number, _ in rows] == list(range(1, 19))  # D1 to D17 were asked
    lines = set(re.findall(r"^\| ([LR]\d+) \|", text, re.M))
    for number, row in rows:
        touches = row.split(" | ")[1].split(", ")
        assert touches[0] and set(touches) <= lines, f"D{number}: {touches}"
        assert "`tests/" in row.split(" | ")[-1], number


def is_slow(file: Path, name: str) -> bool:
    """Whether a test, or every test of a file where none is named, is left to the long run."""
    tree = ast.parse(file.read_text())
    if any("mark.slow" in ast.unparse(s) for s in tree.body if isinstance(s, ast.Assign)):
        return True
    marks = [
        "mark.slow" in " ".join(map(ast.unparse, step.decorator_list))
        for step in tree.body
        if isinstance(step, ast.FunctionDef) and step.name.startswith(name or "test_")
    ]
    return bool(marks) and all(marks)


def test_a_slow_test_that_shows_what_is_claimed_is_marked_as_slow() -> None:
    text = (PROJECT / "docs/privacy.md").read_text()
    cited = re.findall(r"`(tests/[\w/]+\.py)(?:::(test_\w+))?`( \(slow)?", text)
    unmarked = [
        (place, name) for place, name, mark in cited if is_slow(PROJECT / place, name) and not mark
    ]
    assert len(cited) > 100 and unmarked == []


def test_the_glossary_names_what_is_released_and_the_verbs_there_are() -> None:
    lines = (PROJECT / "docs" / "glossary.md").read_text(encoding="utf-8").splitlines()
    rows = {line.split("|")[1].strip(): line for line in lines if line.startswith("| ")}
    assert f"(`{RELEASED_ESTIMATOR}`)" in rows["released estimator"]
    assert "`peil shred`" in rows["shred"] and "no command" not in rows["shred"]
    assert all(quantity in rows["champion"] for quantity in QUANTITIES)


def test_people_who_enrol_have_a_key_of_their_own_each() -> None:
    text = (PROJECT / "docs" / "your-own-data.md").read_text(encoding="utf-8")
    keys = {
        block: re.findall(r"peil party enroll .*--key (\S+)", block)
        for block in FENCE.findall(text)
    }
    assert any(len(named_here) == 3 for named_here in keys.values())
    assert all(len(named_here) == len(set(named_here)) for named_here in keys.values())
