"""The city is told once when a zone becomes unusual, once when it worsens, once when it is over."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from listening import Postbox, Web

from peil.adapters.airflow.message import Message
from peil.alerts import city
from peil.settings import PROJECT
from peil.store.store import Store

BEGAN = datetime(2026, 3, 4, 20, tzinfo=ZoneInfo("Europe/Amsterdam"))
MATCH = city.BusyEpisode("GM01", "Haarwijk", BEGAN, False, 1, 7843, 5900)


@pytest.fixture
def sent(store: Store, monkeypatch: pytest.MonkeyPatch) -> list[Message]:
    """Messages that one channel of the city took."""
    taken: list[Message] = []
    channel = city.Channel("mail", "PEIL_CITY_SMTP_TO", taken.append)
    monkeypatch.setattr(city, "configured", lambda settings: [channel])
    return taken


def look(store: Store, hours: int, *episodes: city.BusyEpisode) -> dict[str, Any]:
    return city.tell(store, "tiny", episodes, BEGAN + timedelta(hours=hours))


def test_one_message_as_it_begins_worsens_and_ends(store: Store, sent: list[Message]) -> None:
    worse = replace(MATCH, level=2, observed=9100)
    looks = [(0, MATCH), (0, MATCH), (1, MATCH), (2, worse), (3, worse), (4, MATCH)]
    for hours, episode in looks:
        look(store, hours, episode)
    over = replace(worse, is_over=True)
    look(store, 9, over)
    look(store, 10, over)
    assert [message.id.rsplit("-", 1)[-1] for message in sent] == ["began", "2", "ended"]
    assert len({message.id for message in sent}) == 3


def test_a_message_speaks_both_languages_and_leads_to_the_hour(
    store: Store, sent: list[Message], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PEIL_LINK_PREFIX", "https://peil.example/")
    look(Store(), 0, MATCH)
    (message,) = sent
    assert "Haarwijk unusually busy / ongewoon druk" in message.subject
    assert "7,843 persons where 5,900 were expected (+33%)" in message.text
    assert "7.843 personen waar er 5.900 werden verwacht (+33%)" in message.text
    page = "https://peil.example/agency/portal/tiny/index.html"
    assert f"{page}#tab=map&hour=2026-03-04T20:00:00%2B01:00&zone=GM01" in message.text


def test_a_message_says_what_makes_a_figure_less_sure(store: Store, sent: list[Message]) -> None:
    look(store, 0, replace(MATCH, silent_share=0.31, is_after_gap=True))
    (message,) = sent
    assert "sectors that serve 31% of it were silent" in message.text
    assert "er 31% van bedienen zwegen" in message.text
    assert "the hour before nothing is published" in message.text
    assert "het uur ervoor is niets gepubliceerd" in message.text


def test_what_was_over_before_anybody_was_told_is_not_told(
    store: Store, sent: list[Message]
) -> None:
    look(store, 9, replace(MATCH, is_over=True))
    assert sent == []


def test_an_episode_that_is_taken_back_ends(store: Store, sent: list[Message]) -> None:
    look(store, 0, MATCH)
    look(store, 1)
    look(store, 2)
    assert [message.tone for message in sent] == ["note", "ended"]


def test_a_look_at_an_earlier_hour_tells_nothing(store: Store, sent: list[Message]) -> None:
    look(store, 5)
    assert look(store, 0, MATCH) == {"n_sent": 0}
    assert sent == []


def test_what_a_channel_did_not_take_is_told_by_the_next_look(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[Message] = []

    def send(message: Message) -> None:
        if not taken_is_up:
            raise ConnectionRefusedError(111, "refused")
        taken.append(message)

    taken_is_up = False
    channel = city.Channel("webhook", "PEIL_CITY_WEBHOOK_URL", send)
    monkeypatch.setattr(city, "configured", lambda settings: [channel])
    assert look(store, 0, MATCH) == {"n_sent": 0, "not_told_by": "webhook"}
    taken_is_up = True
    assert look(store, 0, MATCH) == {"n_sent": 1}
    assert look(store, 0, MATCH) == {"n_sent": 0}


def test_the_city_is_told_at_its_own_addresses_only(
    store: Store, postbox: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mail server is one, its readers are two: who mends the deliveries hears nothing."""
    look(Store(), 0, MATCH)
    assert postbox.received == []
    monkeypatch.setenv("PEIL_CITY_SMTP_TO", "crowds@city.example")
    look(Store(), 0, MATCH)
    assert len(postbox.received) == 1
    assert "crowds@city.example" in str(postbox.received[0]["To"])
    assert "engineer" not in str(postbox.received[0]["To"])


DRIVER = """
import json, os, signal, sys, types, urllib.request
from dataclasses import replace
from datetime import timedelta
from tests.unit.alerts.test_city import BEGAN, MATCH
from peil.alerts import channels, city, journal
from peil.store.store import Store

die_at, n_steps = int(sys.argv[1]), 0

def step():
    global n_steps
    if n_steps == die_at:
        os.kill(os.getpid(), signal.SIGKILL)
    n_steps += 1

add = journal.add
def stepping(file, entries):
    step()
    add(file, entries)
    step()
journal.add = stepping

def post(message, url):
    body = json.dumps({"id": message.id}).encode()
    urllib.request.urlopen(urllib.request.Request(url, body, {"Content-Type": "application/json"}))
channels._airflow = lambda: types.SimpleNamespace(webhook=post)
other = replace(MATCH, zone_id="GM02", level=2)
city.tell(Store(), "tiny", [MATCH, other], BEGAN)
"""


def test_killed_at_any_step_each_news_comes_and_a_repeat_has_the_same_id(
    store: Store, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PEIL_CITY_WEBHOOK_URL", web.url)

    def run(die_at: int) -> int:
        return subprocess.run(
            [sys.executable, "-c", DRIVER, str(die_at)],
            env={**os.environ, "PYTHONPATH": f"{PROJECT}:{PROJECT}/tests/end_to_end"},
            check=False,
            timeout=120,
        ).returncode

    # killed once the first message was taken and before that was written down, then at each step
    assert [run(die_at) for die_at in (0, 1, 3)] == [-signal.SIGKILL] * 3
    assert run(10_000) == 0
    n_posted = Counter(posted["id"] for posted in web.received)
    assert sorted(n_posted.values()) == [1, 2]
    run(10_000)
    assert sum(n_posted.values()) == len(web.received)
    lines = [json.loads(line) for line in city.file_of(store, "tiny").read_text().splitlines()]
    assert [line["event"] for line in lines] == ["told", "told", "looked"]
