"""What is Airflow's within a process: its database, made anew where its tables are gone; the
interface that tasks of a walk ask, prepared in the newest version and few others.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from peil.adapters.airflow import home
from peil.adapters.airflow.own_interface import speak_newest
from peil.settings import Settings
from peil.store.store import Store


@pytest.mark.parametrize(
    ("tables", "is_made"), [(("dag_run", "dag_bundle"), False), (("dag_run",), True), ((), True)]
)
def test_it_is_made_anew_where_what_was_written_ahead_was_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tables: tuple[str, ...], is_made: bool
) -> None:
    import airflow.utils.db

    settings, calls = Settings(data=tmp_path), []  # type: ignore[call-arg]
    monkeypatch.setattr(airflow.utils.db, "initdb", lambda: calls.append("made"))
    monkeypatch.setattr(home, "environment", lambda _: {})
    folder = Store(settings).airflow_home
    folder.mkdir(parents=True)
    with closing(sqlite3.connect(folder / "airflow.db")) as opened:
        for table in tables:
            opened.execute(f"CREATE TABLE {table} (id INTEGER)")
    (folder / "schema").write_text(home.metadata.version("apache-airflow-core"))
    home.prepare(settings)
    assert calls == (["made"] if is_made else [])


@pytest.mark.filterwarnings("ignore:Using .httpx. with")
def test_the_newest_version_answers_and_few_others_are_prepared(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import httpx
    from airflow.api_fastapi.execution_api import app, versions
    from airflow.sdk.api.datamodels._generated import API_VERSION

    every = versions.bundle
    monkeypatch.setattr(versions, "bundle", every)  # as before, afterwards
    speak_newest()
    assert len(every.versions) > 2 * len(versions.bundle.versions)
    transport = app.InProcessExecutionAPI().transport
    headers = {"airflow-api-version": API_VERSION}
    with httpx.Client(transport=transport, base_url="http://in-process", headers=headers) as client:
        assert client.get("/health").status_code == 200
        asked = client.get("/variables/no_such_variable")
    assert asked.status_code == 404
    assert asked.headers["airflow-api-version"] == API_VERSION
