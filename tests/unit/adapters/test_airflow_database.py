"""Airflow's database is made anew where its tables are gone, and not where they are there."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from peil.adapters.airflow import home
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
