"""Every rule of continuous time segmentation, on cases worked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from peil_models.stays import (
    ABROAD,
    MOVE,
    OUTSIDE,
    STAY,
    UNDETERMINED,
    UNKNOWN,
    UNLOCATED,
    StaySegmentation,
)

# 0 and 1 overlap, 1 and 2 overlap, 0 and 2 do not; 3 overlaps nothing
CHAIN = np.array([[1, 1, 0, 0], [1, 1, 1, 0], [0, 1, 1, 0], [0, 0, 0, 1]], dtype=bool)
MINUTE, HOUR = 60.0, 3600.0


def rows(events, **choices):
    """Segments of (device, minute, cell) as (start in minutes, end, state, cell)."""
    device, minute, cell = zip(*events, strict=True)
    segments = (
        StaySegmentation(**choices)
        .fit(CHAIN)
        .segment(device, np.array(minute, float) * MINUTE, cell)
    )
    return [
        (start / MINUTE, end / MINUTE, int(state), int(at))
        for start, end, state, at in zip(
            segments.start_s, segments.end_s, segments.state, segments.cell, strict=True
        )
    ]


def test_overlapping_events_longer_than_a_quarter_make_a_stay_padded_at_its_ends():
    assert rows([(0, 10, 0), (0, 20, 1), (0, 26, 0)]) == [(5, 31, STAY, 0)]


def test_exactly_a_quarter_of_an_hour_is_not_yet_a_stay():
    assert rows([(0, 10, 0), (0, 25, 0)]) == [(5, 30, UNDETERMINED, 0)]


def test_an_isolated_event_is_undetermined_for_five_minutes_on_both_sides():
    assert rows([(0, 100, 3)]) == [(95, 105, UNDETERMINED, 3)]


def test_a_silence_that_is_longer_than_a_journey_counts_as_time_at_the_place_before():
    events = [(0, 0, 0), (0, 20, 0), (0, 60, 3), (0, 240, 0), (0, 250, 3), (0, 300, 3)]
    states = [state for _, _, state, _ in rows(events)]
    assert states == [STAY, MOVE, MOVE, UNDETERMINED, UNKNOWN, UNDETERMINED, MOVE, MOVE, STAY]
    resting = [state for _, _, state, _ in rows(events, max_rest_s=4 * HOUR, longest_move_s=300.0)]
    # the lone event at 60 is followed by three hours of silence, that at 240 by ten minutes
    assert resting == [STAY, MOVE, MOVE, STAY, UNKNOWN, UNDETERMINED, MOVE, MOVE, STAY]
    short = [state for _, _, state, _ in rows(events, max_rest_s=HOUR, longest_move_s=300.0)]
    assert short == states


def test_a_stay_must_overlap_every_cell_not_only_the_last():
    pieces = rows([(0, 0, 0), (0, 20, 1), (0, 40, 2), (0, 60, 2)])
    assert pieces == [(-5, 20, STAY, 0), (20, 30, MOVE, 1), (30, 40, MOVE, 2), (40, 65, STAY, 2)]


def test_a_move_is_split_at_its_middle():
    pieces = rows([(0, 0, 0), (0, 30, 0), (0, 130, 3), (0, 160, 3)])
    assert pieces == [(-5, 30, STAY, 0), (30, 80, MOVE, 0), (80, 130, MOVE, 3), (130, 165, STAY, 3)]


def test_a_long_silence_is_spent_where_the_device_was_and_moves_at_its_end():
    events = [(0, 0, 0), (0, 30, 0), (0, 130, 3), (0, 160, 3)]
    assert rows(events, longest_move_s=600.0) == [
        (-5, 120, STAY, 0),
        (120, 125, MOVE, 0),
        (125, 130, MOVE, 3),
        (130, 165, STAY, 3),
    ]
    # what was seen decides what it was: ten minutes make no stay, however long the silence
    short = rows([(0, 20, 0), (0, 30, 0), (0, 130, 3), (0, 160, 3)], longest_move_s=600.0)
    assert short[0] == (15, 120, UNDETERMINED, 0)


def test_a_gap_of_two_hours_moves_and_a_longer_one_is_unknown():
    assert [row[2] for row in rows([(0, 0, 0), (0, 120, 3)])] == [
        UNDETERMINED,
        MOVE,
        MOVE,
        UNDETERMINED,
    ]
    assert rows([(0, 0, 0), (0, 121, 3)]) == [
        (-5, 5, UNDETERMINED, 0),
        (5, 116, UNKNOWN, UNLOCATED),
        (116, 126, UNDETERMINED, 3),
    ]


def test_a_stay_bridges_twelve_hours_of_silence_and_no_more():
    assert rows([(0, 0, 0), (0, 720, 1)]) == [(-5, 725, STAY, 0)]
    assert [row[2] for row in rows([(0, 0, 0), (0, 721, 0)])] == [
        UNDETERMINED,
        UNKNOWN,
        UNDETERMINED,
    ]


def test_abroad_bridges_three_days_and_is_abroad_however_short():
    assert rows([(0, 0, OUTSIDE), (0, 72 * 60, OUTSIDE)]) == [(-5, 72 * 60 + 5, ABROAD, OUTSIDE)]
    assert [row[2] for row in rows([(0, 0, OUTSIDE), (0, 72 * 60 + 1, OUTSIDE)])] == [
        ABROAD,
        UNKNOWN,
        ABROAD,
    ]


def test_the_half_of_a_move_across_the_border_is_abroad():
    pieces = rows([(0, 0, 0), (0, 30, 0), (0, 90, OUTSIDE)])
    assert pieces == [
        (-5, 30, STAY, 0),
        (30, 60, MOVE, 0),
        (60, 90, ABROAD, OUTSIDE),
        (90, 95, ABROAD, OUTSIDE),
    ]


def test_an_unlocated_event_is_passed_over():
    pieces = rows([(0, 0, 0), (0, 10, UNLOCATED), (0, 20, 0)])
    assert pieces == [(-5, 25, STAY, 0)]
    assert rows([(0, 0, UNLOCATED), (0, 10, UNLOCATED)]) == []


def test_single_events_on_the_way_leave_no_hole_between_moves():
    pieces = rows([(0, 0, 0), (0, 10, 3), (0, 20, 0)])
    assert pieces == [
        (-5, 0, UNDETERMINED, 0),
        (0, 5, MOVE, 0),
        (5, 10, MOVE, 3),
        (10, 15, MOVE, 3),
        (15, 20, MOVE, 0),
        (20, 25, UNDETERMINED, 0),
    ]


def test_two_cells_at_one_moment_lose_no_time():
    pieces = rows([(0, 0, 0), (0, 20, 0), (0, 20, 3), (0, 40, 3)])
    assert pieces == [(-5, 20, STAY, 0), (20, 45, STAY, 3)]


def test_a_new_device_begins_anew():
    assert rows([(0, 0, 0), (0, 30, 0), (1, 31, 0)]) == [
        (-5, 35, STAY, 0),
        (26, 36, UNDETERMINED, 0),
    ]


def test_the_cell_of_a_segment_has_most_of_its_events():
    assert rows([(0, 0, 1), (0, 10, 0), (0, 20, 1), (0, 30, 0)])[0][3] == 0
    assert rows([(0, 0, 1), (0, 10, 0), (0, 20, 1)])[0][3] == 1
    # those of another device do not count
    both = rows([(0, 0, 1), (0, 10, 1), (0, 20, 1), (1, 0, 0), (1, 10, 1)])
    assert [row[3] for row in both] == [1, 0]


@pytest.mark.parametrize(
    ("device", "at_s", "cell", "says"),
    [
        ([0, 0], [5.0, 1.0], [0, 0], "at_s goes back within a device (first at event 1)"),
        ([1, 0], [0.0, 1.0], [0, 0], "device is not ascending (first at event 1)"),
        ([0, 0], [1.0, 1.0], [3, 0], "cell is not ascending within a moment (first at event 1)"),
        ([0, 0], [1.0, np.nan], [0, 0], "at_s is not a number (first at event 1)"),
        ([0, 0], [1.0, 2.0], [0, 4], "cell has no row in overlaps (first at event 1)"),
        ([0, 0], [1.0, 2.0], [0, -3], "cell has no row in overlaps (first at event 1)"),
        ([0], [1.0, 2.0], [0, 0], "at_s has shape (2,), expected (1,)"),
        ([0.5], [1.0], [0], "device holds float64, expected integers"),
    ],
)
def test_bad_events_are_refused_with_their_place(device, at_s, cell, says):
    model = StaySegmentation().fit(CHAIN)
    with pytest.raises(ValueError, match=r".*") as refusal:
        model.segment(device, at_s, cell)
    assert says in str(refusal.value)


def test_bad_choices_and_overlaps_are_refused():
    with pytest.raises(ValueError, match="min_stay_s must be 0 or more"):
        StaySegmentation(min_stay_s=-1).fit(CHAIN)
    with pytest.raises(ValueError, match="padding_s=4000 is more than half"):
        StaySegmentation(padding_s=4000).fit(CHAIN)
    with pytest.raises(ValueError, match="overlaps has shape"):
        StaySegmentation().fit(CHAIN[:2])
