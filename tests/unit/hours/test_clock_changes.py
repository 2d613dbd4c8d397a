"""In the autumn night two hours have one name; in spring one does not exist."""

from __future__ import annotations

import pytest

from peil.charter import reading
from peil.charter.clock import hours_of
from peil.charter.hour import unit_of
from peil.outcome import Refused
from tests.unit.hours.conftest import DEVICES, Hours, rows_of

TWO = ["2026-10-25T02", "2026-10-25T02+0100"]


@pytest.fixture
def autumn(hours: Hours) -> Hours:
    hours.tiny.write_charter(
        every="PT1H",
        inputs__events__path="tiny/events/{day}/{hour}/*",
        inputs__events__time_zone="UTC",
        period={"start": "2026-03-28", "end": "2026-10-26"},
    )
    hours.tiny.sign()
    return hours


@pytest.mark.slow
def test_both_hours_of_one_name_are_released_each_with_its_own_devices(autumn: Hours) -> None:
    for number, hour in enumerate(TWO):
        autumn.deliver(hour, rows_of(f"2026-10-25 0{number}:30:00", more=number))
        autumn.take(hour)
    first, second = (autumn.lines(hour) for hour in TWO)
    assert {line.split(",")[1] for line in first} == {"2026-10-25T02:00:00+02:00"}
    assert {line.split(",")[1] for line in second} == {"2026-10-25T02:00:00+01:00"}
    assert [autumn.values(hour)[0] for hour in TWO] == [DEVICES, DEVICES + 1]
    autumn.take("2026-10-25", "release")
    assert sorted(autumn.lines("2026-10-25")) == sorted(first + second)


def test_a_day_of_autumn_has_25_hours_and_one_of_spring_23(autumn: Hours) -> None:
    charter = autumn.tiny.charter
    units = [str(unit) for unit in charter.units()]
    assert len(set(units)) == len(units)
    assert [unit for unit in units if unit.startswith("2026-10-25T02")] == TWO
    assert len([unit for unit in units if unit.startswith("2026-10-25")]) == 25
    assert len([unit for unit in units if unit.startswith("2026-03-29")]) == 23
    moments = [hours_of(unit_of(unit), charter.time_zone)[0] for unit in units]
    assert moments == sorted(set(moments))


@pytest.mark.parametrize(
    "hour", ["2026-03-29T02", "2026-03-29T02+0100", "2026-03-30T02+0100", "2026-10-25T02+0300"]
)
def test_an_hour_that_does_not_exist_is_refused(autumn: Hours, hour: str) -> None:
    with pytest.raises(Refused, match="There is no hour"):
        reading.day_of(autumn.tiny.charter, hour)


def test_airflow_writes_every_hour_with_its_offset_and_the_same_hour_is_meant(
    autumn: Hours,
) -> None:
    charter = autumn.tiny.charter
    keys = ["2026-03-30T02+0200", "2026-10-25T02+0200", "2026-10-25T02+0100", "2026-10-25T03+0100"]
    names = ["2026-03-30T02", *TWO, "2026-10-25T03"]
    assert [str(reading.day_of(charter, key)) for key in keys] == names


def test_a_pilot_of_days_knows_no_hours_and_one_of_hours_no_delivery_of_a_day(
    hours: Hours,
) -> None:
    with pytest.raises(Refused, match="by the hour: name one of them, as 2026-03-02T20"):
        hours.take("2026-03-02", "ingest")
    hours.tiny.write_charter()
    with pytest.raises(Refused, match="by the day, not by the hour: write the day as 2026-03-02"):
        reading.day_of(hours.tiny.charter, "2026-03-02T20")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"every": "PT2H"}, "every: "),
        ({"every": "PT1H"}, "with `every: PT1H` it must name {hour}"),
        ({"inputs__events__path": "tiny/{day}/{hour}/*"}, "is for a charter that says"),
        (
            {
                "every": "PT1H",
                "inputs__events__path": "tiny/{day}/{hour}/*",
                "products": ["presence", "flows"],
                "linkage_days": 2,
                "retention": {"raw_hours": 24, "staged_days": 2},
            },
            "hours are of presence alone",
        ),
    ],
)
def test_a_charter_that_does_not_fit_hours_is_refused_in_a_sentence(
    hours: Hours, changes: dict[str, object], sentence: str
) -> None:
    hours.tiny.write_charter(**changes)
    with pytest.raises(Refused) as refusal:
        reading.load("tiny")
    assert sentence in str(refusal.value) and "tiny.yml" in str(refusal.value)
