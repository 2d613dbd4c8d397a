"""The compose file as it is: built, started, one day through it over REST, and stopped."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote
from urllib.request import urlopen

import machine
import pytest
from second_store import released, second_store

from peil.adapters.airflow.composing import compose_secrets
from peil.adapters.airflow.home import CONSOLE_USER
from peil.adapters.airflow.rest import Airflow, wait_until
from peil.adapters.airflow.standalone import free_port
from peil.settings import PROJECT, Settings
from peil.store import parties
from peil.store.store import Store

DAY = date(2026, 3, 2)
STATES = {"ingest": "raw", "stage": "staged", "estimate": "estimated", "release": "released"}
# of the operator's Airflow: it receives nothing
VERBS = (*STATES, "train", "watch", "retain", "promote")
AGENCY_UID = 10002
APPROVERS: dict[parties.Role, str] = {"operator": "anna", "agency": "carla"}
N_PARTS = 4
LACKS = machine.missing()

pytestmark = [
    pytest.mark.compose,
    pytest.mark.timeout(2400),
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
    agency: Settings

    def compose(self, *words: str) -> str:
        file = str(PROJECT / "docker-compose.yml")
        return self.engine.docker("compose", "--file", file, *words, env=self.env, timeout_s=900)

    def unwell(self) -> str:
        """Each service that is not healthy: its state, its last checks, the end of its log."""
        lines = self.compose("ps", "--all", "--format", "json").splitlines()
        said = []
        for service in map(json.loads, lines):
            if service["Health"] == "healthy" or service["Service"] == "airflow-init":
                continue
            shown = json.loads(self.engine.docker("inspect", service["Name"]))[0]["State"]
            checks = [check["Output"][-300:] for check in shown.pop("Health", {}).get("Log", [])]
            log = self.compose("logs", "--tail", "15", service["Service"])
            said.append(f"{service['Service']}: {shown}\n{checks}\n{log[-2000:]}")
        return "\n".join(said)


@pytest.fixture(scope="module")
def engine() -> Iterator[machine.Engine]:
    # not under pytest's own folder: a socket's path may be 107 bytes long, not more
    with machine.engine(Path(tempfile.mkdtemp(prefix="peil-engine-"))) as started:
        yield started


@pytest.fixture(scope="module")
def images(engine: machine.Engine, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Without a registry: a base of Debian's, with PostgreSQL and a broker on it."""
    engine.make_base(tmp_path_factory.mktemp("base") / "root")
    base = f"BASE_IMAGE={machine.BASE}"
    for name, folder in ((machine.POSTGRES, "postgres"), (machine.BROKER, "broker")):
        recipe = str(Path(__file__).parent / folder)
        words = ("build", "--network", "host", "--build-arg", base, "--tag", name, recipe)
        engine.docker(*words, timeout_s=1200)
    return {
        "BASE_IMAGE": machine.BASE,
        "POSTGRES_IMAGE": machine.POSTGRES,
        "BROKER_IMAGE": machine.BROKER,
    }


@pytest.fixture(scope="module")
def deployed(
    small_pilot: Settings,
    engine: machine.Engine,
    images: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Deployment]:
    folder = tmp_path_factory.mktemp("deployment")
    agency, outbox = folder / "agency", folder / "outbox"
    for place, mode, uid in ((agency, 0o700, AGENCY_UID), (outbox, 0o2770, 0)):
        place.mkdir()
        os.chown(place, uid, 0)
        place.chmod(mode)
    apart = small_pilot.model_copy(update={"plane": "operator", "outbox": outbox})
    store = second_store(apart, folder / "data")
    pilots = _open_to_others(store.pilots, folder / "pilots")
    named = store.model_copy(update={"pilots": pilots})
    for role, name in APPROVERS.items():
        valid = (date(2026, 1, 1), date(2099, 1, 1))
        parties.enroll(Store(named), role, name.title(), folder / f"{name}.key", valid, name)
    _open_to_others(pilots / "parties", None)
    values = compose_secrets(folder / "secrets", named)
    owner = int(values["PEIL_UID"])
    for place in (store.data, outbox):
        for path in (place, *place.rglob("*")):
            os.chown(path, owner, 0)
    outbox.chmod(0o2770)
    env = {
        **images,
        **values,
        "COMPOSE_PROJECT_NAME": "peiltest",
        "PEIL_BUILD_NETWORK": "host",
        "PEIL_SECRETS": str(folder / "secrets"),
        "PEIL_DATA": str(store.data),
        "PEIL_DELIVERIES": str(_open_to_others(store.deliveries_folder, folder / "deliveries")),
        "PEIL_PILOTS": str(pilots),
        "PEIL_AGENCY_DATA": str(agency),
        "PEIL_OUTBOX": str(outbox),
        "PEIL_RECEIVE_S": "5",
        "COMPOSE_PROFILES": "workers",
        "PEIL_PARTS": str(N_PARTS),
        "PEIL_LOST_AFTER_S": "15",
        "PEIL_AIRFLOW_PORT": str(free_port()),
        "PEIL_MLFLOW_PORT": str(free_port()),
    }
    password = json.loads((folder / "secrets" / "console_passwords").read_text())[CONSOLE_USER]
    airflow = Airflow(f"http://127.0.0.1:{env['PEIL_AIRFLOW_PORT']}", password)
    mlflow = f"http://127.0.0.1:{env['PEIL_MLFLOW_PORT']}"
    theirs = Settings(data=agency, plane="agency", outbox=outbox)  # type: ignore[call-arg]
    deployment = Deployment(engine, env, airflow, mlflow, store, theirs)
    deployment.compose("build", "airflow-init")
    try:
        deployment.compose("up", "--detach", "--wait", "--wait-timeout", "600")
    except RuntimeError:
        raise RuntimeError(f"These are not well:\n{deployment.unwell()}") from None
    yield deployment
    deployment.compose("down", "--volumes", "--timeout", "15")
    assert not engine.docker("ps", "--all", "--quiet").strip()


def _open_to_others(folder: Path, copy: Path | None) -> Path:
    """Copy a folder to where the containers' user may read it, below folders it may enter."""
    if copy:
        shutil.copytree(folder, copy)
    for path in ((copy or folder), *(copy or folder).rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return copy or folder


def test_every_service_is_healthy_and_every_dag_is_read(deployed: Deployment) -> None:
    lines = deployed.compose("ps", "--format", "json").splitlines()
    health = {service["Service"]: service["Health"] for service in map(json.loads, lines)}
    assert health == dict.fromkeys(
        (
            "agency-receive",
            "airflow-api-server",
            "airflow-dag-processor",
            "airflow-scheduler",
            "airflow-triggerer",
            "airflow-worker-1",
            "airflow-worker-2",
            "broker",
            "mlflow",
            "postgres",
        ),
        "healthy",
    )
    # a component of a busy machine may be late with the sign of life by which it is judged
    wait_until(deployed.airflow.is_healthy, 120, lambda: "a component gives no sign of life")
    pilots = [file.stem for file in deployed.store.pilots.glob("*.yml")]
    wanted = {f"{v}__{p}" for v in VERBS for p in pilots}
    # its files are read one after the other, on a busy machine for longer than it takes to be well
    wait_until(lambda: deployed.airflow.dag_ids() == wanted, 240, lambda: "DAGs are missing")
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
    assert len(secrets) == 6
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
        states = deployed.airflow.wait_for_runs(f"{verb}__demo", {str(DAY)}, 600)
        assert states == {str(DAY): "success"}, verb
        assert deployed.airflow.partitions(f"peil://demo/{state}") == {str(DAY)}
    reference = released(small_pilot, [DAY])
    assert set(reference) == {str(DAY)}
    assert released(deployed.store, [DAY]) == reference  # the operator's record of what it sent
    for _ in range(60):  # the agency looks every five seconds
        if released(deployed.agency, [DAY]):
            break
        time.sleep(1)
    assert released(deployed.agency, [DAY]) == reference
    assert not Store(deployed.store).outbound("demo", "presence", DAY).exists()
    parts = parts_of(deployed, DAY)
    assert len(parts) == N_PARTS and {part["executor"] for part in parts} == {"CeleryExecutor"}
    assert len({part["hostname"] for part in parts}) == 2  # both workers had a share
    assert "Verified" in deployed.compose("exec", "--no-TTY", "agency-receive", "peil", "verify")


def parts_of(deployed: Deployment, day: date) -> list[dict[str, Any]]:
    """The tasks that stage the parts of a day, as Airflow has them now."""
    path = "/dags/stage__demo/dagRuns"
    runs = deployed.airflow.get(path, limit=500)["dag_runs"]
    ids = [run["dag_run_id"] for run in runs if run["partition_key"] == str(day)]
    tasks = [
        task
        for run_id in ids
        for task in deployed.airflow.get(f"{path}/{quote(run_id)}/taskInstances")["task_instances"]
    ]
    return [task for task in tasks if task["task_id"] == "part" and task["map_index"] >= 0]


def test_a_worker_killed_in_mid_part_changes_no_byte(
    deployed: Deployment, small_pilot: Settings
) -> None:
    day = DAY + timedelta(days=1)
    deployed.airflow.backfill("ingest__demo", day, day)
    begun: list[dict[str, Any]] = []

    def is_one_begun() -> bool:
        begun[:] = [part for part in parts_of(deployed, day) if part["state"] == "running"]
        return bool(begun)

    wait_until(is_one_begun, 180, lambda: "no part has begun")
    deployed.engine.docker("kill", begun[0]["hostname"])
    states = deployed.airflow.wait_for_runs("release__demo", {str(day)}, 600)
    assert states == {str(day): "success"}
    parts = parts_of(deployed, day)
    assert [part["state"] for part in parts] == ["success"] * N_PARTS
    again = next(part for part in parts if part["map_index"] == begun[0]["map_index"])
    assert again["try_number"] == 2 and again["hostname"] != begun[0]["hostname"]
    reference = released(small_pilot, [day])
    assert set(reference) == {str(day)} and released(deployed.store, [day]) == reference


def test_the_planes_share_the_outbox_and_no_network_user_or_other_folder(
    deployed: Deployment,
) -> None:
    lines = deployed.compose("ps", "--format", "json").splitlines()
    names = {service["Name"]: service["Service"] for service in map(json.loads, lines)}
    shown = json.loads(deployed.engine.docker("inspect", *names))
    networks: dict[str, set[str]] = {"operator": set(), "agency": set()}
    mounts: dict[str, set[str]] = {"operator": set(), "agency": set()}
    for container in shown:
        service = names[container["Name"].removeprefix("/")]
        plane = "agency" if service.startswith("agency-") else "operator"
        networks[plane] |= set(container["NetworkSettings"]["Networks"])
        mounts[plane] |= {mount["Source"] for mount in container["Mounts"]}
    assert networks == {"operator": {"peiltest_operator"}, "agency": {"peiltest_agency"}}
    assert mounts["operator"] & mounts["agency"] == {deployed.env["PEIL_OUTBOX"]}
    assert deployed.env["PEIL_DATA"] in mounts["operator"]
    assert deployed.env["PEIL_AGENCY_DATA"] in mounts["agency"]
    with pytest.raises(RuntimeError, match=r"gaierror|[Nn]ame resolution"):
        look_up = "import socket; socket.gethostbyname('postgres')"
        deployed.compose("exec", "--no-TTY", "agency-receive", "python", "-c", look_up)


def test_who_approves_has_an_account_of_their_own(deployed: Deployment) -> None:
    """Named accounts see and answer; no more."""
    file = Path(deployed.env["PEIL_SECRETS"]) / "console_passwords"
    passwords = json.loads(file.read_text())
    assert set(passwords) == {CONSOLE_USER, *APPROVERS.values()}
    for name in APPROVERS.values():
        client = Airflow(deployed.airflow.url, passwords[name], name)
        assert client.dag_ids() == deployed.airflow.dag_ids()


def test_the_containers_run_as_nobody_special(deployed: Deployment) -> None:
    for service in ("airflow-scheduler", "airflow-api-server", "mlflow"):
        who = deployed.compose("exec", "--no-TTY", service, "id", "-u").strip()
        assert who == deployed.env["PEIL_UID"] != "0"
    who = deployed.compose("exec", "--no-TTY", "agency-receive", "id", "-u").strip()
    assert who == str(AGENCY_UID) != deployed.env["PEIL_UID"]


def test_mlflow_answers_on_loopback(deployed: Deployment) -> None:
    with urlopen(f"{deployed.mlflow}/health", timeout=20) as answer:
        assert answer.status == 200
