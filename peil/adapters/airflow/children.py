"""Processes that Peil starts and looks after: stopped as one, started again when one ends.

What they are, and when they are well, is in `standalone`.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from peil.outcome import Refused

MOST_DEATHS, WITHIN_S = 3, 600.0  # one that ends so often in so many seconds is not started again


@dataclass
class Child:
    """A command, and the process that runs it now."""

    name: str
    command: list[str]
    env: dict[str, str]
    log: Path
    process: subprocess.Popen[bytes] = field(init=False)
    deaths: list[float] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        """Run the command, in a process group of its own that can be stopped as one."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                env=self.env,
                cwd=self.log.parent,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def send(self, wanted: signal.Signals) -> None:
        """Signal the whole group, which outlives its leader: workers of a dead scheduler too."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, wanted)


@dataclass
class Children:
    """All processes that one command started.

    Parameters
    ----------
    tell : callable
        Told a sentence when a process ended and is started again.
    clock : callable
        Seconds on a clock that never goes back.
    """

    tell: Callable[[str], None] = lambda sentence: None
    clock: Callable[[], float] = time.monotonic
    members: list[Child] = field(default_factory=list)

    def look_after(self) -> None:
        """Start again what has ended.

        Raises
        ------
        Refused
            A process ended `MOST_DEATHS` times within `WITHIN_S` seconds.
        """
        for child in self.members:
            code = child.process.poll()
            if code is None:
                continue
            now = self.clock()
            child.deaths = [*(at for at in child.deaths if now - at < WITHIN_S), now]
            if len(child.deaths) >= MOST_DEATHS:
                raise Refused(
                    f"{child.name} ended {MOST_DEATHS} times within {WITHIN_S / 60:.0f} minutes, "
                    f"with code {code}: read {child.log}; nothing is left running."
                )
            child.send(signal.SIGKILL)  # what it had started
            self.tell(f"{child.name} ended with code {code} and is started again: {child.log}")
            child.start()


@contextmanager
def running(
    commands: list[list[str]], env: dict[str, str], logs: Path, family: Children | None = None
) -> Iterator[Children]:
    """Run commands, each with what it starts, until the block ends; then none is left.

    Yields
    ------
    Children
        `family`, or a new one, with these processes in it.
    """
    logs.mkdir(parents=True, exist_ok=True)
    children = Children() if family is None else family
    own: list[Child] = []
    try:
        for command in commands:
            own.append(Child(command[3], command, env, logs / f"{command[3]}.log"))
            children.members.append(own[-1])
        yield children
    finally:
        for child in own:
            children.members.remove(child)
        for wanted, patience_s in ((signal.SIGTERM, 15.0), (signal.SIGKILL, 5.0)):
            for child in own:
                child.send(wanted)
            end = time.monotonic() + patience_s
            for child in own:
                while child.process.poll() is None and time.monotonic() < end:
                    time.sleep(0.1)


@contextmanager
def looked_after(family: Children) -> Iterator[None]:
    """Look after processes once a second in the background, until the block ends.

    One that ends again and again is left as it is: whoever waits for it waits in vain, and says so.
    """
    over = threading.Event()

    def look() -> None:
        with suppress(Refused):
            while not over.wait(1.0):
                family.look_after()

    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()
