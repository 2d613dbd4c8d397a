"""Wrong input is refused with the argument and the first position; odd input has an answer."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from peil_models.location import MISSING, Histories, LocationHMM, connection_by_strength

P = np.array([[0.9, 0.5, 0.1], [0.1, 0.5, 0.9]])
SEEN = Histories.of([0, 0, 1], [0, 60, 0], [0, 1, 1])
GIVEN = {"shape": (1, 3), "tile_m": 250.0, "step_s": 10, "max_speed_m_per_s": 25.0}


def broken(row, column, value):
    wrong = P.copy()
    wrong[row, column] = value
    return wrong


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: Histories([0, 2], [10, 5], [0, 0]), r"at_s decreases .*event 1\)"),
        (lambda: Histories([0, 3, 2], [0, 1], [0, 0]), r"offsets decrease \(first at 2\)"),
        (lambda: Histories([0, 1], [0, 1], [0, 0]), "offsets must begin with 0 and end with"),
        (lambda: Histories([0, 2], [0, 1], [0, -2]), r"cell is below -1 \(first at event 1\)"),
        (lambda: Histories([0, 2], [0, 1], [0]), "cell has 1 elements, at_s has 2"),
        (lambda: Histories.of([0, np.nan], [0, 0], [0, 0]), r"device is no whole .*first at 1\)"),
        (lambda: Histories.of([0], [0.5], [0]), r"at_s is no whole number \(first at 0\)"),
        (lambda: Histories.of(["a"], [0], [0]), "device holds"),
        (lambda: Histories.of([0], [0, 1], [0, 1]), "device has 1 elements, at_s 2"),
        (lambda: Histories([[0]], [0], [0]), "offsets has shape"),
        (lambda: LocationHMM(**GIVEN).fit(broken(1, 2, np.nan), SEEN), "row 1, column 2"),
        (lambda: LocationHMM(**GIVEN).fit(broken(0, 1, -0.1), SEEN), "row 0, column 1"),
        (lambda: LocationHMM(**GIVEN).fit(P[:, :2], SEEN), "has 2 columns, expected 3"),
        (lambda: LocationHMM(**GIVEN).fit(P[:1], SEEN), r"cell is no row .*event 1\)"),
        (lambda: LocationHMM(**GIVEN, edge=0.3).fit(P, SEEN), "edge must lie between"),
        (lambda: LocationHMM(**GIVEN, edge=0.2, diagonal=0.1).fit(P, SEEN), "must not exceed 1"),
        (lambda: LocationHMM(**GIVEN, memory=1.0).fit(P, SEEN), "memory must lie between"),
        (lambda: LocationHMM(**GIVEN, hold_share=1.1).fit(P, SEEN), "hold_share must lie between"),
        (
            lambda: LocationHMM(**GIVEN, fitted=("speed",)).fit(P, SEEN),
            "fitted may name edge, diagonal",
        ),
        (lambda: LocationHMM(**{**GIVEN, "shape": (0, 3)}).fit(P, SEEN), "shape must be at least"),
        (lambda: LocationHMM(**{**GIVEN, "step_s": 11}).fit(P, SEEN), "crossed in 10.0 s"),
        (lambda: LocationHMM(**{**GIVEN, "step_s": 0}).fit(P, SEEN), "step_s must be a whole"),
        (lambda: LocationHMM(**{**GIVEN, "tile_m": 0}).fit(P, SEEN), "tile_m must be positive"),
        (lambda: LocationHMM(**GIVEN, prior=[1, 1]).fit(P, SEEN), r"prior has shape \(2,\)"),
        (lambda: LocationHMM(**GIVEN, prior=[1, np.nan, 1]).fit(P, SEEN), "first at tile 1"),
        (lambda: LocationHMM(**GIVEN, prior=[0, 0, 0]).fit(P, SEEN), "prior gives no mass"),
        (lambda: LocationHMM(**GIVEN, is_inside=[True]).fit(P, SEEN), r"is_inside has shape \(1"),
        (lambda: LocationHMM(**GIVEN, is_inside=[False] * 3).fit(P, SEEN), "leaves no tile"),
        (lambda: fitted().pair_log_likelihood(SEEN, [[0, 1], [0, 2]]), r"first at pair 1\)"),
        (lambda: fitted().pair_log_likelihood(SEEN, [0, 1]), "pairs has shape"),
        (lambda: list(fitted().movements(SEEN)), r"one step apart \(first at event 1\)"),
        (lambda: connection_by_strength([[-80, np.nan]], 1.0), "row 0, column 1"),
        (lambda: connection_by_strength([[-80.0]], -1.0), "sharpness must not be negative"),
    ],
)
def test_what_is_wrong_and_where_is_told(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def fitted(**given):
    return LocationHMM(**GIVEN, edge=0.1, fitted=(), **given).fit(P, SEEN)


def test_before_fit_nothing_is_answered():
    with pytest.raises(NotFittedError):
        LocationHMM(**GIVEN).locate(SEEN)


def test_parameters_survive_a_clone():
    model = LocationHMM(**GIVEN, edge=0.1, memory=0.3, prior=[1, 2, 3], fitted=("memory",))
    assert clone(model).get_params() == model.get_params()


def test_the_step_follows_from_tile_and_speed():
    given = {"shape": (1, 3), "tile_m": 250.0, "fitted": ()}
    assert LocationHMM(**given).fit(P, SEEN).step_s_ == 7
    assert LocationHMM(**given, max_speed_m_per_s=1000.0).fit(P, SEEN).step_s_ == 1


def test_a_cell_without_tiles_is_as_good_as_missing():
    lost = Histories.of([0, 0, 0], [0, 30, 60], [0, 2, 1])
    missing = Histories.of([0, 0, 0], [0, 30, 60], [0, MISSING, 1])
    model = LocationHMM(**GIVEN, edge=0.1, fitted=()).fit(np.vstack([P, np.zeros(3)]), lost)
    assert model.n_unlocated_ == 1
    assert model.log_likelihood(lost) == pytest.approx(model.log_likelihood(missing))
    assert np.diff(next(model.posteriors(lost)).indptr).all()


def test_one_tile_holds_everybody():
    model = LocationHMM((1, 1), fitted=()).fit([[0.6], [0.4]], SEEN)
    assert model.log_likelihood_ == pytest.approx([np.log(0.6 * 0.4), np.log(0.4)])
    assert model.locate(SEEN).x_m.tolist() == [50.0] * 3


def test_no_device_and_a_device_without_events_are_answered():
    nobody = Histories([0], [], [])
    assert LocationHMM(**GIVEN).fit(P, nobody).log_likelihood_.tolist() == []
    silent = Histories([0, 0, 1], [5], [1])
    model = fitted()
    assert model.log_likelihood(silent) == pytest.approx([0.0, np.log(0.5)])
    assert [rows.shape for rows in model.posteriors(silent)] == [(0, 3), (1, 3)]


def test_identical_columns_share_alike():
    same = np.full((2, 3), 0.5)
    model = LocationHMM(**GIVEN, edge=0.1, fitted=()).fit(same, SEEN)
    assert next(model.posteriors(SEEN)).toarray() == pytest.approx(np.full((2, 3), 1 / 3))


def test_filled_histories_have_every_step_once():
    events = Histories.of([3, 3, 8, 8], [-10, 20, 5, 7], [0, 1, 1, 0])
    filled = events.filled(10)
    assert filled.at_s.tolist() == [-10, 0, 10, 20, 5, 7]
    assert filled.cell.tolist() == [0, MISSING, MISSING, 1, 1, 0]
    assert filled.offsets.tolist() == [0, 4, 6]


def test_a_subset_keeps_what_was_asked_for():
    events = Histories.of([0, 0, 1, 2, 2], [0, 60, 0, 5, 9], [0, 1, 1, 0, 0])
    part = events.subset([2, 0])
    assert (part.at_s.tolist(), part.cell.tolist()) == ([5, 9, 0, 60], [0, 0, 0, 1])
    assert part.offsets.tolist() == [0, 2, 4]
