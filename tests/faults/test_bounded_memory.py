"""Each verb of a large day ends within the memory that the settings give it, and half a GiB more.

The kernel holds it to that: a verb that takes more is killed. Needs root and a memory cgroup.
"""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from benchmarks.measuring import traffic
from benchmarks.stage import deliver
from peil.settings import PROJECT, Settings
from tests.stores import take_along

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

N_EVENTS = int(os.environ.get("PEIL_BOUNDED_EVENTS", "10_000_000"))
MEMORY_MB, MORE_MB = 2_000, 512
VERBS = ("ingest", "stage", "estimate", "release")
MOUNT = Path("/sys/fs/cgroup")


@dataclass
class Group:
    """A cgroup with a limit, of the first or second kind."""

    folder: Path

    @classmethod
    def made(cls, limit_mb: int) -> Group:
        is_second = (MOUNT / "cgroup.controllers").exists()
        parent = MOUNT if is_second else MOUNT / "memory"
        group = cls(parent / f"peil-{uuid.uuid4().hex[:12]}")
        group.folder.mkdir()
        limits = ("memory.max", "memory.swap.max") if is_second else ("memory.limit_in_bytes",)
        for name in limits:
            with suppress(FileNotFoundError):
                limit = 0 if "swap" in name else limit_mb * 10**6
                (group.folder / name).write_text(str(limit))
        return group

    @property
    def most_mb(self) -> float:
        """The most that was held at one time; files read count until they are given up."""
        for name in ("memory.peak", "memory.max_usage_in_bytes"):
            with suppress(FileNotFoundError):
                return int((self.folder / name).read_text()) / 10**6
        return float("nan")

    def entering(self) -> Callable[[], None]:
        """What a new process does before it begins."""
        tasks = str(self.folder / "cgroup.procs")

        def enter() -> None:
            with open(tasks, "w") as file:
                file.write(str(os.getpid()))

        return enter


@pytest.fixture
def group() -> Iterator[Group]:
    try:
        made = Group.made(MEMORY_MB + MORE_MB)
    except OSError as why:
        pytest.skip(f"needs root and a memory cgroup ({type(why).__name__})")
    yield made
    made.folder.rmdir()


def test_every_verb_of_a_large_day_keeps_to_its_memory(
    small_deliveries: Settings, group: Group, tmp_path: Path
) -> None:
    told: list[str] = []
    environment = os.environ | deliver(tmp_path, N_EVENTS, told.append)
    take_along(small_deliveries, tmp_path / "data")
    environment |= {"PEIL_MEMORY": f"{MEMORY_MB}MB", "PEIL_THREADS": "2"}
    for verb in VERBS:
        done = subprocess.run(
            [sys.executable, "-m", "peil.cli", verb, "bench", traffic.DAY],
            capture_output=True,
            text=True,
            env=environment,
            cwd=PROJECT,
            preexec_fn=group.entering(),
            check=False,
        )
        print(f"{verb}: {group.most_mb:.0f} MB at most")
        assert done.returncode == 0, (verb, done.returncode, done.stderr[-500:])


def test_who_takes_more_is_killed(group: Group) -> None:
    """Else the test above could not fail."""
    greedy = f"x = bytearray({(MEMORY_MB + 2 * MORE_MB) * 10**6})"
    done = subprocess.run([sys.executable, "-c", greedy], preexec_fn=group.entering(), check=False)
    assert done.returncode == -9
