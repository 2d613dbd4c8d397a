"""A long run's second process: it fits the week's outlook first, whose end is no day's end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest

from peil import train
from peil.adapters.airflow import home, second, walking
from peil.commands import run as runs
from peil.commands.run_report import Report
from peil.watch.outlook import ahead

DAYS = [date(2026, 3, day) for day in range(2, 9)]


class Second:
    """Walks at once what is asked of it, by the run's own walk."""

    def __init__(self, pilot: str, walk: Any) -> None:
        self.pilot, self.walk, self.asked = pilot, walk, list[tuple[str, str]]()
        self.ended: list[tuple[tuple[str, str], Any]] = []

    def ask(self, verb: str, day: str) -> None:
        self.asked.append((verb, day))
        self.ended.append(((verb, day), self.walk(verb, self.pilot, day)))

    def answers(self, wait: bool = False) -> list[tuple[tuple[str, str], Any]]:
        ended, self.ended = self.ended, []
        return ended


def test_the_outlook_of_the_week_is_fitted_after_staging_and_before_the_first_release(
    tiny: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Second] = []
    fitted: list[tuple[str, str]] = []
    told: list[tuple[str, str, str]] = []

    @contextmanager
    def process(pilot: str, walk: Any) -> Iterator[Second]:
        made.append(Second(pilot, walk))
        yield made[0]

    monkeypatch.setenv("PEIL_THREADS", "2")
    monkeypatch.setattr(second, "second_process", process)
    monkeypatch.setattr(home, "prepare", lambda *_: None)
    monkeypatch.setattr(walking, "walk", lambda *_: [])
    monkeypatch.setattr(train, "is_due", lambda *_: False)
    monkeypatch.setattr(ahead, "fit", lambda *asked: fitted.append(asked))
    report = Report()
    runs._walk_days(tiny.charter, tiny.store, DAYS, report, lambda *step: told.append(step))
    verbs = [verb for verb, _ in made[0].asked]
    assert verbs == ["stage"] * 7 + [runs.AHEAD] + ["release"] * 7
    assert fitted == [("tiny", "2026-03-02")]
    assert {verb for verb, _, _ in told} == {"prepare", "train", *runs.VERBS}
    assert report.stopped == {}
