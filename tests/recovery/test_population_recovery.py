"""Population, market share and visitors come back from draws; intervals cover as they say.

Smallest bias seen: 2 % of the population, 1 % of the mean market share (on 2 000 regions).
"""

from __future__ import annotations

import numpy as np
import pytest

from peil_models.population import (
    MarketShareByRegion,
    NetCount,
    PopulationBNB,
    PopulationNB,
    visitors_from_roamers,
)

N_REGIONS, REGISTER, SEEN = 2_000, 400, 0.005


def drawn(seed, is_share_known):
    """Present people per region, of whom the operator sees a share."""
    random = np.random.default_rng(seed)
    share = np.full(N_REGIONS, 0.3)
    if not is_share_known:
        share = random.beta(0.3 * REGISTER, 0.7 * REGISTER, N_REGIONS)
    # The inference has no prior of the population: truth is spread evenly over a wide range.
    people = random.integers(200, 2200, N_REGIONS)
    return people, random.binomial(people, share)


def inferred(method, seed, is_share_known=True):
    people, net_counts = drawn(seed, is_share_known)
    ones, zeros = np.ones(N_REGIONS), np.zeros(N_REGIONS)
    model = method().fit(
        [NetCount.known(n) for n in net_counts], ones, zeros, 0.3 * ones, REGISTER * ones
    )
    return people, model


@pytest.fixture(scope="module")
def share_known():
    return inferred(PopulationNB, 3)


@pytest.fixture(scope="module")
def unknown():
    return inferred(PopulationBNB, 4, is_share_known=False)


def assert_unbiased(people, mean):
    assert mean.sum() / people.sum() == pytest.approx(1.0, abs=0.01)


def test_the_population_is_recovered(share_known):
    assert_unbiased(share_known[0], share_known[1].mean_)


def test_a_bias_of_two_percent_is_seen(share_known):
    for factor in (0.98, 1.02):
        with pytest.raises(AssertionError):
            assert_unbiased(share_known[0], factor * share_known[1].mean_)


def covered(people, model, stretch=1.0):
    low = model.mean_ - stretch * (model.mean_ - model.lower_)
    high = model.mean_ + stretch * (model.upper_ - model.mean_)
    return np.mean((people >= low) & (people <= high))


@pytest.mark.slow
def test_ninety_percent_intervals_cover_ninety_percent(share_known, unknown):
    for people, model in (share_known, unknown):
        assert covered(people, model) == pytest.approx(0.9, abs=0.02)
        for stretch in (0.85, 1.2):
            assert abs(covered(people, model, stretch) - 0.9) > 0.02


@pytest.mark.slow
def test_a_share_that_varies_needs_the_wider_interval():
    people, model = inferred(PopulationNB, 4, is_share_known=False)
    assert covered(people, model) < 0.85


def market(seed=6):
    random = np.random.default_rng(seed)
    share = random.beta(33, 67, N_REGIONS)
    register = random.integers(20, 3000, N_REGIONS)
    return share, MarketShareByRegion().fit(random.binomial(register, share), register)


def test_market_shares_are_recovered_with_their_spread():
    share, fitted = market()
    assert fitted.mean_share_ == pytest.approx(0.33, rel=SEEN)
    assert fitted.spread_ == pytest.approx(np.sqrt(0.33 * 0.67 / 101), rel=0.05)
    inside = np.mean((share >= fitted.lower_) & (share <= fitted.upper_))
    assert inside == pytest.approx(0.9, abs=0.015)
    assert abs(1.01 * fitted.mean_share_ / 0.33 - 1) > SEEN


def test_intervals_of_visitors_cover():
    random = np.random.default_rng(9)
    visitors = random.integers(50, 3000, N_REGIONS)
    share = 0.4 * np.exp(0.1 * random.standard_normal(N_REGIONS))
    roamers = random.binomial(visitors, np.minimum(share, 1))
    _, lower, upper = visitors_from_roamers(roamers, 0.4, 0.1)
    assert np.mean((visitors >= lower) & (visitors <= upper)) == pytest.approx(0.9, abs=0.025)
