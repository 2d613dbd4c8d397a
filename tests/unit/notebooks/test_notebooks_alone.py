"""The notebooks run in an environment that has `peil-models` and nothing of a pilot."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from peil.settings import PROJECT

PAGE = (PROJECT / "notebooks" / "README.md").read_text()
BLOCKS = [
    block.strip().splitlines() for block in re.findall(r"^```sh\n(.*?)^```$", PAGE, re.M | re.S)
]
NOT_THERE = {"peil", "apache-airflow", "dbt-core", "duckdb", "great-expectations", "mlflow"}
UNREACHABLE = ("No matching distribution found for", "NewConnectionError")


def test_the_page_runs_every_notebook() -> None:
    ran = {word for line in BLOCKS[0] for word in line.split() if word.startswith("notebooks/")}
    assert ran == {f"notebooks/{file.name}" for file in (PROJECT / "notebooks").glob("*.py")}
    assert all("marimo edit" in line for line in BLOCKS[1])


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_commands_of_the_page_run_in_an_environment_of_their_own(
    tmp_path: Path, bundle: Any
) -> None:
    for name in ("models", "notebooks"):
        (tmp_path / name).symlink_to(PROJECT / name)
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("PEIL_", "PYTHON"))}

    def run(line: str) -> subprocess.CompletedProcess[str]:
        words = shlex.split(line.replace("FOLDER", str(bundle.folder)).replace("KEY", bundle.key))
        if words[0] == "python":
            words[0] = sys.executable
        env = {**clean, "MPLBACKEND": "agg"}
        return subprocess.run(
            words, cwd=tmp_path, env=env, capture_output=True, text=True, check=False
        )

    for line in BLOCKS[0]:
        done = run(line)
        if done.returncode and any(sign in done.stderr for sign in UNREACHABLE):
            pytest.skip("no package index can be reached")
        assert done.returncode == 0, f"{line}: {done.stderr[-2000:]}"
    assert run(f"{BLOCKS[1][0].split(' edit ')[0]} edit --help").returncode == 0
    listed = run("researcher/bin/pip list --format freeze").stdout.lower()
    installed = {line.split("==")[0].split(" @ ")[0] for line in listed.splitlines()}
    assert {"peil-models", "marimo", "geopandas"} <= installed
    assert not installed & NOT_THERE
