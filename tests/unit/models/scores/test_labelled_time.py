"""F1 on time, worked by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peil_models.scores import LabelledTime, common_time, f1_on_time


def test_f1_by_hand():
    # device 0: 6 of 10 s right, truth claims 10, estimate 8; device 5: all right, 4 s
    truth = LabelledTime.of([0, 0, 5], [0, 10, 0], [10, 12, 4], [1, -1, 2])
    guess = LabelledTime.of([0, 0, 0, 5], [0, 6, 8, 0], [6, 8, 12, 4], [1, 3, -1, 2])
    assert f1_on_time(truth, guess) == pytest.approx(2 * (6 + 4) / (14 + 12))


def test_only_time_that_both_cover_and_that_is_scored_counts():
    truth = LabelledTime.of([0, 0], [0, 10], [10, 20], [1, -2])
    guess = LabelledTime.of([0], [5], [30], [1])
    assert f1_on_time(truth, guess) == 1.0
    with pytest.raises(ValueError, match="no label in common time"):
        f1_on_time(truth, LabelledTime.of([1], [0], [5], [1]))


def test_pieces_out_of_order_are_refused():
    with pytest.raises(ValueError, match=r"out of order or overlap \(at 1\)"):
        LabelledTime.of([0, 0], [0, 4], [5, 9], [1, 1])
    with pytest.raises(ValueError, match=r"no length \(at 0\)"):
        LabelledTime.of([0], [5], [5], [1])
    with pytest.raises(ValueError, match="label differs from device in length"):
        LabelledTime.of([0], [5], [6], [1, 2])


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 9), st.integers(0, 2)), min_size=1, max_size=12),
    st.lists(st.integers(1, 100), max_size=5),
)
def test_cutting_pieces_changes_nothing(pieces, cuts):
    length, label = (np.array(v) for v in zip(*pieces, strict=True))
    end = np.cumsum(length).astype(float)
    whole = LabelledTime.of(np.zeros(len(end)), end - length, end, label)
    edges = np.unique(np.r_[0.0, end, [c for c in cuts if c < end[-1]]])
    at = np.searchsorted(end, edges[:-1], side="right")
    cut = LabelledTime.of(np.zeros(len(at)), edges[:-1], edges[1:], label[at])
    assert f1_on_time(whole, cut) == 1.0
    assert common_time(whole, cut)[2].sum() == pytest.approx(end[-1])
