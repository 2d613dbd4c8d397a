"""Odd deliveries are the same every time, end in tables or sentences, and faults are counted."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from benchmarks.disturbed import odd
from benchmarks.disturbed.shortcut import Replay, in_order
from peil.outcome import GateClosed, Refused, Waiting
from peil.store.atomic import read_json

fuzz: Any = import_module("benchmarks.disturbed.fuzz")
ONE_ZONE, NO_REGISTER, PLMN = 3, 4, 16


def test_the_same_number_is_the_same_delivery_and_each_oddity_comes() -> None:
    numbers = range(len(odd.ODDITIES))
    deliveries = [odd.drawn(number) for number in numbers]
    assert [delivery.oddities[0] for delivery in deliveries] == list(odd.ODDITIES)
    assert odd.drawn(ONE_ZONE) == deliveries[ONE_ZONE] != odd.drawn(ONE_ZONE + len(odd.ODDITIES))
    assert deliveries[ONE_ZONE].oddities[0] == "one zone"
    assert all(delivery.subscribers for delivery in deliveries)


@pytest.mark.parametrize(
    ("stop", "kind"),
    [
        (Waiting("There is nothing yet: run it."), "waits"),
        (Refused("A file is wrong: correct it."), "refused"),
        (GateClosed("The gate is closed: look."), "gate closed"),
        (IndexError("index 0 is out of bounds"), "trace"),
        (None, "done"),
    ],
)
def test_every_end_of_a_verb_has_its_kind(stop: Exception | None, kind: str) -> None:
    def take() -> None:
        if stop is not None:
            raise stop

    step = fuzz._step("stage", take)
    assert step.kind == kind and (stop is None or str(stop) in step.words)


def test_tables_are_made_after_those_that_they_read() -> None:
    tables = {
        "a": 'create "staged"."main"."a" as select * from "memory"."main"."c"',
        "b": 'create "staged"."main"."b" as select * from "raw"."main"."events"',
        "c": 'create "memory"."main"."c" as select * from "staged"."main"."b"',
    }
    assert in_order(tables) == [tables[name] for name in "bca"]


def row(number: int, end: str, kind: str = "done", words: str = "-") -> dict[str, Any]:
    return {
        "number": number,
        "oddities": ["one zone"],
        "is_wide": number % 4 != 0,
        "threshold": 4,
        "end": end,
        "stop": {"name": "stage", "kind": kind, "words": words},
        "n_published": 1,
        "n_withheld": 2,
        "faults": [words if end == "fault" else "-"],
    }


def test_the_page_counts_every_end_once_and_names_what_stopped() -> None:
    rows = [
        row(0, "all released"),
        row(1, "fault", "trace", "IndexError: index 0 (a.py)"),
        row(2, "refused", "refused", "A file is wrong: correct it."),
        row(4, "refused", "gate closed", "The staged gate is closed."),
    ]
    record = {"date": "2026-03-02", "machine": "2 cores", "deliveries": rows}
    page = fuzz.report(record)
    assert "1 are released, 0 in part, 2 are refused, 1 end in a fault." in page
    assert f"| *one zone*: {odd.ODDITIES['one zone']} | 4 | 1 | 0 | 2 | 1 |" in page
    assert "| stage | gate closed | as they are | 1 | The staged gate is closed. |" in page
    assert "- 1: IndexError: index 0 (a.py)" in page
    assert fuzz.facts(record)["n_fault"] == 1


@pytest.mark.slow
def test_odd_deliveries_end_in_tables_or_in_sentences(tmp_path: Path) -> None:
    replay, published = Replay(), 0
    for number in (ONE_ZONE, NO_REGISTER, PLMN):
        end = fuzz.taken(odd.drawn(number), tmp_path, replay)
        assert end.faults == [], number
        assert end.steps[-1].name == "page"
        published += sum(end.published.values())
    assert published > 0


def test_deliveries_taken_before_stay_in_the_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fuzz, "taken", lambda *_: fuzz.End([fuzz.Step("ingest", "refused", "-")]))
    for numbers in (range(0, 3), range(2, 4)):
        fuzz.fuzz(numbers, 1.0, lambda _: None, tmp_path)
    record = read_json(tmp_path / "figures" / "fuzz.json")
    assert [row["number"] for row in record["deliveries"]] == [0, 1, 2, 3]
