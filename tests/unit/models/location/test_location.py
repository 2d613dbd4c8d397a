"""Priors sum to 1 and posteriors follow Bayes' rule."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from peil_models.location import (
    posterior,
    prior_composite,
    prior_land_use,
    prior_network,
    prior_uniform,
    restrict,
)

DOMINANCE = np.array([[0.98, 0.60, 0.05], [0.02, 0.60, 0.90]])
CONNECTION = DOMINANCE / DOMINANCE.sum(axis=0)


def test_the_posterior_of_the_mini_case_is_the_published_one():
    rows = posterior(CONNECTION, prior_uniform(3)).toarray()
    assert rows[0] == pytest.approx([0.639423, 0.326236, 0.034341], abs=5e-7)
    assert rows[1] == pytest.approx([0.013630, 0.340746, 0.645624], abs=5e-7)


def test_a_posterior_sums_to_one_and_stays_inside_the_prior():
    rows = posterior(CONNECTION, [0.0, 3.0, 1.0]).toarray()
    assert rows.sum(axis=1) == pytest.approx([1.0, 1.0])
    assert (rows[:, 0] == 0).all()


def test_a_cell_that_reaches_no_prior_mass_has_an_empty_row():
    rows = posterior(np.array([[1.0, 0.0], [0.0, 1.0]]), [0.0, 1.0]).toarray()
    assert rows.tolist() == [[0.0, 0.0], [0.0, 1.0]]


def test_land_use_weighs_as_published():
    shares = ["building", "residential", "forest", "water", "roads"]
    tiles = pd.DataFrame(np.eye(5), columns=shares)
    assert prior_land_use(tiles) == pytest.approx(np.array([1, 1, 0.1, 0, 0.5]) / 2.6)


def test_the_network_prior_follows_summed_dominance():
    assert prior_network(DOMINANCE) == pytest.approx(DOMINANCE.sum(axis=0) / DOMINANCE.sum())


def test_the_composite_weighs_normalised_priors():
    assert prior_composite([[2.0, 2.0], [0.0, 8.0]], [0.25, 0.75]) == pytest.approx([0.125, 0.875])


def test_a_restricted_prior_has_no_mass_outside_and_sums_to_one():
    prior = restrict([0.2, 0.2, 0.6], [True, True, False])
    assert prior.tolist() == [0.5, 0.5, 0.0]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: restrict([1.0, 1.0], [False, False]), "no mass"),
        (lambda: restrict([1.0, np.nan], [True, True]), "tile 1"),
        (lambda: prior_uniform(0), "n_tiles"),
        (lambda: prior_land_use(pd.DataFrame({"water": [1.0]}), {"roads": 1.0}), "roads"),
        (lambda: prior_land_use(pd.DataFrame({"water": [-1.0]}), {"water": 1.0}), "row 0"),
        (lambda: prior_composite([[1.0], [1.0]], [1.0]), "weights"),
        (lambda: posterior(CONNECTION, [1.0]), "prior has shape"),
    ],
)
def test_what_cannot_be_is_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call()
