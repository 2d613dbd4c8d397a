"""A bound says what Great Expectations says of it, and the outlook's gate needs nothing else."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from expectations import outlook as suites
from expectations.belief import Belief, Bound, stop
from peil.adapters.database import keep
from peil.gates import great
from peil.quality.choices import limits_of

VALUES = [None, -1, 0, 1, 2, 23, 24, 25, 0.0, 0.49, 0.5, 0.51, 1e9]


@pytest.fixture
def bounds(store: Any) -> dict[str, Bound]:
    """Each bound that an outlook must keep, by the belief that asks it."""
    beliefs: list[Belief] = [
        belief for module in suites.SUITES for belief in module.suite(limits_of("small"))
    ]
    named = {b.name: b.expectation for b in beliefs if isinstance(b.expectation, Bound)}
    assert len(named) == len(beliefs) > 10
    return named


def test_a_bound_says_what_great_expectations_says(bounds: dict[str, Bound]) -> None:
    import pandas as pd

    kinds = {(bound.least, bound.most) for bound in bounds.values()} | {(1, 24)}
    asked = {
        f"b{k}_v{v}": (Bound("x", least, most), value)
        for k, (least, most) in enumerate(sorted(kinds, key=str))
        for v, value in enumerate(VALUES)
    }
    beliefs = [
        stop(name=name, table="t", measure=name, expectation=bound, why="W.", do="D.")
        for name, (bound, _) in asked.items()
    ]

    def fill(opened: Any) -> None:
        for name, (_, value) in asked.items():
            keep(opened, name, pd.DataFrame({"x": pd.array([value], dtype="Float64")}))

    verdicts = great.judge("released", beliefs, fill)
    said = {name: bound.holds(value) for name, (bound, value) in asked.items()}
    assert {name: verdict.success for name, verdict in verdicts.items()} == said
    assert len(set(said.values())) == 2


def test_an_outlook_is_judged_without_the_seconds_of_great_expectations() -> None:
    code = (
        "import sys, peil.watch.outlook.outlook, peil.gates.outlook, expectations.outlook as e;"
        "from peil.quality.choices import limits_of;"
        "[module.suite(limits_of('demo')) for module in e.SUITES];"
        "slow = {'great_expectations', 'geopandas', 'airflow', 'mlflow', 'dbt'} & set(sys.modules);"
        "assert not slow, slow"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-400:]
