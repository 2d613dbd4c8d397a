"""Records are legible and complete, and a page says what its record holds."""

from __future__ import annotations

import doctest
import importlib
import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.recording import (
    NothingMeasured,
    check_complete,
    legible,
    record_file,
    write_figures,
)

RECORD = {
    "sizes": [{"n": 2, "what": "b"}, {"n": 1, "what": "é"}],
    "date": "2026-11-25",
    "row": {"wape": 0.02, "mape": 1 / 3},
    "curve": [index / 7 for index in range(25)],
    "is_short": True,
}


def test_a_record_reads_back_to_seven_digits() -> None:
    again = json.loads(legible(RECORD))
    assert again["row"] == {"mape": 0.3333333, "wape": 0.02}
    assert again["curve"] == pytest.approx(RECORD["curve"], rel=1e-6)
    assert {key: again[key] for key in ("sizes", "date", "is_short")} == {
        key: RECORD[key] for key in ("sizes", "date", "is_short")
    }
    assert json.loads(legible({"large": 1234567.8, "n": 123456789}))["n"] == 123456789


def test_a_changed_figure_changes_one_line_whatever_the_order_of_keys() -> None:
    before = legible(RECORD).splitlines()
    assert legible(dict(reversed(RECORD.items()))).splitlines() == before
    assert ' "row": {"mape": 0.3333333, "wape": 0.02},' in before
    assert max(len(line) for line in before) <= 120
    curve = [*RECORD["curve"]]
    curve[3] = 0.5
    after = legible({**RECORD, "curve": curve}).splitlines()
    assert len(after) == len(before)
    assert sum(a != b for a, b in zip(before, after, strict=True)) == 1


@pytest.mark.parametrize(
    ("figures", "place"),
    [
        ({}, "its record is empty"),
        ({"sizes": []}, "sizes is empty"),
        ({"scored": {"11": {}}}, "scored.11 is empty"),
        ({"sizes": [{"cpu_s": float("nan")}]}, "sizes.0.cpu_s is nan"),
        ({"sizes": [{"cpu_s": None}]}, "sizes.0.cpu_s is None"),
    ],
)
def test_a_figure_that_is_missing_is_named(figures: dict[str, Any], place: str) -> None:
    with pytest.raises(NothingMeasured, match=f"stays measured nothing: {place}"):
        check_complete("stays", figures)


def test_a_complete_record_passes() -> None:
    check_complete("stays", {**RECORD, "zero": 0, "nowhere": 0.0, "no": False})


def test_a_page_is_made_from_the_record_as_written(tmp_path: Path) -> None:
    outcome = write_figures(
        "stays",
        {"n": 1 / 3},
        lambda record: f"n is {record['n']}\n",
        lambda record: {"n": record["n"]},
        tmp_path,
    )
    assert (tmp_path / "stays.md").read_text() == "n is 0.3333333\n"
    assert json.loads(record_file(tmp_path, "stays").read_text()) == {"n": 0.3333333}
    assert outcome.facts == {"n": 0.3333333}
    assert outcome.look_at == [str(tmp_path / "stays.md")]


def test_an_incomplete_record_replaces_nothing(tmp_path: Path) -> None:
    write_figures("stays", {"n": 1}, lambda record: "old\n", lambda record: {}, tmp_path)
    with pytest.raises(NothingMeasured):
        write_figures("stays", {"n": []}, lambda record: "new\n", lambda record: {}, tmp_path)
    assert (tmp_path / "stays.md").read_text() == "old\n"
    assert json.loads(record_file(tmp_path, "stays").read_text()) == {"n": 1}


@pytest.mark.parametrize(
    "name",
    [
        "recording",
        "stage",
        "products",
        "measuring.traffic",
        "accuracy.seeds",
        "accuracy.moves.page",
    ],
)
def test_examples_run_and_are_right(name: str) -> None:
    failed, tried = doctest.testmod(importlib.import_module(f"benchmarks.{name}"))
    assert tried > 0
    assert failed == 0
