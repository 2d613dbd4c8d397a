"""Which days train and which judge; a pilot that cannot be trained says what it lacks."""

from __future__ import annotations

from typing import Any

import pytest

from peil import train
from peil.outcome import Refused
from peil.store.atomic import write_json

SATURDAY = 5


def staged(tiny: Any, *numbers: int) -> None:
    for number in numbers:
        write_json(tiny.store.staged_manifest("tiny", tiny.charter.days()[number]), {})


@pytest.fixture
def with_register(tiny: Any) -> Any:
    tiny.write_charter(area__register="register.csv")
    return tiny


def refusal(*days: int) -> str:
    with pytest.raises(Refused) as refused:
        train.train("tiny", *days)
    return str(refused.value)


def test_the_first_day_that_is_not_staged_is_named(with_register: Any) -> None:
    staged(with_register, 0)
    day = with_register.charter.days()[1]
    assert f"{day} is not staged, 1 of 2 days are not; run `peil stage tiny {day}`" in refusal(1, 1)


def test_a_period_that_is_too_short_is_named(with_register: Any) -> None:
    n_days = len(with_register.charter.days())
    words = f"its period has {n_days} days, and {n_days + 2} are asked; give --fit-days"
    assert words in refusal(n_days, 2)


def test_a_charter_without_register_is_named(tiny: Any) -> None:
    staged(tiny, 0, 1)
    assert "its charter names no register (`area.register`)" in refusal(1, 1)


def test_of_a_week_a_working_day_and_one_of_the_weekend_are_judged(with_register: Any) -> None:
    days = with_register.charter.days()
    staged(with_register, *range(len(days)))
    split = train.split_of(with_register.charter, with_register.store)
    assert split is not None and sorted([*split.fit, *split.judge]) == days
    for part in (split.fit, split.judge):
        assert {day.weekday() < SATURDAY for day in part} == {True, False}


def test_of_two_days_the_second_is_judged(with_register: Any) -> None:
    first, second, *_ = with_register.charter.days()
    staged(with_register, 0, 1)
    split = train.split_of(with_register.charter, with_register.store, 1, 1)
    assert split == train.Split([first], [second])
