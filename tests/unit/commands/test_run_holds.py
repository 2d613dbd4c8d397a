"""Two runs on the same days: the second is told who holds them, and touches nothing."""

from __future__ import annotations

import os
from datetime import date
from typing import Any

import pytest
from typer.testing import CliRunner

from peil import cli
from peil.commands import fresh
from peil.commands import run as runs
from peil.outcome import Waiting
from peil.store import lock

FIRST, SECOND, THIRD = (date(2026, 3, day) for day in (2, 3, 4))


@pytest.fixture
def walked(tiny: Any, monkeypatch: pytest.MonkeyPatch) -> list[list[date]]:
    """Which days were walked, without Airflow; what comes after them does nothing."""
    calls: list[list[date]] = []
    monkeypatch.setattr(runs, "_second", lambda *_: None)
    monkeypatch.setattr(runs, "_prepare", lambda *_: None)
    monkeypatch.setattr(
        runs, "_walk_days", lambda charter, store, walked: calls.append(walked.days)
    )
    monkeypatch.setattr(runs, "after", lambda *_: None)
    return calls


def test_a_second_run_is_told_who_holds_the_days(tiny: Any, walked: list[list[date]]) -> None:
    with lock.held_days(tiny.store, "tiny", [SECOND], "run"):
        with pytest.raises(Waiting, match=r"^tiny 2026-03-03 is held by run, process \d+, since"):
            runs.run("tiny", str(FIRST), str(THIRD))
        result = CliRunner().invoke(cli.app, ["run", "tiny", "--from", str(SECOND)])
    assert walked == []
    assert result.exit_code == 2 and result.stderr.count("\n") == 1
    assert f"process {os.getpid()}" in result.stderr


def test_days_of_a_refused_run_are_free_and_other_days_are_walked(
    tiny: Any, walked: list[list[date]]
) -> None:
    with lock.held_days(tiny.store, "tiny", [SECOND], "run"):
        with pytest.raises(Waiting):
            runs.run("tiny", str(FIRST), str(SECOND))
        runs.run("tiny", str(FIRST), str(FIRST))
        runs.run("tiny", str(THIRD), str(THIRD))
    assert walked == [[FIRST], [THIRD]]


def test_fresh_forgets_nothing_of_days_that_another_run_holds(
    tiny: Any, walked: list[list[date]], monkeypatch: pytest.MonkeyPatch
) -> None:
    forgotten: list[list[date]] = []
    monkeypatch.setattr(fresh, "forget", lambda charter, days, store: forgotten.append(days))
    with lock.held_days(tiny.store, "tiny", [THIRD], "run"), pytest.raises(Waiting):
        runs.run("tiny", fresh=True)
    assert forgotten == []
    runs.run("tiny", str(THIRD), str(THIRD), fresh=True)
    assert forgotten == [[THIRD]]


def test_what_another_run_finished_meanwhile_is_not_walked(
    tiny: Any, walked: list[list[date]], monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = iter([[FIRST], []])
    monkeypatch.setattr(runs, "_open", lambda *_: next(looks))
    report = runs.run("tiny", str(FIRST), str(FIRST))
    assert walked == [] and report.unchanged == [FIRST]


def test_the_end_of_a_run_waits_for_the_end_of_another(
    tiny: Any, walked: list[list[date]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "AFTER_WAIT_S", 0.0)
    with (
        lock.held(tiny.store, "tiny", "after", "run"),
        pytest.raises(Waiting, match="tiny after is held by run"),
    ):
        runs.run("tiny", str(FIRST), str(FIRST))
    assert walked == [[FIRST]]
