"""What a gate imports: Great Expectations without what no suite of ours asks of it."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module

import pytest

from peil.gates.left_out import left_out
from peil.settings import PROJECT

LOADED = """
import sys
import peil.gates.great
print(sorted({"altair", "pyspark", "scipy.stats"} & set(sys.modules)))
import great_expectations.expectations.core as suites
theirs = suites.expect_column_kl_divergence_to_be_less_than
print(theirs.stats.norm.cdf(0), theirs.alt.Chart.__name__)
"""


def test_a_gate_does_without_plots_and_distributions_until_somebody_asks() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOADED], capture_output=True, text=True, check=True, cwd=PROJECT
    )
    assert done.stdout.splitlines() == ["[]", "0.5 Chart"]


def test_what_is_imported_already_stays_and_what_is_not_there_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import json

    with left_out("json", "no_such_module"):
        again, absent = import_module("json"), import_module("no_such_module")
    assert again is json and "no_such_module" not in sys.modules
    with pytest.raises(ModuleNotFoundError, match="no_such_module"):
        _ = absent.anything
