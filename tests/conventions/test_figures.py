"""The tables that people read say what the records hold."""

from __future__ import annotations

from benchmarks import accuracy, estimate
from benchmarks.accuracy import demo
from peil import methods
from peil.estimate.estimators import CHAMPION, ESTIMATORS
from peil.settings import PROJECT
from peil.store.atomic import read_json

BENCHMARKS = PROJECT / "benchmarks"


def test_the_table_of_accuracy_is_that_of_its_record() -> None:
    records = read_json(BENCHMARKS / "accuracy.json")
    assert set(records) == set(accuracy.PARTS)
    assert (BENCHMARKS / "accuracy.md").read_text() == accuracy.report(records)


def test_released_intervals_have_the_width_that_the_champion_learnt() -> None:
    record = read_json(BENCHMARKS / "accuracy.json")["demo"]
    assert (record["champion"], set(record["learnt"])) == (CHAMPION, set(ESTIMATORS))
    used, learnt = methods.section("uncertainty", "demo"), record["learnt"][CHAMPION]
    assert {key: used[key] for key in demo.WIDTHS} == {key: learnt[key] for key in demo.WIDTHS}


def test_no_world_that_teaches_the_intervals_is_scored() -> None:
    record = read_json(BENCHMARKS / "accuracy.json")["demo"]
    assert len(record["scored"]) >= 5
    assert not {str(seed) for seed, _ in record["taught_seeds"]} & set(record["scored"])


def test_the_table_of_estimation_is_that_of_its_record() -> None:
    record = read_json(BENCHMARKS / "estimate.json")
    assert record["sizes"] and record["products"]["sizes"]
    assert (BENCHMARKS / "estimate.md").read_text() == estimate.report(record)
