"""Verbs in processes that die: each runs in a child of a server that imported everything once.

The server (`forkserver` of the standard library) has opened no database and started no run, so
that a child begins where a fresh process would, without the half minute of its imports.
"""

from __future__ import annotations

import io
import json
import multiprocessing
import os
import signal
import sys
import time
import traceback
from dataclasses import dataclass, field
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

HEAVY = (
    "peil.ingest.ingest",
    "peil.stage.stage",
    "peil.estimate.estimate",
    "peil.estimate.estimated_day",
    "peil.release.release",
    "peil.train",
    "peil.commands.verbs",
    "peil.tasks.windows",
    "peil.watch.outlook.outlook",
    "peil.gates.great",
    "peil.gates.tables",
    "expectations.raw",
    "expectations.staged",
    "expectations.estimated",
    "expectations.released",
    "peil.adapters.dbt_plugin",
    "dbt.cli.main",
    "dbt.adapters.duckdb",
    "mlflow.store.tracking.sqlalchemy_store",
    "mlflow.store.model_registry.sqlalchemy_store",
    "alembic.command",
    "pyarrow.parquet",
    "pyarrow.dataset",
)

LIMIT_S = 600.0


@dataclass(frozen=True)
class At:
    """Where a child kills itself, by its own hand.

    Attributes
    ----------
    point : {"rename", "append", "run"}
        Between write and rename; inside the ledger's append, with half a line on the disk; or
        inside a run of MLflow, which is open and has no figures yet.
    passed : frozenset of str
        Renames at which an earlier child died already: this one lives through them.
    """

    point: str
    passed: frozenset[str] = frozenset()


@dataclass(frozen=True)
class End:
    """How a child ended: the signal that killed it, or what the verb told and how long it took."""

    was_killed: bool
    seconds: float = 0.0
    statuses: tuple[str, ...] = ()
    error: str = ""
    reached: str = ""
    facts: dict[str, Any] = field(default_factory=dict)


class Nursery:
    """Starts the server, which imports meanwhile, and children for verbs of a pilot."""

    def __init__(self, pilot: str = "demo") -> None:
        self.pilot = pilot
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(list(HEAVY))
        forkserver.ensure_running()

    def run(
        self,
        verb: str,
        day: str,
        environment: dict[str, str],
        log: Path,
        *,
        after_s: float | None = None,
        at: At | None = None,
    ) -> End:
        """Run a verb and its gate; kill it after some seconds, or let it kill itself at a point."""
        ours, theirs = self._context.Pipe()
        child = self._context.Process(
            target=_live,
            args=(theirs, (verb, self.pilot, day), environment, str(log), at),
            daemon=True,
        )
        child.start()
        theirs.close()
        try:
            if not ours.poll(LIMIT_S) or ours.recv() != "begins":
                raise RuntimeError(f"The child for {verb} did not begin: see {log}.")
            if after_s is not None:
                child.join(after_s)  # returns at once when the child ends before its moment
                if child.exitcode is None:
                    child.kill()
            child.join(LIMIT_S)
            if child.exitcode is None:
                raise RuntimeError(f"{verb} did not end in {LIMIT_S} s: see {log}.")
            if child.exitcode == -signal.SIGKILL:
                return End(True, reached=_last(ours))
            return _told(ours) or End(False, error=f"exit {child.exitcode} without a word")
        finally:
            child.kill()
            child.join()
            ours.close()


def _last(pipe: Connection) -> str:
    """What the child said before it died: the name of the point that it reached."""
    try:
        message = pipe.recv() if pipe.poll() else ""
    except EOFError:
        return ""
    return message if isinstance(message, str) else ""


def _told(pipe: Connection) -> End | None:
    try:
        while pipe.poll():
            message = pipe.recv()
            if isinstance(message, End):
                return message
    except EOFError:
        pass
    return None


def _live(
    pipe: Connection,
    command: tuple[str, str, str],
    environment: dict[str, str],
    log: str,
    at: At | None,
) -> None:
    """The child: its settings, its way to die, the verb with its pilot and day."""
    for name in [name for name in os.environ if name.startswith("PEIL_")]:
        del os.environ[name]
    os.environ.update(environment)
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    if at is not None:
        _WAYS[at.point](pipe, at)
    pipe.send("begins")
    started = time.perf_counter()
    try:
        outcomes = _take(*command)
    except BaseException as error:
        traceback.print_exc()
        sys.stderr.flush()
        pipe.send(End(False, error=f"{type(error).__name__}: {error}"))
        return
    pipe.send(
        End(
            False,
            time.perf_counter() - started,
            tuple(outcome.status for outcome in outcomes),
            facts=dict(outcomes[0].facts),
        )
    )


def _take(verb: str, pilot: str, day: str) -> list[Any]:
    from peil import train
    from peil.commands import verbs
    from peil.release import release
    from peil.tasks import windows

    if verb.startswith("estimate_"):
        return [windows.estimate(pilot, verb.removeprefix("estimate_"), day)]
    if verb.startswith("release_"):
        product = verb.removeprefix("release_")
        return [
            take(pilot, product, day) for take in (windows.release_window, windows.publish_window)
        ]
    if verb == "publish":  # a task of its own in Airflow, which is tried again by itself
        return [release.publish(pilot, day)]
    if verb == "stop":
        from peil.watch.retain import stop

        return [stop.stop(pilot)]
    if verb == "outlook":
        from peil.watch.outlook import outlook

        return [outlook.outlook(pilot)]
    if verb == "train":
        return [train.train(pilot, fit_days=1, judge_days=1)]
    return list(verbs.take(verb, pilot, day))


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(LIMIT_S)  # a signal may arrive a moment later


def _stop_before_rename(pipe: Connection, at: At) -> None:
    """Die at the first rename into the store that none died at: all is written, nothing renamed.

    A rename inside a folder that is itself made aside is none that a reader could see.
    """
    from peil.store.witnessing import lines

    rename = os.replace
    root = Path(os.environ["PEIL_DATA"])

    def replace(source: Any, target: Any, **more: Any) -> None:
        where = Path(os.fsdecode(target))
        inside = where.is_relative_to(root) and where.relative_to(root)
        if inside and not any(part.startswith(".") for part in inside.parts[:-1]):
            reached(str(inside))
        rename(source, target, **more)

    def reached(name: str) -> None:
        if name not in at.passed:
            pipe.send(name)
            _die()

    extend = lines.extend

    def extend_witness(path: Path, content: bytes) -> None:
        """An entry reaches the agency's copy of the ledger by no rename."""
        inside = path.relative_to(root)
        if content and inside.parts[0] == "agency" and not path.name.endswith("heads.jsonl"):
            reached(f"{inside} {json.loads(content.splitlines()[-1])['kind']}")
        extend(path, content)

    os.replace = replace  # type: ignore[assignment]
    lines.extend = extend_witness


def _tear_append(pipe: Connection, at: At) -> None:
    """Make the first append to a ledger write half its line, and put that half on the disk."""
    open_whole = Path.open

    class Torn(io.FileIO):
        def write(self, content: Any) -> int:
            super().write(bytes(content)[: len(content) // 2])
            os.fsync(self.fileno())
            pipe.send("append")
            _die()
            return 0

    def open_torn(self: Path, mode: str = "r", *more: Any, **named: Any) -> Any:
        if mode == "ab" and self.parent.name == "ledger":
            return Torn(str(self), "ab")
        return open_whole(self, mode, *more, **named)

    Path.open = open_torn  # type: ignore[method-assign,assignment]


def _leave_run_open(pipe: Connection, _: At) -> None:
    """Die where a run of MLflow would get its figures."""
    from mlflow.tracking import MlflowClient

    def log_batch(*_: Any, **__: Any) -> None:
        pipe.send("run")
        _die()

    MlflowClient.log_batch = log_batch  # type: ignore[method-assign]


_WAYS = {"rename": _stop_before_rename, "append": _tear_append, "run": _leave_run_open}
