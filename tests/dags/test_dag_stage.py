"""The DAG that stages a day: its parts, where a day has any, are tasks that any worker may take."""

from __future__ import annotations

from typing import Any

from peil.adapters.airflow.home import DAGS
from peil.settings import PROJECT


def test_parts_of_a_day_are_tasks_of_their_own_before_it_is_staged(read_dags: Any) -> None:
    from airflow.sdk.definitions.mappedoperator import MappedOperator

    dag = read_dags(DAGS, PROJECT / "pilots", PEIL_PARTS="4").dags["stage__demo"]
    part = dag.get_task("part")
    assert isinstance(part, MappedOperator)
    assert part.op_kwargs_expand_input.value == {"number": [1, 2, 3, 4]}
    assert dag.get_task("stage").upstream_task_ids == {"part"}
    assert part.on_failure_callback  # who is told of a day is told of its parts


def test_parts_go_to_workers_where_there_are_any(read_dags: Any) -> None:
    own = "peil.adapters.airflow.preloading.PreloadedExecutor"
    for executors, takes in ((own, None), (f"{own},CeleryExecutor", "CeleryExecutor")):
        told = {"AIRFLOW__CORE__EXECUTOR": executors, "PEIL_PARTS": "4"}
        dag = read_dags(DAGS, PROJECT / "pilots", **told).dags["stage__demo"]
        assert dag.get_task("part").executor == takes
        assert dag.get_task("stage").executor is None
        assert dag.get_task("part").retry_delay < dag.get_task("stage").retry_delay
