"""`peil reproduce` of hours and of their day: one of noon is weighed by what a night published."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from peil.settings import Settings
from peil.store import ledger
from peil.store.atomic import read_json, write_json
from peil.store.store import Store
from tests.stores import peil, peil_here

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]
PILOT, DAY = "demo_hourly", "2026-03-02"
HOURS = ("02", "03", "12")
VERBS = ("ingest", "stage", "estimate", "release")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with three hours of the small country, one of them at noon, and their day."""
    data = tmp_path_factory.mktemp("again") / "data"
    done = peil(data, "simulate", "--devices", "1000", "--days", "1", "--hourly")
    assert done.returncode == 0, done.stderr
    for place in (data / "deliveries" / PILOT / "events" / DAY).iterdir():
        if place.name not in HOURS:
            shutil.rmtree(place)
    for hour in HOURS:
        for verb in VERBS:
            done = peil_here(data, verb, PILOT, f"{DAY}T{hour}")
            assert done.returncode == 0, done.stdout + done.stderr
    assert peil_here(data, "release", PILOT, DAY).returncode == 0
    return data


def test_hours_and_their_day_are_made_again_with_the_same_bytes(data: Path) -> None:
    store = Store(Settings(data=data))  # type: ignore[call-arg]
    certificate = read_json(store.operator / f"certificates/{PILOT}/presence/{DAY}T12.json")
    assert certificate["night_hours"] == [f"{DAY}T{hour}" for hour in HOURS[:2]]
    done = peil_here(data, "reproduce", PILOT, DAY, COLUMNS="300")
    assert done.returncode == 0, done.stdout + done.stderr
    for hour in HOURS:
        assert f"presence {DAY}T{hour}: the same bytes" in done.stdout
    assert f"presence {DAY}: its bundle has the bytes of its hours" in done.stdout
    made = [each for each in ledger.entries(store.ledger(PILOT)) if each["kind"] == "reproduced"]
    assert [each["facts"]["same"] for each in made] == [True] * 3


def test_a_day_that_is_no_join_of_its_hours_is_named(data: Path) -> None:
    store = Store(Settings(data=data))  # type: ignore[call-arg]
    file = store.released(PILOT, "presence", date.fromisoformat(DAY)) / "metadata.json"
    write_json(file, read_json(file) | {"table_sha256": "0" * 64, "hours": [f"{DAY}T02"]})
    done = peil_here(data, "reproduce", PILOT, f"{DAY}T02", COLUMNS="300")
    assert done.returncode == 2, done.stdout
    assert f"The bundle of {DAY} is no join of its 1 hours: sha256 00000000" in done.stderr
