"""A worker that dies takes no task along: what it had taken and not begun is tried again."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("airflow", reason="airflow is not installed")

from airflow.executors.base_executor import BaseExecutor
from airflow.models.taskinstancekey import TaskInstanceKey

from peil.adapters.airflow import preloading


@dataclass(frozen=True)
class Workload:
    """As much of a workload as a worker looks at."""

    key: TaskInstanceKey
    running_state: str | None = None
    success_state: str = "success"
    failure_state: str = "failed"
    display_name: str = "a task"


def workload(task_id: str) -> Workload:
    return Workload(TaskInstanceKey("ingest__tiny", task_id, "backfill__1", 1, -1))


def wait_for(is_so: Callable[[], bool]) -> None:
    ends = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < ends, "waited a minute"
        time.sleep(0.01)


@pytest.fixture
def executor(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    """One worker that hangs over the task `hangs` and does every other."""

    def run(own: Workload, **_: Any) -> None:
        (tmp_path / own.key.task_id).touch()
        if own.key.task_id == "hangs":
            time.sleep(600)

    monkeypatch.setattr(BaseExecutor, "run_workload", staticmethod(run))
    monkeypatch.setattr(preloading, "OF_EITHER", ())
    monkeypatch.setattr(preloading, "OF_THE_OPERATOR", ())
    executor = preloading.PreloadedExecutor(parallelism=1)
    executor.start()
    yield executor
    for worker in executor.workers.values():
        worker.kill()
        worker.join()


def send(executor: Any, own: Workload) -> None:
    executor.queued_tasks[own.key] = own
    executor.running.add(own.key)
    executor._process_workloads([own])


@pytest.mark.parametrize("began", [False, True])
def test_a_task_that_died_with_its_worker_before_it_began_is_failed(
    executor: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, began: bool
) -> None:
    """One that had begun has a heartbeat that stops, which Airflow sees by itself."""
    asked: list[TaskInstanceKey] = []
    monkeypatch.setattr(preloading, "never_began", lambda key: asked.append(key) or not began)
    done, hangs = workload("done"), workload("hangs")
    send(executor, done)
    wait_for(lambda: not executor.result_queue.empty())
    executor.sync()
    send(executor, hangs)
    wait_for((tmp_path / "hangs").exists)
    (worker,) = executor.workers.values()
    os.kill(worker.pid, signal.SIGKILL)
    worker.join(60)
    executor.sync()
    assert asked == [hangs.key]
    states = {key.task_id: state for key, (state, _) in executor.event_buffer.items()}
    assert states == {"done": "success"} | ({} if began else {"hangs": "failed"})
    assert (hangs.key in executor.running) is began
    send(executor, workload("next"))
    wait_for((tmp_path / "next").exists)


def test_what_is_noted_does_not_fill_up(executor: Any) -> None:
    for number in range(400):
        own = workload(f"task{number}")
        send(executor, own)
        wait_for(lambda: not executor.result_queue.empty())
        executor.sync()
        assert executor.event_buffer.pop(own.key)[0] == "success"


@pytest.mark.parametrize(
    ("state", "attempt", "is_so"),
    [("queued", 1, True), ("queued", 2, False), ("running", 1, False), ("success", 1, False)],
)
def test_a_task_never_began_that_airflow_has_as_queued_in_this_try(
    monkeypatch: pytest.MonkeyPatch, state: str, attempt: int, is_so: bool
) -> None:
    import airflow.utils.session
    from airflow.models import import_all_models
    from airflow.models.taskinstance import TaskInstance
    from sqlalchemy import create_engine, text
    from sqlalchemy.orm import Session

    import_all_models()
    engine = create_engine("sqlite://")
    TaskInstance.metadata.create_all(engine)
    values = {
        "id": f"'{'0' * 32}'",
        "task_id": "'ingest'",
        "dag_id": "'ingest__tiny'",
        "run_id": "'backfill__1'",
        "map_index": "-1",
        "try_number": str(attempt),
        "state": f"'{state}'",
    }
    with engine.begin() as opened:
        columns = opened.execute(text("PRAGMA table_info(task_instance)")).fetchall()
        for _, name, kind, is_needed, default, _ in columns:
            if is_needed and default is None and name not in values:
                values[name] = "0" if "INT" in kind.upper() else "''"
        listed = ", ".join(values)
        given = ", ".join(values.values())
        opened.execute(text(f"INSERT INTO task_instance ({listed}) VALUES ({given})"))
    monkeypatch.setattr(airflow.utils.session, "create_session", lambda: Session(engine))
    assert preloading.never_began(workload("ingest").key) is is_so
    assert not preloading.never_began(workload("another").key)
