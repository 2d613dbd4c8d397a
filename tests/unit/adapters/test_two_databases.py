"""MLflow's server on PostgreSQL, as compose has it, and SQLite hold the same of the same."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from peil import train
from peil.adapters import experiments, tracking, version_rows, versions
from peil.adapters.airflow.standalone import free_port
from peil.adapters.versions import PRESENCE
from peil.estimate import champion
from peil.estimate.estimators import ESTIMATORS
from peil.estimate.linked import versions as followed
from peil.outcome import Refused
from peil.store.store import Store
from peil_models.footprint import FootprintSignalStrength

PASSWORD = "pa55word"
FOLDERS = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
PATIENCE_S = 180
FEW = {"presence.em_max_iter": 3}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not FOLDERS, reason="needs the Debian package postgresql"),
]


def as_postgres(*words: str | Path) -> None:
    """Run a program of PostgreSQL, which will not be root."""
    program = [str(FOLDERS[-1] / str(words[0])), *map(str, words[1:])]
    other = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
    subprocess.run([*other, *program], check=True, capture_output=True, cwd="/", timeout=120)


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    """The address of an empty database, with a password."""
    folder = Path(tempfile.mkdtemp(prefix="peil-pg-"))  # a socket's path may be 107 bytes long
    word, port = folder / "password", free_port()
    word.write_text(PASSWORD)
    if os.getuid() == 0:
        for path in (folder, word):
            shutil.chown(path, "postgres")
    data, log = folder / "data", folder / "log"
    words = ("--auth=scram-sha-256", "--username=peil", f"--pwfile={word}", "--no-sync")
    as_postgres("initdb", "-D", data, *words)
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c fsync=off -k {folder}"
    as_postgres("pg_ctl", "-D", data, "-l", log, "-o", options, "-w", "start")
    place = f"127.0.0.1:{port}"
    try:
        from sqlalchemy import create_engine, text

        own = create_engine(f"postgresql://peil:{PASSWORD}@{place}/postgres")
        with own.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("CREATE DATABASE mlflow"))
        own.dispose()
        yield f"postgresql://peil:{PASSWORD}@{place}/mlflow"
    finally:
        as_postgres("pg_ctl", "-D", data, "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def server(database: str, tmp_path: Path) -> Iterator[str]:
    """MLflow over that database, started as docker-compose.yml does."""
    port = free_port()
    command = ["mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    place = ["--artifacts-destination", str(tmp_path / "artifacts")]
    environment = {
        **os.environ,
        "MLFLOW_BACKEND_STORE_URI": database,
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    }
    with (
        (tmp_path / "log").open("w") as log,
        subprocess.Popen(
            [sys.executable, "-m", *command, *place], env=environment, stdout=log, stderr=log
        ) as running,
    ):
        url, until = f"http://somebody:{PASSWORD}@127.0.0.1:{port}", time.monotonic() + PATIENCE_S
        try:
            while not is_healthy(url):
                assert running.poll() is None and time.monotonic() < until, (
                    tmp_path / "log"
                ).read_text()
                time.sleep(1)
            yield url
        finally:
            running.terminate()


def is_healthy(url: str) -> bool:
    try:
        with urlopen(f"http://{url.rpartition('@')[2]}/health", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def worked_with(store: Store, charter: Any) -> None:
    """What a pilot leaves in MLflow: runs, scores, versions of each model, aliases that moved."""
    tags = {"peil.day": "2026-03-02", "peil.estimator": "em", "peil.footprint": "defaults"}
    experiments.log_run(store, "tiny", "a" * 32, "em 2026-03-02", {"x": 1}, {"mape_day": 0.1}, tags)
    experiments.add_scores(store, "tiny", "a" * 32, {"coverage": 0.9})
    for name, number in (("defaults", 1), ("calibrated", 2)):
        model = FootprintSignalStrength(steepness=0.1 * number)
        metrics, words = {"judged_deviance": 1.0 / number}, {"peil.footprint": name}
        run_id = str(number) * 32
        versions.register(store, "tiny", run_id, model, {"fit": 2}, metrics, words)
        versions.promote(store, "tiny", number)
    champion.first_presence(store, "tiny")
    champion.stand_in(charter, store, "em", FEW)
    other = champion.register_presence(store, "tiny", ESTIMATORS["sb"], FEW)
    versions.challenge(store, "tiny", other, PRESENCE)
    followed.first_versions(charter, store)
    train.rollback("tiny", PRESENCE)


def shown(store: Store) -> dict[str, Any]:
    """What MLflow holds of the pilot, but for its own numbers, moments and places."""
    flow = tracking.client(store)
    experiment = experiments.experiment_of(flow, store, "tiny")
    content: dict[str, Any] = {"rows": version_rows.compare(store, "tiny")}
    content["runs"] = [
        {
            "name": run.info.run_name,
            "status": run.info.status,
            "params": run.data.params,
            "metrics": run.data.metrics,
            "tags": {k: v for k, v in run.data.tags.items() if k.startswith("peil.")},
            "inputs": [each.dataset.to_dictionary() for each in run.inputs.dataset_inputs],
        }
        for run in sorted(
            experiments.runs_of(flow, experiment, ""), key=lambda run: run.data.tags["peil.run_id"]
        )
    ]
    for quantity in experiments.QUANTITIES:
        name = experiments.model_name("tiny", quantity)
        content[name] = {
            "aliases": {k: int(v) for k, v in flow.get_registered_model(name).aliases.items()},
            "versions": [
                {
                    "tags": dict(version.tags),
                    "card": version.description or "",
                    "model": versions.of_number(
                        store, "tiny", quantity, int(version.version)
                    ).model.get_params(),
                }
                for version in versions.all_of(flow, name)
            ],
        }
    content["logged"] = sorted(
        (model.tags["peil.run_id"], model.name, str(model.status), sorted(model.params.items()))
        for model in flow.search_logged_models([experiment])
    )
    return content


def test_both_hold_the_same_runs_models_and_aliases(
    tiny: Any,
    server: str,
    database: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    charter = tiny.charter.model_copy(update={"products": ["presence", "flows", "visitors"]})
    monkeypatch.setattr(train.reading, "load", lambda _: charter)
    worked_with(tiny.store, charter)
    on_sqlite = shown(tiny.store)
    for uri in (server, database):  # the server, and the database without one
        store = Store(
            tiny.store.settings.model_copy(update={"data": tmp_path / "other", "mlflow_uri": uri})
        )
        if uri == server:
            monkeypatch.setenv("PEIL_DATA", str(tmp_path / "other"))
            monkeypatch.setenv("PEIL_MLFLOW_URI", uri)
            worked_with(store, charter)
            assert shown(store) == on_sqlite
        else:
            assert version_rows.compare(store, "tiny") == on_sqlite["rows"]
    assert on_sqlite["presence__tiny"]["aliases"] == {
        "champion": 1,
        "earlier": 2,
        "challenger": 3,
    }
    assert len(on_sqlite["logged"]) == 2 + 3 + 3

    assert PASSWORD not in "".join(capfd.readouterr())  # nor a line on each run

    wrong = database.replace(PASSWORD, "wr0ng")
    settings = tiny.store.settings.model_copy(update={"mlflow_uri": wrong})
    since = time.monotonic()
    with pytest.raises(Refused, match=r"^MLflow at 127.0.0.1:\d+ does not do what") as told:
        versions.champion(Store(settings), "tiny")
    assert "wr0ng" not in str(told.value) and time.monotonic() - since < 30
