"""The compose file as it is: built, started, one day through it over REST, and stopped."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from urllib.request import urlopen

import machine
import pytest
from second_store import released, second_store

from peil.adapters.airflow import Airflow, compose_secrets
from peil.adapters.airflow.home import CONSOLE_USER
from peil.adapters.airflow.standalone import free_port
from peil.settings import PROJECT, Settings

DAY = date(2026, 3, 2)
STATES = {"ingest": "raw", "stage": "staged", "estimate": "estimated", "release": "released"}
VERBS = (*STATES, "train", "watch", "retain")
LACKS = machine.missing()

pytestmark = [
    pytest.mark.compose,
    pytest.mark.timeout(1500),
    pytest.mark.skipif(bool(LACKS), reason=f"needs {LACKS}"),
]


@dataclass
class Deployment:
    """Started services, and how to speak to them."""

    engine: machine.Engine
    env: dict[str, str]
    airflow: Airflow
    mlflow: str
    store: Settings

    def compose(self, *words: str) -> str:
        file = str(PROJECT / "docker-compose.yml")
        return self.engine.docker("compose", "--file", file, *words, env=self.env, timeout_s=900)


@pytest.fixture(scope="module")
def engine() -> Iterator[machine.Engine]:
    # not under pytest's own folder: a socket's path may be 107 bytes long, not more
    with machine.engine(Path(tempfile.mkdtemp(prefix="peil-engine-"))) as started:
        yield started


@pytest.fixture(scope="module")
def images(engine: machine.Engine, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Without a registry: a base of Debian's, and PostgreSQL on it."""
    engine.make_base(tmp_path_factory.mktemp("base") / "root")
    recipe = str(Path(__file__).parent / "postgres")
    base = f"BASE_IMAGE={machine.BASE}"
    engine.docker(
        "build", "--network", "host", "--build-arg", base, "--tag", machine.POSTGRES, recipe
    )
    return {"BASE_IMAGE": machine.BASE, "POSTGRES_IMAGE": machine.POSTGRES}


@pytest.fixture(scope="module")
def deployed(
    small_pilot: Settings,
    engine: machine.Engine,
    images: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Deployment]:
    folder = tmp_path_factory.mktemp("deployment")
    store = second_store(small_pilot, folder / "data")
    owner = compose_secrets(folder / "secrets")
    for path in (store.data, *store.data.rglob("*")):
        os.chown(path, owner, 0)
    env = {
        **images,
        "COMPOSE_PROJECT_NAME": "peiltest",
        "PEIL_BUILD_NETWORK": "host",
        "PEIL_UID": str(owner),
        "PEIL_SECRETS": str(folder / "secrets"),
        "PEIL_DATA": str(store.data),
        "PEIL_DELIVERIES": str(_open_to_others(store.deliveries_folder, folder / "deliveries")),
        "PEIL_PILOTS": str(_open_to_others(store.pilots, folder / "pilots")),
        "PEIL_AIRFLOW_PORT": str(free_port()),
        "PEIL_MLFLOW_PORT": str(free_port()),
    }
    password = json.loads((folder / "secrets" / "console_passwords").read_text())[CONSOLE_USER]
    airflow = Airflow(f"http://127.0.0.1:{env['PEIL_AIRFLOW_PORT']}", password)
    mlflow = f"http://127.0.0.1:{env['PEIL_MLFLOW_PORT']}"
    deployment = Deployment(engine, env, airflow, mlflow, store)
    deployment.compose("build", "airflow-init")
    try:
        deployment.compose("up", "--detach", "--wait", "--wait-timeout", "420")
    except RuntimeError as error:
        raise RuntimeError(f"{error}\n{deployment.compose('logs', '--tail', '20')}") from None
    yield deployment
    deployment.compose("down", "--volumes", "--timeout", "15")
    assert not engine.docker("ps", "--all", "--quiet").strip()


def _open_to_others(folder: Path, copy: Path) -> Path:
    """Copy a folder to where the containers' user may read it, below folders it may enter."""
    shutil.copytree(folder, copy)
    for path in (copy, *copy.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return copy


def test_every_service_is_healthy_and_every_dag_is_read(deployed: Deployment) -> None:
    lines = deployed.compose("ps", "--format", "json").splitlines()
    health = {service["Service"]: service["Health"] for service in map(json.loads, lines)}
    assert health == dict.fromkeys(
        (
            "airflow-api-server",
            "airflow-dag-processor",
            "airflow-scheduler",
            "airflow-triggerer",
            "mlflow",
            "postgres",
        ),
        "healthy",
    )
    assert deployed.airflow.is_healthy()
    pilots = [file.stem for file in deployed.store.pilots.glob("*.yml")]
    assert deployed.airflow.dag_ids() == {f"{v}__{p}" for v in VERBS for p in pilots}
    assert deployed.airflow.get("/importErrors")["total_entries"] == 0


def test_only_the_two_consoles_are_published_and_on_loopback(deployed: Deployment) -> None:
    lines = deployed.compose("ps", "--format", "json").splitlines()
    published = {
        (service["Service"], port["URL"], port["PublishedPort"])
        for service in map(json.loads, lines)
        for port in service["Publishers"] or []
        if port["PublishedPort"]
    }
    assert published == {
        ("airflow-api-server", "127.0.0.1", int(deployed.env["PEIL_AIRFLOW_PORT"])),
        ("mlflow", "127.0.0.1", int(deployed.env["PEIL_MLFLOW_PORT"])),
    }


def test_no_secret_is_in_an_image_or_a_container_s_settings(deployed: Deployment) -> None:
    secrets = [file.read_text() for file in Path(deployed.env["PEIL_SECRETS"]).iterdir()]
    assert len(secrets) == 5
    containers = deployed.engine.docker("ps", "--all", "--quiet").split()
    shown = deployed.engine.docker("inspect", *containers)
    shown += deployed.engine.docker("history", "--no-trunc", "peil:local")
    assert "run/secrets" in shown
    for secret in secrets:
        assert secret.strip() not in shown


def test_a_day_through_the_containers_releases_the_bytes_of_peil_run(
    deployed: Deployment, small_pilot: Settings
) -> None:
    deployed.airflow.backfill("ingest__demo", DAY, DAY)
    for verb, state in STATES.items():
        states = deployed.airflow.wait_for_runs(f"{verb}__demo", {str(DAY)}, 300)
        assert states == {str(DAY): "success"}, verb
        assert deployed.airflow.partitions(f"peil://demo/{state}") == {str(DAY)}
    reference = released(small_pilot, [DAY])
    assert set(reference) == {str(DAY)}
    assert released(deployed.store, [DAY]) == reference


def test_the_containers_run_as_nobody_special(deployed: Deployment) -> None:
    for service in ("airflow-scheduler", "airflow-api-server", "mlflow"):
        who = deployed.compose("exec", "--no-TTY", service, "id", "-u").strip()
        assert who == deployed.env["PEIL_UID"] != "0"


def test_mlflow_answers_on_loopback(deployed: Deployment) -> None:
    with urlopen(f"{deployed.mlflow}/health", timeout=20) as answer:
        assert answer.status == 200
