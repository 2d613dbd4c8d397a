"""Rooms and moves are counted by what is called, once each."""

from __future__ import annotations

import pytest

from benchmarks.rooms import release_again, walked
from peil.charter import products
from peil.outcome import Refused
from peil.store import atomic


def test_rooms_are_counted_in_the_order_in_which_they_are_entered() -> None:
    def call() -> None:
        products.named("flows", "demo", ["presence", "flows"])
        atomic.canonical({"a": 1})
        products.linked()

    way = walked(call)
    assert way.rooms == ["charter", "store"]
    assert way.moves == set()  # the test itself is no room


def test_a_move_is_a_call_from_one_room_into_another() -> None:
    with pytest.raises(Refused):
        products.named("residence", "demo", ["residence"], to="release")

    def refused() -> None:
        with pytest.raises(Refused):
            products.PRODUCTS["residence"].output("released")

    assert walked(refused).rooms == ["charter"]


def test_a_day_that_is_not_released_is_refused(tiny: object) -> None:
    with pytest.raises(Refused, match="is not released in"):
        release_again("tiny", "2026-03-02")
