"""Start the real Airflow, and MLflow's server, on loopback, for people and for tests.

Airflow's components are started one by one and not by `airflow standalone`, since that opens
a log server on every address of the machine (port 8794). Nothing needs it here: the API
server reads the logs from the same disk.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from peil.adapters.airflow.home import CONSOLE_USER, claim, environment_of_a_child, password_file
from peil.adapters.airflow.rest import Airflow, wait_until
from peil.settings import PROJECT, Settings
from peil.store.store import Store

COMPONENTS = (
    ("api-server",),
    ("scheduler", "--skip-serve-logs"),
    ("dag-processor",),
    ("triggerer", "--skip-serve-logs"),
)


def free_port() -> int:
    """Return a port of loopback that nothing listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def running(commands: list[list[str]], env: dict[str, str], logs: Path) -> Iterator[None]:
    """Run commands, each with what it starts, until the block ends; then none is left."""
    logs.mkdir(parents=True, exist_ok=True)
    processes: list[subprocess.Popen[bytes]] = []
    try:
        for command in commands:
            with (logs / f"{command[3]}.log").open("ab") as log:
                processes.append(
                    subprocess.Popen(
                        command,
                        env=env,
                        cwd=logs,
                        stdin=subprocess.DEVNULL,
                        stdout=log,
                        stderr=log,
                        start_new_session=True,  # a process group of its own, stopped as one
                    )
                )
        yield
    finally:
        for wanted, patience_s in ((signal.SIGTERM, 15.0), (signal.SIGKILL, 5.0)):
            for process in processes:
                _signal(process, wanted)
            end = time.monotonic() + patience_s
            for process in processes:
                while process.poll() is None and time.monotonic() < end:
                    time.sleep(0.1)


def _signal(process: subprocess.Popen[bytes], wanted: signal.Signals) -> None:
    # the group outlives its leader: workers of a scheduler that is gone are stopped too
    with suppress(ProcessLookupError):
        os.killpg(process.pid, wanted)


def _end_left_over_walks(env: dict[str, str]) -> None:
    """Fail the runs that a killed walk left running: a scheduler would go on with them."""
    code = (
        "from sqlalchemy import update\n"
        "from airflow.models.dagrun import DagRun\n"
        "from airflow.utils.session import create_session\n"
        "from airflow.utils.types import DagRunTriggeredByType as By\n"
        "with create_session() as session:\n"
        "    session.execute(update(DagRun).where(DagRun.triggered_by == By.TEST,\n"
        "        DagRun.state.in_(['running', 'queued'])).values(state='failed'))\n"
    )
    subprocess.run([sys.executable, "-c", code], env=env, check=True, capture_output=True)


@contextmanager
def started(settings: Settings, port: int | None = None) -> Iterator[Airflow]:
    """Start Airflow on loopback, wait until it is healthy, and stop it at the end.

    Yields
    ------
    Airflow
        A client of its REST API.

    Raises
    ------
    Waiting
        DAGs are being walked on this store, or another Airflow is started on it.
    TimeoutError
        It did not become healthy in three minutes; the logs are under the store.
    """
    at = port or free_port()
    logs = Store(settings).airflow_home / "logs" / "components"
    env = environment_of_a_child(settings, at)
    # in a process of its own: this one may have read other settings of Airflow already
    with claim(settings, alone=True):
        prepared = (
            "from peil.adapters.airflow.home import prepare; from peil.settings import settings"
        )
        subprocess.run(
            [sys.executable, "-c", f"{prepared}; prepare(settings())"],
            env=env,
            check=True,
            capture_output=True,
        )
        _end_left_over_walks(env)
        password = json.loads(password_file(settings).read_text())[CONSOLE_USER]
        client = Airflow(f"http://127.0.0.1:{at}", password)
        commands = [[sys.executable, "-m", "airflow", *component] for component in COMPONENTS]
        with running(commands, env, logs):
            wait_until(client.is_healthy, 180, lambda: f"a healthy Airflow; see {logs}")
            yield client


@contextmanager
def started_mlflow(settings: Settings, port: int) -> Iterator[str]:
    """Start MLflow's server on loopback over the operator's store; yields its address."""
    store = Store(settings)
    store.operator.mkdir(parents=True, exist_ok=True)
    where = ["--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    what = ["--backend-store-uri", store.mlflow_uri, "--no-serve-artifacts"]
    what += ["--default-artifact-root", str(store.mlflow_artifacts)]
    env = {
        **os.environ,
        "DO_NOT_TRACK": "true",
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "PYTHONPATH": str(PROJECT),
    }
    command = [sys.executable, "-m", "mlflow", "server", *where, *what]
    with running([command], env, store.airflow_home / "logs" / "components"):
        yield f"http://127.0.0.1:{port}"


def up(settings: Settings, airflow_port: int = 8080, mlflow_port: int = 5000) -> None:
    """Start both consoles, say where they are, and stop both at Ctrl-C."""
    print("Starting Airflow and MLflow on this machine only; this takes half a minute.", flush=True)
    where = password_file(settings)
    # said outright: a shell's background job starts with Ctrl-C ignored, and would never stop
    for signal_no in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signal_no, signal.default_int_handler)
    try:
        with ExitStack() as consoles:
            mlflow = consoles.enter_context(started_mlflow(settings, mlflow_port))
            airflow = consoles.enter_context(started(settings, airflow_port))
            print(f"Airflow  {airflow.url}   user {CONSOLE_USER}, password in {where}")
            print(f"MLflow   {mlflow}")
            print("Ctrl-C stops both.", flush=True)
            signal.pause()
    except KeyboardInterrupt:
        print("Stopped.")
