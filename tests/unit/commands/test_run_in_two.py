"""A long run's second process: what it does while it would wait, and what is taken back of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from peil import train
from peil.adapters import tracking
from peil.adapters.airflow import home, reading_ahead, second, walking
from peil.commands import run as runs
from peil.commands.run_report import Report
from peil.commands.running import after
from peil.outcome import Outcome, Refused
from peil.pages import build
from peil.watch import watch
from peil.watch.outlook import ahead
from peil.watch.retain import retain

DAYS = [date(2026, 3, day) for day in range(2, 9)]


class Second:
    """Walks at once what is asked of it, by the run's own walk."""

    def __init__(self, pilot: str, walk: Any) -> None:
        self.pilot, self.walk, self.asked = pilot, walk, list[tuple[str, str]]()
        self.ended: list[tuple[tuple[str, str], Any]] = []
        self.n_offers = 0

    def ask(self, verb: str, day: str) -> None:
        self.asked.append((verb, day))
        self.ended.append(((verb, day), self.walk(verb, self.pilot, day)))

    def take_back(self) -> None:
        self.n_offers += 1

    def answers(self, wait: bool = False) -> list[tuple[tuple[str, str], Any]]:
        ended, self.ended = self.ended, []
        return ended


class Busy(Second):
    """Walks nothing but what it is waited for; what it has not begun it gives back."""

    def ask(self, verb: str, day: str) -> None:
        self.asked.append((verb, day))

    def take_back(self) -> tuple[str, str] | None:
        return self.asked.pop(0) if self.asked else None

    def answers(self, wait: bool = False) -> list[tuple[tuple[str, str], Any]]:
        while wait and self.asked:
            super().ask(*self.asked.pop(0))
            self.asked.pop()
        return super().answers()


def test_the_outlook_of_the_week_is_fitted_after_staging_and_before_the_first_release(
    tiny: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Second] = []
    fitted: list[tuple[str, str]] = []
    read: list[str] = []
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
    monkeypatch.setattr(reading_ahead, "read", read.append)
    monkeypatch.setattr(tracking, "make_ready", lambda store: read.append(str(store.agency)))
    report = Report()
    with ExitStack() as until_the_end:
        two = runs._second(tiny.charter, tiny.store, DAYS, until_the_end)
        runs._prepare(tiny.store, two)
        walked = runs._Walked("tiny", DAYS, report, lambda *step: told.append(step), two)
        runs._walk_days(tiny.charter, tiny.store, walked)
    verbs = [verb for verb, _ in made[0].asked]
    assert verbs == [runs.READY] + ["stage"] * 7 + [runs.AHEAD] + ["release"] * 7
    assert made[0].n_offers == 1  # of what is left to stage, never of a release
    assert fitted == [("tiny", "2026-03-02")]
    assert read == ["tiny", str(tiny.store.agency)]
    assert {verb for verb, _, _ in told} == {"train", *runs.VERBS}
    assert report.stopped == {}


def test_what_is_shared_the_run_takes_back_and_the_rest_is_the_second_processs_alone(
    tiny: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    here: list[tuple[str, str]] = []
    elsewhere: list[tuple[str, str]] = []
    monkeypatch.setattr(walking, "walk", lambda verb, _, day: here.append((verb, day)) or [])
    busy = Busy("tiny", lambda verb, _, day: elsewhere.append((verb, day)) or [])
    walked = runs._Walked("tiny", DAYS, Report(), lambda *_: None, busy)  # type: ignore[arg-type]
    days = [str(day) for day in DAYS]
    walked.through("ingest", "stage", is_shared=True)
    assert here == [(verb, day) for verb in ("ingest", "stage") for day in days]
    assert elsewhere == []
    walked.through("estimate", "release")
    assert elsewhere == [("release", day) for day in days]
    assert here[14:] == [("estimate", day) for day in days]


def test_what_could_not_be_read_ahead_is_told_by_the_walk_that_needs_it(tiny: Any) -> None:
    report = Report()
    walked = runs._Walked("tiny", DAYS, report, lambda *_: None, None)
    two = Second("tiny", lambda *_: RuntimeError("dags/ cannot be read"))
    two.ask(runs.READY, "")
    walked._hear(two)  # type: ignore[arg-type]
    assert report.stopped == {} and report.outcomes == []


@pytest.mark.parametrize("refusal", ["", "no truth is complete"])
def test_the_second_process_scores_while_the_run_watches_and_looks_ahead(
    tiny: Any, monkeypatch: pytest.MonkeyPatch, refusal: str
) -> None:
    turns: list[str] = []

    class Later(Second):
        """Scores only when it is waited for."""

        def ask(self, verb: str, day: str) -> None:
            turns.append(f"asked to {verb}")

        def answers(self, wait: bool = False) -> list[tuple[tuple[str, str], Any]]:
            turns.append("heard")
            outcome = Outcome("score", "tiny", "2 days", "done", {}, [])
            return [((after.SCORE, ""), Refused(refusal) if refusal else [outcome])]

    monkeypatch.setattr(after.truth, "exists", lambda *_: True)
    estimated = tiny.store.estimated("tiny", tiny.charter.units()[0])
    estimated.mkdir(parents=True)
    (estimated / "estimated.json").touch()
    monkeypatch.setattr(after, "scores_of", lambda *_: {"presence": {"mape_day": 0.05}})
    for name, module in (("watch", watch), ("retain", retain)):
        done = Outcome(name, "tiny", "", "unchanged", {}, [])
        monkeypatch.setattr(module, name, lambda *_, done=done: turns.append(done.verb) or done)
    monkeypatch.setattr(watch, "lines", lambda *_: ["a channel failed"])
    monkeypatch.setattr(after, "_outlook", lambda *_: turns.append("outlook"))
    monkeypatch.setattr(build, "build", lambda *_: (Path("page"), None))
    report = Report()
    after.after(tiny.charter, tiny.store, report, lambda *_: None, Later("tiny", None))
    assert turns == ["asked to score", "watch", "outlook", "heard", "retain"]
    assert [outcome.verb for outcome in report.outcomes] == (
        ["watch", "retain"] if refusal else ["watch", "score", "retain"]
    )
    assert report.troubles == [*([refusal] if refusal else []), "a channel failed"]
    assert bool(report.scores) is not bool(refusal)
    assert report.exit_code == (2 if refusal else 0)


@pytest.mark.parametrize("verb", [runs.VERBS[1], runs.AHEAD])
def test_a_fault_of_the_second_process_ends_the_run_and_a_refusal_only_its_day(
    tiny: Any, verb: str
) -> None:
    report = Report()
    walked = runs._Walked("tiny", DAYS, report, lambda *_: None, None)
    for fault in (Refused("a refusal"), RuntimeError("a fault")):
        two = Second("tiny", lambda *_, fault=fault: fault)
        two.ask(verb, str(DAYS[0]))
        if isinstance(fault, Refused):
            walked._hear(two)
        else:
            with pytest.raises(RuntimeError, match="a fault"):
                walked._hear(two)
    assert report.stopped == {DAYS[0]: "a refusal"} and report.outcomes == []
