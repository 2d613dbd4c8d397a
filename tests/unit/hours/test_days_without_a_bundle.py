"""A day with a missing hour is bundled when nothing of it can come any more, or people are told."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from peil.charter import clock
from peil.charter.hour import Hour, hours_within, unit_of
from peil.charter.period import Period
from peil.outcome import Outcome, Refused
from peil.release.hours import day as bundling
from peil.watch import deadlines
from tests.unit.hours.conftest import Hours

LAST, FIRST = "2026-03-08", "2026-03-02"
DUE = datetime(2026, 3, 8, 23, 10, tzinfo=UTC)  # ten past the midnight that ends the last day


@pytest.fixture
def last_day(hours: Hours, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A real pilot of which all hours of the last day are released but one, at a moment to set."""
    path = "tiny/events/{day}/{hour}/*"
    hours.tiny.write_charter(
        every="PT1H",
        inputs__events__path=path,
        inputs__events__due="00:10",
        legal_basis="statute",
        threshold=15,
        expires="2028-03-08",
    )
    crossed = {str(hour) for hour in hours_within(unit_of(LAST), "Europe/Amsterdam")}
    crossed.remove(f"{LAST}T05")
    monkeypatch.setattr(Period, "has_crossed", lambda period: str(period.day) in crossed)

    def at(moment: datetime) -> datetime:
        for module in (clock, bundling, deadlines):
            monkeypatch.setattr(module, "now", lambda charter: moment)
        return moment

    hours.tiny.crossed, hours.tiny.at = crossed, at
    return hours.tiny


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Days whose bundle was asked for; the agency rejected the first of them."""
    days: list[str] = []

    def release_day(pilot: str, day: str) -> Outcome:
        days.append(day)
        if day == FIRST:
            raise Refused("rejected")
        return Outcome("release", pilot, day, "done", {}, [])

    monkeypatch.setattr(bundling, "release_day", release_day)
    return days


def told(tiny: Any, at: datetime) -> list[str]:
    look = deadlines.unbundled(tiny.charter, tiny.store, at)
    return [f"{trouble.where}: {trouble.what}" for trouble in look.troubles]


def test_the_last_day_is_bundled_once_its_missing_hour_can_come_no_more(
    last_day: Any, asked: list[str]
) -> None:
    last_day.at(datetime(2026, 3, 8, 5, 5, tzinfo=UTC))  # 06:05, five minutes before it is due
    assert bundling.bundle_days("tiny") == [] and asked == []
    bundling.bundle_days("tiny", [f"{LAST}T04"])
    assert asked == []  # an hour of the day itself waits for the others
    last_day.at(DUE)
    assert [outcome.day for outcome in bundling.bundle_days("tiny")] == [LAST]


def test_people_are_told_of_a_day_that_stays_without_a_bundle_and_not_before(last_day: Any) -> None:
    assert told(last_day, datetime(2026, 3, 8, 5, 5, tzinfo=UTC)) == []
    (sentence,) = told(last_day, DUE)
    assert sentence == (
        f"day {LAST}: {LAST} of tiny has no bundle, though no hour of it can come any more. "
        "Never released: 05."
    )
    last_day.crossed.add(f"{LAST}T05")  # it waits for people then
    (sentence,) = told(last_day, DUE)
    assert sentence.endswith("can come any more.")
    last_day.crossed.add(LAST)
    assert told(last_day, DUE) == []


def test_a_bundle_that_is_refused_keeps_no_later_day_from_its_own(
    last_day: Any, asked: list[str]
) -> None:
    last_day.crossed.add(f"{FIRST}T05")
    last_day.at(DUE)
    assert [outcome.day for outcome in bundling.bundle_days("tiny")] == [LAST]
    assert asked == [FIRST, LAST]
    assert [sentence.split(":")[0] for sentence in told(last_day, DUE)][:1] == [f"day {FIRST}"]


def test_of_a_simulated_pilot_the_clock_does_not_say_what_can_come(hours: Hours) -> None:
    missing = [Hour.fromisoformat(f"{FIRST}T05")]
    at = datetime(2027, 1, 1, tzinfo=UTC)
    assert not bundling.is_past(hours.tiny.charter, missing, at)
