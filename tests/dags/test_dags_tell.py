"""What people read of a DAG in Airflow: its words, owner, time zone and assets; and what waits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from peil.adapters.airflow.home import DAGS
from peil.charter import reading
from peil.outcome import STATE_OF
from peil.settings import PROJECT

PILOTS = PROJECT / "pilots"


@pytest.fixture
def bag(read_dags: Any) -> Any:
    dags = read_dags(DAGS, PILOTS)
    assert {f"{verb}__demo" for verb in STATE_OF} <= set(dags.dags)
    return dags


def test_a_dag_says_its_verb_its_pilot_and_what_to_do_if_it_fails(bag: Any) -> None:
    for dag_id, dag in bag.dags.items():
        verb, pilot = dag_id.split("__")
        assert set(dag.tags) == {verb, pilot, *([STATE_OF[verb]] if verb in STATE_OF else [])}
        assert "\nIf it fails: " in dag.doc_md, dag_id
        assert dag.doc_md.startswith(f"{verb.capitalize()}: {dag.description}\n"), dag_id
        assert dag.owner == ("agency" if verb in ("receive", "outlook") else "operator")
        charter = reading.load(PILOTS / f"{pilot}.yml")
        units = f"{'hours' if charter.is_hourly else 'days'} of {charter.time_zone}"
        assert dag.dag_display_name == f"{verb} {pilot} ({units})"


def test_every_task_says_what_it_does(bag: Any) -> None:
    silent = {
        f"{dag_id}.{task.task_id}"
        for dag_id, dag in bag.dags.items()
        for task in dag.tasks
        if not task.doc_md
    }
    assert silent == set()


def test_dags_of_samples_wait_until_somebody_wants_them(bag: Any) -> None:
    paused = {dag_id for dag_id, dag in bag.dags.items() if dag.is_paused_upon_creation}
    samples = {"essnet_sample", "multimno_sample"}
    assert {dag_id.split("__")[1] for dag_id in paused} == samples
    of_samples = {dag_id for dag_id in bag.dags if dag_id.split("__")[1] in samples}
    # but what was read dies in time, by whatever way it was read
    assert of_samples - paused == {f"retain__{name}" for name in samples}


def test_assets_say_of_which_pilot_they_are_what_they_hold_and_where(
    read_dags: Any, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    shown = {"operator": data / "operator/page/demo", "agency": data / "agency/portal/demo"}
    holding: dict[str, dict[str, str]] = {}
    for prefix, root in (("", data), ("https://peil.example/store/", "https://peil.example/store")):
        bag = read_dags(DAGS, PILOTS, PEIL_DATA=str(data), PEIL_LINK_PREFIX=prefix)
        for verb, state in STATE_OF.items():
            (asset,) = bag.dags[f"{verb}__demo"].get_task(state).outlets
            assert asset.group == "demo"
            side = "agency" if state == "released" else "operator"
            page = shown[side].relative_to(data) / "index.html"
            assert asset.extra["is shown by"] == f"{root}/{page}"
            assert asset.extra["lies in"].startswith(f"{root}/{side}/")
            assert asset.extra["holds"].startswith("each day of demo: ")
            holding[state] = asset.extra
    assert len({extra["holds"] for extra in holding.values()}) == len(STATE_OF)
