"""An alarm says what makes its figures less sure: silent cells, an hour before that is unknown."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from peil.outcome import GateClosed
from peil.pages.outlook import content
from peil.store.outlook import tables
from peil.watch.outlook import doubts, figures, sentences
from peil.watch.outlook import outlook as verb
from tests.unit.watch.outlook.conftest import SURGE, WEEK, Weeks

ZONE, BEGIN, LENGTH = SURGE
DAY = BEGIN // 24


def outage(weeks: Weeks, zone: str, hour: int, share: float) -> dict[str, Any]:
    return {"zone_id": zone, "hour_at": weeks.hours()[hour].isoformat(), "share": share}


def surge_of(weeks: Weeks) -> pd.Series:
    return sentences.largest_first(weeks.table(tables.SURGES)).iloc[0]


def test_an_episode_says_how_much_of_its_zone_silent_cells_serve(weeks: Weeks) -> None:
    for day in range(DAY):
        weeks.release(day)
    told = [
        outage(weeks, ZONE, BEGIN, 0.12),
        outage(weeks, ZONE, BEGIN + 1, 0.31),
        outage(weeks, ZONE, BEGIN - 12, 0.9),  # before it
        outage(weeks, "A", BEGIN + 1, 0.8),  # elsewhere
    ]
    weeks.release(DAY, outages=told)
    verb.outlook("tiny")
    surge = surge_of(weeks)
    assert (surge["zone_id"], surge["silent_share"], surge["is_after_gap"]) == (ZONE, 0.31, False)
    sentence = sentences.now("tiny", weeks.store)[1]
    assert sentence.endswith("; antenna sectors that serve 31% of it were silent")
    shown = content.read(weeks.tiny.charter, weeks.store)
    assert shown and (shown.surges[0].silent_share, shown.surges[0].is_after_gap) == (0.31, False)
    # as at an hour before, the later one is not known
    hour = f"{WEEK.replace(day=WEEK.day + DAY)}T20"
    assert (
        max(at for _, at in figures.read(weeks.tiny.charter, weeks.store, hour).outages)
        == (weeks.hours()[BEGIN])
    )
    assert verb.outlook("tiny", hour).status == "done"
    assert surge_of(weeks)["silent_share"] == 0.12


def test_an_outlook_is_made_again_where_only_what_is_said_of_outages_is_new(weeks: Weeks) -> None:
    for day in range(DAY + 1):
        weeks.release(day)
    verb.outlook("tiny")
    assert surge_of(weeks)["silent_share"] == 0.0
    weeks.release(DAY, outages=[outage(weeks, ZONE, BEGIN, 0.2)])
    assert verb.outlook("tiny").status == "done"
    assert surge_of(weeks)["silent_share"] == 0.2


def test_an_episode_after_a_withheld_hour_says_so(weeks: Weeks) -> None:
    for day in range(DAY):
        weeks.release(day)
    weeks.release(DAY, withheld=(ZONE, BEGIN % 24 - 1))
    verb.outlook("tiny")
    surge = surge_of(weeks)
    assert surge["began_at"] == weeks.hours()[BEGIN] and surge["is_after_gap"]
    assert sentences.now("tiny", weeks.store)[1].endswith(
        "of the hour before it nothing is published"
    )


def test_the_first_hours_of_all_come_after_a_gap_and_none_is_no_fault(weeks: Weeks) -> None:
    weeks.release(0)
    read = figures.read(weeks.tiny.charter, weeks.store)
    none = doubts.of_episodes(read.frame.head(0).assign(began_at=[], ended_at=[]), read, WEEK)
    assert none["silent_share"].dtype == float and none["is_after_gap"].dtype == bool


def test_what_was_silent_before_and_after_an_episode_is_not_of_it(weeks: Weeks) -> None:
    for day in range(2):
        weeks.release(day)
    read = figures.read(weeks.tiny.charter, weeks.store)
    at = [hour.as_unit("s") for hour in weeks.hours()[:5]]
    shares = dict(zip([("A", hour) for hour in at], (0.9, 0.1, 0.2, 0.8, 0.7), strict=True))
    silent = replace(read, outages=shares)
    surge = pd.DataFrame({"zone_id": ["A", "B"], "began_at": at[1], "ended_at": at[3]})
    doubted = doubts.of_episodes(surge, silent, read.released[-1] + doubts.HOUR)
    assert doubted["silent_share"].tolist() == [0.2, 0.0]
    assert not doubted["is_after_gap"].any()


def test_the_gate_stops_an_episode_that_does_not_say_how_sure_it_is(
    weeks: Weeks, monkeypatch: pytest.MonkeyPatch
) -> None:
    for day in range(DAY + 1):
        weeks.release(day)
    monkeypatch.setattr(
        doubts, "of_episodes", lambda rows, *_: rows.assign(silent_share=1.5, is_after_gap=False)
    )
    with pytest.raises(GateClosed, match="an_episode_says_how_sure_it_is"):
        verb.outlook("tiny")
