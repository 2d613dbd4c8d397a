"""Stores of their own over one small simulated country, and the command `peil` on each of them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from filelock import FileLock

from peil.settings import PROJECT, Settings

SMALL_DEVICES = 2_000
DELIVERED_DAYS = 3
SMALL_DAYS = 2  # of these run to a release: two show what follows from a day to the next
DATABASES = (
    "operator/mlflow.db",
    "agency/mlflow.db",
    "operator/airflow/airflow.db",
    "operator/airflow/schema",
)
EMPTY = """
from peil.adapters import tracking
from peil.adapters.airflow import home
from peil.adapters.dbt_parsed import manifest
from peil.settings import settings
from peil.store.store import Store
manifest()
tracking.client(Store())
tracking.client(Store(), tracking.OUTLOOK)
home.prepare(settings())
"""


def peil(data: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command `peil` on a store of its own, as a person would."""
    pilots = str(PROJECT / "pilots")  # of these charters, however few days are simulated
    # deliveries are shared by stores: none may take them away from the others
    env = {**os.environ, "PEIL_DATA": str(data), "PEIL_PILOTS": pilots}
    env |= {"PEIL_KEEP_DELIVERIES": "true", **environment}
    return subprocess.run(
        [sys.executable, "-m", "peil.cli", *words],
        capture_output=True,
        text=True,
        env=env,
        cwd=PROJECT,
        timeout=900,
        check=False,
    )


def peil_here(data: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command `peil` as `peil` does, in this process: without seconds of imports.

    Not for `run`, whose Airflow takes one database a process; nor where the process is the subject.
    """
    from typer.testing import CliRunner

    from peil.cli import app

    env = {"PEIL_DATA": str(data), "PEIL_PILOTS": str(PROJECT / "pilots")}
    env |= {"PEIL_KEEP_DELIVERIES": "true", **environment}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(PROJECT)
        done = CliRunner().invoke(app, words, env=env)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return subprocess.CompletedProcess(words, done.exit_code, done.stdout, done.stderr)


def new_store(deliveries: Settings, data: Path) -> Settings:
    """A store of its own over the same deliveries: other keys, an empty ledger, vouched for."""
    from peil.charter import reading
    from peil.ingest import deliveries as manifest
    from peil.store import parties
    from peil.store.store import Store

    store = Settings(
        data=data,
        deliveries=deliveries.deliveries_folder,
        truth=deliveries.truth_folder,
        keep_deliveries=True,
    )  # type: ignore[call-arg]
    folder = deliveries.deliveries_folder / "demo"
    signer = parties.simulator(Store(store))
    manifest.vouch(Store(store), reading.load("demo"), folder, signer)
    take_along(deliveries, data)
    return store


def take_along(small: Settings, data: Path) -> None:
    """Give a new store what is the same in every store and takes seconds to make."""
    empty = small.data.parent / "empty"
    if empty.is_dir() and not (data / DATABASES[0]).exists():
        shutil.copytree(empty, data, dirs_exist_ok=True)


def once(tmp_path_factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """Make a folder once for all workers of a session, and return where it is.

    The first worker that asks makes it; another waits, and reads. Nobody writes to it after that:
    a test that changes a store changes a copy. Where the making failed, it fails for every worker.
    """
    base = tmp_path_factory.getbasetemp()
    root = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder, is_made = root / f"once-{name}", root / f"once-{name}.made"
    with FileLock(root / f"once-{name}.lock"):
        if not is_made.exists():
            folder.mkdir()  # there already: another worker began, and its making failed
            make(folder)
            is_made.touch()
    return folder


def forget_most_of_the_history(data: Path) -> None:
    """Leave six weeks: a simple outlook comes of them at once, where that is not the subject."""
    import pandas as pd

    (file,) = (data / "agency" / "history" / "demo").glob("*.parquet")
    rows = pd.read_parquet(file)
    last = rows["hour_at"].max() - pd.Timedelta(days=42)
    rows[rows["hour_at"] > last].to_parquet(file, index=False)


@dataclass(frozen=True)
class Linked:
    """A store whose pilot follows devices, and the environment in which its charter is found."""

    settings: Settings
    environment: dict[str, str]

    @classmethod
    def over(cls, store: Settings, folder: Path) -> Linked:
        """The store, with the charters that lie in a folder."""
        return cls(
            store,
            {
                "PEIL_PILOTS": str(folder / "pilots"),
                "PEIL_DELIVERIES": str(store.deliveries_folder),
                "PEIL_TRUTH": str(store.truth_folder),
            },
        )

    def peil(self, *words: str) -> tuple[int, str]:
        command = peil if words[0] == "run" else peil_here
        done = command(self.settings.data, *words, COLUMNS="140", **self.environment)
        return done.returncode, done.stdout + done.stderr
