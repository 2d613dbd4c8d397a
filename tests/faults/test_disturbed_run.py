"""A run beside another, and one that is asked to stop: each says so, and harms nothing."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pytest
from second_store import environment_of, released, second_store

from peil.outcome import Stopped
from peil.settings import PROJECT, Settings
from peil.store import ledger
from peil.store.store import Store

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

DAY = "2026-03-02"
RUN = [sys.executable, "-m", "peil.cli", "run", "demo", "--from", DAY, "--to", DAY]
MOMENTS = 4
SEED = 20260302


def test_two_runs_end_in_the_bytes_of_one(small_pilot: Settings, tmp_path: Path) -> None:
    store = second_store(small_pilot, tmp_path / "data")
    both = [
        subprocess.Popen(
            RUN,
            env=environment_of(store),
            cwd=PROJECT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    ends = [(*process.communicate(timeout=600), process.returncode) for process in both]
    assert sorted(code for *_, code in ends) == [0, 2], ends
    (refusal,) = [errors for _, errors, code in ends if code == 2]
    assert refusal.startswith(f"demo {DAY} is held by run, process ")
    assert refusal.count("\n") == 1
    again = subprocess.run(
        RUN, env=environment_of(store), cwd=PROJECT, capture_output=True, check=False
    )
    assert again.returncode == 0
    day = [date.fromisoformat(DAY)]
    assert released(store, day) == released(small_pilot, day)
    assert ledger.check(Store(store), "demo") == []
    kinds = [entry["kind"] for entry in ledger.entries(Store(store).ledger("demo"))]
    assert kinds.count("release") == 1


def stop_after(settings: Settings, seconds: float, number: signal.Signals) -> tuple[str, int]:
    """Stop a run some seconds after it began its first verb; what it said, and its exit code."""
    process = subprocess.Popen(
        RUN,
        env=environment_of(settings),
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    time.sleep(seconds)
    process.send_signal(number)
    began = time.monotonic()
    _, errors = process.communicate(timeout=60)
    assert time.monotonic() - began < 10
    return errors, process.returncode


def test_a_run_stopped_at_any_moment_ends_in_the_bytes_of_one(
    small_pilot: Settings, tmp_path: Path
) -> None:
    settings = second_store(small_pilot, tmp_path / "data")
    store, draw = Store(settings), random.Random(SEED)
    n_stopped = 0
    for moment in range(MOMENTS):
        before = len(ledger.entries(store.ledger("demo")))
        number = signal.SIGINT if moment % 2 else signal.SIGTERM
        errors, code = stop_after(settings, 4 + draw.uniform(0, 16), number)
        if code == 0:
            break  # the machine was quicker than the signal
        if code == -number:
            continue  # and here slower: it was still being imported, and did nothing
        assert (code, errors) == (128 + number, f"{Stopped(number)}\n")
        n_stopped += 1
        kinds = [entry["kind"] for entry in ledger.entries(store.ledger("demo"))[before:]]
        assert kinds.count("release") <= 1 and ledger.check(store, "demo") == []
    assert n_stopped > 0
    again = subprocess.run(
        RUN, env=environment_of(settings), cwd=PROJECT, capture_output=True, check=False
    )
    assert again.returncode == 0, again.stderr
    day = [date.fromisoformat(DAY)]
    assert released(settings, day) == released(small_pilot, day)
    left = [path for path in store.root.rglob("*") if path.suffix in {".part", ".old", ".wal"}]
    assert left == []
