"""What happens to a process while it works on a store: a signal, a disk, a clock.

Python tells a hook of every file that is opened, renamed or removed; there the fault is done, at
the moment that its number says. Files are harmed in `seeded`.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
AT_A_PATH = {
    "os.rename": 1,
    "os.link": 1,
    "os.remove": 0,
    "os.mkdir": 0,
    "os.rmdir": 0,
    "os.truncate": 0,
    "sqlite3.connect": 0,
}
SIGNALS = {"kill": signal.SIGKILL, "stop": signal.SIGTERM}


@dataclass(frozen=True)
class Arming:
    """A fault that waits in a process.

    Attributes
    ----------
    kind : str
        ``kill``, ``stop``, ``disk full``, ``EIO``, ``EROFS``, ``clock back``; empty for none.
    at : int
        At which write to the store it comes, counted from 1; of ``EIO`` at which opening.
    share : float
        Of ``disk full`` how much is left, of ``clock back`` how far.
    ballast : str
        A file beside the store, on its disk, that fills it up.
    """

    kind: str = ""
    at: int = 0
    share: float = 0.0
    ballast: str = ""


UNARMED = Arming()


def arm(fault: Arming, root: Path) -> dict[str, int]:
    """Let the fault wait in this process; returns counts of writes and openings, which grow."""
    counts = {"n_writes": 0, "n_opens": 0}
    inside, bad = f"{root}{os.sep}", [""]
    if fault.kind == "clock back":
        _turn_back(timedelta(hours=1 + 47 * fault.share))
    if fault.kind == "EROFS":
        _deny(fault, root, counts)

    def hook(event: str, words: tuple[Any, ...]) -> None:
        if event == "open":
            path, is_write = words[0], bool(words[2] & WRITING)
        elif event in AT_A_PATH:
            path, is_write = words[AT_A_PATH[event]], True
        else:
            return
        if isinstance(path, bytes):
            path = os.fsdecode(path)
        if not isinstance(path, str) or not path.startswith(inside):
            return
        counts["n_opens"] += 1
        counts["n_writes"] += is_write
        if fault.kind == "EIO":
            if counts["n_opens"] == fault.at:
                bad[0] = path
            if path == bad[0]:
                raise OSError(errno.EIO, os.strerror(errno.EIO), path)
        elif is_write and fault.kind:
            _at_a_write(fault, counts["n_writes"], path)

    sys.addaudithook(hook)
    return counts


def _at_a_write(fault: Arming, number: int, path: str) -> None:
    if fault.kind == "EROFS" and number >= fault.at:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), path)
    if number != fault.at:
        return
    if fault.kind in SIGNALS:
        os.kill(os.getpid(), SIGNALS[fault.kind])
        time.sleep(0.01)  # a signal may arrive a moment later
    elif fault.kind == "disk full":
        fill(Path(fault.ballast), int(fault.share**3 * 256 * 1024))


def _deny(fault: Arming, root: Path, counts: dict[str, int]) -> None:
    """Let a question whether the store may be written be answered as its disk would."""
    access = os.access

    def asked(path: Any, mode: int, **more: Any) -> bool:
        is_ours = Path(os.fsdecode(path)).is_relative_to(root)
        if mode & os.W_OK and is_ours and counts["n_writes"] >= fault.at:
            return False
        return access(path, mode, **more)

    os.access = asked


def fill(ballast: Path, n_left: int) -> None:
    """Fill the disk that a file lies on, up to so many bytes."""
    state = os.statvfs(ballast.parent)
    n_bytes = max(state.f_bavail * state.f_frsize - n_left, 1)
    descriptor = os.open(ballast, os.O_WRONLY | os.O_CREAT)
    try:
        os.posix_fallocate(descriptor, 0, n_bytes)
    finally:
        os.close(descriptor)


def _turn_back(by: timedelta) -> None:
    """Set back the clock that Peil and MLflow read in this process."""
    from peil.charter import clock
    from peil.store import lock

    class Earlier(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return datetime.now(tz) - by

    for module in (clock, lock):
        module.datetime = Earlier  # type: ignore[attr-defined]
    right, seconds = time.time, by.total_seconds()
    time.time = lambda: right() - seconds
