"""What the processes of a started Airflow hold: memory and open files, by component; and kills.

Read from /proc: what a command started, with what that started, by parents.
"""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

SERVERS = ("api-server", "mlflow")  # work in processes below their own
COMPONENTS = ("api-server", "scheduler", "dag-processor", "triggerer", "mlflow")
API_SERVER = "gunicorn: master"  # what the API server's process calls itself
SUPERVISOR, TASK = "airflow worker -- LocalExecutor: ", "airflow worker -- "
SCHEDULER, WORKER = "scheduler", "worker"
KINDS = (SCHEDULER, "task", WORKER)
SETTLED_S = 120.0  # of a component's life: imports and first reads are no leak


@dataclass(frozen=True)
class Process:
    """One process: its parent, and what it is called."""

    pid: int
    parent: int
    title: str


def below(root: int) -> list[Process]:
    """Return every process that descends from one, parents before children."""
    every: dict[int, list[Process]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, IndexError, ValueError):
            stat = (folder / "stat").read_text().rpartition(")")[2].split()
            title = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            process = Process(int(folder.name), int(stat[1]), title.strip())
            every.setdefault(process.parent, []).append(process)
    family, unread = [], [root]
    while unread:
        children = every.get(unread.pop(), [])
        family += children
        unread += [child.pid for child in children]
    return family


def components(root: int) -> dict[str, Process]:
    """Return the process of each component that `peil up` started."""
    return {
        name: process
        for process in below(root)
        if process.parent == root
        for name in COMPONENTS
        if name in process.title.replace(API_SERVER, "api-server")
    }


def memory_mib(pid: int) -> float:
    """Return the memory that is a process's own: what it wrote and still holds.

    Pages of files that it reads count elsewhere: the kernel takes them back when it needs them.
    """
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    own = next(line for line in lines if line.startswith("RssAnon:"))
    return int(own.split()[1]) / 2**10


def shared_out_mib(pid: int) -> float:
    """Return the same, of pages held by several processes a part each: parts can be added."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    own = next(line for line in lines if line.startswith("Pss_Anon:"))
    return int(own.split()[1]) / 2**10


def n_open_files(pid: int) -> int:
    """Return how many descriptors a process holds."""
    return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())


@dataclass(frozen=True)
class Sample:
    """What a component held at a moment, in seconds since the beginning."""

    at_s: float
    component: str
    pid: int
    memory_mib: float
    n_files: int


def sample(root: int, at_s: float) -> list[Sample]:
    """Look at each component once."""
    samples = []
    for name, process in components(root).items():
        with suppress(OSError):
            pid = process.pid
            memory, n_files = memory_mib(pid), n_open_files(pid)
            if name in SERVERS:
                pids = [pid, *(each.pid for each in below(pid))]
                memory, n_files = sum(map(shared_out_mib, pids)), sum(map(n_open_files, pids))
            samples.append(Sample(at_s, name, pid, memory, n_files))
    return samples


def kill(root: int, kind: str) -> bool:
    """Kill the scheduler, a running task, or a worker that runs one; whether there was one."""
    for process in below(root):
        if _is(process, kind, root):
            with suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)
                return True
    return False


def _is(process: Process, kind: str, root: int) -> bool:
    if kind == SCHEDULER:
        return process.parent == root and SCHEDULER in process.title
    is_supervisor = process.title.startswith(SUPERVISOR)
    if kind == WORKER:  # one at rest holds the lock of the queue, and dies of nothing
        return is_supervisor and not process.title.endswith("<idle>")
    return process.title.startswith(TASK) and not is_supervisor


def slope(samples: list[Sample], what: str, since_s: float) -> dict[str, float]:
    """Return what a component gains an hour, within its lives, with a 90 % interval.

    Each life has a level of its own. Neighbouring looks are alike, so that the interval is that
    of as many looks as they are worth (first autocorrelation of what is left).

    Parameters
    ----------
    samples : list of Sample
        Of one component.
    what : str
        ``memory_mib`` or ``n_files``.
    since_s : float
        Only later looks count, and none of the first minutes of a life.
    """
    starts: dict[int, float] = {}
    for each in samples:
        starts.setdefault(each.pid, each.at_s)
    late = [s for s in samples if s.at_s >= since_s and s.at_s >= starts[s.pid] + SETTLED_S]
    if len(late) < 3:
        return {}
    lives = np.array([s.pid for s in late])
    hours = np.array([s.at_s for s in late]) / 3600
    held = np.array([float(getattr(s, what)) for s in late])
    x, y = hours.copy(), held.copy()
    for life in np.unique(lives):
        x[lives == life] -= hours[lives == life].mean()
        y[lives == life] -= held[lives == life].mean()
    n_free = len(late) - len(np.unique(lives)) - 1
    if n_free < 1 or float(x @ x) == 0.0:
        return {}
    gain = float(x @ y / (x @ x))
    left = y - gain * x
    spread = float(left @ left)
    alike = float(left[1:] @ left[:-1]) / spread if spread > 0 else 0.0
    alike = min(max(alike, 0.0), 0.95)
    error = float(np.sqrt(spread / n_free / (x @ x) * (1 + alike) / (1 - alike)))
    return {
        "mean": float(held.mean()),
        "an_hour": gain,
        "low": gain - 1.645 * error,
        "high": gain + 1.645 * error,
        "n_looks": len(late),
        "n_lives": len(np.unique(lives)),
    }
