"""Presence gives the published numbers and loses nobody in silence."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from peil_models.footprint import FootprintVoronoi
from peil_models.presence import (
    PresenceDF,
    PresenceEM,
    PresenceLandUse,
    PresenceSB,
    PresenceVoronoi,
)

X = np.array([[0.98, 0.5, 0.05 / 0.95], [0.02, 0.5, 0.90 / 0.95]])
Y = np.array([100.0, 50.0])


@pytest.mark.parametrize(
    ("estimator", "devices"),
    [
        (PresenceSB(), [64.6238, 49.6609, 35.7153]),
        (PresenceEM(max_iter=1), [64.6238, 49.6609, 35.7153]),
        (PresenceEM(max_iter=2), [71.4135, 48.2831, 30.3034]),
        (PresenceEM(max_iter=20_000), [76.7736, 46.7352, 26.4912]),
        (PresenceDF(), [75.4837, 49.4091, 25.1072]),
    ],
)
def test_the_mini_case_gives_the_published_devices(estimator, devices):
    assert estimator.fit(X, Y).devices_ == pytest.approx(devices, abs=5e-5)


def test_sparse_dense_and_hours_give_the_same_bits():
    hours = np.column_stack([Y, 2 * Y, np.zeros(2)])
    for estimator in (
        PresenceSB(),
        PresenceEM(),
        PresenceVoronoi(),
        PresenceDF(),
        PresenceLandUse(),
    ):
        single = estimator.fit(X, Y).devices_.copy()
        assert (estimator.fit(sparse.csr_array(X), Y).devices_ == single).all()
        assert (estimator.fit(sparse.csc_matrix(X), Y).devices_ == single).all()
        many = estimator.fit(X, hours).devices_
        assert (many[:, 0] == single).all() and (many[:, 2] == 0).all()
        assert many.shape == (3, 3) and estimator.unlocated_.shape == (3,)


def test_voronoi_spreads_evenly_over_the_tiles_of_a_cell():
    one_hot = np.array([[1.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
    assert PresenceVoronoi().fit(one_hot, Y).devices_.tolist() == [50.0, 50.0, 50.0]
    assert PresenceVoronoi([1, 3, 1]).fit(one_hot, Y).devices_.tolist() == [25.0, 75.0, 50.0]


def test_voronoi_gives_a_tile_to_its_largest_probability():
    assert PresenceVoronoi().fit(np.array([[0.6, 0.1], [0.4, 0.9]]), Y).devices_.tolist() == [
        100.0,
        50.0,
    ]


def test_a_cell_without_reach_is_unlocated_not_lost():
    reach = np.array([[1.0, 0.0], [0.0, 0.0], [0.0, 1.0]])
    counts = np.array([10.0, 7.0, 5.0])
    makers = (PresenceSB, PresenceEM, PresenceVoronoi, PresenceDF)
    for estimator in (*(make([1, 0]) for make in makers), PresenceLandUse(prior=[1, 0])):
        fitted = estimator.fit(reach, counts)
        assert fitted.unlocated_ == 12.0
        assert fitted.devices_.tolist() == [10.0, 0.0]


def test_data_first_meets_the_counts_and_empties_what_comes_out_negative():
    counts = np.array([[100.0, 1.0], [50.0, 99.0]])
    fitted = PresenceDF().fit(X, counts)
    assert fitted.predict(X)[:, 0] == pytest.approx([100.0, 50.0])
    assert fitted.n_negative_ == 1
    assert fitted.devices_[0, 1] == 0.0 and fitted.devices_[:, 1].sum() == pytest.approx(100.0)
    with pytest.raises(ValueError, match="rcond"):
        PresenceDF(rcond=0.0).fit(X, counts)


def test_prediction_is_the_expected_count():
    fitted = PresenceEM(max_iter=20_000).fit(X, Y)
    assert fitted.predict(X) == pytest.approx(Y)
    assert fitted.predict(X[:1]).shape == (1,)


def test_an_empty_hour_one_tile_and_equal_columns_are_answered():
    assert PresenceEM().fit(X, np.zeros(2)).devices_.tolist() == [0.0, 0.0, 0.0]
    assert PresenceEM().fit(np.array([[1.0]]), np.array([3.0])).devices_.tolist() == [3.0]
    twins = np.array([[0.5, 0.5], [0.5, 0.5]])
    assert PresenceEM([1, 3]).fit(twins, Y).devices_ == pytest.approx([37.5, 112.5])


@pytest.mark.parametrize(
    "estimator",
    [PresenceVoronoi(), PresenceSB(), PresenceEM(), PresenceDF(), PresenceLandUse()],
)
@pytest.mark.parametrize(
    ("x", "y", "prior", "words"),
    [
        ([[1.0, np.nan], [0.0, 1.0]], Y, None, "NaN in X.*row 0, column 1"),
        ([[1.0, 0.0], [-0.1, 1.0]], Y, None, "Negative.*X.*row 1, column 0"),
        ([[1.0, 0.0], [np.inf, 1.0]], Y, None, "inf.*X.*row 1, column 0"),
        (np.eye(2), [[1.0, 2.0], [3.0, -4.0]], None, "Negative.*y.*row 1, column 1"),
        (np.eye(2), [1.0, np.nan], None, "NaN in y.*row 1"),
        (np.eye(2), [1.0, 2.0, 3.0], None, "inconsistent"),
        (np.eye(2), Y, [1.0], "prior has shape"),
        (np.eye(2), Y, [1.0, np.nan], "NaN in prior.*row 1"),
        (np.eye(2), Y, [-1.0, 1.0], "Negative.*prior.*row 0"),
        (np.eye(2), Y, [0.0, 0.0], "prior is 0"),
    ],
)
def test_bad_input_is_refused_with_argument_and_position(estimator, x, y, prior, words):
    estimator.set_params(prior=prior)
    with pytest.raises(ValueError, match=words):
        estimator.fit(x, y)
    with pytest.raises(ValueError, match=words):
        estimator.fit(sparse.csr_array(np.array(x)), y)


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"max_iter": 0}, "max_iter"),
        ({"stopping": "never"}, "stopping"),
        ({"stopping": "held_out", "held_out_share": 1.0}, "held_out_share"),
        ({"stopping": "discrepancy", "misfit_share": -1.0}, "misfit_share"),
    ],
)
def test_a_parameter_that_cannot_be_is_refused(parameters, words):
    with pytest.raises(ValueError, match=words):
        PresenceEM(**parameters).fit(X, Y)


def test_held_out_needs_whole_counts_and_says_where_they_are_not():
    with pytest.raises(ValueError, match=r"whole counts.*row 1"):
        PresenceEM(stopping="held_out").fit(X, [3.0, 2.5])


def test_a_footprint_of_cell_positions_feeds_voronoi():
    import pandas as pd

    cells = pd.DataFrame({"x_m": [0.0, 1000.0], "y_m": 0.0})
    tiles = pd.DataFrame({"x_m": [0.0, 100.0, 900.0], "y_m": 0.0})
    chances = FootprintVoronoi().fit(cells, tiles).connection_probability_
    assert PresenceVoronoi().fit(chances, Y).devices_.tolist() == [50.0, 50.0, 50.0]
