"""A started Airflow carries a backfill of three days to the agency, state by state."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from second_store import released, second_store

from peil.airflow import Airflow, started
from peil.settings import Settings

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

DAYS = [date(2026, 3, day) for day in (2, 3, 4)]
NAMES = {str(day) for day in DAYS}
STATES = {
    "ingest": "raw",
    "stage": "staged",
    "estimate": "estimated",
    "release": "released",
}


@pytest.fixture(scope="module")
def reference(small_pilot: Settings) -> dict[str, bytes]:
    """What `peil run` released of the same deliveries, in a store with other keys."""
    found = released(small_pilot, DAYS)
    assert set(found) == NAMES
    assert all(content.count(b"\n") > 100 for content in found.values())
    return found


@pytest.fixture(scope="module")
def store(small_pilot: Settings, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return second_store(small_pilot, tmp_path_factory.mktemp("airflow") / "data")


@pytest.fixture(scope="module")
def airflow(store: Settings) -> Iterator[Airflow]:
    with started(store) as client:
        yield client


@pytest.fixture(scope="module")
def backfilled(airflow: Airflow) -> dict[str, dict[str, str]]:
    """Ask for three days of the first verb; the others follow by their assets."""
    airflow.backfill("ingest__demo", DAYS[0], DAYS[-1])
    return {verb: airflow.wait_for_runs(f"{verb}__demo", NAMES, 400) for verb in STATES}


def test_a_started_airflow_lists_every_dag_without_an_import_error(
    airflow: Airflow, store: Settings
) -> None:
    pilots = [file.stem for file in store.pilots.glob("*.yml")]
    assert pilots
    assert airflow.dag_ids() == {f"{verb}__{p}" for verb in (*STATES, "train") for p in pilots}
    assert airflow.get("/importErrors")["total_entries"] == 0


def test_a_backfill_of_three_days_makes_every_state_of_every_day(
    airflow: Airflow, backfilled: dict[str, dict[str, str]]
) -> None:
    for verb, state in STATES.items():
        assert backfilled[verb] == dict.fromkeys(sorted(NAMES), "success"), verb
        assert airflow.partitions(f"peil://demo/{state}") == NAMES


def test_every_gate_was_asked_and_nobody_had_to_approve(
    airflow: Airflow, backfilled: dict[str, dict[str, str]]
) -> None:
    for verb, state in STATES.items():
        for day in backfilled[verb]:
            tasks = airflow.tasks(f"{verb}__demo", day)
            assert (tasks["gate"], tasks[state]) == ("success", "success")
            assert tasks["quarantine"] == "skipped"
    assert airflow.tasks("release__demo", "2026-03-02")["approval"] == "skipped"


def test_a_backfill_releases_the_bytes_of_peil_run(
    store: Settings, reference: dict[str, bytes], backfilled: dict[str, dict[str, str]]
) -> None:
    assert backfilled
    assert released(store, DAYS) == reference


def test_airflow_listens_on_loopback_only(airflow: Airflow) -> None:
    if shutil.which("ss") is None:
        pytest.skip("needs `ss` (Debian package iproute2) to see who listens")
    mine = airflow.url.rpartition(":")[2]
    listed = subprocess.run(["ss", "-Hltnp"], capture_output=True, text=True, check=True).stdout
    listening = [line.split()[3] for line in listed.splitlines() if "airflow" in line]
    assert f"127.0.0.1:{mine}" in listening
    assert all(address.startswith("127.0.0.1:") for address in listening), listening
    assert not any(line.split()[3].endswith(":8794") for line in listed.splitlines())


def test_airflow_answers_nobody_without_the_password(airflow: Airflow) -> None:
    stranger = replace(airflow, password="admin", _token="")
    with pytest.raises(RuntimeError, match="401"):
        stranger.get("/dags")


def test_a_run_of_ingest_that_is_no_backfill_is_refused(airflow: Airflow) -> None:
    with pytest.raises(RuntimeError, match=r"40\d"):
        body = {"logical_date": None, "conf": {"day": "2026-03-02"}}
        airflow.call("POST", "/api/v2/dags/ingest__demo/dagRuns", body)


def test_nothing_is_left_running(small_pilot: Settings, tmp_path: Path) -> None:
    own = second_store(small_pilot, tmp_path / "data")
    with started(own) as client:
        assert client.is_healthy()
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True)
    environments = [
        file.read_bytes() for file in Path("/proc").glob("[0-9]*/environ") if _is_readable(file)
    ]
    assert environments and listed.stdout
    assert not any(str(own.data).encode() in one for one in environments)


def _is_readable(file: Path) -> bool:
    try:
        return bool(file.read_bytes())
    except OSError:  # ended meanwhile, or another user's
        return False
