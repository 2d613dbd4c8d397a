"""Scores of two-device holders: golden numbers, every matching by hand, wrong input."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from sklearn.base import clone

from peil_models.multiplicity import (
    MultiplicityOneToOne,
    MultiplicityPairwise,
    by_propagation,
    prior_of_pair,
)


def test_the_prior_of_a_pair_is_the_published_one():
    assert prior_of_pair(218, 185) == pytest.approx(0.00139517, abs=5e-9)


@pytest.mark.parametrize(("gain", "chance"), [(0, 0.001395), (5, 0.171741), (10, 0.968527)])
def test_a_gain_gives_the_published_chance(gain, chance):
    scores = MultiplicityPairwise(n_persons=185).fit([[0, 1]], [float(gain)], 218)
    assert scores.pair_probability_[0] == pytest.approx(chance, abs=5e-7)
    assert scores.duplicity_[:2] == pytest.approx([chance] * 2, abs=5e-7)
    assert scores.duplicity_[2:].tolist() == [0.0] * 216


def test_a_device_takes_its_best_pair_and_persons_are_counted():
    scores = MultiplicityPairwise(n_persons=3).fit([[0, 1], [1, 2], [2, 3]], [9.0, 2.0, -9.0], 4)
    p = scores.pair_probability_
    assert scores.duplicity_ == pytest.approx([p[0], p[0], p[1], p[2]])
    assert scores.n_persons_ == pytest.approx(4 - (2 * p[0] + p[1] + p[2]) / 2)


def matchings(edges, taken=frozenset()):
    """Every set of pairs in which no device comes twice."""
    if not edges:
        yield []
        return
    yield from matchings(edges[1:], taken)
    if not taken & set(edges[0]):
        for rest in matchings(edges[1:], taken | set(edges[0])):
            yield [edges[0], *rest]


def by_hand(pairs, odds):
    weight = dict(zip(pairs, odds, strict=True))
    mass, total = dict.fromkeys(pairs, 0.0), 0.0
    for matching in matchings(list(pairs)):
        chance = float(np.prod([weight[pair] for pair in matching]))
        total += chance
        for pair in matching:
            mass[pair] += chance
    return np.array([mass[pair] / total for pair in pairs])


def test_one_to_one_is_the_sum_over_every_matching():
    pairs = list(combinations(range(5), 2))
    gain = np.random.default_rng(5).normal(3, 3, len(pairs))
    scores = MultiplicityOneToOne(n_persons=4).fit(pairs, gain, 5)
    taken = 2 * (5 - 4) / 5
    expected = by_hand(pairs, taken / (1 - taken) ** 2 / 4 * np.exp(gain))
    assert scores.pair_probability_ == pytest.approx(expected, abs=1e-9)
    assert scores.duplicity_.max() <= 1
    assert scores.n_persons_ == pytest.approx(5 - expected.sum())


def test_propagation_is_exact_without_loops_and_close_with_weak_ones():
    chain = [(0, 1), (1, 2), (2, 3), (3, 4), (2, 5)]
    odds = np.array([3.0, 0.4, 20.0, 1.5, 0.2])
    assert by_propagation(np.array(chain), odds, 6) == pytest.approx(by_hand(chain, odds), abs=1e-8)
    loop = [(0, 1), (1, 2), (0, 2)]
    chances = by_propagation(np.array(loop), np.array([5.0, 0.1, 0.05]), 3)
    assert chances == pytest.approx(by_hand(loop, [5.0, 0.1, 0.05]), abs=0.01)


def test_large_groups_take_propagation_and_keep_devices_below_one():
    pairs = np.array(list(combinations(range(20), 2)))
    gain = np.random.default_rng(3).normal(1, 2, len(pairs))
    scores = MultiplicityOneToOne(n_persons=17).fit(pairs, gain, 20)
    assert scores.duplicity_.max() <= 1
    assert 10 < scores.n_persons_ < 20


@pytest.mark.parametrize("method", [MultiplicityPairwise, MultiplicityOneToOne])
def test_order_of_pairs_is_irrelevant(method):
    pairs = np.array(list(combinations(range(9), 2)))
    random = np.random.default_rng(8)
    gain = random.normal(0, 4, len(pairs))
    order = random.permutation(len(pairs))
    first, other = (
        method(n_persons=7).fit(pairs, gain, 9),
        method(n_persons=7).fit(pairs[order][:, ::-1], gain[order], 9),
    )
    assert first.duplicity_ == pytest.approx(other.duplicity_, abs=1e-9)


@pytest.mark.parametrize("method", [MultiplicityPairwise, MultiplicityOneToOne])
def test_impossible_pairs_are_never_one_person(method):
    scores = method(n_persons=3).fit([[0, 1], [2, 3]], [-np.inf, 60.0], 4)
    assert scores.pair_probability_ == pytest.approx([0.0, 1.0])
    assert scores.n_persons_ == pytest.approx(3.0)


def test_parameters_survive_a_clone():
    assert clone(MultiplicityOneToOne(n_persons=5)).get_params() == {"n_persons": 5}


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: prior_of_pair(10, 4), "n_persons must lie between"),
        (lambda: prior_of_pair(1, 1), "n_persons must lie between"),
        (lambda: MultiplicityPairwise(3).fit([[0, 1]], [np.nan], 4), r"gain is .*pair 0\)"),
        (lambda: MultiplicityPairwise(3).fit([[0, 1]], [0.0, 1.0], 4), r"gain has shape \(2,\)"),
        (lambda: MultiplicityPairwise(3).fit([[0, 1], [0, 4]], [0, 0], 4), r"no device .*pair 1"),
        (lambda: MultiplicityPairwise(3).fit([[0, 1], [2, 2]], [0, 0], 4), r"itself .*pair 1"),
        (lambda: MultiplicityPairwise(3).fit([[0, 1], [1, 0]], [0, 0], 4), r"twice .*pair 1"),
        (lambda: MultiplicityPairwise(3).fit([0, 1], [0.0], 4), "pairs has shape"),
        (lambda: MultiplicityPairwise(1).fit([[0, 1]], [0.0], 1), "n_devices must be at least 2"),
    ],
)
def test_what_is_wrong_and_where_is_told(call, words):
    with pytest.raises(ValueError, match=words):
        call()
