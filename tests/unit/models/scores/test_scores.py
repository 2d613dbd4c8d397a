"""Scores are what their definitions say, worked out by hand or by brute force."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from peil_models import scores
from peil_models.scores.transport import transport_cost


def test_mape_leaves_out_empty_truth_and_wape_keeps_it():
    assert scores.mape([100, 50, 0], [90, 60, 7]) == pytest.approx(0.15)
    assert scores.wape([100, 50, 0], [90, 60, 7]) == pytest.approx(27 / 150)


def test_bias_has_a_sign():
    assert scores.bias([100, 100], [90, 100]) == pytest.approx(-0.05)


def test_errors_inside_a_square_cancel():
    x, y = [10, 900, 1500], [10, 10, 10]
    assert scores.wape_squares(x, y, [5.0, 5.0, 10.0], [8.0, 2.0, 10.0]) == 0.0
    assert scores.wape_squares(x, y, [5.0, 5.0, 10.0], [5.0, 0.0, 15.0]) == pytest.approx(0.5)


def test_squares_keep_hours_apart():
    truth = np.array([[1.0, 0.0], [0.0, 1.0]])
    assert scores.wape_squares([0, 100], [0, 0], truth, truth[::-1]) == 0.0
    assert scores.wape_squares([0, 2000], [0, 0], truth, truth[::-1]) == pytest.approx(2.0)


def test_moving_everything_costs_the_distance_moved():
    x, y = np.array([250.0, 3250.0]), np.array([250.0, 4250.0])
    assert scores.earth_movers_distance(x, y, [1, 0], [0, 8]) == pytest.approx(5000.0)


def test_the_earth_movers_distance_is_that_of_the_best_assignment():
    random = np.random.default_rng(5)
    for _ in range(5):
        places = random.uniform(0, 9000, (12, 2))
        surplus = np.repeat([1 / 6, -1 / 6], 6)
        brute = min(
            np.hypot(*(places[:6] - places[6:][list(order)]).T).mean()
            for order in permutations(range(6))
        )
        for n_nearest in (1, 3, 12):
            cost = transport_cost(places, surplus, n_nearest=n_nearest)
            assert cost == pytest.approx(brute, rel=1e-6)


def test_the_earth_movers_distance_does_not_care_about_scale_or_common_mass():
    random = np.random.default_rng(6)
    x, y = random.uniform(0, 5000, (2, 60))
    a, b = random.random((2, 60))
    distance = scores.earth_movers_distance(x, y, a, b)
    assert scores.earth_movers_distance(x, y, 3 * a, 7 * b) == pytest.approx(distance, rel=1e-6)
    assert scores.earth_movers_distance(x, y, a, a) == 0.0
    assert scores.earth_movers_distance(x, y, b, a) == pytest.approx(distance, rel=1e-6)


def test_coverage_counts_the_ends():
    assert scores.interval_coverage([1, 2, 3, 4], [1, 0, 0, 5], [9, 2, 1, 6]) == 0.5


def test_the_interval_score_fines_misses_on_both_sides():
    assert scores.interval_score([0.0], [1.0], [3.0], level=0.9) == pytest.approx(2 + 20 * 1)
    assert scores.interval_score([5.0], [1.0], [3.0], level=0.8) == pytest.approx(2 + 10 * 2)


def test_width_cannot_buy_coverage():
    truth = np.random.default_rng(1).normal(0, 1, 20_000)
    score = {
        z: scores.interval_score(truth, np.full(20_000, -z), np.full(20_000, z))
        for z in (1.0, 1.645, 3.0)
    }
    assert score[1.645] < score[1.0] and score[1.645] < score[3.0]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: scores.mape([0.0], [1.0]), "truth is 0"),
        (lambda: scores.wape([1.0, 2.0], [1.0]), "shape"),
        (lambda: scores.bias([1.0, 2.0], [np.nan, 1.0]), "estimate holds NaN.*0"),
        (lambda: scores.interval_score([1.0], [2.0], [1.0]), "above upper"),
        (lambda: scores.earth_movers_distance([0], [0], [0.0], [1.0]), "no mass"),
    ],
)
def test_a_score_that_does_not_exist_is_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call()
