"""The DAGs of a pilot of hours: the same verbs, an hour at a time."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from peil.adapters.airflow.home import DAGS
from peil.settings import PROJECT
from peil.tasks import units

PILOTS = PROJECT / "pilots"


def test_a_pilot_of_hours_is_ingested_at_the_end_of_each_and_keys_tell_two_of_one_name(
    read_dags: Any,
) -> None:
    dag = read_dags(DAGS, PILOTS).dags["ingest__demo_hourly"]
    timetable = dag.timetable
    assert timetable.expression == "0 * * * *" and timetable.run_offset == -1
    zone = ZoneInfo("Europe/Amsterdam")
    twice = [datetime(2026, 10, 25, 2, fold=fold, tzinfo=zone) for fold in (0, 1)]
    keys = [moment.strftime(timetable.key_format) for moment in twice]
    assert keys == ["2026-10-25T02+0200", "2026-10-25T02+0100"]
    task = dag.get_task("ingest")
    assert task.max_retry_delay == timedelta(seconds=15)  # else an hour would be found too late
    assert dag.dag_display_name.endswith("(hours of Europe/Amsterdam)")


def test_the_deadline_of_an_hour_is_so_long_after_it(read_dags: Any, tmp_path: Path) -> None:
    content = yaml.safe_load((PILOTS / "demo_hourly.yml").read_text())
    content["inputs"]["events"]["due"] = "00:10"
    (tmp_path / "pilots").mkdir()
    (tmp_path / "pilots" / "demo_hourly.yml").write_text(yaml.safe_dump(content))
    dags = read_dags(DAGS, tmp_path / "pilots").dags
    (alert,) = dags["ingest__demo_hourly"].deadline
    assert alert.interval == timedelta(minutes=10)
    first = datetime(2026, 3, 2, 1, tzinfo=ZoneInfo("Europe/Amsterdam"))  # ends the first hour
    assert dags["ingest__demo_hourly"].start_date == first


def test_a_run_is_about_the_hour_and_not_about_the_key_that_airflow_writes() -> None:
    keys = ("2026-03-02", "2026-03-02T20+0100", "2026-03-02T20")
    names = [units.named("stage__demo_hourly", key) for key in keys]
    assert names == ["2026-03-02", "2026-03-02T20", "2026-03-02T20"]
