"""The median night meets the register."""

from __future__ import annotations

import numpy as np
import pytest

from peil_models.weighting import NightRatio

NIGHT = np.array([[40.0, 50.0, 60.0], [10.0, 12.0, 90.0]])
REGISTER = np.array([150.0, 48.0])


def test_the_median_night_meets_the_register():
    weights = NightRatio().fit(NIGHT, REGISTER)
    assert np.median(weights.transform(NIGHT), axis=1) == pytest.approx(REGISTER)
    assert weights.ratio_ == pytest.approx([3.0, 4.0])


def test_one_odd_hour_does_not_move_the_ratio():
    odd = NIGHT.copy()
    odd[1, 2] = 9000.0
    assert (
        NightRatio().fit(odd, REGISTER).ratio_ == NightRatio().fit(NIGHT, REGISTER).ratio_
    ).all()


def test_a_zone_without_ground_takes_the_ratio_of_all():
    night = np.array([[100.0], [0.0], [5.0], [100.0]])
    register = np.array([300.0, 20.0, 60.0, 0.0])
    weights = NightRatio(min_devices=15).fit(night, register)
    assert weights.is_pooled_.tolist() == [False, True, True, True]
    assert weights.ratio_[1:] == pytest.approx(380.0 / 205.0)


def test_a_ratio_out_of_bounds_takes_the_bound_and_is_marked():
    night = np.array([[400.0], [1000.0], [2.0], [0.0]])
    register = np.array([4000.0, 1000.0, 4000.0, 0.0])
    weights = NightRatio(most_times_together=3).fit(night, register)
    together = 9000 / 1402
    assert weights.ratio_ == pytest.approx([10.0, together / 3, 3 * together, together])
    assert weights.is_bounded_.tolist() == [False, True, True, False]
    free = NightRatio().fit(night, register)
    assert free.ratio_[2] == 2000.0
    assert not free.is_bounded_.any()


@pytest.mark.parametrize("bound", [0.9, float("nan")])
def test_a_bound_below_one_is_refused(bound):
    with pytest.raises(ValueError, match="most_times_together must be at least 1"):
        NightRatio(most_times_together=bound).fit(NIGHT, REGISTER)


@pytest.mark.parametrize(
    ("night", "register", "words"),
    [
        (NIGHT[:, :0], REGISTER, r"0 feature"),
        (NIGHT, REGISTER[:1], "inconsistent numbers of samples"),
        (NIGHT * np.nan, REGISTER, r"NaN in X \(first at row 0, column 0\)"),
        (NIGHT, [1.0, -1.0], r"Negative values.*y \(first at row 1\)"),
        (NIGHT * 0, REGISTER, "no device"),
        (NIGHT, REGISTER * 0, "no person"),
        (NIGHT[0], REGISTER, "X has 1 dimension, expected 2"),
    ],
)
def test_bad_input_is_refused_with_argument_and_position(night, register, words):
    with pytest.raises(ValueError, match=words):
        NightRatio().fit(night, register)


def test_other_zones_than_those_fitted_are_refused():
    with pytest.raises(ValueError, match="fit saw 2"):
        NightRatio().fit(NIGHT, REGISTER).transform(np.ones((3, 1)))
