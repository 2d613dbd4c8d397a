"""The command of the benchmarks: an example each, and one sentence where a benchmark fails."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from benchmarks.__main__ import app
from benchmarks.measuring.process import CommandFailed
from benchmarks.recording import NothingMeasured
from peil.outcome import Outcome, Refused

NAMES = {command.callback.__name__ for command in app.registered_commands if command.callback}


def test_each_benchmark_gives_an_example() -> None:
    measured = {
        "accuracy",
        "crowding",
        "disclosure",
        "draws",
        "estimate",
        "location",
        "released",
        "simulate",
        "stage",
        "stays",
        "tampering",
    }
    assert measured | {"consoles", "faults", "fuzz", "mutations", "rooms", "soak"} == NAMES
    for name in NAMES:
        shown = CliRunner().invoke(app, [name, "--help"])
        assert shown.exit_code == 0
        assert f"Example: python -m benchmarks {name}" in " ".join(shown.output.split())
        assert name == "rooms" or "--out" in shown.output


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (NothingMeasured("The benchmark stays measured nothing: sizes is empty."), 1),
        (CommandFailed("peil stage ended with 3: out of memory."), 1),
        (Refused("--events: write numbers of events such as 10M."), 2),
    ],
)
def test_a_failure_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, failure: Exception, code: int
) -> None:
    def fail(*given: object) -> Outcome:
        raise failure

    monkeypatch.setattr("benchmarks.stays.stays", fail)
    shown = CliRunner().invoke(app, ["stays"])
    assert shown.exit_code == code
    assert " ".join(shown.output.split()) == str(failure)


def test_progress_and_figures_are_printed_and_written_where_asked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def measure(sizes: object, tell: object, out: Path | None) -> Outcome:
        assert out == tmp_path and callable(tell)
        tell("[1] of 3")
        return Outcome("bench", "stays", "-", "done", {"n_events": 7}, [str(out / "stays.md")])

    monkeypatch.setattr("benchmarks.stays.stays", measure)
    shown = CliRunner().invoke(app, ["stays", "--out", str(tmp_path)])
    assert shown.exit_code == 0
    progress, outcome, look_at = shown.output.splitlines()
    assert (progress, outcome) == ("[1] of 3", "bench stays -: done (7 events)")
    assert look_at.endswith("stays.md")
