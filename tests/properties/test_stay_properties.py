"""What holds for segments whatever the events and the overlaps."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from peil_models.stays import OUTSIDE, STAY, UNLOCATED, StaySegmentation, split_at

DAY = 86_400
MODEL = {
    "min_stay_s": 900,
    "max_gap_stay_s": 20_000,
    "max_gap_move_s": 5_000,
    "padding_s": 300,
    "longest_move_s": 1_800,
    "max_rest_s": 10_000,
}


@st.composite
def traffic(draw):
    """Overlaps of some cells; events of some devices in order, bursts and silences among them."""
    n_cells, n_events = draw(st.integers(1, 5)), draw(st.integers(1, 40))
    overlaps = draw(arrays(bool, (n_cells, n_cells)))
    device = np.sort(draw(arrays(np.int64, n_events, elements=st.integers(0, 3))))
    steps = st.sampled_from([0, 10, 400, 1000, 4000, 5000, 5001, 19_000, 20_001, 90_000, 400_000])
    gaps = draw(arrays(np.int64, n_events, elements=steps))
    starts = np.r_[True, device[1:] != device[:-1]]
    total = np.cumsum(gaps)
    at_s = (total - total[starts][np.cumsum(starts) - 1]).astype(float)
    cell = draw(arrays(np.int64, n_events, elements=st.integers(OUTSIDE, n_cells - 1)))
    order = np.lexsort((cell, at_s, device))
    return overlaps, device[order], at_s[order], cell[order]


def columns(segments):
    return [getattr(segments, column.name) for column in fields(segments)]


@settings(max_examples=300, deadline=None)
@given(traffic())
def test_the_segments_of_a_device_tile_its_time(problem):
    overlaps, device, at_s, cell = problem
    result = StaySegmentation(**MODEL).fit(overlaps).segment(device, at_s, cell)
    located = cell != UNLOCATED
    assert set(result.device) == set(device[located])
    assert (result.duration_s > 0).all()
    same = result.device[1:] == result.device[:-1]
    assert (result.end_s[:-1][same] == result.start_s[1:][same]).all()
    for number in set(result.device):
        mine, own = result.device == number, located & (device == number)
        assert result.start_s[mine][0] == at_s[own][0] - 300
        assert result.end_s[mine][-1] == at_s[own][-1] + 300


@settings(max_examples=150, deadline=None)
@given(traffic(), st.randoms())
def test_the_order_of_rows_is_irrelevant_once_sorted(problem, random):
    overlaps, device, at_s, cell = problem
    model = StaySegmentation(**MODEL).fit(overlaps)
    result = model.segment(device, at_s, cell)
    turn = list(range(len(device)))
    random.shuffle(turn)
    device, at_s, cell = device[turn], at_s[turn], cell[turn]
    order = np.lexsort((cell, at_s, device))
    again = model.segment(device[order], at_s[order], cell[order])
    assert all((a == b).all() for a, b in zip(columns(result), columns(again), strict=True))


@settings(max_examples=150, deadline=None)
@given(traffic(), st.integers(-100_000, 100_000))
def test_shifting_time_shifts_segments(problem, shift_s):
    overlaps, device, at_s, cell = problem
    model = StaySegmentation(**MODEL).fit(overlaps)
    result = model.segment(device, at_s, cell)
    later = model.segment(device, at_s + shift_s, cell)
    assert (later.start_s == result.start_s + shift_s).all()
    assert (later.end_s == result.end_s + shift_s).all()
    assert (later.state == result.state).all() and (later.cell == result.cell).all()


@settings(max_examples=300, deadline=None)
@given(traffic(), st.integers(1, 3))
def test_days_one_after_the_other_give_what_the_window_gives(problem, n_days):
    overlaps, device, at_s, cell = problem
    model = StaySegmentation(**MODEL).fit(overlaps)
    whole = model.segment(device, at_s, cell)
    day = np.minimum(at_s // DAY, n_days)
    parts, carried = [], None
    for number in range(n_days + 1):
        now = day == number
        closed, carried = model.resume(
            device[now], at_s[now], cell[now], carried, is_last=number == n_days
        )
        parts.append(closed)
    assert len(carried.device) == 0
    names = ("device", "start_s", "end_s", "state", "cell")
    joined = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
    order = np.lexsort((joined["start_s"], joined["device"]))
    for name in names:
        assert (joined[name][order] == getattr(whole, name)).all(), name


@settings(max_examples=150, deadline=None)
@given(traffic())
def test_cutting_at_midnights_keeps_time_and_state(problem):
    overlaps, device, at_s, cell = problem
    result = StaySegmentation(**MODEL).fit(overlaps).segment(device, at_s, cell)
    bounds = np.cumsum([0, 82_800, 86_400, 90_000, 86_400]).astype(float)  # 23 and 25 hours
    pieces, day = split_at(result, bounds)
    for state in range(5):
        duration = pieces.duration_s[pieces.state == state].sum()
        assert np.isclose(
            duration, result.duration_s[result.state == state].sum(), rtol=0, atol=1e-6
        )
    assert (pieces.duration_s > 0).all()
    edges = np.r_[-np.inf, bounds, np.inf]
    assert (edges[day + 1] <= pieces.start_s).all() and (pieces.end_s <= edges[day + 2]).all()


@settings(max_examples=100, deadline=None)
@given(traffic())
def test_more_overlaps_never_make_less_time_of_stays(problem):
    overlaps, device, at_s, cell = problem
    some = StaySegmentation(**MODEL).fit(overlaps).segment(device, at_s, cell)
    every = StaySegmentation(**MODEL).fit(np.ones_like(overlaps)).segment(device, at_s, cell)
    stays = [result.duration_s[result.state == STAY].sum() for result in (some, every)]
    assert stays[1] >= stays[0] - 1e-6
