"""A delivery that is not there when the charter says so is told, and its coming too."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from peil.alerts import telling
from peil.outcome import Refused
from peil.watch import deadlines

DAY = date(2026, 3, 2)


def late(tiny: Any, at: datetime) -> list[str]:
    deadline = deadlines.look(tiny.charter, tiny.store, at)
    return [trouble.day for trouble in deadline.troubles]


def test_a_day_is_late_when_its_time_has_passed_and_not_before(tiny: Any) -> None:
    tiny.write_charter(inputs__events__due="06:00")
    due = datetime(2026, 3, 3, 5, tzinfo=UTC)  # six o'clock in Amsterdam, in winter
    assert deadlines.due_at(tiny.charter, DAY) == due
    assert late(tiny, due) == []
    assert late(tiny, due + timedelta(seconds=1)) == ["2026-03-02"]
    assert late(tiny, due + timedelta(days=1, seconds=1)) == ["2026-03-02", "2026-03-03"]


def test_it_says_whom_to_ask_for_what(tiny: Any) -> None:
    tiny.write_charter(inputs__events__due="06:00")
    (late,) = deadlines.look(
        tiny.charter, tiny.store, datetime(2026, 3, 3, 12, tzinfo=UTC)
    ).troubles
    assert "No events of 2026-03-02 by 2026-03-03 06:00 (Europe/Amsterdam)" in late.what
    assert late.what_to_do == (
        "Ask o@example.org for the files of that day, at tiny/events/2026-03-02/*."
    )
    assert (late.severity, late.owner, late.since) == ("stop", "operator", "2026-03-02")


@pytest.mark.parametrize(
    ("day", "hour"), [(date(2026, 3, 28), 4), (date(2026, 10, 24), 5), (date(2026, 7, 1), 4)]
)
def test_due_is_a_local_time_on_nights_of_23_and_25_hours_too(
    tiny: Any, day: date, hour: int
) -> None:
    tiny.write_charter(
        inputs__events__due="06:00", period={"start": "2026-03-02", "end": "2026-12-01"}
    )
    after = day + timedelta(days=1)
    assert deadlines.due_at(tiny.charter, day) == datetime(
        after.year, after.month, after.day, hour, tzinfo=UTC
    )


def test_what_lies_there_or_was_landed_before_is_not_late(tiny: Any) -> None:
    tiny.write_charter(inputs__events__due="06:00")
    at = datetime(2026, 3, 5, 12, tzinfo=UTC)
    assert late(tiny, at) == ["2026-03-02", "2026-03-03", "2026-03-04"]
    tiny.deliver("a.csv", "x\n", date(2026, 3, 3))
    landed = tiny.store.raw_manifest("tiny", date(2026, 3, 4))
    landed.parent.mkdir(parents=True)
    landed.write_text("{}")
    assert late(tiny, at) == ["2026-03-02"]


def test_without_a_time_nothing_is_late_and_no_folder_is_needed(
    tiny: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deadlines.reading, "root", lambda *a: pytest.fail("asked for the folder"))
    assert late(tiny, datetime(2027, 1, 1, tzinfo=UTC)) == []


def test_airflows_callback_tells_and_looks_at_the_clock_itself(
    tiny: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny.write_charter(inputs__events__due="06:00")
    early, then = datetime(2026, 3, 3, 4, tzinfo=UTC), datetime(2026, 3, 3, 6, tzinfo=UTC)
    monkeypatch.setattr(deadlines, "now", lambda charter: early)
    deadlines.passed("tiny")
    assert telling.standing(tiny.store, "tiny") == []
    monkeypatch.setattr(deadlines, "now", lambda charter: then)
    deadlines.passed("tiny")
    (incident,) = telling.standing(tiny.store, "tiny")
    assert (incident.trouble.kind, incident.trouble.where) == ("late_delivery", "events 2026-03-02")


@pytest.mark.parametrize("due", [1030, "6:00", "25:00", "06:00:30", 10.5])
def test_a_time_that_is_none_is_refused_with_how_to_write_it(tiny: Any, due: Any) -> None:
    tiny.write_charter(inputs__events__due=due)
    with pytest.raises(Refused, match=r"inputs\.events\.due: "):
        _ = tiny.charter


def test_yaml_without_quotes_is_told_to_need_them(tiny: Any) -> None:
    text = tiny.write_charter(inputs__events__due="10:30").read_text()
    assert "'10:30'" in text or '"10:30"' in text
    tiny.charter_file.write_text(text.replace("'10:30'", "10:30").replace('"10:30"', "10:30"))
    with pytest.raises(Refused, match='in quotes, as "06:00"'):
        _ = tiny.charter


def test_only_events_have_a_time(tiny: Any) -> None:
    tiny.write_charter(inputs__cells__due="06:00")
    with pytest.raises(Refused, match=r"inputs\.cells\.due"):
        _ = tiny.charter


def test_another_time_lands_nothing_again(tiny: Any) -> None:
    tiny.deliver(
        "a.csv", "imsi,at,mcc,mnc,cell,imei\n204080000000001,2026-03-02 08:00:00,204,08,c1,\n"
    )
    assert tiny.ingest().status == "done"
    tiny.write_charter(inputs__events__due="06:00")
    assert tiny.ingest().status == "unchanged"
