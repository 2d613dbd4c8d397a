"""Intervals learnt on some worlds cover the truth of others, and see an error of the width.

Smallest error seen: a width 5 % off (a coverage of .90 becomes .883 or .914 on 60 000 entries), and
a model error share off by a tenth. A bias of 1 % of the estimate is seen by its mean.
"""

from __future__ import annotations

import numpy as np
import pytest

from peil_models.scores import bias, interval_coverage, interval_score
from peil_models.uncertainty import learn_model_error, presence_interval

OVERDISPERSION, SHARE = 2.0, 0.08


def world(seed: int, n: int = 20_000) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Estimated persons, true persons, devices: overdispersed counts and a model error."""
    random = np.random.default_rng(seed)
    expected = random.lognormal(5.0, 1.3, n)
    devices = random.negative_binomial(expected / (OVERDISPERSION - 1), 1 / OVERDISPERSION)
    truth = 3.0 * expected / (1.0 + SHARE * random.standard_normal(n))
    return 3.0 * devices, truth, devices.astype(float)


@pytest.fixture(scope="module")
def learnt():
    persons, truth, devices = (np.concatenate(a) for a in zip(*map(world, (1, 2, 3)), strict=True))
    return learn_model_error(persons, truth, devices, 3.0)


def interval(learnt, persons, devices, stretch=1.0):
    lower, upper = presence_interval(
        persons,
        devices,
        3.0,
        sampling_overdispersion=learnt.sampling_overdispersion,
        model_error_share=learnt.model_error_share,
    )
    return persons - stretch * (persons - lower), persons + stretch * (upper - persons)


def test_both_errors_are_recovered(learnt):
    assert learnt.model_error_share == pytest.approx(SHARE, rel=0.1)
    assert learnt.sampling_overdispersion == pytest.approx(OVERDISPERSION, rel=0.1)


def test_a_known_error_of_the_market_share_is_not_learnt_twice():
    persons, truth, devices = (np.concatenate(a) for a in zip(*map(world, (1, 2, 3)), strict=True))
    error = learn_model_error(persons, truth, devices, 3.0, market_share_error=0.06)
    assert np.hypot(error.model_error_share, 0.06) == pytest.approx(SHARE, rel=0.1)


def assert_covers(learnt, stretch=1.0):
    persons, truth, devices = (np.concatenate(a) for a in zip(*map(world, (4, 5, 6)), strict=True))
    coverage = interval_coverage(truth, *interval(learnt, persons, devices, stretch))
    assert abs(coverage - 0.9) < 0.012, coverage


def test_ninety_percent_intervals_cover_ninety_percent_of_other_worlds(learnt):
    assert_covers(learnt)


@pytest.mark.parametrize("stretch", [0.95, 1.05])
def test_a_width_five_percent_off_is_seen(learnt, stretch):
    with pytest.raises(AssertionError):
        assert_covers(learnt, stretch)


def test_the_learnt_width_scores_better_than_a_fixed_share(learnt):
    persons, truth, devices = world(7)
    own = interval_score(truth, *interval(learnt, persons, devices))
    for share in (0.05, 0.1, 0.2, 0.4):
        assert own < interval_score(truth, persons * (1 - share), persons * (1 + share))


def assert_no_bias(persons, truth):
    assert abs(bias(truth, persons)) < 0.005


def test_a_bias_of_one_percent_is_seen():
    persons, truth, _ = (np.concatenate(a) for a in zip(*map(world, range(10, 16)), strict=True))
    # Truth scatters around the expectation by a reciprocal, whose mean is 1 + share squared.
    truth = truth / (1 + SHARE**2 + 3 * SHARE**4)
    assert_no_bias(persons, truth)
    with pytest.raises(AssertionError):
        assert_no_bias(1.01 * persons, truth)
