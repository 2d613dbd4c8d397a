"""A study is killed again and again and ends in the same table; one's own estimator is in it."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from peil.adapters import experiments, tracking
from peil.settings import PROJECT, Settings
from peil.store.atomic import read_json
from peil.store.store import Store

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
STUDY = """
study: small
title: A small one
worlds: {seeds: [41, 42, 43], devices: 1000, days: 1}
estimators: [sb, combined, without_prior]
parameters:
  as_released: {}
  one_ratio: {weighting.ratio_pooled_devices: 2000}
"""
EXAMPLE = re.compile(r"^```python\n(.*?)^```$", re.M | re.S)


def environment(folder: Path, data: Path) -> dict[str, str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("AIRFLOW", "PEIL_"))}
    return {
        **clean,
        "PEIL_DATA": str(data),
        "PEIL_STUDIES": str(folder),
        "PEIL_ESTIMATORS": str(folder / "own"),
        "PYTHONPATH": str(PROJECT),
        "COLUMNS": "100",
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study, and the estimator of one's own that the documentation shows."""
    folder = tmp_path_factory.mktemp("studies")
    (folder / "own").mkdir()
    (folder / "small.study.yml").write_text(STUDY)
    (example,) = EXAMPLE.findall((PROJECT / "docs/studies.md").read_text())
    (folder / "own" / "without_prior.py").write_text(example)
    return folder


def peil(folder: Path, data: Path, *words: str) -> str:
    command = [sys.executable, "-m", "peil.cli", "study", *words]
    done = subprocess.run(
        command, env=environment(folder, data), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def working_on(data: Path) -> list[str]:
    """Processes of this machine that were started for a store, by what they were started as."""
    titles, wanted = [], f"PEIL_DATA={data}\0".encode()
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if wanted in (place / "environ").read_bytes() + b"\0":
                titles.append((place / "cmdline").read_bytes().replace(b"\0", b" ").decode())
    return titles


def test_killed_five_times_it_ends_in_the_same_table(folder: Path, tmp_path: Path) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    began = time.monotonic()
    assert "6 units: done" in peil(folder, whole, "run", "small")
    took = time.monotonic() - began
    moments = random.Random(7)
    command = [sys.executable, "-m", "peil.cli", "study", "run", "small"]
    for _ in range(5):
        running = subprocess.Popen(
            command,
            env=environment(folder, killed),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(moments.uniform(0.1, 0.5) * took)
        os.kill(running.pid, signal.SIGKILL)
        running.wait()
    peil(folder, killed, "run", "small")
    end = time.monotonic() + 60
    while (left := working_on(killed)) and time.monotonic() < end:
        time.sleep(0.5)
    assert left == []  # nothing works on for who was killed
    tables = [(place / "studies/small/scores.json").read_bytes() for place in (whole, killed)]
    assert tables[0] == tables[1]
    kept = [
        sorted(p.name for p in (place / "studies/small/units").iterdir())
        for place in (whole, killed)
    ]
    assert kept[0] == kept[1] and len(kept[0]) == 6
    assert "6 units: unchanged" in peil(folder, killed, "run", "small")

    record = read_json(killed / "studies/small/scores.json")
    assert len(record["candidates"]) == 6
    errors = {name: c["mean"]["mape_day"]["mean"] for name, c in record["candidates"].items()}
    assert errors["combined@as_released"] < errors["without_prior@as_released"]
    two = ("without_prior@as_released", "combined@as_released")
    printed = peil(folder, killed, "compare", "small", *two, "--html", str(tmp_path / "page.html"))
    assert (tmp_path / "page.html").read_text().count("demo-4") >= 3
    assert "estimator: without_prior → combined" in printed
    assert "combined@as_released is: " in printed

    store = Store(Settings(data=killed))  # type: ignore[call-arg]
    flow = tracking.client(store)
    runs = experiments.runs_of(flow, experiments.experiment_of(flow, store, "study small"), "")
    parents = [run for run in runs if "mlflow.parentRunId" not in run.data.tags]
    assert (len(runs), len(parents)) == (7, 1)
    below = {run.info.run_name: run for run in runs if run not in parents}
    assert set(below) == set(record["candidates"])
    assert below["sb@one_ratio"].data.params["weighting.ratio_pooled_devices"] == "2000"
    assert below["sb@one_ratio"].data.metrics["mape_day"] == errors["sb@one_ratio"]
