"""A replay walks released hours as if live: same bytes, each message once, also when stopped."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from peil import cli
from peil.alerts import city
from peil.outcome import Refused, Stopped
from peil.watch.outlook import outlook as verb
from peil.watch.outlook import replay
from tests.unit.watch.outlook.conftest import Weeks

HOURS = ("2026-03-04T18", "2026-03-05T06")  # two hours before the surge, and when it is over

# loud by chance some hours before, it worsens at eight; else it begins then
SUBJECTS = [(0, "unusually busy / ongewoon druk"), (1, "busier still / nog drukker")]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What a channel of the city took."""
    taken: list[Any] = []
    channel = city.Channel("mail", "PEIL_CITY_SMTP_TO", taken.append)
    monkeypatch.setattr(city, "configured", lambda settings: [channel])
    return taken


@pytest.fixture
def released(weeks: Weeks) -> Weeks:
    """Four days are released; the page is left to its own test."""
    for day in range(4):
        weeks.release(day)
    return weeks


def files_of(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in sorted(folder.iterdir())}


def walk(again: bool = False, wait: Callable[[float], object] = lambda due: None) -> list[str]:
    lines: list[str] = []
    replay.replay("tiny", 600, *HOURS, again, lines.append, wait)
    return lines


@pytest.mark.slow
def test_it_tells_the_surge_as_it_comes_and_gives_the_bytes_of_the_outlook(
    released: Weeks, told: list[Any]
) -> None:
    verb.outlook("tiny")  # what stands at the agency, as at the newest hour
    before, store = files_of(released.store.outlook("tiny")), replay.ReplayedStore("tiny")
    n_before, waits = len(told), []
    lines = walk(wait=waits.append)
    assert len(waits) == 12 and all(b - a > 5.9 for a, b in itertools.pairwise(waits))
    assert [line for line in lines if "20:00 on 2026-03-04" in line] == [
        "At 20:00 on 2026-03-04 1 of 3 zones are unusual."
    ]
    assert any(line.startswith("  B, 2026-03-04 ") and ": far busier" in line for line in lines)
    assert lines[-1].startswith("Everything as usual at 06:00")
    messages = told[n_before:]
    assert messages[0].id.endswith("-began") and messages[-1].id.endswith("-ended")
    assert any(f"B {words}, 2026-03-04 20:00" in messages[k].subject for k, words in SUBJECTS)
    assert "agency/replay/tiny/portal/tiny/index.html#" in messages[0].text
    assert len({message.id for message in messages}) == len(messages)
    # what stood at the agency still stands, and the hour has the bytes that it has there
    assert files_of(released.store.outlook("tiny")) == before
    last = files_of(store.outlook("tiny"))
    verb.outlook("tiny", HOURS[1])
    assert files_of(released.store.outlook("tiny")) == last


@pytest.mark.slow
def test_stopped_it_goes_on_and_says_nothing_twice(released: Weeks, told: list[Any]) -> None:
    walk()
    whole, ids = files_of(replay.ReplayedStore("tiny").outlook("tiny")), [m.id for m in told]
    told.clear()
    n_waits = 0

    def stop_at_the_fourth(due: float) -> None:
        nonlocal n_waits
        n_waits += 1
        if n_waits == 4:
            raise Stopped(15)

    with pytest.raises(Stopped):
        walk(again=True, wait=stop_at_the_fourth)
    lines = walk()
    assert lines[0] == (
        "Going on after 2026-03-04T21:00+01:00; `--again` begins at 2026-03-04T18:00+01:00."
    )
    assert lines[1].startswith("At 22:00")
    assert [m.id for m in told] == ids
    assert files_of(replay.ReplayedStore("tiny").outlook("tiny")) == whole
    told.clear()
    walk()  # it was over: it begins again
    assert [m.id for m in told] == ids


@pytest.fixture
def apart(released: Weeks, monkeypatch: pytest.MonkeyPatch) -> Weeks:
    """The process is the agency's alone."""
    monkeypatch.setenv("PEIL_PLANE", "agency")
    return released


def test_an_hour_that_is_looked_back_at_lies_beside_what_stands_and_nobody_is_told(
    released: Weeks, told: list[Any]
) -> None:
    verb.outlook("tiny")
    before, folder = files_of(released.store.outlook("tiny")), released.store.agency
    told.clear()
    done = CliRunner().invoke(cli.app, ["outlook", "tiny", "--hour", "2026-03-04T20"])
    lines = done.output.replace("\n", " ")
    assert done.exit_code == 0 and "At 20:00 on 2026-03-04 1 of 3 zones are unusual" in lines
    beside = replay.LookedBackStore("tiny")
    assert beside.folder == folder / "looked_back" / "tiny"
    assert f"It lies in {beside.folder}; the outlook that stands is not touched." in lines
    assert files_of(released.store.outlook("tiny")) == before and not told
    assert not (beside.folder / "own" / "quarantine" / "tiny" / "city.jsonl").exists()
    verb.outlook("tiny", "2026-03-04T20")
    assert files_of(released.store.outlook("tiny")) == files_of(beside.outlook("tiny"))


def test_at_an_agency_that_is_apart_it_walks_without_a_page(apart: Weeks, told: list[Any]) -> None:
    """Outlines of zones, which a page draws, are among what is delivered to the operator."""
    words = ("--speed", "36000000", "--from", "2026-03-04T20", "--to", "2026-03-04T20")
    done = CliRunner().invoke(cli.app, ["replay", "tiny", *words])
    store = replay.ReplayedStore("tiny")
    assert done.exit_code == 0 and "1 of 3 zones are unusual" in done.output
    assert files_of(store.outlook("tiny")) and not store.portal("tiny").exists()
    assert "index.html" not in done.output


def test_it_refuses_what_cannot_be_walked(released: Weeks, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Refused, match="speed above 0"):
        replay.replay("tiny", 0)
    with pytest.raises(Refused, match=r"2026-03-09T10 is no released hour of tiny"):
        replay.replay("tiny", 600, "2026-03-09T10")
    with pytest.raises(Refused, match="No released hour of tiny lies from"):
        replay.replay("tiny", 600, HOURS[1], HOURS[0])
    monkeypatch.setenv("PEIL_PLANE", "operator")
    with pytest.raises(Refused, match="the agency's to make"):
        replay.replay("tiny", 600)
    shown = CliRunner().invoke(cli.app, ["replay", "--help"])
    assert "peil replay demo --speed 600" in shown.output
