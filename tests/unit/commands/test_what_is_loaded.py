"""A command loads what it uses: what only reads manifests, or refuses, loads no table library."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from peil.settings import PROJECT

HEAVY = {
    "airflow",
    "dbt",
    "duckdb",
    "geopandas",
    "great_expectations",
    "highspy",
    "mlflow",
    "numba",
    "numpy",
    "pandas",
    "peil_models",
    "pyarrow",
    "scipy",
    "shapely",
    "skops",
    "sklearn",
    "unittest",  # of what walks DAGs
}
CODE = """
import json, sys
from typer.testing import CliRunner
from peil import cli
result = CliRunner().invoke(cli.app, json.loads(sys.argv[1]))
loaded = sorted({name.split(".")[0] for name in sys.modules})
print(json.dumps([result.exit_code, result.output, loaded]))
"""


def loaded_by(tiny: Any, *words: str) -> tuple[int, str, set[str]]:
    """Run a command in a process of its own: its exit code, output, and packages loaded."""
    done = subprocess.run(
        [sys.executable, "-c", CODE, json.dumps(words)],
        capture_output=True,
        text=True,
        check=True,
        env=dict(os.environ),
        cwd=PROJECT,
    )
    code, output, loaded = json.loads(done.stdout)
    return code, output, set(loaded)


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("status", "tiny"), 0, "no delivery landed"),
        (("stage", "tiny", "2026-12-01"), 2, "lies outside the period"),
        (("release", "tiny", "2026-12-01", "--product", "flows"), 2, "lies outside the period"),
        (("ingest", "nobody", "2026-03-02"), 2, "No charter at"),
        (("ingest", "tiny", "2026-12-01"), 2, "lies outside the period"),
        (("run", "tiny", "--from", "2026-12-01"), 2, "lies outside the period"),
        (("charter", "check", "tiny"), 0, "presence for method_development"),
        (("--help",), 0, "Run a pilot"),
    ],
    ids=lambda part: "-".join(part) if isinstance(part, tuple) else None,
)
def test_no_table_library_is_loaded(
    tiny: Any, words: tuple[str, ...], code: int, sentence: str
) -> None:
    exit_code, output, loaded = loaded_by(tiny, *words)
    assert exit_code == code, output
    assert sentence in " ".join(output.replace("│", " ").split())
    assert loaded & HEAVY == set()


def test_what_is_loaded_is_seen(tiny: Any) -> None:
    """The measure itself: a command that reads tables does load them."""
    _, _, loaded = loaded_by(tiny, "quality", "tiny")
    assert {"pandas", "numpy"} <= loaded


def test_a_verb_that_has_nothing_to_do_asks_no_gate_again(tiny: Any) -> None:
    row = "204080000000001,2026-03-02 10:00:00,204,08,c1,353000000000000\n"
    tiny.deliver("a.csv", "imsi,at,mcc,mnc,cell,imei\n" + row)
    tiny.vouch()
    asked, again = (loaded_by(tiny, "ingest", "tiny", "2026-03-02") for _ in range(2))
    assert "done" in asked[1] and "unchanged" in again[1]
    assert asked[0] == again[0]
    assert "great_expectations" in asked[2]
    assert again[2] & {"great_expectations", "sklearn", "scipy", "numba", "peil_models"} == set()


@pytest.mark.parametrize(
    ("module", "spared"),
    [
        ("peil.estimate.estimate", {"mlflow", "sklearn", "scipy"}),  # of a day that is done
        ("peil.quality.expected", {"scipy"}),
    ],
)
def test_what_a_verb_only_looks_into_loads_no_more_than_it_needs(
    module: str, spared: set[str]
) -> None:
    code = f"import sys, json, {module}; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=PROJECT
    )
    assert module in json.loads(done.stdout) and not spared & set(json.loads(done.stdout))
