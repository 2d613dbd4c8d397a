"""A started Airflow carries a backfill of two days to the agency, state by state."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import people_who_sign
import pytest
from second_store import TABLE, environment_of, released, second_store

from peil.adapters.airflow.home import CONSOLE_USER
from peil.adapters.airflow.rest import Airflow, wait_until
from peil.adapters.airflow.standalone import free_port, started
from peil.settings import PROJECT, Settings
from peil.store import ledger
from peil.store.store import Store

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

DAYS = [date(2026, 3, day) for day in (2, 3)]
NAMES = {str(day) for day in DAYS}
STATES = {
    "ingest": "raw",
    "stage": "staged",
    "estimate": "estimated",
    "release": "released",
}
OF_THE_AGENCY = ("receive", "outlook")
VERBS = (*STATES, "train", "watch", "retain", "promote", *OF_THE_AGENCY)


@pytest.fixture(scope="module")
def reference(small_pilot: Settings) -> dict[str, bytes]:
    """What `peil run` released of the same deliveries, in a store with other keys."""
    tables = released(small_pilot, DAYS)
    assert set(tables) == NAMES
    assert all(content.count(b"\n") > 100 for content in tables.values())
    return tables


@pytest.fixture(scope="module")
def store(small_pilot: Settings, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A store of its own, with a second pilot of which one day waits for an approval."""
    folder = tmp_path_factory.mktemp("airflow")
    shutil.copytree(small_pilot.pilots, folder / "pilots")
    demo = (folder / "pilots" / "demo.yml").read_text()
    real = demo.replace("pilot: demo", "pilot: real").replace("synthetic ", "statute ")
    assert "legal_basis: statute" in real
    (folder / "pilots" / "real.yml").write_text(real + "\n")
    second = second_store(small_pilot, folder / "data")
    second = second.model_copy(update={"pilots": folder / "pilots"})
    people_who_sign.signed(Store(second), "real", folder / "keys", accounts=True)
    run = [sys.executable, "-m", "peil.cli", "run", "real", "--from", str(DAYS[0]), "--to"]
    done = subprocess.run(
        [*run, str(DAYS[0])],
        env=environment_of(second),
        capture_output=True,
        text=True,
        check=False,
    )
    # at a terminal nobody can be asked: it says who may approve, and how
    assert done.returncode == 2, done.stderr[-2000:]
    assert "waits for approval" in done.stdout + done.stderr
    return second


@pytest.fixture(scope="module")
def airflow(store: Settings) -> Iterator[Airflow]:
    with started(store) as client:
        yield client


@pytest.fixture(scope="module")
def backfilled(airflow: Airflow) -> dict[str, dict[str, str]]:
    """Ask for two days of the first verb; the others follow by their assets."""
    airflow.backfill("ingest__demo", DAYS[0], DAYS[-1])
    return {verb: airflow.wait_for_runs(f"{verb}__demo", NAMES, 400) for verb in STATES}


def test_a_started_airflow_lists_every_dag_without_an_import_error(
    airflow: Airflow, store: Settings
) -> None:
    pilots = [file.stem for file in store.pilots.glob("*.yml")]
    assert pilots
    assert airflow.dag_ids() == {f"{verb}__{p}" for verb in VERBS for p in pilots}
    assert airflow.get("/importErrors")["total_entries"] == 0


def test_a_backfill_of_two_days_makes_every_state_of_every_day(
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
    assert airflow.tasks("release__demo", "2026-03-02")["approval_agency"] == "skipped"


def test_a_backfill_releases_the_bytes_of_peil_run(
    store: Settings, reference: dict[str, bytes], backfilled: dict[str, dict[str, str]]
) -> None:
    assert backfilled
    assert released(store, DAYS) == reference


def test_a_backfill_shows_its_days_on_the_page(
    store: Settings, backfilled: dict[str, dict[str, str]], airflow: Airflow
) -> None:
    for day in backfilled["release"]:
        wait_until(
            lambda d=day: airflow.tasks("release__demo", d)["pages"] == "success",
            120,
            lambda d=day: str(airflow.tasks("release__demo", d)),
        )
    page = (Store(store).portal("demo") / "index.html").read_text()
    assert all(day in page for day in NAMES)


def test_airflow_listens_on_loopback_only(airflow: Airflow) -> None:
    if shutil.which("ss") is None:
        pytest.skip("needs `ss` (Debian package iproute2) to see who listens")
    mine = airflow.url.rpartition(":")[2]
    listed = subprocess.run(["ss", "-Hltnp"], capture_output=True, text=True, check=True).stdout
    titles = ("airflow", "gunicorn")  # the API server goes by its server's name
    ours = [line for line in listed.splitlines() if any(title in line for title in titles)]
    listening = [line.split()[3] for line in ours]
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


def _person(airflow: Airflow, store: Settings, name: str) -> Airflow:
    """The same Airflow for somebody with an account of their own."""
    passwords = json.loads((store.data / "operator/keys/airflow/console.json").read_text())
    return replace(airflow, user=name, password=passwords[name], _token="")


def _asked(airflow: Airflow, run_id: str, role: str) -> None:
    """Wait until the run waits for a person."""

    def waits() -> bool:
        tasks = airflow.tasks_of("release__real", run_id)
        return tasks[f"approval_{role}"] == "awaiting_input"

    wait_until(waits, 120, lambda: str(airflow.tasks_of("release__real", run_id)))
    # an answer within seconds meets a race of Airflow's own (apache/airflow#67287): the scheduler
    # must first have noted that the task laid itself down. No person is so quick.
    time.sleep(10)


def _ended(airflow: Airflow, run_id: str) -> dict[str, str]:
    def ended() -> bool:
        run = airflow.get(f"/dags/release__real/dagRuns/{run_id}")
        return run["state"] in ("success", "failed")

    wait_until(ended, 240, lambda: str(airflow.tasks_of("release__real", run_id)))
    return airflow.tasks_of("release__real", run_id)


def test_a_real_release_that_a_person_rejects_does_not_cross(
    airflow: Airflow, store: Settings
) -> None:
    run_id = airflow.trigger("release__real", str(DAYS[0]))
    _asked(airflow, run_id, "operator")
    anna = _person(airflow, store, "anna")
    anna.answer("release__real", run_id, "approval_operator", "Reject", reason="A feast")
    tasks = _ended(airflow, run_id)
    never = ("approval_agency", "approved_agency", "released", "pages")
    assert {tasks[name] for name in never} == {"skipped"}
    assert not Store(store).released("real", "presence", DAYS[0]).exists()
    entry = ledger.find(Store(store), "real", "rejection", role="operator")
    assert entry is not None
    assert (entry["facts"]["name"], entry["facts"]["reason"]) == ("Anna", "A feast")


def test_a_real_release_crosses_when_both_parties_approve_and_the_ledger_names_them(
    airflow: Airflow, store: Settings
) -> None:
    run_id = airflow.trigger("release__real", str(DAYS[0]))
    people = {"operator": "anna", "agency": "carla"}
    for role, name in people.items():
        _asked(airflow, run_id, role)
        assert not Store(store).released("real", "presence", DAYS[0]).exists()
        others = [airflow, *(_person(airflow, store, n) for n in people.values() if n != name)]
        for other in others:  # the console's own user, and the other party's
            with pytest.raises(RuntimeError, match="403"):
                other.answer("release__real", run_id, f"approval_{role}", "Approve", reason="")
        person = _person(airflow, store, name)
        person.answer("release__real", run_id, f"approval_{role}", "Approve", reason="")
    assert _ended(airflow, run_id)["released"] == "success"
    crossed = ledger.find(Store(store), "real", "release", period=str(DAYS[0]))
    assert crossed is not None
    for role, name in people.items():
        candidate = crossed["facts"]["candidate_sha256"]
        entry = ledger.find(Store(store), "real", "approval", candidate_sha256=candidate, role=role)
        assert entry is not None and entry["facts"]["account"] == name
    assert (Store(store).released("real", "presence", DAYS[0]) / TABLE).is_file()


def test_peil_up_says_where_the_consoles_are_and_leaves_nothing_running(
    small_pilot: Settings, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    code = (
        "from peil.adapters.airflow.standalone import up; from peil.settings import settings; "
        f"up(settings(), {free_port()}, {free_port()})"
    )
    env = {**environment_of(small_pilot), "PEIL_DATA": str(data)}
    with subprocess.Popen(
        [sys.executable, "-c", code], env=env, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        lines: list[str] = []
        for line in process.stdout:
            lines.append(line)
            if line.startswith("Ctrl-C"):
                break
        running = _working_on(data)
        process.send_signal(signal.SIGTERM)
        lines.append(process.stdout.read())
        assert process.wait(60) == 0
    text = "".join(lines)
    assert "Airflow  http://127.0.0.1:" in text and "MLflow   http://127.0.0.1:" in text
    password = json.loads((data / "operator/keys/airflow/console.json").read_text())[CONSOLE_USER]
    assert password not in text
    assert len(running) > 5 and _working_on(data) == []


def test_an_airflow_of_the_agency_receives_and_does_nothing_else(tmp_path: Path) -> None:
    data, port = tmp_path / "data", free_port()
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("AIRFLOW", "PEIL_"))}
    own = {"PEIL_PLANE": "agency", "PEIL_DATA": str(data), "PEIL_OUTBOX": str(tmp_path / "outbox")}
    command = [sys.executable, "-m", "peil.cli", "up", "--airflow-port", str(port)]
    with subprocess.Popen(
        command, env={**clean, **own}, cwd=PROJECT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        lines: list[str] = []
        for line in process.stdout:
            lines.append(line)
            if line.startswith("Ctrl-C"):
                break
        try:
            passwords = json.loads((data / "agency/keys/airflow/console.json").read_text())
            client = Airflow(f"http://127.0.0.1:{port}", passwords[CONSOLE_USER])
            names = [file.stem for file in (PROJECT / "pilots").glob("*.yml")]
            wanted = {f"{verb}__{name}" for verb in OF_THE_AGENCY for name in names}
            wait_until(lambda: client.dag_ids() == wanted, 60, lambda: str(client.dag_ids()))
            assert client.get("/importErrors")["total_entries"] == 0
        finally:
            process.send_signal(signal.SIGTERM)
            lines.append(process.stdout.read())
        assert process.wait(60) == 0
    assert "MLflow   is the operator's" in "".join(lines)
    assert not (data / "operator").exists()


def _working_on(data: Path) -> list[str]:
    """Processes that were told to work on this store."""
    return [
        file.parent.name
        for file in Path("/proc").glob("[0-9]*/environ")
        if str(data).encode() in _content(file)
    ]


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:  # ended meanwhile, or another user's
        return b""
