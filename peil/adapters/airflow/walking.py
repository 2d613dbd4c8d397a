"""Run one verb's DAG for one day in this process, by `dag.test`.

This is how `peil run` and `make pilot` use the real DAGs without starting Airflow: the same
tasks, gate, branches and mail, but no scheduler, no retries, and no run of the next verb.
"""

from __future__ import annotations

import gc
import logging
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from unittest.mock import patch

from peil.adapters.airflow.home import BUNDLE, DAGS, changing, claim, prepare, read_only
from peil.adapters.airflow.own_interface import speak_newest
from peil.charter import reading
from peil.charter.clock import start_of
from peil.outcome import Fact, Outcome, Refused
from peil.settings import Settings
from peil.settings import settings as read_settings
from peil.store.faults import stopping
from peil.store.faults.garbage import look_less_often
from peil.store.store import Store

ENDED = ("success", "skipped")


@dataclass(frozen=True)
class WalkResult:
    """How a walked DAG ended: the state of each task, and the outcomes its tasks told.

    Iterates over the outcomes: the verb's own, and for a release that crossed `publish` too.
    """

    verb: str
    pilot: str
    day: str
    states: dict[str, str] = field(default_factory=dict)
    outcomes: list[Outcome] = field(default_factory=list)

    def __iter__(self) -> Iterator[Outcome]:
        return iter(self.outcomes)

    @property
    def status(self) -> Literal["done", "unchanged"]:
        """What the verb itself said."""
        return self.outcomes[0].status

    @property
    def facts(self) -> dict[str, Fact]:
        """The verb's own facts."""
        return self.outcomes[0].facts


def log_file(settings: Settings) -> Path:
    """Where Airflow's log of walked DAGs goes."""
    return Store(settings).airflow_home / "logs" / "walk.log"


def walk(verb: str, pilot: str, day: str) -> WalkResult:
    """Run `<verb>__<pilot>` for one local calendar day, as Airflow would.

    Parameters
    ----------
    verb : str
        ingest, stage, estimate or release; or train, for which `day` is any day of the period.
    pilot : str
        Name of a charter in `pilots/`.
    day : str
        As 2026-03-02. The run's logical date is that local midnight, so a second walk replaces
        the run of the first, and what a killed one left behind with it.

    Returns
    -------
    WalkResult
        When every task succeeded or was skipped.

    Raises
    ------
    Refused
        The verb refused; a release may wait for a person's approval.
    GateClosed
        The gate of the state that was made is closed; the day is quarantined.
    Stopped
        The process was asked to stop: no task began after that.
    Exception
        Whatever else a task raised, as it was raised: a fault of ours.
    """
    walker = _walker(read_settings())
    dag = walker.dags_of(pilot).get(f"{verb}__{pilot}")
    if dag is None:
        raise Refused(f"No DAG {verb}__{pilot}: is there a charter pilots/{pilot}.yml?")
    read = reading.load(pilot)
    begins = start_of(reading.day_of(read, day), read.time_zone)
    walker.failures.clear()
    with _own_signals(walker), _looking_again_at_once(), _named_after(day):
        run = dag.test(logical_date=begins, run_conf={"day": day, "walked": True})
    _begin_with_its_tasks(run)
    stopping.check()
    states = {task.task_id: str(task.state) for task in run.get_task_instances()}
    if walker.failures:
        raise _told_by(walker.failures[0])
    if not states or any(state not in ENDED for state in states.values()):
        raise RuntimeError(
            f"{dag.dag_id} for {day} ended {states}: see {log_file(read_settings())}"
        )
    return WalkResult(verb, pilot, day, states, _outcomes(run))


def ready(pilot: str) -> None:
    """Read the DAGs of a pilot, so that its first walk in this process finds them."""
    _walker(read_settings()).dags_of(pilot)


@contextmanager
def _own_signals(walker: _Walker) -> Iterator[None]:
    """Keep what this process does at SIGTERM: each task would put Airflow's handler in its place.

    That handler asks the task what to do (`on_kill`), and the task asks ours.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    walker.on_term = signal.getsignal(signal.SIGTERM) or signal.SIG_DFL
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, walker.on_term)


@contextmanager
def _looking_again_at_once() -> Iterator[None]:
    """Spare `dag.test` the second it sleeps where it finds no task to run.

    It waits for what others do to the run; nobody else works on a walked one, and what its last
    look skipped lets the next one go on. Whoever else sleeps meanwhile sleeps as before.
    """
    sleep = time.sleep

    def briefly(seconds: float) -> None:
        is_airflows = sys._getframe(1).f_globals.get("__name__") == "airflow.sdk.definitions.dag"
        sleep(min(seconds, 0.02) if is_airflows else seconds)

    time.sleep = briefly
    try:
        yield
    finally:
        time.sleep = sleep


@contextmanager
def _named_after(day: str) -> Iterator[None]:
    """Let a run be called by its local day: `dag.test` takes the hour in UTC, of the day before."""
    from airflow.models.dagrun import DagRun

    with patch.object(DagRun, "generate_run_id", lambda **_: f"manual__{day}"):
        yield


def _begin_with_its_tasks(run: Any) -> None:
    """Let a run begin when its first task did: `dag.test` says it began at its logical date."""
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session
    from sqlalchemy import update

    began = [task.start_date for task in run.get_task_instances() if task.start_date]
    if began:
        with create_session() as session:  # the thread's one, which the test used too
            session.execute(update(DagRun).where(DagRun.id == run.id).values(start_date=min(began)))


def _told_by(error: BaseException) -> BaseException:
    """Return the exception of ours behind the one that Airflow was given to fail at once."""
    from airflow.sdk.exceptions import AirflowFailException

    if isinstance(error, AirflowFailException) and error.__cause__ is not None:
        return error.__cause__
    return error


def _outcomes(run: Any) -> list[Outcome]:
    """Return what the tasks left in Airflow's database, in the order in which they ended."""
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session

    with create_session() as session:
        rows = session.scalars(
            XComModel.get_many(run_id=run.run_id, dag_ids=run.dag_id, key="return_value")
        ).all()
        values = [XComModel.deserialize_value(row) for row in sorted(rows, key=_written_at)]
    return [Outcome(**value) for value in values if isinstance(value, dict) and "verb" in value]


def _written_at(row: Any) -> Any:
    return row.timestamp


class _Walker:
    """The DAGs of one store by pilot, read once, with Airflow's database ready for them."""

    def __init__(self, settings: Settings) -> None:
        self._claim = claim(settings, alone=False)
        prepare(settings)
        speak_newest()
        _quiet(log_file(settings))
        self.failures: list[BaseException] = []
        self.on_term: Any = signal.SIG_DFL
        self._settings = settings
        self._dags: dict[str, dict[str, Any]] = {}

    def dags_of(self, pilot: str) -> dict[str, Any]:
        """The DAGs of a pilot, by their ids; from now on no others are read by this process."""
        read_only(pilot)
        if pilot not in self._dags:
            self._dags[pilot] = self._read()
            # what was imported stays: looking through it for garbage is a tenth of a run
            gc.collect()
            gc.freeze()
            look_less_often()
        return self._dags[pilot]

    def _read(self) -> dict[str, Any]:
        from airflow.dag_processing.bundles import manager
        from airflow.dag_processing.dagbag import BundleDagBag, sync_bag_to_db

        bundles: Any = manager.DagBundlesManager
        bag = BundleDagBag(dag_folder=DAGS, bundle_path=DAGS, bundle_name=BUNDLE)
        if bag.import_errors:
            file, error = next(iter(bag.import_errors.items()))
            raise RuntimeError(f"dags/{file} cannot be read: {error.strip().splitlines()[-1]}")
        with changing(self._settings):
            bundles().sync_bundles_to_db()
            sync_bag_to_db(bag, BUNDLE, None)
        dags: dict[str, Any] = dict(bag.dags)
        for dag in dags.values():
            # the charter's period bounds the schedule; here the verb itself checks the day
            dag.start_date = dag.end_date = dag.allowed_run_types = None
            dag.deadline = None  # for a scheduler to watch; `dag.test` breaks on it
            for task in dag.tasks:
                task.start_date = task.end_date = None
                # a person waits at this terminal: say what is wrong instead of trying again
                task.retries, task.retry_policy = 0, None
                mails: Any = task.on_failure_callback or []
                task.on_failure_callback = [*mails, self._remember]
                task.on_kill, task.pre_execute = self._terminate, _before
        return dags

    def _terminate(self) -> None:
        """Do at SIGTERM what the process did before Airflow put its own handler there."""
        signal.signal(signal.SIGTERM, self.on_term)
        signal.raise_signal(signal.SIGTERM)

    def _remember(self, context: Any) -> None:
        """Keep what a task raised: `dag.test` keeps a state and a log line only."""
        if isinstance(error := context.get("exception"), BaseException):
            self.failures.append(error)


def _before(context: Any) -> None:
    """Begin no task once the process was asked to stop."""
    stopping.check()


_walkers: dict[tuple[Path, Path], _Walker] = {}


def _walker(settings: Settings) -> _Walker:
    """Return the walker of this store and these charters, made at the first walk."""
    key = (Store(settings).airflow_home, settings.pilots)
    if key not in _walkers:
        if _walkers:
            raise RuntimeError("Airflow takes one database a process: walk another store apart.")
        _walkers[key] = _Walker(settings)
    return _walkers[key]


def _quiet(file: Path) -> None:
    """Send Airflow's log to a file: the terminal is for progress."""
    from airflow._shared.logging import configure_logging

    # a log that cannot be written is no news of its own: the verb says what is wrong with the disk
    logging.raiseExceptions = False
    file.parent.mkdir(parents=True, exist_ok=True)
    stream = file.open("a", encoding="utf-8", buffering=1)
    configure_logging(log_level="WARNING", output=stream, colors=False)
