"""What a soak reads off: a hastened clock, mails, memory that grows, planted deliveries."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from listening import trouble

from benchmarks.soak import hastened, inbox, looking, worlds
from peil.alerts import messages
from peil.alerts.incidents import Incident
from peil.settings import PROJECT

ORIGIN = datetime(2026, 3, 2, 22, tzinfo=UTC)
ASKED = """
from types import SimpleNamespace
from datetime import date
from peil.charter import clock
from peil.charter.clock import moment_of
real = SimpleNamespace(is_synthetic=False, time_zone="Europe/Amsterdam")
print(moment_of(real, date(2026, 3, 2)).isoformat(), clock.today(real))
"""


def moment_elsewhere(environment: dict[str, str], folder: Path) -> str:
    """The moment of a real pilot in a process that is started with the environment."""
    path = f"{folder}{os.pathsep}{PROJECT}"
    done = subprocess.run(
        [sys.executable, "-c", ASKED],
        env={**os.environ, **environment, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_the_clock_stands_until_it_is_begun_and_then_goes_fast(tmp_path: Path) -> None:
    environment = hastened.lay(tmp_path, ORIGIN, 3600.0)
    file = tmp_path / "clock.json"
    assert hastened.moment(file) == ORIGIN
    assert moment_elsewhere(environment, tmp_path) == f"{ORIGIN.isoformat()} 2026-03-02"
    hastened.begin(tmp_path)
    gone = datetime.fromisoformat(moment_elsewhere(environment, tmp_path).split()[0]) - ORIGIN
    assert gone.total_seconds() > 60  # of an hour a second, and Python takes longer to start


def incident(number: int) -> Incident:
    each = replace(trouble(where=f"Z{number:02d}"), kind="silent_region")
    return Incident(each.incident, 1, "drift", each, "2026-03-02", "2026-03-02", frozenset())


@pytest.mark.parametrize("n_news", [1, 3, 7])
def test_each_news_is_counted_in_mails_of_one_and_of_many(n_news: int) -> None:
    began = [(incident(number), "opened") for number in range(n_news)]
    over = replace(incident(0), ended_at="2026-03-03")
    notices = [*began, (over, "ended")]
    mails = messages.compose(notices, "")  # type: ignore[arg-type]
    assert len(mails) == (len(notices) if len(notices) <= messages.MOST_AT_ONCE else 1)
    counts = inbox.news([f"Subject: {mail.subject}\n\n{mail.text}" for mail in mails])
    expected = {("tiny", each.name, "began"): 1 for each, _ in began}
    assert counts == {**expected, ("tiny", over.name, "ended"): 1}


def looks(gain_an_hour: float, lives: tuple[int, ...] = (1,)) -> list[looking.Sample]:
    """Looks over two hours, with a wave; each life begins lower than the one before ended."""
    samples = []
    for number in range(240):
        pid = lives[number * len(lives) // 240]
        wave = 3.0 if number % 2 else -3.0
        held = 200.0 - 40.0 * lives.index(pid) + gain_an_hour * number / 120 + wave
        samples.append(looking.Sample(30.0 * number, "scheduler", pid, held, 40))
    return samples


@pytest.mark.parametrize("lives", [(1,), (1, 2, 3)])
@pytest.mark.parametrize("gain", [0.0, 20.0])
def test_a_gain_is_read_within_the_lives_of_a_component(
    lives: tuple[int, ...], gain: float
) -> None:
    memory = looking.slope(looks(gain, lives), "memory_mib", 3600.0)
    assert memory["low"] <= gain <= memory["high"]
    assert (memory["low"] > 0) == (gain > 0)
    files = looking.slope(looks(gain, lives), "n_files", 3600.0)
    assert (files["mean"], files["an_hour"]) == (40.0, 0.0)


HOLDS = """
import mmap, sys
print("begins", flush=True)
for line in sys.stdin:
    if "file" in line:
        opened = open(sys.argv[1], "rb")
        mapped = mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ)
        held = sum(mapped[at] for at in range(0, len(mapped), 4096))
    else:
        own = bytearray(b"x" * (32 << 20))
    print("done", flush=True)
"""


FAMILY = """
import os, sys, time
own = bytearray(b"x" * (32 << 20))  # of the parent, and seen by the child
if os.fork() == 0:
    other = bytearray(b"y" * (32 << 20))
print("held", flush=True)
time.sleep(60)
"""


def test_parts_of_a_family_add_up_to_what_it_holds() -> None:
    command = [sys.executable, "-c", FAMILY]
    with subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True) as process:
        assert process.stdout is not None
        for _ in range(2):
            process.stdout.readline()
        family = [process.pid, *(each.pid for each in looking.below(process.pid))]
        parts = sum(map(looking.shared_out_mib, family))
        each_alone = sum(map(looking.memory_mib, family))
        os.killpg(process.pid, signal.SIGKILL)
    assert len(family) == 2
    assert 64 < parts < 84 < each_alone


def test_a_process_owns_what_it_writes_and_no_page_of_a_file(tmp_path: Path) -> None:
    large = tmp_path / "large"
    large.write_bytes(b"y" * (32 << 20))
    command = [sys.executable, "-c", HOLDS, str(large)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        process.stdout.readline()
        held = [looking.memory_mib(process.pid)]
        for what in ("file", "own"):
            process.stdin.write(what + "\n")
            process.stdin.flush()
            process.stdout.readline()
            held.append(looking.memory_mib(process.pid))
        process.stdin.close()
    before, with_file, with_own = held
    assert with_file - before < 4
    assert 31 < with_own - with_file < 40


def test_every_day_of_every_pilot_is_delivered_well_in_the_end() -> None:
    days, pilots = worlds.days_of(14), ("noord", "midden", "zuid")
    trouble_planted = worlds.planted(pilots, days)
    assert len({each.pilot for each in trouble_planted}) == 3
    planned = worlds.drops(pilots, days, trouble_planted)
    last = {(drop.pilot, drop.day): drop for drop in planned}
    assert set(last) == {(pilot, day) for pilot in pilots for day in days}
    assert not any(drop.spoiled for drop in last.values())
    assert sorted(drop.spoiled for drop in planned if drop.spoiled) == ["cut", "garbled"]
    assert days[0] == date(2026, 3, 2)
