"""Timing advance keeps the bands at and beside the recorded one."""

from __future__ import annotations

import numpy as np
import pytest

from peil_models.location import connection_with_timing, posterior, timing_advance_factor

BAND_M = 78.12


def test_only_the_band_and_its_neighbours_are_kept():
    distance = np.array([0.0, 77.0, 79.0, 156.0, 157.0, 312.0, 313.0])
    assert timing_advance_factor(distance, 2).tolist() == [0, 0, 1, 1, 1, 1, 0]
    assert timing_advance_factor(distance, 0).tolist() == [1, 1, 1, 1, 0, 0, 0]


def test_gsm_has_wider_bands_and_slack_may_be_none():
    distance = np.array([100.0, 600.0, 1200.0, 1700.0])
    assert timing_advance_factor(distance, 2, band_m=554.0).tolist() == [0, 1, 1, 1]
    assert timing_advance_factor(distance, 2, 554.0, slack_bands=0).tolist() == [0, 0, 1, 0]


def test_an_unknown_advance_tells_nothing():
    assert timing_advance_factor([1.0, 9999.0], -1).tolist() == [1, 1]


def test_the_posterior_lies_in_the_ring():
    tiles = np.array([[x, 0.0] for x in np.arange(25.0, 1000.0, 50.0)])
    P = np.linspace(0.9, 0.1, len(tiles))[None, :]
    joint = connection_with_timing(P, [[0.0, 0.0]], tiles, [0, 0], [5, -1])
    shares = posterior(joint, np.ones(len(tiles))).toarray()
    ring = (tiles[:, 0] >= 4 * BAND_M) & (tiles[:, 0] < 7 * BAND_M)
    assert (shares[0] > 0).tolist() == ring.tolist()
    assert shares[0][ring] == pytest.approx(P[0][ring] / P[0][ring].sum())
    assert shares[1] == pytest.approx(P[0] / P[0].sum())


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: timing_advance_factor([1.0, -1.0], 1), r"distance_m is .*\(1,\)"),
        (lambda: timing_advance_factor([1.0], 1, band_m=0.0), "band_m must be positive"),
        (lambda: connection_with_timing([[1.0]], [[0, 0]], [[0, 0]], [1], [1]), "first at 0"),
        (lambda: connection_with_timing([[1.0]], [[0]], [[0, 0]], [0], [1]), "cell_xy_m has"),
        (lambda: connection_with_timing([[1.0]], [[0, 0]], [[0, 0]], [0], [1, 2]), "cell has"),
    ],
)
def test_what_is_wrong_is_told(call, words):
    with pytest.raises(ValueError, match=words):
        call()
