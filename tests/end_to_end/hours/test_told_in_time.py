"""Hours dropped one by one into a started Airflow: the city is told of a surge, once, in a minute.

Ten hours around a match, so that its episode begins and ends: of the day that it begins on the
others are missing (`PEIL_LIVE_HOURS=24` drops 24, in half an hour). Each is dropped once the one
before was looked at; in its hour nothing else is at work but what looks for the files of the next.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from chromium import CHROMEDRIVER, CHROMIUM, chromium

from benchmarks.soak import inbox
from peil.adapters.airflow.rest import Airflow, wait_until
from peil.adapters.airflow.standalone import started
from peil.charter.hour import Hour, unit_of
from peil.store import verifying
from peil.store.atomic import read_whole
from peil.store.store import Store
from tests.end_to_end.hours import small_city
from tests.end_to_end.hours.small_city import PILOT, READERS, City

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]
N_HOURS = int(os.environ.get("PEIL_LIVE_HOURS", "10"))
EVERY = [*(f"02T{hour:02d}" for hour in range(24)), *(f"03T0{hour}" for hour in range(5))]
HOURS = EVERY[-N_HOURS:]
STADIUM, OVER = "02T20", "03T04"  # its first hour; the sixth quiet one after its three
DAY, ZONE = "2026-03-02", "E01N00"
TABLE = "rel_presence__by_zone_hour.csv"
MOST_S = 60.0
PATIENCE_S = 600.0  # for an hour, on a machine on which others work


@dataclass
class Live:
    """What came of the hours: mails with the hour after whose drop they came, seconds, the page."""

    city: City
    mails: list[tuple[str, str]] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    cpu_s: dict[str, float] = field(default_factory=dict)
    runs: dict[str, dict[str, str]] = field(default_factory=dict)
    page: Path = Path()

    @property
    def store(self) -> Store:
        return self.city.store


def cpu_of(store: Store) -> float:
    """Seconds of processor that all processes of this store's Airflow took, with their children."""
    home, ticks = str(store.airflow_home).encode(), 0
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if home in (process / "environ").read_bytes():
                after_name = (process / "stat").read_text().rpartition(")")[2].split()
                ticks += sum(map(int, after_name[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    city = small_city.made(tmp_path_factory.mktemp("city"))
    live = Live(city)
    with inbox.opened() as box:
        mailed = {"smtp_host": "127.0.0.1", "smtp_port": box.port, "smtp_from": "peil@city.example"}
        settings = city.settings.model_copy(update={**mailed, "city_smtp_to": READERS})
        with started(settings) as airflow:
            hours = [city.hour(hour) for hour in HOURS]
            airflow.backfill(f"ingest__{PILOT}", hours[0], hours[-1], max_active_runs=1)
            for name, hour in zip(HOURS, hours, strict=True):
                _drop(live, airflow, box, name, hour)
            keys = {f"{hour}+0100" for hour in hours}
            for verb in ("ingest", "stage", "estimate", "release", "outlook"):
                dag = f"{verb}__{PILOT}"
                live.runs[verb] = airflow.wait_for_runs(dag, keys, PATIENCE_S)
    yield live


def _drop(live: Live, airflow: Airflow, box: inbox.Inbox, name: str, hour: Hour) -> None:
    """Drop an hour once its run looks for it, and wait until the outlook goes to it."""
    key = f"{hour}+0100"
    wait_until(lambda: key in airflow.runs(f"ingest__{PILOT}"), PATIENCE_S, lambda: key)
    n_mails, cpu_before = len(box.received), cpu_of(live.store)
    live.city.drop(hour)
    dropped, ends = time.monotonic(), time.monotonic() + PATIENCE_S
    record = live.store.outlook(PILOT) / "outlook.json"
    while not read_whole(record).get("newest_at", "").startswith(str(hour)):
        assert time.monotonic() < ends, (name, _where(airflow, key))
        time.sleep(0.5)
    if name in (STADIUM, OVER):  # the mail is sent after the outlook is placed
        wait_until(lambda: len(box.received) > n_mails, PATIENCE_S, lambda: f"no mail at {name}")
    live.seconds[name] = time.monotonic() - dropped
    live.cpu_s[name] = cpu_of(live.store) - cpu_before
    print(
        f"{hour}: {live.seconds[name]:.0f} s from the last file to outlook and message, "
        f"{live.cpu_s[name]:.0f} s of processor, load {os.getloadavg()[0]:.1f}"
    )
    if name == STADIUM:
        dag = f"outlook__{PILOT}"
        wait_until(
            lambda: airflow.runs(dag).get(key) == "success",
            PATIENCE_S,
            lambda: _where(airflow, key),
        )
        live.page = live.city.folder / "page"
        shutil.copytree(live.store.portal(PILOT), live.page)
    live.mails += [(name, text) for text in box.texts()[n_mails:]]


def _where(airflow: Airflow, key: str) -> str:
    """How far a run of each verb is, for a failure."""
    verbs = ("ingest", "stage", "estimate", "release", "outlook")
    return str({verb: airflow.runs(f"{verb}__{PILOT}").get(key, "none") for verb in verbs})


def test_the_city_is_told_as_it_begins_and_as_it_ends_and_never_twice(live: Live) -> None:
    assert [name for name, _ in live.mails] == [STADIUM, OVER], live.mails
    (_, begins), (_, ends) = live.mails
    assert "unusually busy / ongewoon druk" in begins and "persons where" in begins
    assert "personen waar er" in begins and "hour=2026-03-02T20" in begins
    assert "as usual again" in ends and "weer zoals gewoonlijk" in ends


def test_it_takes_less_than_a_minute_from_the_last_file(live: Live) -> None:
    """The chain is one task after the other: its seconds of processor are those of a quiet core."""
    print(f"{live.seconds[STADIUM]:.0f} s, {live.cpu_s[STADIUM]:.0f} s of processor")
    assert min(live.cpu_s[STADIUM], live.seconds[STADIUM]) < MOST_S


def test_every_hour_is_released_and_the_day_has_the_entries_of_its_hours(live: Live) -> None:
    for verb, states in live.runs.items():
        assert set(states.values()) == {"success"}, verb
    lines = {
        name: (live.store.released(PILOT, "presence", unit_of(name)) / TABLE).read_text()
        for name in (DAY, *(f"2026-03-{hour}" for hour in HOURS))
    }
    of_hours = [
        line
        for name, text in lines.items()
        if name.startswith(f"{DAY}T")
        for line in text.splitlines()[1:]
    ]
    assert sorted(lines[DAY].splitlines()[1:]) == sorted(of_hours)
    assert verifying.answer(live.store.verifiable)[0] == 0


def test_the_page_of_that_hour_says_it(live: Live, tmp_path: Path) -> None:
    for program in (CHROMIUM, CHROMEDRIVER):
        if not program.exists():
            pytest.skip(f"{program} is absent: apt-get install chromium chromium-driver")
    with chromium(tmp_path) as browser:
        browser.open(live.page / "index.html", f"#lang=en&zone={ZONE}")
        assert "Unusual at 20:00, Mon 2 Mar: E01 N00 " in browser.text("#unusual")
        checked = "return document.querySelector('input[name=measure]:checked').value"
        assert browser.run(checked) == "normal"
        assert "against normal" in browser.text("#normal")
        label = browser.run(f"return document.querySelector('[data-zone={ZONE}]').ariaLabel")
        assert "against normal" in label, label
        assert browser.run("return document.querySelectorAll('#line .normal-95').length") == 1
        assert browser.errors() == []
