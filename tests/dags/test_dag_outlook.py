"""The agency's DAG: an outlook of which there is nothing to compute is no failure."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowSkipException

from peil.adapters.airflow.home import DAGS
from peil.outcome import Refused, Waiting
from peil.settings import PROJECT
from peil.watch.outlook.outlook import NoHistory


def computed(dags: Any, monkeypatch: pytest.MonkeyPatch, why: Exception) -> None:
    """Run the task of the demo's outlook, which ends as is asked for."""

    def ends(*_: Any) -> None:
        raise why

    monkeypatch.setattr("peil.watch.outlook.outlook.outlook", ends)
    dags.dags["outlook__demo"].get_task("outlook").python_callable()


@pytest.mark.parametrize("why", [NoHistory("no history"), Waiting("nothing is released")])
def test_an_outlook_of_nothing_is_skipped_and_a_refusal_is_not(
    read_dags: Any, monkeypatch: pytest.MonkeyPatch, why: Exception
) -> None:
    dags = read_dags(DAGS, PROJECT / "pilots")
    with pytest.raises(AirflowSkipException, match=str(why)):
        computed(dags, monkeypatch, why)
    with pytest.raises(Refused, match="line 3"):
        computed(dags, monkeypatch, Refused("events.csv, line 3: no such zone."))
