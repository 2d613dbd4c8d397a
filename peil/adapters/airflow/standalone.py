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
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from http.client import HTTPException
from urllib.request import ProxyHandler, build_opener

from peil.adapters.airflow.children import Children, looked_after, running
from peil.adapters.airflow.home import CONSOLE_USER, claim, environment_of_a_child, password_file
from peil.adapters.airflow.rest import Airflow, wait_until
from peil.outcome import Refused
from peil.settings import PROJECT, Settings
from peil.store.store import Store

# tasks speak to the API server: what starts tasks comes once that answers, or the first would fail
COMPONENTS = (("api-server",), ("dag-processor",), ("triggerer", "--skip-serve-logs"))
SCHEDULER = ("scheduler", "--skip-serve-logs")
HEALTHY_S, MLFLOW_S = 180.0, 90.0  # seconds in which they answer on a busy machine


def free_port() -> int:
    """Return a port of loopback that nothing listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


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
def started(
    settings: Settings, port: int | None = None, children: Children | None = None
) -> Iterator[Airflow]:
    """Start Airflow on loopback, wait until it is healthy, and stop it at the end.

    Its processes are among `children`, for whoever looks after them; without, they are looked
    after here, and one that ends is started again.

    Yields
    ------
    Airflow
        A client of its REST API.

    Raises
    ------
    Waiting
        DAGs are being walked on this store, or another Airflow is started on it.
    TimeoutError
        It did not answer, or become healthy, in three minutes; the logs are under the store.
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
        commands = [_command(*component) for component in COMPONENTS]
        with running(commands, env, logs, children) as family:
            _wait(client.answers, HEALTHY_S, family, f"an Airflow that answers; see {logs}")
            with running([_command(*SCHEDULER)], env, logs, family):
                _wait(client.is_healthy, HEALTHY_S, family, f"a healthy Airflow; see {logs}")
                with looked_after(family) if children is None else nullcontext():
                    yield client


def _command(*words: str) -> list[str]:
    """What is typed for a component of Airflow."""
    return [sys.executable, "-m", "airflow", *words]


def _wait(is_well: Callable[[], bool], timeout_s: float, family: Children, what: str) -> None:
    """Wait for health, and look after the processes meanwhile: one that always dies ends it."""

    def look() -> bool:
        family.look_after()
        return is_well()

    wait_until(look, timeout_s, lambda: what)


@contextmanager
def started_mlflow(
    settings: Settings, port: int, children: Children | None = None
) -> Iterator[str]:
    """Start MLflow's server on loopback over the operator's store; yields its address.

    Raises
    ------
    TimeoutError
        It does not answer within a minute and a half; its log is under the store.
    """
    store = Store(settings)
    store.operator.mkdir(parents=True, exist_ok=True)
    where = ["--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    what = ["--no-serve-artifacts", "--default-artifact-root", str(store.mlflow_artifacts)]
    env = {
        **os.environ,
        "DO_NOT_TRACK": "true",
        # whoever lists processes reads arguments, and it may hold a password
        "MLFLOW_BACKEND_STORE_URI": store.mlflow_uri,
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "PYTHONPATH": str(PROJECT),
    }
    command = [sys.executable, "-m", "mlflow", "server", *where, *what]
    logs = store.airflow_home / "logs" / "components"
    with running([command], env, logs, children) as family:
        url = f"http://127.0.0.1:{port}"
        _wait(lambda: _answers(f"{url}/health"), MLFLOW_S, family, f"MLflow; see {logs}")
        yield url


def _answers(url: str) -> bool:
    """Whether an address of this machine answers well; no proxy is asked."""
    try:
        with build_opener(ProxyHandler({})).open(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except (OSError, HTTPException):
        return False


def _require_free(port: int, option: str) -> None:
    """Refuse a port that something listens on, before it is taken for ours."""
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            raise Refused(
                f"Port {port} of this machine is in use: stop what listens there, or choose "
                f"another by `{option}`."
            )


def _experiments(settings: Settings) -> dict[str, str]:
    """Where MLflow shows the experiment of each pilot."""
    from peil.adapters.experiments import places  # seconds, while the consoles start anyway

    return places(Store(settings))


def up(settings: Settings, airflow_port: int = 8080, mlflow_port: int = 5000) -> None:
    """Start both consoles, say where they are once they answer, and stop both at Ctrl-C.

    At the agency (`PEIL_PLANE=agency`) that is Airflow alone: MLflow's records are the operator's.
    A process of theirs that ends is started again; one that ends again and again ends both.

    Raises
    ------
    Refused
        A port is in use, a console does not become healthy, or a process does not stay.
    """
    is_operators = settings.plane != "agency"
    _require_free(airflow_port, "--airflow-port")
    if is_operators:
        _require_free(mlflow_port, "--mlflow-port")
    names = "Airflow and MLflow" if is_operators else "Airflow"
    print(f"Starting {names} on this machine only; this takes half a minute.", flush=True)
    where = password_file(settings)
    # said outright: a shell's background job starts with Ctrl-C ignored, and would never stop
    for signal_no in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signal_no, signal.default_int_handler)
    children = Children(tell=lambda sentence: print(sentence, flush=True))
    try:
        with ExitStack() as consoles:
            mlflow = "is the operator's, and none runs here"
            if is_operators:
                mlflow = consoles.enter_context(started_mlflow(settings, mlflow_port, children))
            airflow = consoles.enter_context(started(settings, airflow_port, children))
            print(f"Airflow  {airflow.url}   user {CONSOLE_USER}, password in {where}")
            print(f"MLflow   {mlflow}")
            for name, place in _experiments(settings).items() if is_operators else ():
                print(f"         {mlflow}{place}   {name}")
            print(f"Ctrl-C stops {'both' if is_operators else 'it'}.", flush=True)
            while True:
                children.look_after()
                time.sleep(1)
    except TimeoutError as late:
        raise Refused(f"{late}: nothing of it runs any more, try again.") from None
    except KeyboardInterrupt:
        print("Stopped.")
