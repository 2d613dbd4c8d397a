"""Intervals grow with each source of error and are right where theory knows the answer."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import gamma

from peil_models.uncertainty import ambiguous_shares, learn_model_error, presence_interval

PLAIN = {"sampling_overdispersion": 1.0, "model_error_share": 0.0}


def test_without_other_errors_it_is_the_interval_of_a_poisson_mean():
    lower, upper = presence_interval([21.0], [7.0], 3.0, **PLAIN)
    jeffreys = 3.0 * gamma.ppf([0.05, 0.95], 7.5)
    assert [lower[0], upper[0]] == pytest.approx(jeffreys)


def test_every_error_widens_it():
    def width(**changed: float) -> float:
        lower, upper = presence_interval([900.0], [300.0], 3.0, **PLAIN | changed)
        return float(upper[0] - lower[0])

    assert width() < width(sampling_overdispersion=2.0)
    assert width() < width(model_error_share=0.05)
    assert width() < width(market_share_error=0.05)
    assert width() < width(level=0.95)


def test_nothing_seen_is_not_nothing_there():
    lower, upper = presence_interval([0.0], [0.0], 3.0, **PLAIN)
    assert lower[0] == 0.0 and 3.0 < upper[0] < 9.0


def test_the_estimate_lies_inside():
    persons = np.array([0.0, 0.01, 1.0, 50.0, 1e6])
    lower, upper = presence_interval(
        persons, persons / 4, 4.0, sampling_overdispersion=3.0, model_error_share=0.8
    )
    assert (lower <= persons).all() and (persons <= upper).all() and (lower >= 0).all()


@pytest.mark.parametrize(
    ("persons", "level", "words"),
    [([1.0, np.nan], 0.9, r"n_persons.*\(1,\)"), ([1.0], 1.0, "level")],
)
def test_bad_input_is_refused(persons, level, words):
    with pytest.raises(ValueError, match=words):
        presence_interval(persons, np.ones(len(persons)), 1.0, level=level, **PLAIN)


def test_too_little_to_learn_from_is_refused():
    with pytest.raises(ValueError, match="at least 30"):
        learn_model_error(np.ones(5), np.ones(5), np.ones(5), 1.0)


def test_a_zone_whose_cells_reach_no_other_has_no_model_error():
    def width(doubt: float) -> float:
        lower, upper = presence_interval(
            [9e4],
            [3e4],
            3.0,
            sampling_overdispersion=1.0,
            model_error_share=0.1,
            ambiguous_share=doubt,
        )
        return float(upper[0] - lower[0])

    lower, upper = presence_interval([9e4], [3e4], 3.0, **PLAIN)
    assert width(0.0) == pytest.approx(upper[0] - lower[0])
    assert width(0.25) == pytest.approx(width(1.0) / 2, rel=0.01)


def test_doubt_is_learnt_as_it_is_used():
    random = np.random.default_rng(1)
    doubt = np.tile([0.04, 0.64], 4000)
    devices = np.full(8000, 1e6)
    truth = 3e6 * random.normal(1.0, 0.1 * np.sqrt(doubt))
    error = learn_model_error(np.full(8000, 3e6), truth, devices, 3.0, ambiguous_share=doubt)
    assert error.model_error_share == pytest.approx(0.1, rel=0.03)


def test_doubt_is_the_share_of_devices_that_cells_may_put_elsewhere():
    shares = np.array([[1.0, 0.0, 0.0], [0.5, 0.5, 0.0], [0.0, 0.0, 0.0]])
    ambiguous = ambiguous_shares(shares, [30.0, 20.0, 9.0])
    assert ambiguous == pytest.approx([5 / 40, 0.5, 1.0])
    with pytest.raises(ValueError, match="counts has"):
        ambiguous_shares(shares, [1.0])
    with pytest.raises(ValueError, match=r"zone_of_cell.*\(0, 0\)"):
        ambiguous_shares([[-1.0]], [1.0])
