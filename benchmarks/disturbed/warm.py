"""Commands of Peil in children of a process that has imported everything once.

`python -m benchmarks.disturbed.warm` reads what to do a line, and answers a line; `Warm` starts it
and asks. So a command costs what it does, and not the ten seconds of its imports.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import select
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.disturbed import arming
from benchmarks.disturbed.arming import UNARMED, Arming
from peil.settings import PROJECT

IMPORTED = (
    "peil.cli",
    "peil.commands.verbs",
    "peil.commands.run",
    "peil.commands.run_summary",
    "peil.ingest.ingest",
    "peil.stage.stage",
    "peil.estimate.estimate",
    "peil.estimate.estimated_day",
    "peil.release.release",
    "peil.train",
    "peil.score.score",
    "peil.pages.operator_reading",
    "peil.watch.retain.retain",
    "peil.watch.watch",
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
    "pyarrow.parquet",
    "pyarrow.dataset",
)
OF_AIRFLOW = (
    "airflow.models.xcom",
    "airflow.utils.session",
    "airflow.utils.db",
    "airflow.dag_processing.bundles.manager",
    "airflow.dag_processing.dagbag",
    "airflow.sdk.exceptions",
    "airflow.sdk.definitions.dag",
    "airflow.sdk.execution_time.task_runner",
    "airflow.providers.standard.operators.hitl",
)
CANDIDATE = "CANDIDATE"  # stands for the hash of the candidate that lies there
LIMIT_S = 1200.0  # on a machine that is busy with other things


@dataclass(frozen=True)
class End:
    """How commands ended.

    Attributes
    ----------
    code : int
        Of the last one that ran; minus the signal that killed it.
    words : str
        What it said where errors go.
    seconds, cpu_s : float
    n_writes, n_opens : int
        How often a file of the store was written or opened: where a fault may be put.
    """

    code: int
    words: str
    seconds: float
    cpu_s: float
    n_writes: int = 0
    n_opens: int = 0

    @property
    def is_trace(self) -> bool:
        """Whether somebody was shown the inside of the program, or nothing that can be read."""
        is_sentence = self.words != "" and "\n" not in self.words
        return "Traceback" in self.words or (self.code == 1 and not is_sentence)


class Warm:
    """Starts the warm process over a store whose place stays the same; ends it with `close`."""

    def __init__(self, store: Path, environment: dict[str, str], airflow: bool = True) -> None:
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("AIRFLOW", "PEIL_"))}
        own = {"PEIL_DATA": str(store), "PEIL_THREADS": "1", "PYTHONPATH": str(PROJECT)}
        own |= {"COLUMNS": "500", "OMP_NUM_THREADS": "1", "PEIL_SETTLE_S": "0"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.disturbed.warm", "airflow" if airflow else "-"],
            cwd=PROJECT,
            env={**clean, **own, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(
        self,
        commands: Sequence[Sequence[str]],
        fault: Arming = UNARMED,
        after: tuple[int, float] | None = None,
        n_at_once: int = 1,
    ) -> list[End]:
        """Run commands one after the other in a child, up to the first that does not end well.

        Parameters
        ----------
        commands : sequence of sequences of str
            As typed after `peil`.
        fault : Arming, optional
            What happens to the child while it runs.
        after : (int, float), optional
            A signal, and seconds after which it is sent.
        n_at_once : int
            How many children do the same at the same time.

        Returns
        -------
        list of End
            One for each child.
        """
        order = {
            "commands": [list(words) for words in commands],
            "fault": asdict(fault),
            "after": after,
            "n_at_once": n_at_once,
        }
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return [End(**end) for end in json.loads(self._process.stdout.readline())]

    @property
    def pid(self) -> int:
        """Of the warm process."""
        return self._process.pid

    def close(self) -> None:
        """End the warm process."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


@dataclass
class _Child:
    pid: int
    reading: int
    words: int
    began: float


def _serve(with_airflow: bool) -> None:
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    for name in IMPORTED:
        importlib.import_module(name)
    from peil.adapters import dbt_parsed
    from peil.settings import settings

    if with_airflow:
        from peil.adapters.airflow import home

        os.environ.update(home.environment(settings()))
        for name in OF_AIRFLOW:
            importlib.import_module(name)
    dbt_parsed.manifest()
    gc.collect()
    gc.freeze()
    for line in sys.stdin:
        order = json.loads(line)
        children = [_start(order, answers) for _ in range(order["n_at_once"])]
        answers.write(json.dumps([asdict(_end(child, order["after"])) for child in children]))
        answers.write("\n")


def _start(order: dict[str, Any], answers: Any) -> _Child:
    words = os.memfd_create("words")
    reading, writing = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writing)
        return _Child(pid, reading, words, time.monotonic())
    os.close(reading)
    answers.close()
    os.dup2(os.open(os.devnull, os.O_RDWR), 0)
    os.dup2(os.open(os.devnull, os.O_RDWR), 1)
    os.dup2(words, 2)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    counts = arming.arm(Arming(**order["fault"]), Path(os.environ["PEIL_DATA"]))
    code = 1
    try:
        for command in order["commands"]:
            code = _command(command)
            if code:
                break
    except BaseException:
        traceback.print_exc()
        code = 1
    sys.stderr.flush()
    os.write(writing, json.dumps(counts).encode())
    os._exit(code)


def _command(words: list[str]) -> int:
    """Do a command as `peil` does; its exit code."""
    if words[0] == "candidate":  # a release that no gate looked at yet
        from peil.release import release

        release.release(*words[1:])
        return 0
    if words[0] == "prepare":  # the databases that every store has, which take seconds
        from peil.adapters import tracking
        from peil.adapters.airflow.home import prepare
        from peil.settings import settings
        from peil.store.store import Store

        tracking.client(Store())
        if words[1:] == ["airflow"]:
            prepare(settings())
        return 0
    if CANDIDATE in words:
        words = [_candidate(words) if word == CANDIDATE else word for word in words]
    from peil.cli import app

    try:
        code = app(words, prog_name="peil", standalone_mode=False)
    except SystemExit as end:
        code = end.code
    return code if isinstance(code, int) else 0


def _candidate(words: list[str]) -> str:
    from datetime import date

    from peil.release.approvals import candidate_hash
    from peil.store.store import Store

    return candidate_hash(Store().candidate(words[1], "presence", date.fromisoformat(words[2])))


def _end(child: _Child, after: tuple[int, float] | None) -> End:
    if after is not None and not select.select([child.reading], [], [], after[1])[0]:
        os.kill(child.pid, after[0])
    if not select.select([child.reading], [], [], LIMIT_S)[0]:
        os.kill(child.pid, signal.SIGKILL)
    counted = os.read(child.reading, 4096)
    os.close(child.reading)
    _, status, used = os.wait4(child.pid, 0)
    code, cpu_s = os.waitstatus_to_exitcode(status), round(used.ru_utime + used.ru_stime, 2)
    os.lseek(child.words, 0, os.SEEK_SET)
    with os.fdopen(child.words, "rb") as stream:
        words = stream.read().decode(errors="replace").strip()
    counts = json.loads(counted) if counted else {"n_writes": 0, "n_opens": 0}
    return End(code, words, round(time.monotonic() - child.began, 2), cpu_s, **counts)


if __name__ == "__main__":
    _serve(sys.argv[1] == "airflow")
