"""Imports point one way and each tool has one door: the build fails otherwise."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from peil.settings import PROJECT

PACKAGES = ("peil", "models", "expectations", "benchmarks")


def lint(folder: Path) -> tuple[int, str]:
    """Run import-linter as `make check` does, on a checkout or a copy of it."""
    command = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [str(command), "--no-cache"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={
            "PATH": "/usr/bin:/bin",
            "PYTHONPATH": f"{folder}:{folder / 'models'}",
            "COLUMNS": "200",
        },
    )
    return done.returncode, done.stdout + done.stderr


def test_the_arrows_hold() -> None:
    code, told = lint(PROJECT)
    assert code == 0, told
    assert " 0 broken" in told and "10 kept" in told


@pytest.mark.parametrize(
    ("file", "line", "contract"),
    [
        (
            "models/peil_models/location/priors.py",
            "import peil.store.store",
            "peil -> models | expectations",
        ),
        (
            "models/peil_models/scores/figures.py",
            "import expectations.limits",
            "do not know each other",
        ),
        ("expectations/limits.py", "import peil_models.scores", "do not know each other"),
        ("models/peil_models/weighting/night_ratio.py", "import duckdb", "models know no tool"),
        ("peil/stage/stage.py", "import mlflow", "one door to MLflow"),
        ("peil/ingest/ingest.py", "import great_expectations", "one door to Great Expectations"),
        ("peil/release/release.py", "import dbt.cli.main", "one door to dbt"),
        ("peil/stage/stage.py", "import pyspark.sql", "one door to Spark"),
        ("peil/commands/run.py", "import airflow.sdk", "one door to Airflow"),
        ("peil/train.py", "import peil.score.truth", "truth is read by scoring only"),
    ],
)
def test_a_broken_arrow_is_told(tmp_path: Path, file: str, line: str, contract: str) -> None:
    for package in PACKAGES:
        shutil.copytree(
            PROJECT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    shutil.copy(PROJECT / "pyproject.toml", tmp_path)
    broken = tmp_path / file
    text = broken.read_text()
    start = "from __future__ import annotations\n"
    assert start in text
    broken.write_text(text.replace(start, f"{start}\n{line}\n", 1))
    code, told = lint(tmp_path)
    assert code == 1
    broken_ones = [told_line for told_line in told.splitlines() if " BROKEN" in told_line]
    assert [one for one in broken_ones if contract in one], told
