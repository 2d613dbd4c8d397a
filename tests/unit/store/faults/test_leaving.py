"""A process ends once what was registered for its exit has run, and takes nothing apart."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

PROGRAM = """
import atexit, sys
from peil.store.faults import leaving

class Loaded:
    def __del__(self):
        print("taken apart")

kept = Loaded()
leaving.prepare()
atexit.register(print, "registered later")
print("done", end=" ")
{}
"""


@pytest.mark.parametrize(
    ("end", "code", "printed"),
    [
        ("leaving.with_code(3)", 3, "done registered later\n"),
        ("leaving.with_code(3); leaving.with_code(0)", 0, "done registered later\n"),
        ("leaving.at_once(4)", 4, "done "),
        ("sys.exit(5)", 5, "done registered later\ntaken apart\n"),
    ],
)
def test_what_runs_at_the_end_of_a_process(end: str, code: int, printed: str) -> None:
    done = _run(PROGRAM.format(end))
    assert (done.returncode, done.stdout, done.stderr) == (code, printed, "")


def test_nobody_who_reads_is_no_fault() -> None:
    done = _run(PROGRAM.format("import os; os.close(1); leaving.at_once(0)"))
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(("words", "code"), [(["--help"], 0), (["status", "nowhere"], 2)])
def test_a_command_leaves_with_its_code(words: list[str], code: int) -> None:
    """A command leaves so: an object that a command would take apart at its end is not."""
    done = _run(
        "import sys\n"
        "class Loaded:\n"
        "    def __del__(self):\n"
        "        print('taken apart')\n"
        "kept = Loaded()\n"
        f"sys.argv = ['peil', *{words!r}]\n"
        "from peil.cli import main\n"
        "main()\n"
    )
    assert done.returncode == code
    assert "taken apart" not in done.stdout
    assert done.stdout + done.stderr


def _run(program: str) -> subprocess.CompletedProcess[str]:
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    return subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env=buffered,
    )
