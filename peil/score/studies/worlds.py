"""Make a world of a study: simulated, ingested and staged in a store of its own, once.

A world that was cut off is made anew; what stands is taken as it is.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

from peil.outcome import Refused
from peil.score.studies.plan import PILOT as PILOT
from peil.score.studies.plan import StudyWorld
from peil.settings import PROJECT
from peil.store.atomic import write_json

FIRST = date(2026, 3, 2)  # where what `peil simulate` writes begins
WHOLE = "whole.json"  # stands where a world was made to the end


def store_of(root: Path, world: StudyWorld) -> Path:
    """The folder of a world's store."""
    return root / "studies" / "worlds" / world.key


def environment_of(store: Path) -> dict[str, str]:
    """Variables of a process that works on a world's store and no other."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("AIRFLOW", "PEIL_"))}
    common = ("PEIL_METHODS", "PEIL_MEMORY", "PEIL_ESTIMATORS")
    return {
        **clean,
        **{name: os.environ[name] for name in common if name in os.environ},
        "PEIL_DATA": str(store),
        "PEIL_THREADS": "1",
        "PYTHONPATH": os.pathsep.join(filter(None, [os.environ.get("PYTHONPATH"), str(PROJECT)])),
    }


def make(root: Path, world: StudyWorld) -> str:
    """Make a world unless it stands; its name.

    Raises
    ------
    Refused
        A step of it was refused: with its sentence.
    """
    store = store_of(root, world)
    with alone(store) as held:
        if not (store / WHOLE).exists():
            shutil.rmtree(store, ignore_errors=True)
            for words in _steps(world):
                _take(world, words, store, held)
            write_json(store / WHOLE, {"world": world.name})
    return world.name


@contextmanager
def alone(store: Path) -> Iterator[int]:
    """Let one process at a time work on a world: its work folders are one's own.

    What a killed run left at work is waited for. Yields the lock's descriptor, for whom is started.
    """
    store.parent.mkdir(parents=True, exist_ok=True)
    with store.with_suffix(".lock").open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield held.fileno()


def _take(world: StudyWorld, words: list[str], store: Path, held: int) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "peil.cli", *words],
        env=environment_of(store),
        pass_fds=(held,),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        why = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
        raise Refused(f"World {world.name}, peil {words[0]}: {' '.join(why)}")


def _steps(world: StudyWorld) -> list[list[str]]:
    """What a person would type."""
    size = ["--devices", str(world.devices), "--days", str(world.days), "--make", world.make]
    seeds = ["--seed", str(world.seed), "--world-seed", str(world.seed)]
    days = [str(FIRST + timedelta(days=number)) for number in range(world.days)]
    steps = [["simulate", *size, *seeds]]
    steps += [[verb, PILOT, day] for day in days for verb in ("ingest", "stage")]
    if world.is_trained:
        steps.append(["train", PILOT, "--fit-days", "1", "--judge-days", "1"])
    return steps
