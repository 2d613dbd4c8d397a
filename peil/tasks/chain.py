"""Declare what the DAGs of a pilot share: schedule, assets, retries, gates and alerts of tasks.

Each state of a pilot is an asset `peil://<pilot>/<state>`, partitioned by local calendar day.
A verb's task makes the state, the gate looks at it, and only the task named after the state
carries the asset outlet: a closed gate makes no asset, hence no run of the next verb.

Imported by the files in `dags/`, so it must stay light: a DAG file has seconds to parse.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import (
    Asset,
    PartitionedAssetTimetable,
    get_current_context,
    task,
)
from airflow.sdk.definitions.callback import SyncCallback
from airflow.sdk.definitions.deadline import DeadlineAlert, DeadlineReference
from airflow.sdk.exceptions import AirflowFailException

from peil.adapters.airflow.home import is_read
from peil.charter import reading
from peil.charter.clock import end_of
from peil.charter.products import linked
from peil.outcome import CLOSED, STATE_OF, GateClosed, Outcome, Refused, Waiting
from peil.settings import Plane, settings
from peil.store.faults import disk, stopping
from peil.tasks import units
from peil.tasks.places import held_by

# Jinja: the day of a run, for texts that people read
WHEN = "{{ dag_run.partition_key or (dag_run.conf or {}).get('day', '') }}"

AT_ONCE = 2  # days of a pilot that a task of many days in waiting works on together

SOON = timedelta(seconds=15)  # for what waits for a person, who is there now


@dataclass(frozen=True)
class Pilot:
    """What a DAG must know of a pilot before it runs: its name and its days."""

    name: str
    time_zone: str = "UTC"
    start: datetime | None = None
    end: datetime | None = None
    due: time | None = None
    is_hourly: bool = False
    linked: tuple[str, ...] = ()
    releasable: tuple[str, ...] = ()
    is_sample: bool = False

    def asset(self, state: str) -> Asset:
        """Return the asset that says: this state of this pilot exists for that day."""
        held = held_by(self.name, state)
        return Asset(f"peil://{self.name}/{state}", group=self.name, extra=held)

    def after(self, state: str) -> PartitionedAssetTimetable:
        """Return the schedule 'once for every day of which that state exists'."""
        return PartitionedAssetTimetable(assets=self.asset(state))

    def after_release(self) -> PartitionedAssetTimetable | str | None:
        """Return the agency's schedule: behind each released day.

        An Airflow of the agency alone knows no asset of the operator's: there it is by the clock,
        five minutes behind `receive`.
        """
        if settings().plane == "both":
            return self.after("released")
        return "5,20,35,50 * * * *" if self.start else None

    def dag(self, verb: str, doc: str | None, active_runs: int = 2) -> dict[str, Any]:
        """Return the arguments every DAG of this pilot has in common."""
        return {
            "dag_id": f"{verb}__{self.name}",
            "dag_display_name": f"{verb} {self.name} ({self.unit}s of {self.time_zone})",
            "description": (doc or "").split("\n", 1)[0].partition(": ")[2],
            "tags": [verb, self.name, *([STATE_OF[verb]] if verb in STATE_OF else [])],
            "doc_md": doc,
            "catchup": False,
            # a sample's delivery comes from outside, once: its DAGs wait until somebody wants them;
            # but rows die in time, whoever read them by whatever way and forgot about this switch
            "is_paused_upon_creation": self.is_sample and verb != "retain",
            "max_active_runs": active_runs,
            "default_args": {
                "owner": "agency" if verb in ("receive", "outlook") else "operator",
                **units.retries(self.is_hourly),
            },
        }

    @property
    def unit(self) -> str:
        """What is delivered and released by itself."""
        return "hour" if self.is_hourly else "day"

    @property
    def at_once(self) -> int:
        """How many days are landed, or staged, at once; an hour that waits holds up no other."""
        return 31 if self.is_hourly else 2

    def by_the_clock(self) -> Any:
        """Return the schedule of ingest: once at the end of every day, or hour."""
        return units.by_the_clock(self.is_hourly, self.time_zone)

    def deadline(self) -> DeadlineAlert | None:
        """Return the deadline of ingest: a run that outlives it has `peil.watch.deadlines` look.

        A run begins at midnight, so the interval is the time of day that is due (of an hour, which
        is ingested at its end, how long after it); the callback
        itself looks at the clock, so a night of 23 or 25 hours tells nothing wrong.
        """
        if self.due is None:
            return None
        interval = timedelta(hours=self.due.hour, minutes=self.due.minute)
        callback = SyncCallback("peil.watch.deadlines.passed", {"pilot": self.name})
        reference = DeadlineReference.DAGRUN_QUEUED_AT
        return DeadlineAlert(reference=reference, interval=interval, callback=callback)

    def tell(self, verb: str) -> list[Any]:
        """Return the callbacks of a task that fails for good: `peil.alerts.telling` tells a person.

        On tasks, not on DAGs: a DAG's notifier breaks `dag.test`.
        """

        def failed(context: Any) -> None:
            error = context.get("exception")
            if isinstance(error, AirflowFailException) and error.__cause__ is not None:
                error = error.__cause__
            if isinstance(error, GateClosed) or stopping.is_asked():
                return  # the gate told it when it closed; who stopped a walk needs no message
            conf = context["dag_run"].conf or {}
            if isinstance(error, Waiting) and conf.get("walked"):
                return  # said at the terminal; a walk does not wait, so nothing failed for good
            from peil.alerts import telling
            from peil.store.store import Store

            run = context["dag_run"]
            when = units.named(run.dag_id, str(run.partition_key or conf.get("day") or ""))
            store = Store()
            cause = error if isinstance(error, BaseException) else RuntimeError()
            cause = disk.in_words(cause, store) or cause
            telling.verb_failed(store, reading.load(self.name), verb, when, cause)

        return [failed]


@lru_cache(maxsize=256)
def _known(file: Path, _changed_at: int) -> dict[str, Any] | None:
    """What a valid charter says of the schedule and of products; None where it is not valid."""
    try:
        read = reading.load(file)
    except Refused:
        return None
    zone = ZoneInfo(read.time_zone)
    # a day is ingested at the midnight that ends it, an hour at its end
    whole = read.units()
    first, last = (end_of(unit, read.time_zone).astimezone(zone) for unit in (whole[0], whole[-1]))
    products = [product for product in linked() if product.name in read.products]
    return {
        "time_zone": read.time_zone,
        "start": first,
        "end": last,
        "due": read.inputs.events.due,
        "is_hourly": read.is_hourly,
        "linked": tuple(product.name for product in products),
        "releasable": tuple(product.name for product in products if product.is_releasable),
        "is_sample": read.inputs.root == "outside",
    }


def pilots(plane: Plane = "operator") -> list[Pilot]:
    """Return every pilot that has a charter; in a walk of one pilot, that one only.

    An Airflow of the other plane declares none of a file's DAGs.

    A charter that is not valid still gives DAGs, without a schedule of their own: running one
    shows the reason, where a missing DAG would show nothing.
    """
    declared: list[Pilot] = []
    if settings().plane not in (plane, "both"):
        return declared
    for file in sorted(settings().pilots.glob("*.yml")):
        if not is_read(file.stem):
            continue
        file = reading.path_of(file.stem)
        facts = _known(file, file.stat().st_mtime_ns)
        declared.append(Pilot(file.stem, **(facts or {})))
    return declared


def day() -> str:
    """Return the local day or hour this run is about: its partition, else `conf["day"]`."""
    asked_for = asked_day()
    if asked_for is None:
        raise AirflowFailException(
            'This run has no day: backfill it, trigger it with a partition key as "2026-03-02", '
            'or with the configuration {"day": "2026-03-02"}.'
        )
    return asked_for


def asked_day() -> str | None:
    """Return the day that this run was asked for, None where it was not asked for any."""
    run = get_current_context()["dag_run"]
    partition = run.partition_key or (run.conf or {}).get("day")
    return units.named(run.dag_id, str(partition)) if partition else None


def is_walked() -> bool:
    """Tell whether this run is walked from a terminal, where nobody can answer a question.

    The release itself then looks for the approval in the ledger, and says what to do.
    """
    return bool((get_current_context()["dag_run"].conf or {}).get("walked"))


def report_outcome(outcome: Outcome) -> dict[str, Any]:
    """Return what a task may leave in Airflow's database: small facts, no row, no identifier.

    The verb is done, so an incident of its having failed ends here.
    """
    _done(outcome.verb, outcome.pilot, outcome.day)
    return asdict(outcome)


def _done(verb: str, pilot: str, when: str) -> None:
    """End the incident of a verb that had failed, if there is one."""
    from peil.alerts import telling
    from peil.store.store import Store

    telling.verb_done(Store(), reading.load(pilot), verb, when)


def guard(
    pilot: Pilot, state: str, state_made: Any, exists: Any = None, opened: str | None = None
) -> None:
    """Put the gate of a state behind the task that made it.

    Open: the task named after the state runs, and with it the asset exists. Closed:
    `quarantine` sets the day aside, tells a person, and fails the run.

    Parameters
    ----------
    pilot : Pilot
        Whose state.
    state : str
        raw, staged, estimated or released; also the id of the task that carries the asset.
    made : XComArg
        The verb's task, called; what it returns is an `Outcome` as a dict.
    exists : XComArg, optional
        The task that carries the asset, where more is to be done than to say so.
    opened : str, optional
        Id of the task behind an open gate, where that is `exists` and does not carry the asset.
    """

    @task.branch(task_id="gate", on_failure_callback=pilot.tell(f"gate_{state}"))
    def look(outcome: dict[str, Any]) -> str:
        """Ask the gate whether the batch can be believed."""
        from peil import gates

        if outcome["facts"].get("why") in CLOSED:
            return opened or state  # crossed before, or rows gone: there is nothing to look at
        is_open = gates.asked(state, pilot.name, day()).is_open
        _done(f"gate_{state}", pilot.name, day())
        return (opened or state) if is_open else "quarantine"

    @task(
        task_id="quarantine",
        retries=0,
        on_failure_callback=pilot.tell(f"quarantine_{state}"),
    )
    def set_aside() -> None:
        """Set the day aside and tell a person."""
        from peil import gates

        report = gates.asked(state, pilot.name, day())
        gates.close(report)
        reason = GateClosed(report.refusal())
        raise AirflowFailException(str(reason)) from reason

    if exists is None:
        doc = f"Say that the day is {state}: what waits for that begins."
        exists = EmptyOperator(task_id=state, outlets=[pilot.asset(state)], doc_md=doc)
    look(state_made) >> [exists, set_aside()]
