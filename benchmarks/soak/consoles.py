"""`peil up` over a store, as a process of its own, and a client that does what people do there."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import quote

from benchmarks.recording import NothingMeasured
from benchmarks.soak.worlds import PEOPLE
from peil.adapters.airflow.home import CONSOLE_USER
from peil.adapters.airflow.rest import Airflow, wait_until
from peil.adapters.airflow.standalone import free_port
from peil.settings import PROJECT, Settings

STARTED_S = 600.0
ANSWERING_S = 120.0
ANSWERED_S = 12.0  # a person takes longer; sooner meets a race of Airflow's own (airflow#67287)
AWAY = (RuntimeError, URLError, OSError, ValueError)


@dataclass
class Consoles:
    """A started `peil up`.

    Attributes
    ----------
    lines : list of str
        What it printed.
    first_looks : dict
        When each question was first there.
    """

    process: subprocess.Popen[str]
    airflow: Airflow
    passwords: dict[str, str]
    lines: list[str]
    first_looks: dict[tuple[str, ...], float] = field(default_factory=dict)
    n_answered: int = 0

    def try_backfill(self, pilot: str, day: date) -> bool:
        """Ask for a day; not while another backfill of the pilot is at work."""
        try:
            self.airflow.backfill(f"ingest__{pilot}", day, day)
        except AWAY:
            return False
        return True

    def try_trigger(self, verb: str, pilot: str) -> bool:
        """Start a verb that is of no day, as its schedule does."""
        body: dict[str, Any] = {"logical_date": None, "conf": {}}
        try:
            self.airflow.call("POST", f"/api/v2/dags/{verb}__{pilot}/dagRuns", body)
        except AWAY:
            return False
        return True

    def state_of(self, pilot: str, verb: str, day: date) -> str:
        """The state of the newest run of a day, or nothing."""
        try:
            return self.airflow.runs(f"{verb}__{pilot}").get(str(day), "")
        except AWAY:
            return ""

    def answer(self) -> None:
        """Approve what waits for people, each as the person whose turn it is."""
        where = "/dags/~/dagRuns/~/hitlDetails"
        try:
            waiting = self.airflow.get(where, response_received="false")["hitl_details"]
        except AWAY:
            return
        for task in (question["task_instance"] for question in waiting):
            if task["state"] != "awaiting_input":
                continue
            key = (task["dag_id"], task["dag_run_id"], task["task_id"], str(task["try_number"]))
            first = self.first_looks.setdefault(key, time.monotonic())
            if time.monotonic() - first < ANSWERED_S:
                continue
            name = PEOPLE["operator" if "operator" in task["task_id"] else "agency"]
            person = replace(self.airflow, user=name, password=self.passwords[name], _token="")
            with suppress(*AWAY):
                person.answer(*key[:3], "Approve", reason="")
                self.n_answered += 1

    def failed_runs(self) -> list[tuple[str, str, str]]:
        """Every run that failed: DAG, run, day."""
        runs: list[dict[str, Any]] = []

        def is_read() -> bool:
            with suppress(*AWAY):
                runs[:] = self.airflow.get("/dags/~/dagRuns", state="failed", limit=500)["dag_runs"]
                return True
            return False

        wait_until(is_read, ANSWERING_S, lambda: "Airflow does not list its runs")
        return [(r["dag_id"], quote(r["dag_run_id"]), r.get("partition_key") or "") for r in runs]


@contextmanager
def started(settings: Settings, environment: dict[str, str], log: Path) -> Iterator[Consoles]:
    """Start `peil up`, wait until it says where the consoles are, and stop it at the end.

    Raises
    ------
    NothingMeasured
        It ended before that, or said nothing in ten minutes.
    """
    port, other = free_port(), free_port()
    words = ["up", "--airflow-port", str(port), "--mlflow-port", str(other)]
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("AIRFLOW", "PEIL_"))}
    lines: list[str] = []
    is_up = threading.Event()
    process = subprocess.Popen(
        [sys.executable, "-m", "peil.cli", *words],
        env={**clean, **environment},
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )

    def read() -> None:
        assert process.stdout is not None
        with log.open("a", encoding="utf-8") as file:
            for line in process.stdout:
                lines.append(line.strip())
                file.write(line)
                file.flush()
                if line.startswith("Ctrl-C"):
                    is_up.set()
        is_up.set()

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        if not is_up.wait(STARTED_S) or process.poll() is not None:
            raise NothingMeasured(f"`peil up` did not start: {' '.join(lines)[-800:]}")
        passwords = json.loads((settings.data / "operator/keys/airflow/console.json").read_text())
        airflow = Airflow(f"http://127.0.0.1:{port}", passwords[CONSOLE_USER])
        yield Consoles(process, airflow, passwords, lines)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(90)
        except subprocess.TimeoutExpired:
            process.kill()
        reader.join(10)
