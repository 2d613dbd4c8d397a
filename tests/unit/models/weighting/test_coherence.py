"""Persons of an hour against what is known of their sum."""

from __future__ import annotations

import numpy as np
import pytest

from peil_models.weighting import NightRatio, held_to_totals, persons_in_area


def test_phones_that_are_off_at_night_make_nobody() -> None:
    """Three in a hundred phones are off: no persons come out of the bed by day."""
    night, day = 0.97 * np.array([400.0, 100.0]), np.array([380.0, 120.0])
    register = np.array([1000.0, 250.0])
    ratio = NightRatio().fit(night[:, None], register).ratio_
    alone = (day * ratio).sum()
    held = held_to_totals((day * ratio)[:, None], [register.sum()])
    assert alone == pytest.approx(1.0309 * register.sum(), rel=1e-3)
    assert held.sum() == pytest.approx(register.sum())
    assert held[0, 0] / held[1, 0] == pytest.approx(day[0] * ratio[0] / (day[1] * ratio[1]))


def test_a_visitors_device_stands_for_as_many_as_a_residents() -> None:
    totals = persons_in_area(30_000.0, [10_100.0, 10_000.0], [100.0, 0.0], away_share=0.01)
    assert totals == pytest.approx([29_700 * 1.01, 29_700])
    assert persons_in_area(500.0, [0.0], [0.0]).tolist() == [500.0]


def test_an_hour_without_anybody_stays_empty() -> None:
    assert held_to_totals([[0.0], [0.0]], [100.0]).tolist() == [[0.0], [0.0]]


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: persons_in_area(1.0, [1.0], [2.0]), "inbound is more than devices"),
        (lambda: persons_in_area(1.0, [1.0], [0.0], away_share=1.0), "away_share must lie"),
        (lambda: persons_in_area(1.0, [np.nan], [0.0]), "devices holds NaN"),
        (lambda: held_to_totals([[1.0]], [1.0, 2.0]), "totals has shape"),
        (lambda: NightRatio(pooled_devices=-1).fit([[1.0]], [1.0]), "pooled_devices must"),
    ],
)
def test_what_cannot_be_held_is_refused(call: object, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        call()  # type: ignore[operator]


def test_a_ratio_of_few_devices_is_drawn_to_that_of_all() -> None:
    night, register = np.array([[900.0], [100.0], [2.0]]), np.array([1800.0, 200.0, 20.0])
    plain = NightRatio().fit(night, register).ratio_
    pooled = NightRatio(pooled_devices=20).fit(night, register).ratio_
    assert plain.tolist() == pytest.approx([2.0, 2.0, 10.0])
    assert pooled[0] == pytest.approx(2.0, rel=0.01)
    assert 2.0 < pooled[2] < 3.0
