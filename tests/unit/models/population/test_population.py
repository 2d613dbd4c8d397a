"""Net counts, inference to the population, market share and roamers: golden numbers and by hand."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy.stats import betanbinom, nbinom
from sklearn.base import clone

from peil_models.population import (
    MarketShareByRegion,
    NetCount,
    PopulationBNB,
    PopulationNB,
    deduplication_factors,
    net_count,
    net_counts_drawn,
    visitors_from_roamers,
)

PRESENCE = np.array([0.9, 0.5, 0.2, 1.0])
DUPLICITY = np.array([0.0, 0.3, 1.0, 0.6])
OMEGA, PENETRATION, REGISTER = (0.6878592, 0.3121408), 0.3684211, 38


def by_hand():
    """Every device absent, half or whole: all 81 ways."""
    chances = {}
    for ways in product((0.0, 0.5, 1.0), repeat=4):
        chance = 1.0
        for share, two, value in zip(PRESENCE, DUPLICITY, ways, strict=True):
            chance *= {0.0: 1 - share, 0.5: share * two, 1.0: share * (1 - two)}[value]
        chances[sum(ways)] = chances.get(sum(ways), 0.0) + chance
    return chances


def test_the_net_count_is_that_of_all_ways():
    count = net_count(PRESENCE, DUPLICITY)
    expected = by_hand()
    assert count.mean == pytest.approx(sum(PRESENCE * (1 - DUPLICITY / 2)))
    for value in np.arange(0, 4.5, 0.5):
        held = count.probability[count.values == value].sum()
        assert held == pytest.approx(expected[value], abs=1e-12)


def test_drawn_net_counts_agree_with_the_exact_ones():
    both = np.stack([PRESENCE, 1 - PRESENCE], axis=1)
    drawn = net_counts_drawn(both, DUPLICITY, 20_000, random_state=5)
    exact = net_count(PRESENCE, DUPLICITY)
    assert drawn.mean(axis=0)[0] == pytest.approx(exact.mean, abs=0.02)
    variance = exact.probability @ (exact.values - exact.mean) ** 2
    assert drawn.var(axis=0)[0] == pytest.approx(variance, rel=0.05)
    # A device is in one region only: together they are what devices weigh.
    assert set(np.unique(drawn.sum(axis=1))) <= {2.5, 3.0, 3.5}
    assert np.cov(drawn.T)[0, 1] < -0.1


def test_draws_are_those_of_the_seed():
    both = np.stack([PRESENCE, 1 - PRESENCE], axis=1)
    first, other = (net_counts_drawn(both, DUPLICITY, 5, random_state=2) for _ in range(2))
    assert (first == other).all()


def test_a_large_net_count_keeps_its_digits():
    count = net_count(np.full(3000, 0.4), np.full(3000, 0.2))
    assert count.mean == pytest.approx(3000 * 0.4 * 0.9, rel=1e-9)
    assert count.probability.min() >= 0
    low, high = count.interval(0.9)
    spread = np.sqrt(3000 * (0.4 * (0.8 + 0.05) - 0.36**2))
    assert (high - low) / 2 == pytest.approx(1.645 * spread, rel=0.02)


def test_deduplication_factors_are_shares_of_devices():
    first, two = deduplication_factors([[1, 0, 0], [0.5, 0.5, 0]], [0.0, 0.6])
    assert two == pytest.approx([0.2, 0.6, 0.3])
    assert first + two == pytest.approx(np.ones(3))


@pytest.mark.parametrize(("method", "mean"), [(PopulationNB, 40.05), (PopulationBNB, 43.01)])
def test_the_population_is_the_published_one(method, mean):
    inferred = method().fit([NetCount.known(11)], [OMEGA[0]], [OMEGA[1]], [PENETRATION], [REGISTER])
    assert inferred.alpha_[0] == pytest.approx(11.81502, abs=5e-6)
    assert inferred.beta_[0] == pytest.approx(26.18498, abs=5e-6)
    assert inferred.mean_[0] == pytest.approx(mean, abs=5e-3)


def test_the_interval_is_that_of_the_distribution():
    inferred = PopulationNB(level=0.8).fit([NetCount.known(11)], [0.7], [0.3], [0.4], [38])
    alpha, beta = inferred.alpha_[0], inferred.beta_[0]
    unseen = nbinom(12, (alpha - 1) / (alpha + beta - 1))
    assert (inferred.lower_[0], inferred.upper_[0]) == (11 + unseen.ppf(0.1), 11 + unseen.ppf(0.9))


def test_an_uncertain_net_count_mixes_and_widens():
    whole = NetCount([5.0, 17.0], [0.5, 0.5])
    given = ([0.7], [0.3], [0.4], [38])
    mixed = PopulationBNB().fit([whole], *given)
    ends = [PopulationBNB().fit([NetCount.known(n)], *given) for n in (5.0, 17.0)]
    assert mixed.mean_ == pytest.approx((ends[0].mean_ + ends[1].mean_) / 2)
    middle = PopulationBNB().fit([NetCount.known(11.0)], *given)
    assert mixed.upper_ - mixed.lower_ > middle.upper_ - middle.lower_


@pytest.mark.parametrize("method", [PopulationNB, PopulationBNB])
def test_halves_of_persons_are_counted(method):
    given = ([0.7], [0.3], [0.4], [38])
    fits = [method().fit([NetCount.known(n)], *given) for n in (11, 11.5, 12)]
    assert fits[1].mean_ == pytest.approx((fits[0].mean_ + fits[2].mean_) / 2)
    for end in ("lower_", "upper_"):
        low, middle, high = (getattr(people, end)[0] for people in fits)
        assert low <= middle <= high


def test_the_interval_of_bnb_is_that_of_the_distribution():
    inferred = PopulationBNB(level=0.8).fit([NetCount.known(11)], [0.7], [0.3], [0.4], [38])
    unseen = betanbinom(12, inferred.alpha_[0] - 1, inferred.beta_[0])
    assert (inferred.lower_[0], inferred.upper_[0]) == (11 + unseen.ppf(0.1), 11 + unseen.ppf(0.9))


def test_a_small_region_leans_on_the_others():
    shares = MarketShareByRegion().fit([330, 240, 410, 0, 340], [1000, 1000, 1000, 5, 1000])
    assert shares.share_[3] > 0.25
    assert shares.upper_[3] - shares.lower_[3] > 2 * (shares.upper_[0] - shares.lower_[0])
    far = MarketShareByRegion().fit([100, 500, 350, 0, 340], [1000, 1000, 1000, 5, 1000])
    assert far.spread_ > 0.1 and far.share_[0] == pytest.approx(0.1, abs=0.01)


def test_visitors_take_their_own_factor_and_error():
    mean, lower, upper = visitors_from_roamers([400.0, 0.0], 0.4, 0.1)
    assert mean.tolist() == [1000.0, 0.0]
    assert (upper - lower)[0] == pytest.approx(2 * 1.645 * 1000 * np.hypot(0.05, 0.1), rel=0.03)
    assert lower[1] == 0.0 < upper[1]
    assert visitors_from_roamers([400.0], 0.4, devices_per_visitor=1.25)[0][0] == 800.0


@pytest.mark.parametrize("estimator", [PopulationNB(0.8), PopulationBNB(), MarketShareByRegion()])
def test_parameters_survive_a_clone(estimator):
    assert clone(estimator).get_params() == estimator.get_params()


NET = [NetCount.known(11)] * 2
HALF = [0.5, 0.5]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: net_count([0.1, np.nan], [0, 0]), r"presence is NaN .*\(1,\)"),
        (lambda: net_count([0.1, 0.1], [0, 1.1]), r"duplicity is NaN .*\(1,\)"),
        (lambda: net_count([0.1], [0, 1]), "presence has shape"),
        (lambda: net_counts_drawn([[0.5, 0.6]], [0.0]), "more than 1 .*device 0"),
        (lambda: net_counts_drawn([[0.5]], [0.0], 0), "n_draws must be"),
        (lambda: deduplication_factors([[0.0]], [0.5]), "presence is 0 everywhere"),
        (lambda: NetCount([0.3], [1.0]), "values is NaN"),
        (lambda: NetCount([1.0, 0.5], [0.5, 0.5]), r"do not increase \(first at 1\)"),
        (lambda: NetCount([1.0], [0.9]), "probability sums to"),
        (lambda: NetCount([1.0, 2.0], [1.0]), "values has shape"),
        (lambda: PopulationNB().fit(NET, HALF, HALF, [0.4, np.nan], [9, 9]), "region 1"),
        (lambda: PopulationNB().fit(NET, HALF, HALF, [0.4], [9, 9]), "penetration has shape"),
        (lambda: PopulationNB().fit(NET, HALF, HALF, [0.4, 1.5], [9, 9]), "region 1"),
        (lambda: PopulationNB().fit(NET, HALF, HALF, [0.4, 0.4], [9, 2]), "at most 1.0 .*n 1"),
        (lambda: PopulationBNB().fit(NET, HALF, HALF, [0.4, 0.4], [9, 6]), "at most 2.0 .*n 1"),
        (lambda: PopulationNB(1.0).fit(NET, HALF, HALF, HALF, [9, 9]), "level must lie"),
        (lambda: MarketShareByRegion().fit([1, 9], [5, 5]), "exceeds register .*region 1"),
        (lambda: MarketShareByRegion().fit([1, -1], [5, 5]), "n_holders is .*region 1"),
        (lambda: MarketShareByRegion().fit([1], [5, 5]), "n_holders has shape"),
        (lambda: MarketShareByRegion().fit([0], [0]), "register holds nobody"),
        (lambda: visitors_from_roamers([5.0, 5.0], [0.5, 0.0]), "roaming_share .*first at 1"),
        (lambda: visitors_from_roamers([-5.0], 0.5), "n_roamers is"),
        (lambda: visitors_from_roamers([5.0], 0.5, -1.0), "roaming_share_error"),
        (lambda: visitors_from_roamers([5.0], 0.5, devices_per_visitor=0), "devices_per_visitor"),
    ],
)
def test_what_is_wrong_and_where_is_told(call, words):
    with pytest.raises(ValueError, match=words):
        call()
