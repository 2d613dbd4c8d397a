"""A bar that counts every step, and a time left that does not jump."""

from __future__ import annotations

import io
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from peil.commands.progress import Pace, PaceColumn, Step, in_turn, shown
from peil.commands.run import VERBS, steps_of


class Clock:
    """Seconds that pass when the test says so."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def steps() -> list[Step]:
    days = ("a", "b", "c", "d")
    return [Step(verb, day, 10.0) for day in days for verb in ("ingest", "stage")]


def test_the_time_left_falls_as_steps_take_what_they_weigh() -> None:
    clock = Clock()
    pace = Pace(steps(), clock)
    left = [pace.seconds_left()]
    for step in steps():
        pace.start(step.name, step.day)
        for _ in range(4):
            clock.now += 2.5
            left.append(pace.seconds_left())
        pace.finish(step.name, step.day)
    assert left[0] == 80.0 and left[-1] == pytest.approx(0.0)
    falls = [before - after for before, after in pairwise(left)]
    assert falls == pytest.approx([2.5] * len(falls))
    assert (pace.n_done, pace.n_steps, pace.share) == (8, 8, 1.0)


def test_a_slower_machine_is_believed_by_and_by() -> None:
    clock = Clock()
    pace = Pace(steps(), clock)
    for step in steps()[:4]:
        pace.start(step.name, step.day)
        clock.now += 30.0
        pace.finish(step.name, step.day)
    # 120 s for a weight of 40, beside the 20 s believed beforehand
    assert pace.seconds_left() == pytest.approx(40.0 * 140 / 60)


def test_of_steps_that_go_on_together_each_second_counts_once() -> None:
    clock = Clock()
    pace = Pace(steps(), clock)
    pace.start("ingest", "a")
    pace.start("ingest", "b")
    clock.now = 10.0
    pace.finish("ingest", "a")
    pace.finish("ingest", "b")
    # a weight of 20 in 10 s, beside the 20 s believed beforehand
    assert pace.seconds_left() == pytest.approx(60.0 * 30 / 40)


def test_a_stopped_day_moves_the_bar_and_not_the_pace() -> None:
    clock = Clock()
    pace = Pace(steps(), clock)
    pace.start("ingest", "a")
    clock.now += 0.1
    pace.skip("a")
    assert (pace.n_done, pace.share) == (2, 0.25)
    assert pace.seconds_left() == 60.0


def test_a_step_that_falls_away_leaves_the_others_of_its_day() -> None:
    pace = Pace(steps(), Clock())
    pace.skip("a", "stage")
    assert (pace.n_done, pace.n_steps) == (1, 8)


def test_a_bar_reaches_its_end_and_says_so() -> None:
    output = io.StringIO()
    with shown(Console(file=output, width=80), "Running", steps()) as tell:
        tell("ingest", "a", "starts")
        tell("ingest", "a", "done")
        tell("stage", "a", "stopped")
        for day in ("b", "c"):
            for verb in ("ingest", "stage"):
                tell(verb, day, "done")
        for verb in ("ingest", "stage"):
            tell(verb, "d", "unchanged")
    assert "8/8" in output.getvalue() and " left" not in output.getvalue()


def test_the_bar_fits_eighty_columns() -> None:
    pace = Pace([Step("estimate", "2026-03-02", 200.0, 31)], Clock())
    task: Any = SimpleNamespace(fields={"pace": pace})
    assert PaceColumn().render(task).plain == "0/31, about 3 min left"


def test_steps_in_turn_are_done_when_the_next_begins() -> None:
    calls: list[tuple[str, str]] = []
    begins = in_turn(lambda name, day, word: calls.append((name, word)))
    for name in ("people", "truth", "done"):
        begins(name, 0.0)
    assert calls == [
        ("people", "starts"),
        ("people", "done"),
        ("truth", "starts"),
        ("truth", "done"),
    ]


def test_a_run_counts_verbs_training_linked_products_score_and_pages(tiny: Any) -> None:
    charter = tiny.charter
    plain = steps_of(charter, charter.days(), tiny.store)
    assert [step.name for step in plain if step.day] == [*VERBS] * 7
    once = [step.name for step in plain if not step.day]
    assert once == ["prepare", "train", "score", "watch", "outlook", "pages", "retain"]
    tiny.write_charter(
        products=["presence", "flows", "visitors"], linkage_days=7, retention__staged_days=7
    )
    linked = steps_of(tiny.charter, charter.days(), tiny.store)
    assert sum(step.n_parts for step in linked) - sum(step.n_parts for step in plain) == 4
    last = {step.name: step.weight for step in linked if step.day == "2026-03-08"}
    first = {step.name: step.weight for step in linked if step.day == "2026-03-02"}
    assert last["estimate"] > 2 * first["estimate"] and last["release"] > 5 * first["release"]
