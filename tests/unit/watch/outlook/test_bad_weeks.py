"""A week with a gap, with a zone that vanishes, with nothing published: the outlook goes on."""

from __future__ import annotations

import pytest

from peil.store.outlook import tables
from peil.watch.outlook import figures, sentences
from peil.watch.outlook import outlook as verb
from tests.unit.watch.outlook.conftest import Weeks


@pytest.mark.slow
def test_a_gap_of_days_is_missing_and_what_follows_is_judged_all_the_same(weeks: Weeks) -> None:
    for day in (0, 3, 4):
        weeks.release(day)
    answer = verb.outlook("tiny")
    assert answer.day == "2026-03-06T23"
    read = figures.read(weeks.tiny.charter, weeks.store)
    assert len(read.released) == 3 * 24 and (read.frame["value"] > 0).all()
    bands, at = weeks.table(), weeks.hours()
    judged = bands[(bands["hour_at"] >= at[72]) & (bands["hour_at"] < at[120])]
    assert len(judged) == 3 * 48 and (judged["q025"] > 0).all()
    surges = weeks.table(tables.SURGES)
    in_the_gap = (surges["began_at"] >= at[24]) & (surges["began_at"] < at[72])
    assert (surges["level"] < 3).all() and not in_the_gap.any()


@pytest.mark.slow
def test_a_zone_that_vanishes_is_no_quiet_zone_and_keeps_no_other_from_being_judged(
    weeks: Weeks,
) -> None:
    weeks.release(0)
    weeks.release(1, without="C")
    verb.outlook("tiny")
    surges, bands, at = weeks.table(tables.SURGES), weeks.table(), weeks.hours()
    assert not ((surges["zone_id"] == "C") & (surges["began_at"] >= at[24])).any()
    newest = bands[bands["hour_at"] == at[47]]
    assert {"A", "B"} <= set(newest["zone_id"])
    ahead = bands[(bands["hour_at"] > at[47]) & (bands["zone_id"] == "A")]
    assert len(ahead) == 24


@pytest.mark.slow
def test_of_hours_in_which_all_is_withheld_nothing_is_said_to_be_as_usual(weeks: Weeks) -> None:
    weeks.release(0)
    weeks.release(1, is_all_withheld=True)
    verb.outlook("tiny")
    assert not (weeks.table(tables.SURGES)["began_at"] >= weeks.hours()[24]).any()
    (first, *_) = sentences.lines("tiny")
    unknown = "Nothing is published of 23:00 on 2026-03-03: whether it was as usual is not known."
    assert first == unknown
