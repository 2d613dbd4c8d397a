"""Draw faults by number, and do them to a store: a kill, a stop, a full disk, a damaged file.

What the verbs make of it, and whether the way out that they name leads out, is in `faults`.
"""

from __future__ import annotations

import errno
import io
import multiprocessing
import os
import random
import signal
import time
import traceback
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

PILOT, DAY = "demo", "2026-03-02"
VERBS = ("ingest", "stage", "estimate", "release")
KINDS = ("kill", "stop", "disk full", "byte", "cut", "delete", "two at once")
PRELOADED = [
    "peil.commands.verbs",
    "peil.commands.terminal",
    "peil.ingest.ingest",
    "peil.stage.stage",
    "peil.estimate.estimate",
    "peil.release.release",
    "peil.gates.great",
    "peil.gates.tables",
    "dbt.cli.main",
    "dbt.adapters.duckdb",
    "mlflow.store.tracking.sqlalchemy_store",
    "mlflow.store.model_registry.sqlalchemy_store",
]
PLACES = ("sealed", "estimated", "quality", "keys", "ledger", "mlflow.db")


@dataclass(frozen=True)
class Fault:
    """One fault: its number draws everything else.

    Attributes
    ----------
    number : int
    kind : str
        One of `KINDS`.
    place : str
        A file below `operator/`, of the kinds that harm one; else empty.
    share : float
        How far into a verb, or into a file, from 0 to 1.
    """

    number: int
    kind: str
    place: str
    share: float


def drawn(number: int, operator: Path) -> Fault:
    """The fault of a number, in a store whose operator's folder is this."""
    draw = random.Random(f"fault {number}")
    kind = KINDS[number % len(KINDS)]
    files = sorted(
        str(file.relative_to(operator))
        for place in PLACES
        for file in ([operator / place, *(operator / place).rglob("*")])
        if file.is_file() and file.suffix not in (".lock", ".holder")
    )
    place = draw.choice(files) if kind in ("byte", "cut", "delete") else ""
    return Fault(number, kind, place, draw.random())


def harm(fault: Fault, operator: Path) -> None:
    """Damage, cut or delete the fault's file; nothing for the other kinds."""
    file = operator / fault.place
    if not fault.place:
        return
    mode = file.stat().st_mode
    content = bytearray(file.read_bytes())
    file.unlink()
    if fault.kind == "delete":
        return
    at = int(fault.share * len(content))
    if fault.kind == "cut":
        content = content[:at]
    elif content:
        content[min(at, len(content) - 1)] ^= 0x55
    file.write_bytes(content)
    file.chmod(mode)


@dataclass(frozen=True)
class End:
    """How the verbs of a process ended: exit code, what it said, seconds; `trace` of a fault."""

    code: int
    words: str
    seconds: float
    trace: str = ""


def run(
    data: Path,
    full_at: int = 0,
    signal_after: tuple[int, float] | None = None,
    verbs: tuple[str, ...] = VERBS,
) -> End:
    """Run every verb in a process of its own.

    Parameters
    ----------
    data : Path
        The store.
    full_at : int, optional
        At which rename the disk is full; 0 for never.
    signal_after : (int, float), optional
        A signal, and seconds after which it is sent.
    """
    return end_of(start(data, full_at, verbs), signal_after)


def start(data: Path, full_at: int = 0, verbs: tuple[str, ...] = VERBS) -> Any:
    """Start the verbs in a process, and return it with the end of the pipe that it answers by."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    reading, writing = context.Pipe(duplex=False)
    child = context.Process(target=_verbs, args=(writing, str(data), full_at, verbs))
    child.start()
    writing.close()
    return child, reading


def end_of(started: Any, signal_after: tuple[int, float] | None = None) -> End:
    """Wait for the end of a process that `start` started."""
    child, reading = started
    began = time.monotonic()
    if signal_after is not None:
        child.join(signal_after[1])
        if child.is_alive():
            os.kill(child.pid, signal_after[0])
    try:
        code, words, trace = reading.recv()
    except EOFError:
        child.join()
        code, words, trace = child.exitcode, "", ""
    child.join()
    return End(code, words, round(time.monotonic() - began, 1), trace)


def _verbs(pipe: Connection, data: str, full_at: int, names: tuple[str, ...]) -> None:
    """Take every verb, and answer as the command would: exit code, what it said, or its trace."""
    os.environ.update({"PEIL_DATA": data, "PEIL_THREADS": "1"})
    for variable in ("PEIL_PILOTS", "PEIL_DELIVERIES"):
        os.environ.pop(variable, None)
    import typer

    from peil.commands import terminal, verbs

    if full_at:
        _fill_disk(full_at)
    code, trace, words = 0, "", io.StringIO()
    with redirect_stderr(words), redirect_stdout(io.StringIO()):
        try:
            with terminal.working():
                for verb in names:
                    list(verbs.take(verb, PILOT, DAY))
        except typer.Exit as end:
            code = end.exit_code
        except BaseException:
            code, trace = 1, traceback.format_exc()
    pipe.send((code, words.getvalue().strip(), trace))


def _fill_disk(at: int) -> None:
    """Let the disk be full at a rename, and at every one after it."""
    replace, passed = os.replace, [0]

    def full(source: Any, target: Any, **more: Any) -> None:
        passed[0] += 1
        if passed[0] >= at:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(target))
        replace(source, target, **more)

    os.replace = full  # type: ignore[assignment]


SIGNALS = {"kill": signal.SIGKILL, "stop": signal.SIGTERM}
