"""DAGs read as Airflow reads them, without a database and without a store."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from peil.adapters.airflow.home import environment
from peil.settings import Settings

Read = Callable[..., Any]


@pytest.fixture
def read_dags(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Read:
    """Read a folder of DAG files for a folder of charters; returns the DagBag."""
    for name, value in environment(Settings(data=tmp_path / "store")).items():
        # not undone: Airflow keeps what it read when it was first imported
        os.environ.setdefault(name, value)

    def read(dags: Path, pilots: Path | None = None, **env: str) -> Any:
        from airflow.dag_processing.dagbag import BundleDagBag

        if pilots is not None:
            monkeypatch.setenv("PEIL_PILOTS", str(pilots))
        for name, value in env.items():
            monkeypatch.setenv(name, value)
        return BundleDagBag(dag_folder=dags, bundle_path=dags, bundle_name="peil")

    return read
