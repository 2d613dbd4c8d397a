"""The tables that people read say what the records hold."""

from __future__ import annotations

from peil.atomic import read_json
from peil.bench import accuracy
from peil.settings import PROJECT

BENCHMARKS = PROJECT / "benchmarks"


def test_the_table_of_accuracy_is_that_of_its_record() -> None:
    records = read_json(BENCHMARKS / "accuracy.json")
    assert set(records) == set(accuracy.PARTS)
    assert (BENCHMARKS / "accuracy.md").read_text() == accuracy.report(records)
