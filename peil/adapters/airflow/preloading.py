"""Airflow's local executor, with the libraries of verbs and gates imported once, before it forks.

Each task is a process of its own that Airflow forks off a worker. Importing Great Expectations, dbt
and MLflow took most of its seconds, again in every task: between the files of an hour and its
release there are eleven. What is imported before the fork is there in all, in memory that they
share.

Libraries alone, none of `peil`: code that was changed under a started Airflow is the code that its
next task runs, and the one whose hash it signs.

A worker that is killed between taking a task and telling Airflow so would take it along: it would
wait for ever as queued. Each worker notes what it takes, and of a dead one that is failed, so that
it is tried again.
"""

from __future__ import annotations

import multiprocessing
import warnings
from importlib import import_module
from typing import Any

from airflow.executors.local_executor import LocalExecutor
from airflow.models.taskinstancekey import TaskInstanceKey

from peil.settings import settings

OF_EITHER = (
    "great_expectations",
    "mlflow.tracking",
    "mlflow.store.tracking.sqlalchemy_store",
    "mlflow.store.model_registry.sqlalchemy_store",
    "alembic.command",
    "pyarrow.parquet",
    "pyarrow.dataset",
    "sklearn.ensemble",
)
OF_THE_OPERATOR = ("dbt.cli.main", "dbt.adapters.duckdb", "geopandas")


class _NotedQueue:
    """The queue as one worker has it: what it takes is noted before anything else is done."""

    def __init__(self, queue: Any, taken: Any) -> None:
        self._queue, self._taken = queue, taken

    def get(self) -> Any:
        workload = self._queue.get()
        if workload is not None:
            self._taken.put(workload.key)
        return workload


class PreloadedExecutor(LocalExecutor):
    """Runs tasks as `LocalExecutor` does, in processes that need not import for seconds."""

    def start(self) -> None:
        """Import, then fork the workers."""
        own = () if settings().plane == "agency" else OF_THE_OPERATOR
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of libraries' own imports
            for name in (*OF_EITHER, *own):
                import_module(name)
        self._taken: dict[int, Any] = {}
        self._newest: dict[int, Any] = {}
        super().start()

    def _spawn_worker(self) -> None:
        whole, before = self.activity_queue, set(self.workers)
        taken: Any = multiprocessing.SimpleQueue()
        self.activity_queue = _NotedQueue(whole, taken)  # type: ignore[assignment]
        try:
            super()._spawn_worker()  # type: ignore[no-untyped-call]
        finally:
            self.activity_queue = whole
        for pid in set(self.workers) - before:
            self._taken[pid] = taken

    def _check_workers(self) -> None:
        """Reap dead workers, and fail what one of them had taken and never begun."""
        super()._check_workers()  # type: ignore[no-untyped-call]
        for pid, taken in list(self._taken.items()):
            while not taken.empty():
                self._newest[pid] = taken.get()
            if pid in self.workers:
                continue
            self._taken.pop(pid).close()
            key = self._newest.pop(pid, None)
            if isinstance(key, TaskInstanceKey) and never_began(key):
                self.log.warning("A worker died with a task that had not begun: it is tried again.")
                self.fail(key)


def never_began(key: TaskInstanceKey) -> bool:
    """Whether Airflow still has this try of a task as queued; of others it hears no heartbeat."""
    from airflow.models.taskinstance import TaskInstance
    from airflow.utils.session import create_session
    from airflow.utils.state import TaskInstanceState
    from sqlalchemy import select

    own = {name: value for name, value in key._asdict().items() if name != "try_number"}
    statement = select(TaskInstance.state, TaskInstance.try_number).filter_by(**own)
    with create_session() as session:
        newest = session.execute(statement).one_or_none()
    return newest is not None and tuple(newest) == (TaskInstanceState.QUEUED, key.try_number)
