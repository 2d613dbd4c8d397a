"""Airflow's settings and secrets: drawn once, in files, and nowhere else."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from peil.adapters.airflow.composing import compose_secrets, write_env
from peil.adapters.airflow.home import (
    DAGS,
    claim,
    environment,
    environment_of_a_child,
    keys_folder,
    read_only,
)
from peil.outcome import Refused, Waiting
from peil.settings import PROJECT, Settings
from peil.store import parties
from peil.store.store import Store


def secrets_of(folder: Path) -> dict[str, str]:
    files = {file.name: file.read_text() for file in folder.iterdir()}
    assert files and all(len(content) >= 32 for content in files.values())
    return files


def test_no_secret_is_in_the_environment(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    variables = environment(settings)
    drawn = secrets_of(keys_folder(settings))
    assert set(drawn) == {"console.json", "fernet.key", "jwt.key", "session.key"}
    for name, content in drawn.items():
        assert not any(content.strip() in value for value in variables.values()), name


def test_a_server_keeps_one_connection_at_rest_and_two_heaps(tmp_path: Path) -> None:
    variables = environment_of_a_child(Settings(data=tmp_path), 8080)
    script = (
        "from airflow import settings; settings.initialize(); pool = settings.engine.pool; "
        "print(pool.size(), pool._max_overflow)"
    )
    answer = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script],
        env=variables,
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stdout.split()[-2:] == ["1", "14"]
    assert variables["MALLOC_ARENA_MAX"] == "2"


def test_secrets_are_drawn_once_and_are_the_owners_alone(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    environment(settings)
    first = secrets_of(keys_folder(settings))
    environment(settings)
    assert secrets_of(keys_folder(settings)) == first
    assert keys_folder(settings).stat().st_mode & 0o777 == 0o700
    for file in keys_folder(settings).iterdir():
        assert file.stat().st_mode & 0o377 in (0o000, 0o200), file.name  # the console's is 0600


def test_composes_secrets_are_drawn_once(tmp_path: Path) -> None:
    values = compose_secrets(tmp_path / "secrets")
    first = secrets_of(tmp_path / "secrets")
    assert set(first) == {
        "postgres_password",
        "broker_password",
        "fernet_key",
        "jwt_secret",
        "session_secret",
        "console_passwords",
    }
    assert compose_secrets(tmp_path / "secrets") == values
    assert secrets_of(tmp_path / "secrets") == first
    for file in (tmp_path / "secrets").iterdir():
        assert file.stat().st_mode & 0o777 == 0o400
        assert file.stat().st_uid == int(values["PEIL_UID"])


def test_airflow_listens_on_loopback_and_reports_to_nobody(tmp_path: Path) -> None:
    variables = environment(Settings(data=tmp_path), port=8123)
    assert variables["AIRFLOW__API__HOST"] == "127.0.0.1"
    assert variables["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"].startswith("http://127.0.0.1:8123/")
    assert variables["AIRFLOW__USAGE_DATA_COLLECTION__ENABLED"] == "False"
    assert variables["AIRFLOW__CORE__LOAD_EXAMPLES"] == "False"


def test_an_airflow_of_its_own_is_told_every_setting(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "d", deliveries=tmp_path / "e", threads=1, settle_s=0)
    variables = environment_of_a_child(settings, 8123)
    assert variables["PEIL_DATA"] == str(tmp_path / "d")
    assert variables["PEIL_DELIVERIES"] == str(tmp_path / "e")
    assert (variables["PEIL_THREADS"], variables["PEIL_SETTLE_S"]) == ("1", "0.0")
    # this process has its own settings, and keeps them
    assert not any(name.startswith("PEIL_") for name in environment(settings))


def test_an_airflow_of_its_own_gets_secrets_as_they_are(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, webhook_url="http://localhost/x")  # type: ignore[arg-type]
    assert environment_of_a_child(settings, 8123)["PEIL_WEBHOOK_URL"] == "http://localhost/x"
    assert "localhost/x" not in repr(settings)
    assert "localhost/x" not in str(environment(settings))


def test_a_started_airflow_and_a_walk_exclude_each_other(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    with (
        claim(settings, alone=False),
        claim(settings, alone=False),
        pytest.raises(Waiting, match="peil run"),
    ):
        claim(settings, alone=True)
    with claim(settings, alone=True), pytest.raises(Waiting, match="peil up"):
        claim(settings, alone=False)


def test_a_walk_reads_the_dags_of_its_own_pilot_only(read_dags: Any, tmp_path: Path) -> None:
    from peil.adapters.airflow import walking

    pilots, verbs = tmp_path / "pilots", [file.stem for file in DAGS.glob("*.py")]
    shutil.copytree(PROJECT / "pilots", pilots)
    demo = (pilots / "demo.yml").read_text()
    (pilots / "other.yml").write_text(demo.replace("pilot: demo", "pilot: other"))
    walker = object.__new__(walking._Walker)
    walker._dags = {}
    walker._read = lambda: dict(read_dags(DAGS, pilots).dags)  # type: ignore[method-assign]
    try:
        for pilot in ("demo", "other", "demo"):
            assert set(walker.dags_of(pilot)) == {f"{verb}__{pilot}" for verb in verbs}
            assert set(read_dags(DAGS, pilots).dags) == {f"{verb}__{pilot}" for verb in verbs}
    finally:
        read_only()


def test_the_uid_that_owns_composes_secrets_is_in_its_env_file(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    write_env(file, {"PEIL_UID": "1000"})
    assert file.read_text() == "PEIL_UID=1000\n"
    file.write_text("PEIL_DATA=/srv/store\nPEIL_UID=1000\nPEIL_SMTP_HOST=mail")
    for _ in range(2):
        write_env(file, {"PEIL_UID": "10001"})
    assert file.read_text() == "PEIL_DATA=/srv/store\nPEIL_SMTP_HOST=mail\nPEIL_UID=10001\n"


def compose() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((PROJECT / "docker-compose.yml").read_text())
    return content


def test_every_service_of_compose_has_a_memory_limit_and_the_uid_of_the_secrets() -> None:
    services = compose()["services"]
    assert len(services) == 11
    assert all(service.get("mem_limit") for service in services.values())
    users = {name: service.get("user") for name, service in services.items() if name != "postgres"}
    assert users.pop("agency-receive") == "${PEIL_AGENCY_UID:-10002}:0"
    assert set(users.values()) == {"${PEIL_UID:-10001}:0"}


def test_workers_and_their_broker_start_where_they_are_asked_for() -> None:
    services = compose()["services"]
    asked = {name for name, service in services.items() if service.get("profiles") == ["workers"]}
    assert asked == {"airflow-worker-1", "airflow-worker-2", "broker"}
    assert not any("profiles" in services[name] for name in set(services) - asked)
    assert not any("ports" in services[name] for name in asked)
    told = {name: service.get("environment", {}) for name, service in services.items()}
    executors = {
        variables["AIRFLOW__CORE__EXECUTOR"]
        for variables in told.values()
        if "AIRFLOW__CORE__EXECUTOR" in variables
    }
    (executor,) = executors
    own, _, more = executor.partition("${COMPOSE_PROFILES:+")
    assert own == "peil.adapters.airflow.preloading.PreloadedExecutor"
    assert more == ",CeleryExecutor}"


def planes_of(content: dict[str, Any]) -> dict[str, dict[str, set[str]]]:
    """Of each network of a compose file what its services mount and which secrets they read."""
    planes: dict[str, dict[str, set[str]]] = {}
    for service in content["services"].values():
        (network,) = service["networks"]
        plane = planes.setdefault(network, {"volumes": set(), "secrets": set()})
        plane["volumes"] |= {volume.rsplit(":/", 1)[0] for volume in service.get("volumes", [])}
        plane["secrets"] |= set(service.get("secrets", []))
    return planes


def test_the_planes_of_compose_share_the_outbox_and_nothing_else() -> None:
    content = compose()
    assert set(content["networks"]) == {"operator", "agency"}
    planes = planes_of(content)
    assert set(planes) == {"operator", "agency"}
    operator, agency = planes["operator"], planes["agency"]
    assert operator["volumes"] & agency["volumes"] == {"${PEIL_OUTBOX:-outbox}"}
    assert operator["volumes"] >= {"${PEIL_DATA:-store}", "${PEIL_DELIVERIES:-./data/deliveries}"}
    assert agency["volumes"] == {"${PEIL_OUTBOX:-outbox}", "${PEIL_AGENCY_DATA:-agency}"}
    assert operator["secrets"] and not agency["secrets"]
    for name, service in content["services"].items():
        told = service.get("environment", {}).get("PEIL_PLANE")
        if name not in ("postgres", "mlflow", "broker"):
            assert [told] == service["networks"], name
        assert "depends_on" not in service or name != "agency-receive"


def test_a_service_of_both_planes_or_with_the_others_volume_would_show() -> None:
    content = compose()
    agency = content["services"]["agency-receive"]
    agency["volumes"].append("${PEIL_DATA:-store}:/theirs:ro")
    planes = planes_of(content)
    assert "${PEIL_DATA:-store}" in planes["operator"]["volumes"] & planes["agency"]["volumes"]
    agency["networks"] = ["agency", "operator"]
    with pytest.raises(ValueError, match="too many values"):
        planes_of(content)


def test_who_approves_has_an_account_under_compose_too(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "data", pilots=tmp_path / "pilots")
    folder, valid = tmp_path / "secrets", (date(2026, 1, 1), date(2099, 1, 1))
    assert compose_secrets(folder, settings)["PEIL_CONSOLE_USERS"] == "peil:admin"
    before = json.loads((folder / "console_passwords").read_text())
    for role, name in (("operator", "anna"), ("agency", "carla")):
        parties.enroll(Store(settings), role, name.title(), tmp_path / f"{name}.key", valid, name)
    values = compose_secrets(folder, settings)
    assert values["PEIL_CONSOLE_USERS"] == "peil:admin,anna:user,carla:user"
    drawn = json.loads((folder / "console_passwords").read_text())
    assert set(drawn) == {"peil", "anna", "carla"} and drawn["peil"] == before["peil"]
    assert len(set(drawn.values())) == 3
    assert (folder / "console_passwords").stat().st_mode & 0o777 == 0o400
    assert compose_secrets(folder, settings) == values
    assert json.loads((folder / "console_passwords").read_text()) == drawn
    users = compose()["services"]["airflow-api-server"]["environment"]
    asked = "${PEIL_CONSOLE_USERS:-peil:admin}"
    assert users["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS"] == asked


def test_who_approves_has_a_user_of_their_own_and_may_do_no_more(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "data", pilots=tmp_path / "pilots")
    environment(settings)
    valid = (date(2026, 1, 1), date(2099, 1, 1))
    key = tmp_path / "a.key"
    parties.enroll(Store(settings), "operator", "Anna", key, valid, "anna")
    users = environment(settings)["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS"]
    assert users == "peil:admin,anna:user"
    drawn = json.loads((keys_folder(settings) / "console.json").read_text())
    assert set(drawn) == {"peil", "anna"} and drawn["peil"] != drawn["anna"]
    for account in ("peil", "Anna:admin"):
        with pytest.raises(Refused, match="--account"):
            parties.enroll(Store(settings), "agency", "Carla", tmp_path / "c.key", valid, account)
