"""Killed by SIGKILL at any step of telling, the next telling finishes: nothing lost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from typing import Any

import pytest
from listening import Web, trouble

from peil.alerts import incidents, telling
from peil.settings import PROJECT
from peil.store.store import Store

# A process that tells two troubles and the end of a third, and dies at one of its steps: before
# a write, with half of it on the disk, after it, before a message and after it. The message is
# posted to the real server without Airflow, whose import takes seconds.
DRIVER = """
import json, os, signal, sys, types, urllib.request
sys.path.insert(0, sys.argv[1])
from listening import trouble
from peil.alerts import channels, journal, listing, telling
from peil.charter import reading
from peil.charter.clock import now
from peil.store.store import Store

die_at, n_steps = int(sys.argv[2]), 0

def step():
    global n_steps
    if n_steps == die_at:
        os.kill(os.getpid(), signal.SIGKILL)
    n_steps += 1

add = journal.add
def torn(file, entries):
    step()
    if n_steps == die_at and entries:
        with file.open("ab") as opened:
            opened.write(b'{"event": "half a li')
    step()
    add(file, entries)
    step()
journal.add = torn
listing.add = torn

def post(message, url):
    step()
    body = json.dumps({"id": message.id}).encode()
    urllib.request.urlopen(urllib.request.Request(url, body, {"Content-Type": "application/json"}))
    step()
channels._airflow = lambda: types.SimpleNamespace(webhook=post)

charter = reading.load("tiny")
found = (trouble("Z02", "2026-03-03"), trouble("Z03", "2026-03-03"))
telling.settle(Store(), charter, [telling.Look("drift", "2026-03-03", found)], now(charter))
print(n_steps)
"""
WITHOUT_A_KILL = 10_000


def run(die_at: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", DRIVER, str(PROJECT / "tests/end_to_end"), str(die_at)],
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    "seed", [0, 1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 6))]
)
def test_killed_at_any_step_nothing_is_lost_and_at_most_one_message_comes_twice(
    seed: int, store: Store, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    from peil.charter import reading
    from peil.charter.clock import now

    monkeypatch.setenv("PEIL_WEBHOOK_URL", web.url)
    monkeypatch.setattr("peil.alerts.outbox.configured", lambda settings: [])
    charter = reading.load("tiny")
    before = trouble("Z01")
    telling.settle(Store(), charter, [telling.Look("drift", "2026-03-02", (before,))], now(charter))

    # a kill after another at growing steps, each on what the last one left behind
    deaths: Any = [point for point in range(seed, 24, 6)]
    n_killed = 0
    for die_at in deaths:
        done = run(die_at)
        n_killed += done.returncode == -signal.SIGKILL
        assert done.returncode in (-signal.SIGKILL, 0), done.stderr
    done = run(WITHOUT_A_KILL)
    assert done.returncode == 0, done.stderr
    assert n_killed >= 2

    names = [trouble("Z02").incident, trouble("Z03").incident]
    wanted = {f"{before.incident}-1-ended", *(f"{name}-1-opened" for name in names)}
    n_posted = Counter(posted["id"] for posted in web.received)
    assert set(n_posted) == wanted
    assert sum(n_posted.values()) - len(n_posted) <= n_killed
    assert {incident.name for incident in telling.standing(store, "tiny")} == set(names)
    lines = incidents.file_of(store, "tiny").read_text().splitlines()
    assert Counter(json.loads(line)["event"] for line in lines) == {
        "opened": 3,
        "ended": 1,
        "told": 3,
    }
    listed = (store.quarantine("tiny") / "alerts.jsonl").read_text().splitlines()
    assert {json.loads(line)["incident"] for line in listed} == {before.incident, *names}
    assert len(listed) == 3
    # and all is said: nobody hears it a third time
    n_before = len(web.received)
    assert run(WITHOUT_A_KILL).returncode == 0
    assert len(web.received) == n_before
