"""A started Airflow tells a person: a task that failed for good, and a delivery that is late."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path

import people_who_sign
import pytest
from listening import Web, web_server
from pydantic import SecretStr

from peil.adapters.airflow.rest import Airflow, wait_until
from peil.adapters.airflow.standalone import started
from peil.settings import PROJECT, Settings
from peil.store.store import Store

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def web() -> Iterator[Web]:
    with web_server() as server:
        yield server


@pytest.fixture(scope="module")
def settings(web: Web, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A store with a pilot whose deliveries are due at midnight, and never came."""
    folder = tmp_path_factory.mktemp("tells")
    (folder / "pilots").mkdir()
    (folder / "deliveries").mkdir()
    charter = (PROJECT / "pilots" / "demo.yml").read_text()
    charter = charter.replace("pilot: demo", "pilot: real").replace("synthetic ", "statute ")
    charter = charter.replace("    reader: generic\n", '    reader: generic\n    due: "00:00"\n', 1)
    (folder / "pilots" / "real.yml").write_text(charter)
    settings = Settings(
        data=folder / "data",
        deliveries=folder / "deliveries",
        pilots=folder / "pilots",
        webhook_url=SecretStr(web.url),
        truth=folder / "truth",
    )  # type: ignore[call-arg]
    zones = settings.deliveries_folder / "demo" / "reference" / "zones.geojson"
    zones.parent.mkdir(parents=True)
    zones.touch()  # a signature covers it; no verb comes so far
    people_who_sign.signed(Store(settings), "real", folder / "keys")
    return settings


@pytest.fixture(scope="module")
def airflow(settings: Settings) -> Iterator[Airflow]:
    with started(settings) as client:
        yield client


def wait_for(web: Web, words: str) -> str:
    """Wait until the webhook was told, and return the message."""

    def told() -> list[str]:
        return [text for posted in web.received if words in (text := str(posted["text"]))]

    wait_until(lambda: bool(told()), 400, lambda: f"told: {[p['text'][:80] for p in web.received]}")
    return told()[0]


def end_of(component: str, settings: Settings) -> None:
    """Kill a component of the Airflow on this store, and wait until another runs in its place."""
    was = processes_of(component, settings)
    assert was, f"no {component} runs"
    for number in was:
        os.kill(number, signal.SIGKILL)
    wait_until(
        lambda: bool(set(processes_of(component, settings)) - set(was)), 60, lambda: component
    )


def processes_of(component: str, settings: Settings) -> list[int]:
    """Processes on this machine that were started as this component, on this store."""
    home, typed = str(Store(settings).airflow_home).encode(), f"airflow\0{component}".encode()
    running = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            is_it = typed in (folder / "cmdline").read_bytes()
            if is_it and home in (folder / "environ").read_bytes():
                running.append(int(folder.name))
    return running


def test_a_task_that_is_refused_is_told_with_its_sentence(
    airflow: Airflow, web: Web, settings: Settings
) -> None:
    end_of("scheduler", settings)  # another is started in its place, and tells as well
    airflow.trigger("stage__real", "2027-01-01")
    text = wait_for(web, "verb failed: stage 2027-01-01")
    assert "2027-01-01 lies outside the period of real" in text
    assert "Owner:       operator" in text


def test_a_run_of_ingest_that_outlives_its_deadline_is_told(airflow: Airflow, web: Web) -> None:
    airflow.backfill("ingest__real", date(2026, 3, 2), date(2026, 3, 2))
    text = wait_for(web, "late delivery: events 2026-03-02")
    assert "Peil real" in text
    # the hourly watch may have told it before the run itself began; it still waits for the files
    waits = {"2026-03-02": "running"}
    wait_until(
        lambda: airflow.runs("ingest__real") == waits,
        120,
        lambda: str(airflow.runs("ingest__real")),
    )
    others = [text for p in web.received if "late delivery" not in (text := str(p["text"]))]
    assert all("verb failed: stage 2027-01-01" in text for text in others)  # the refusal above
