"""Every setting reaches the services of docker-compose.yml that read it, or it is said why not."""

from __future__ import annotations

import os
from typing import Any

import pytest
import yaml

from peil.settings import PROJECT, Settings

FIXED = {"plane", "outbox", "data", "deliveries", "pilots", "mlflow_uri"}  # as containers see them
OF_THE_CITY = {name for name in Settings.model_fields if name.startswith("city_")}
NOT_PASSED = {
    "engine": "the image has no Spark",
    "spark_master": "the image has no Spark",
    "operator_key": "the image has no PKCS#11",
    "pkcs11_module": "the image has no PKCS#11",
    "pkcs11_pin": "the image has no PKCS#11",
    "pkcs11_pin_file": "the image has no PKCS#11",
    "two_processes_from_days": "of `peil run`, which does not run beside Airflow",
    "studies": "studies are tried in a checkout",
    "estimators": "studies are tried in a checkout",
    "truth": "simulated sets are scored in a checkout",
    "outside_data": "outside sets are scored in a checkout",
    "smtp_password": "a secret is a file",
    "webhook_url": "a secret is a file",
    "apprise_urls": "a secret is a file",
    "city_webhook_url": "a secret is a file",
    "city_apprise_urls": "a secret is a file",
}


def told() -> dict[str, dict[str, str]]:
    """Of each service that runs verbs its environment."""
    content = yaml.safe_load((PROJECT / "docker-compose.yml").read_text(encoding="utf-8"))
    environments: dict[str, Any] = {
        name: service.get("environment", {}) for name, service in content["services"].items()
    }
    return {name: words for name, words in environments.items() if "PEIL_PLANE" in words}


def missing(service: str, words: dict[str, str]) -> set[str]:
    """Settings that a service should be told and is not, or not as its `.env` has them."""
    if service == "agency-receive":
        asked = {*OF_THE_CITY, "smtp_host", "smtp_port", "smtp_from", "lock_wait_s"}
    else:
        asked = set(Settings.model_fields) - OF_THE_CITY - FIXED
    variables = {name: f"PEIL_{name.upper()}" for name in asked - set(NOT_PASSED)}
    return {
        name
        for name, variable in variables.items()
        if not str(words.get(variable, "")).startswith(f"${{{variable}:-")
    }


def test_a_setting_is_passed_to_the_services_that_run_verbs_or_excepted_for_a_reason() -> None:
    services = told()
    assert len(services) == 8 and "airflow-scheduler" in services and "agency-receive" in services
    assert {
        name: missing(name, words) for name, words in services.items() if missing(name, words)
    } == {}
    assert set(NOT_PASSED) <= set(Settings.model_fields)
    variables = {f"PEIL_{name.upper()}" for name in NOT_PASSED}
    assert not variables & {variable for words in services.values() for variable in words}


def test_what_compose_passes_unset_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    passed = {
        variable: word.partition(":-")[2].removesuffix("}")
        for words in told().values()
        for variable, word in words.items()
        if variable.startswith("PEIL_") and word.startswith("${" + variable)
    }
    assert set(passed.values()) == {"", "true"}
    for variable in [name for name in os.environ if name.startswith("PEIL_")]:
        monkeypatch.delenv(variable)
    for variable, default in passed.items():
        monkeypatch.setenv(variable, default)
    alone = {"keep_deliveries": True}
    assert Settings().model_dump() == Settings.model_construct().model_dump() | alone


def test_deliveries_that_nobody_may_delete_are_kept_and_tasks_have_a_number_of_their_own() -> None:
    content = yaml.safe_load((PROJECT / "docker-compose.yml").read_text(encoding="utf-8"))
    scheduler = content["services"]["airflow-scheduler"]
    assert any(volume.endswith(":/deliveries:ro") for volume in scheduler["volumes"])
    words = scheduler["environment"]
    assert words["PEIL_KEEP_DELIVERIES"] == "${PEIL_KEEP_DELIVERIES:-true}"
    assert words["AIRFLOW__CORE__PARALLELISM"] == "${PEIL_TASKS:-2}"


def test_the_guide_says_what_compose_passes_and_what_it_does_not() -> None:
    guide = (PROJECT / "docs" / "operate.md").read_text(encoding="utf-8")
    section = " ".join(guide.split("\n## docker compose\n")[1].split("\n## ")[0].split())
    passed, not_passed = section.split("These do nothing here:")
    for name in NOT_PASSED:
        assert f"`PEIL_{name.upper()}`" in not_passed.split("Workers:")[0], name
    families = ("smtp_", "city_", "webhook_", "apprise_")
    for name in set(Settings.model_fields) - set(NOT_PASSED):
        assert f"`PEIL_{name.upper()}`" in passed or name.startswith(families), name
    for variable in ("PEIL_TASKS", "PEIL_AIRFLOW_PORT", "PEIL_MLFLOW_PORT", "PEIL_TASKS_MEMORY"):
        assert f"`{variable}`" in passed
