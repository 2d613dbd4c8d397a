"""Count which small lies told to refusals, gates, locks and thresholds the ordinary tests notice.

The tests run in a copy of the checkout, in a process forked off one that has imported what takes
seconds and nothing of ours. A lie that no test notices is listed with why, or as one to be mended.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from benchmarks.disturbed.mutants import ROOMS, Mutant, mutants_of
from benchmarks.recording import (
    FOLDER,
    NothingMeasured,
    record_file,
    when_and_where,
    write_figures,
)
from peil.outcome import Fact, Outcome, Refused
from peil.settings import PROJECT
from peil.store.atomic import read_json

LIMIT_S = 180  # of the tests of one room
PARTS = ("peil", "models", "expectations", "dbt_project", "dags", "pilots", "tests", "portal")
FILES = ("methods.toml", "pyproject.toml")
# reads a list of tests a line, answers with the exit code of pytest and its CPU seconds until now
SERVER = """
import json, os, sys
import duckdb, pandas, pyarrow.parquet, numpy, scipy.sparse, yaml, typer, rich.progress, filelock
import pydantic_settings, hypothesis, pytest, cryptography.hazmat.primitives.asymmetric.ed25519
sys.path[:0] = [os.getcwd(), os.path.join(os.getcwd(), "models")]
sys.dont_write_bytecode = True
answers = os.fdopen(os.dup(1), "w", buffering=1)
os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
for line in sys.stdin:
    child = os.fork()
    if child == 0:
        words = ["-x", "-n", "0", "-p", "no:cacheprovider", "-m", "not slow and not compose"]
        os._exit(int(pytest.main([*words, *json.loads(line)])))
    code, times = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), os.times()
    answers.write(f"{code} {sum(times[:4])}" + chr(10))
"""
WITHIN = "They differ for a width of exactly that many decimals, closer than the solver comes."
CANDIDATE = '`log.standing[product, str(day)]["facts"].get("candidate_s...` as `False`'
# lies that no ordinary test can notice, or need not: by file and what was lied about
REASONS: dict[tuple[str, str], str] = {
    ("peil/gates/products.py", "`stopping.check()` as `pass`"): "A stop that was asked for comes "
    "at the next question, after the sentence of this gate.",
    ("peil/release/crossing/receive.py", "`stopping.check()` as `pass`"): "A stop that was asked "
    "for comes after the rename, which is as whole.",
    ("peil/release/crossing/receive.py", CANDIDATE): "Nobody approved other files than those that "
    "the ledger's release names: what is asked next refuses them.",
    **{
        (
            f"models/peil_models/disclosure/{file}.py",
            f"`{left} < {right}` as `({left} <= {right})`",
        ): WITHIN
        for file, left, right in (
            ("audit", "spreads", "threshold - EXACT"),
            ("audit", "spread", "threshold - EXACT"),
            ("joint_audit", "low", "threshold"),
            ("joint_audit", "width", "threshold - EXACT"),
            ("line_audit", "width", "threshold * units * (1 - 1e-9)"),
        )
    },
    ("peil/ingest/ingest.py", "`not accepted` as `False`"): "Landing refuses a day without a file "
    "in the same words.",
    (
        "peil/gates/__init__.py",
        "`database.require_apart(store, [where])` as `pass`",
    ): "The connection that measures the candidate refuses the folder before, in the same words.",
}


def mutations(on: Sequence[str], tell: Callable[[str], object], out: Path | None = None) -> Outcome:
    """Tell every lie of some files (of all by default); write the page and its record.

    What was counted of other files stays as it was read.

    Raises
    ------
    Refused
        No such file, or the tests of a room fail without a lie.
    """
    unknown = [file for file in on if file not in ROOMS]
    if unknown:
        raise Refused(f"--on: no lies are told to {unknown[0]}; choose of {', '.join(ROOMS)}.")
    files = list(on) or list(ROOMS)
    file_of_before = record_file(out or FOLDER, "mutations")
    before = read_json(file_of_before) if file_of_before.exists() else {"mutants": [], "cpu_s": 0}
    rows: list[dict[str, Any]] = []
    began, outcome = time.process_time(), None
    with tempfile.TemporaryDirectory(prefix="peil-mutants-") as name:
        root = Path(name)
        _copy(root)
        with _tests(root) as tests:
            for number, file in enumerate(files, start=1):
                if tests.run(ROOMS[file]) != 0:
                    raise Refused(f"The tests of {file} fail without a lie: mend them first.")
                for mutant in mutants_of(PROJECT, file):
                    is_killed = _told(root, mutant, tests)
                    word = "noticed" if is_killed else "SURVIVED"
                    tell(f"{word}: {file}:{mutant.line} {mutant.what}")
                    row = {"file": file, "line": mutant.line, "what": mutant.what}
                    rows.append({**row, "is_killed": is_killed})
                # written room by room: what was counted stays where the rest is broken off
                cpu_s = time.process_time() - began + tests.cpu_s
                outcome = _written(before, files[:number], rows, cpu_s, out)
    if outcome is None or not rows:
        raise NothingMeasured("The benchmark mutations measured nothing: no lie was told.")
    return outcome


def _written(
    before: dict[str, Any],
    counted: list[str],
    rows: list[dict[str, Any]],
    cpu_s: float,
    out: Path | None,
) -> Outcome:
    """Write what was counted of these files, beside what an earlier record holds of others."""
    others = [
        row for row in before["mutants"] if row["file"] in ROOMS and row["file"] not in counted
    ]
    mutants = sorted([*others, *rows], key=lambda row: (row["file"], row["line"], row["what"]))
    whole = round(cpu_s) + (before["cpu_s"] if others else 0)
    record = {**when_and_where(), "cpu_s": whole, "mutants": mutants}
    return write_figures("mutations", record, report, facts, out)


def _told(root: Path, mutant: Mutant, tests: _Tests) -> bool:
    """Tell a lie, run the tests of its room, take it back; whether they noticed."""
    file = root / mutant.file
    truth = file.read_text(encoding="utf-8")
    file.write_text(mutant.content, encoding="utf-8")
    try:
        return tests.run(ROOMS[mutant.file]) != 0
    finally:
        file.write_text(truth, encoding="utf-8")


def _copy(root: Path) -> None:
    left_out = shutil.ignore_patterns("__pycache__", "*.png", "target", "logs")
    for part in PARTS:
        shutil.copytree(PROJECT / part, root / part, ignore=left_out)
    for file in FILES:
        shutil.copy(PROJECT / file, root / file)


class _Tests:
    """Runs tests in the copy; `cpu_s` are the CPU seconds that all of them have taken."""

    def __init__(self, asks: IO[str], answers: IO[str]) -> None:
        self._asks, self._answers = asks, answers
        self.cpu_s = 0.0

    def run(self, tests: Sequence[str]) -> int:
        """Answer with pytest's exit code."""
        places = [f"tests/unit/{test}" for test in tests]
        self._asks.write(json.dumps([*places, f"--timeout={LIMIT_S}"]) + "\n")
        self._asks.flush()
        code, cpu_s = self._answers.readline().split()
        self.cpu_s = float(cpu_s)
        return int(code)


@contextmanager
def _tests(root: Path) -> Iterator[_Tests]:
    """The process that tests are forked off, which ends with this."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("PEIL_", "AIRFLOW"))}
    paths = os.pathsep.join([str(root), str(root / "models")])
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER],
        cwd=root,
        env={**clean, "PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert server.stdin is not None and server.stdout is not None
    try:
        yield _Tests(server.stdin, server.stdout)
    finally:
        server.stdin.close()
        server.wait()


def facts(record: dict[str, Any]) -> dict[str, Fact]:
    """Return what the last line of the command says."""
    killed = [row for row in record["mutants"] if row["is_killed"]]
    return {"n_mutants": len(record["mutants"]), "n_noticed": len(killed), "cpu_s": record["cpu_s"]}


def report(record: dict[str, Any]) -> str:
    """Return the page for people."""
    rows = record["mutants"]
    files = list(dict.fromkeys(row["file"] for row in rows))
    n_killed = sum(row["is_killed"] for row in rows)
    lines = [
        "# Lies told to the code",
        "",
        f"`python -m benchmarks mutations` on {record['date']}, {record['machine']}, "
        f"{record['cpu_s']} CPU s. One at a time, a refusal never comes, a question is left out, a "
        "period is not held, or a threshold is off by one device; the ordinary tests of its room "
        f"must fail. They noticed {n_killed} of {len(rows)}.",
        "",
        "| file | lies | noticed |",
        "|---|---|---|",
    ]
    for file in files:
        own = [row["is_killed"] for row in rows if row["file"] == file]
        lines.append(f"| `{file}` | {len(own)} | {sum(own)} |")
    left = [f"`{file}`" for file in ROOMS if file not in files]
    lines += ["", f"Not counted yet: {', '.join(left)}."] if left else []
    lines += ["", "## Not noticed", ""]
    survivors = [row for row in rows if not row["is_killed"]]
    lines += [
        f"- `{row['file']}`, line {row['line']}: {row['what']}. {_reason(row)}" for row in survivors
    ] or ["None."]
    return "\n".join(lines) + "\n"


def _reason(row: dict[str, Any]) -> str:
    return REASONS.get((row["file"], row["what"]), "To be held by a test.")
