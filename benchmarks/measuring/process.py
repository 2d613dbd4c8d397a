"""Run one command in a process of its own and read off it what it cost."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PEIL = [sys.executable, "-m", "peil.cli"]  # the command, by this Python
LOOK_S = 0.25
RUNS = 3  # of what a spread is told of; a ratio is of one run


class CommandFailed(RuntimeError):
    """A measured command ended with an error."""


@dataclass(frozen=True)
class Cost:
    """Seconds, memory and spill that a process and its children took.

    Attributes
    ----------
    wall_s, cpu_s : float
        Seconds by the clock, and of all processors together (user and system).
    peak_gib : float
        Largest resident memory of the process.
    spill_mib : float
        Most that lay in its spill folders at one look; looked at four times a second.
    out : str
        What it printed.
    """

    wall_s: float
    cpu_s: float
    peak_gib: float
    spill_mib: float
    out: str


def folder_mib(folder: Path) -> float:
    """Return the size of the files under a folder, MiB; what vanishes meanwhile does not count."""
    total = 0
    for place, _, names in os.walk(folder):  # passes over folders that vanish
        for name in names:
            with suppress(OSError):
                total += (Path(place) / name).stat().st_size
    return total / 2**20


def spilled_mib(folder: Path) -> float:
    """Return the size of the files under all folders named ``spill`` below a folder, MiB."""
    folders = [Path(place) for place, _, _ in os.walk(folder) if Path(place).name == "spill"]
    return sum(folder_mib(spill) for spill in folders)


def measured(
    words: list[str], environment: dict[str, str], spill: Path, exit_code: int = 0
) -> Cost:
    """Run a command to its end, and return what it took.

    Parameters
    ----------
    words : list of str
        Program and arguments.
    environment : dict of str to str
        Added to this process's own.
    spill : Path
        Folder below which its spill lies.
    exit_code : int
        How it ends where it does what it should: a refusal is no failure of the command.

    Raises
    ------
    CommandFailed
        It ended otherwise; the message holds the end of its output.
    """
    most = 0.0
    done = threading.Event()

    def look() -> None:
        nonlocal most
        while not done.wait(LOOK_S):
            most = max(most, spilled_mib(spill))

    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    started = time.perf_counter()
    with subprocess.Popen(
        words,
        env={**os.environ, **environment},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        assert process.stdout is not None
        out = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    wall_s = time.perf_counter() - started
    done.set()
    watcher.join()
    if process.returncode != exit_code:
        raise CommandFailed(f"{' '.join(words[1:5])} ended with {process.returncode}: {out[-800:]}")
    return Cost(wall_s, used.ru_utime + used.ru_stime, used.ru_maxrss / 2**20, most, out)


def spread(values: list[float], digits: int = 1) -> str:
    """Write the middle of some runs, and from where to where they went.

    >>> spread([3.04, 2.91, 3.5]), spread([2.0])
    ('3.0 (2.9 to 3.5)', '2.0')
    """
    middle = f"{statistics.median(values):.{digits}f}"
    if len(values) < 2:
        return middle
    return f"{middle} ({min(values):.{digits}f} to {max(values):.{digits}f})"
