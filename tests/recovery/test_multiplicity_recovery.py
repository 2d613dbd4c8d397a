"""Holders of two devices are found and counted without knowing how many there are.

Gains are drawn as likelihoods make them: log ratios of two normal densities, so that a perfect
answer is known. Smallest bias seen: 1 % of the persons (300 devices, mean of 30 draws).
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from peil_models.multiplicity import MultiplicityOneToOne, MultiplicityPairwise

pytestmark = pytest.mark.slow  # a quarter of a minute and more of a core

N_DEVICES, N_PAIRS, DISTANCE = 300, 40, 5.5
SEEN = 0.005


def drawn(seed):
    """Pairs of devices, and gains with the density ratio of the normal at DISTANCE and at 0."""
    random = np.random.default_rng(seed)
    pairs = np.array(list(combinations(range(N_DEVICES), 2)))
    together = random.permutation(N_DEVICES)[: 2 * N_PAIRS].reshape(-1, 2)
    key = {tuple(sorted(pair)) for pair in together.tolist()}
    is_true = np.array([tuple(pair) in key for pair in pairs.tolist()])
    evidence = random.standard_normal(len(pairs)) + DISTANCE * is_true
    return pairs, DISTANCE * evidence - DISTANCE**2 / 2


def fitted(method):
    return [method().fit(*drawn(seed), N_DEVICES) for seed in range(30)]


def persons(models):
    return np.array([model.n_persons_ for model in models])


@pytest.fixture(scope="module")
def models():
    return fitted(MultiplicityOneToOne)


@pytest.fixture(scope="module")
def estimates(models):
    return persons(models)


def assert_unbiased(estimates):
    assert estimates.mean() == pytest.approx(N_DEVICES - N_PAIRS, rel=SEEN)


def test_the_number_of_persons_is_recovered(estimates):
    assert_unbiased(estimates)


@pytest.mark.parametrize("factor", [0.99, 1.01])
def test_a_bias_of_one_percent_is_seen(estimates, factor):
    with pytest.raises(AssertionError):
        assert_unbiased(factor * estimates)


def test_pairs_that_know_of_each_other_count_better_than_pairs_alone(estimates):
    alone = persons(fitted(MultiplicityPairwise))
    truth = N_DEVICES - N_PAIRS
    assert np.abs(estimates - truth).mean() < np.abs(alone - truth).mean()


def test_probabilities_mean_what_they_say(models):
    chance, truth = [], []
    for seed, model in enumerate(models):
        pairs, _ = drawn(seed)
        chance.append(model.pair_probability_)
        random = np.random.default_rng(seed)
        together = random.permutation(N_DEVICES)[: 2 * N_PAIRS].reshape(-1, 2)
        key = {tuple(sorted(pair)) for pair in together.tolist()}
        truth.append([tuple(pair) in key for pair in pairs.tolist()])
    chance, truth = np.concatenate(chance), np.concatenate(truth)
    for low, high in ((0.1, 0.5), (0.5, 0.9), (0.9, 1.0)):
        part = (chance > low) & (chance <= high)
        assert part.sum() > 20
        error = 3 * np.sqrt(chance[part].mean() * (1 - chance[part].mean()) / part.sum())
        assert truth[part].mean() == pytest.approx(chance[part].mean(), abs=error + 0.02)
