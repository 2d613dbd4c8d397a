"""The DAGs that Airflow sees: all of them, and each with what its readers count on."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from peil.adapters.airflow.home import DAGS, environment
from peil.charter import reading
from peil.outcome import STATE_OF
from peil.settings import PROJECT, Settings

PILOTS = PROJECT / "pilots"
VERBS = (
    *("ingest", "stage", "estimate", "release", "train", "promote", "watch", "retain"),
    *("receive", "outlook"),
)
ROLES = ("operator", "agency")
PRODUCT_TASKS = ("release", "needs_approval", "released", "pages")
TASKS = {
    "ingest": {"ingest", "gate", "raw", "quarantine"},
    "stage": {"stage", "gate", "staged", "quarantine"},
    "estimate": {"estimate", "gate", "estimated", "quarantine"},
    "release": {
        *("release", "gate", "needs_approval", "released", "pages", "quarantine"),
        *(f"{task}_{role}" for task in ("approval", "approved") for role in ROLES),
    },
    "train": {"train"},
    "promote": {"promote", "approval_operator", "approved_operator"},
    "watch": {"watch", "pages"},
    "retain": {"retain"},
    "receive": {"receive"},
    "outlook": {"outlook", "pages"},
}
HOURS = {"watch": "7 * * * *", "retain": "37 * * * *", "receive": "*/15 * * * *"}


def tasks_of(dag_id: str) -> set[str]:
    """The verb's own tasks, and those of each product that the pilot's charter names."""
    verb, pilot = dag_id.split("__")
    named = reading.load(PILOTS / f"{pilot}.yml").products
    linked = [name for name in ("flows", "residence", "visitors") if name in named]
    if verb == "estimate":
        return TASKS[verb] | set(linked)
    if verb == "release":
        asked = [f"{task}_{role}" for task in ("approval", "approved") for role in ROLES]
        each = ["{}_is_ready", *(f"{task}_{{}}" for task in (*asked, *PRODUCT_TASKS))]
        own = {task.format(name) for name in linked if name != "residence" for task in each}
        return TASKS[verb] | own
    return TASKS[verb]


def expected() -> set[str]:
    """One DAG a verb and pilot, for every charter in the repository."""
    pilots = [file.stem for file in PILOTS.glob("*.yml")]
    assert pilots, "no pilot at all: this test would hold of nothing"
    return {f"{verb}__{pilot}" for verb in VERBS for pilot in pilots}


@pytest.fixture
def bag(read_dags: Any) -> Any:
    dags = read_dags(DAGS, PILOTS)
    # all() of nothing is true, and a missing folder has no import errors: count first
    assert set(dags.dags) == expected()
    return dags


def test_every_verb_of_every_pilot_is_one_dag_and_there_is_no_other(bag: Any) -> None:
    assert not bag.import_errors
    assert len(bag.dags) == len(VERBS) * len(reading.pilots())


@pytest.mark.parametrize("verb", VERBS)
def test_a_missing_dag_file_is_noticed(read_dags: Any, tmp_path: Path, verb: str) -> None:
    fewer = tmp_path / "dags"
    shutil.copytree(DAGS, fewer)
    (fewer / f"{verb}.py").unlink()
    dags = read_dags(fewer, PILOTS)
    assert not dags.import_errors  # Airflow itself has nothing to complain of
    missing = expected() - set(dags.dags)
    assert missing and all(dag_id.startswith(f"{verb}__") for dag_id in missing)


def test_each_file_is_read_within_five_seconds(bag: Any) -> None:
    took = {stat.file: stat.duration.total_seconds() for stat in bag.dagbag_stats}
    assert len(took) == len(VERBS)
    assert max(took.values()) < 5, took


def test_a_dag_has_no_task_but_verb_gate_state_quarantine_approval_and_its_products(
    bag: Any,
) -> None:
    for dag_id, dag in bag.dags.items():
        assert set(dag.task_ids) == tasks_of(dag_id)
    assert {"flows", "visitors"} <= set(bag.dags["estimate__demo"].task_ids)
    assert "flows" not in bag.dags["estimate__essnet_sample"].task_ids


def test_presence_waits_for_no_product(bag: Any) -> None:
    """The path that follows nobody comes first: no task of presence is behind one that does."""
    for verb in ("estimate", "release"):
        dag = bag.dags[f"{verb}__demo"]
        own, linked = TASKS[verb], set(dag.task_ids) - TASKS[verb]
        assert linked
        for name in own:
            assert not dag.get_task(name).get_flat_relative_ids(upstream=True) & linked, name


def test_only_the_task_behind_the_gate_carries_the_asset(bag: Any) -> None:
    for dag_id, dag in bag.dags.items():
        verb, pilot = dag_id.split("__")
        carried = {
            task.task_id: [asset.uri for asset in task.outlets]
            for task in dag.tasks
            if task.outlets
        }
        if verb not in STATE_OF:
            assert not carried
            continue
        state = STATE_OF[verb]
        assert carried == {state: [f"peil://{pilot}/{state}"]}
        before = {"gate"}
        if verb == "release":  # behind the gate two people are asked
            assert dag.get_task("needs_approval").upstream_task_ids == {"gate"}
            before = {"needs_approval", "approved_agency"}
        assert dag.get_task(state).upstream_task_ids == before
        assert dag.get_task("quarantine").upstream_task_ids == {"gate"}


def test_each_verb_follows_the_state_before_it_day_by_day(bag: Any) -> None:
    from airflow.sdk import (
        CronPartitionTimetable,
        IdentityMapper,
        PartitionedAssetTimetable,
    )

    before = {"stage": "raw", "estimate": "staged", "release": "estimated", "outlook": "released"}
    for dag_id, dag in bag.dags.items():
        verb, pilot = dag_id.split("__")
        if verb == "ingest":
            assert isinstance(dag.timetable, CronPartitionTimetable)
        elif verb in before:
            assert isinstance(dag.timetable, PartitionedAssetTimetable)
            assert dag.timetable.asset_condition.uri == f"peil://{pilot}/{before[verb]}"
            assert isinstance(dag.timetable.default_partition_mapper, IdentityMapper)
        elif verb in HOURS:
            assert dag.schedule == HOURS[verb]
        else:
            assert (verb == "train" and not dag.timetable.can_be_scheduled) or dag.schedule is None


def _ingest_days(bag: Any, dag_id: str, first: datetime, last: datetime) -> list[str]:
    from airflow.serialization.encoders import coerce_to_core_timetable

    timetable: Any = coerce_to_core_timetable(bag.dags[dag_id].timetable)
    runs = timetable.iter_partition_dagrun_infos(earliest=first, latest=last)
    return [run.partition_key for run in runs]


def test_a_backfill_of_three_days_is_three_local_days(bag: Any) -> None:
    first, last = (datetime(2026, 3, day, tzinfo=UTC) for day in (2, 4))
    days = _ingest_days(bag, "ingest__demo", first, last)
    assert days == ["2026-03-02", "2026-03-03", "2026-03-04"]


def test_days_on_which_the_clock_changes_come_once(bag: Any) -> None:
    spring = (datetime(2026, 3, 28, tzinfo=UTC), datetime(2026, 3, 30, tzinfo=UTC))
    autumn = (datetime(2026, 10, 24, tzinfo=UTC), datetime(2026, 10, 26, tzinfo=UTC))
    assert _ingest_days(bag, "ingest__demo", *spring) == [
        "2026-03-28",
        "2026-03-29",
        "2026-03-30",
    ]
    assert _ingest_days(bag, "ingest__demo", *autumn) == [
        "2026-10-24",
        "2026-10-25",
        "2026-10-26",
    ]


def test_a_day_is_ingested_at_the_midnight_that_ends_it(bag: Any) -> None:
    from airflow.serialization.encoders import coerce_to_core_timetable
    from airflow.timetables.base import TimeRestriction
    from pendulum import instance

    dag = bag.dags["ingest__demo"]
    timetable: Any = coerce_to_core_timetable(dag.timetable)
    within = TimeRestriction(instance(dag.start_date), instance(dag.end_date), catchup=True)
    runs, last = [], None
    while (last := timetable.next_dagrun_info_v2(last_dagrun_info=last, restriction=within)) and (
        len(runs) < 99
    ):
        runs.append((last.partition_key, last.run_after.in_timezone("Europe/Amsterdam")))
    period = reading.load("demo").period
    assert [day for day, _ in runs] == [str(day) for day in reading.load("demo").days()]
    assert runs[0][1].hour == 0 and runs[0][1].date() > period.start


def test_nothing_is_caught_up_by_itself_and_runs_at_once_are_bounded(bag: Any) -> None:
    for dag_id, dag in bag.dags.items():
        assert dag.catchup is False
        # days that wait must not hold up the others: for a person's approval, and a weekend for its
        # Friday, which would never begin while two wait for it
        alone = dict.fromkeys(("train", "promote", "watch", "retain", "receive", "outlook"), 1)
        # and of a pilot of hours one that waits for its delivery
        verb, pilot = dag_id.split("__")
        by_the_hour = ("ingest", "stage") if pilot == "demo_hourly" else ()
        waiting = dict.fromkeys(("release", "estimate", *by_the_hour), 31)
        assert dag.max_active_runs == {**waiting, **alone}.get(verb, 2)
        if verb == "estimate":  # many may wait, two work
            linked = [name for name in ("flows", "visitors", "residence") if dag.has_task(name)]
            tasks = [dag.get_task(name) for name in ("estimate", *linked)]
            assert {each.max_active_tis_per_dag for each in tasks} == {2}


def test_a_run_of_ingest_by_hand_must_be_a_backfill(bag: Any) -> None:
    # Airflow drops the tasks of other runs outside the period, and calls that a success
    for dag_id, dag in bag.dags.items():
        allowed = {"ingest": {"scheduled", "backfill"}}.get(dag_id.split("__")[0])
        assert (
            {str(getattr(kind, "value", kind)) for kind in dag.allowed_run_types or []} or None
        ) == allowed


def test_waiting_is_tried_again_and_a_refusal_or_a_closed_gate_is_not(bag: Any) -> None:
    from airflow.sdk import RetryAction

    from peil.outcome import GateClosed, Refused, Waiting

    for dag_id, dag in bag.dags.items():
        if dag_id.startswith(("watch__", "receive__")):
            continue
        task = dag.get_task(dag_id.split("__")[0])
        assert task.retries >= 3 and task.retry_exponential_backoff
        actions = {
            type(error).__name__: task.retry_policy.evaluate(error, 1, 8).action
            for error in (Waiting("x"), Refused("x"), GateClosed("x"), OSError("x"))
        }
        assert actions == {
            "Waiting": RetryAction.RETRY,
            "Refused": RetryAction.FAIL,
            "GateClosed": RetryAction.FAIL,
            "OSError": RetryAction.DEFAULT,
        }


def test_watch_runs_every_hour_from_the_first_midnight_and_catches_nothing_up(bag: Any) -> None:
    dag = bag.dags["watch__demo"]
    assert dag.schedule == "7 * * * *"
    assert dag.start_date == bag.dags["ingest__demo"].start_date and dag.end_date is None
    assert dag.catchup is False and dag.get_task("watch").retries == 0


def test_ingest_has_the_deadline_that_the_charter_names(read_dags: Any, tmp_path: Path) -> None:
    pilots = tmp_path / "pilots"
    shutil.copytree(PILOTS, pilots)
    with_due(pilots / "demo.yml", "06:30")
    dags = read_dags(DAGS, pilots)
    assert not dags.import_errors
    (alert,) = dags.dags["ingest__demo"].deadline
    assert alert.interval == timedelta(hours=6, minutes=30)
    assert (alert.callback.path, alert.callback.kwargs) == (
        "peil.watch.deadlines.passed",
        {"pilot": "demo"},
    )
    others = [dag for dag_id, dag in dags.dags.items() if dag_id != "ingest__demo"]
    assert others and not any(dag.deadline for dag in others)


def with_due(charter_file: Path, due: str) -> None:
    """Name a time in a charter, as a person would."""
    text = charter_file.read_text()
    changed = text.replace("    reader: generic\n", f'    reader: generic\n    due: "{due}"\n', 1)
    assert changed != text
    charter_file.write_text(changed)


def test_a_person_is_told_by_tasks_and_never_by_a_dag(bag: Any) -> None:
    for dag_id, dag in bag.dags.items():
        assert not dag.on_failure_callback  # a DAG's notifier breaks dag.test
        verb = dag_id.split("__")[0]
        telling = {task.task_id for task in dag.tasks if task.on_failure_callback}
        assert verb in telling
        assert ("quarantine" in telling) == ("gate" in telling) == (verb in STATE_OF)


HEAVY = "apprise slack_sdk aiosmtplib pandas numpy duckdb mlflow dbt great_expectations pyspark"


def test_a_dag_file_imports_no_notifier_and_nothing_that_works_on_rows(tmp_path: Path) -> None:
    """They take seconds, and only tasks need them."""
    script = (
        "import importlib, pathlib, sys; sys.path.insert(0, 'dags'); files = pathlib.Path('dags'); "
        "[importlib.import_module(file.stem) for file in sorted(files.glob('*.py'))]; "
        f"print([name for name in sys.modules if name.split('.')[0] in {HEAVY.split()} "
        "or '.notifications.' in name])"
    )
    env = {
        **os.environ,
        **environment(Settings(data=tmp_path)),
        "PEIL_SMTP_HOST": "localhost",
        "PEIL_SMTP_TO": "a@example.org",
        "PEIL_WEBHOOK_URL": "http://localhost/",
    }
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=PROJECT,
        env=env,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().splitlines()[-1] == "[]"


def test_a_charter_that_is_not_valid_hides_no_dag(read_dags: Any, tmp_path: Path) -> None:
    pilots = tmp_path / "pilots"
    shutil.copytree(PILOTS, pilots)
    (pilots / "broken.yml").write_text("pilot: broken\npurpose: none of these\n")
    dags = read_dags(DAGS, pilots)
    assert not dags.import_errors
    assert set(dags.dags) == expected() | {f"{verb}__broken" for verb in VERBS}


def test_a_dag_file_takes_airflow_at_the_top_and_peil_inside_its_tasks() -> None:
    for verb in VERBS:
        tree = ast.parse((DAGS / f"{verb}.py").read_text())
        top = {node.module for node in tree.body if isinstance(node, ast.ImportFrom)}
        light = ("airflow.", "typing", "peil.tasks.")
        assert "airflow.sdk" in top and all(str(name).startswith(light) for name in top), top
        inside = [
            node
            for outer in tree.body
            if isinstance(outer, ast.FunctionDef)
            for node in ast.walk(outer)
            if isinstance(node, ast.Import | ast.ImportFrom)
        ]
        assert inside and all(
            str(getattr(node, "module", "")).startswith("peil") for node in inside
        )
