"""Permanence scores, usual environment, the flow cube and nights, worked by hand."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from scipy import sparse

from peil_models.residence import (
    UsualEnvironment,
    bridged_stays,
    flow_cube,
    make_calendar,
    night_table,
    permanence_scores,
)
from peil_models.residence.calendar import WEEKEND, WORKDAY
from peil_models.residence.permanence import ALL_DAY, EVENING, NIGHT, WORKING_HOURS
from peil_models.stays import ABROAD, STAY, UNKNOWN, Places, Segments

HOUR, DAY = 3600.0, 86_400.0
WEEK = make_calendar(np.arange(8) * DAY, date(2026, 3, 2))


def scored(*stays):
    """Scores of (device, start hour, end hour, place)."""
    device, start, end, place = (np.array(v) for v in zip(*stays, strict=True))
    return permanence_scores(device, start * HOUR, end * HOUR, place, WEEK)


def test_an_hour_scores_where_half_of_it_was_spent():
    scores = scored((0, 0.0, 1.5, 1), (0, 1.51, 2.4, 2))
    assert scores.place.tolist() == [1]
    assert scores.score[0, WORKDAY, ALL_DAY] == 2
    both = scored((0, 0.0, 0.5, 1), (0, 0.5, 1.0, 2))
    assert both.score[:, WORKDAY, ALL_DAY].tolist() == [1, 1]
    assert both.observed[:, WORKDAY, ALL_DAY].tolist() == [1, 1]  # one hour was observed


def test_pieces_of_an_hour_at_one_place_add_up():
    assert scored((0, 0.0, 0.3, 1), (0, 0.7, 1.0, 1)).score.sum(axis=1)[0, ALL_DAY] == 1


def test_day_types_and_intervals():
    # Monday 07:00 to 19:00, and Saturday 12:00 to Sunday 02:00
    scores = scored((0, 7, 19, 1), (0, 5 * 24 + 12, 6 * 24 + 2, 1))
    assert scores.score[0, WORKDAY].tolist() == [12, 2, 9, 3]
    assert scores.score[0, WEEKEND].tolist() == [14, 8, 5, 6]
    assert scores.nights.tolist() == [3]
    assert [ALL_DAY, NIGHT, WORKING_HOURS, EVENING] == [0, 1, 2, 3]


def test_time_without_a_place_or_outside_the_window_counts_nowhere():
    assert len(scored((0, 0, 5, -1)).device) == 0
    assert scored((0, -5, 1, 1)).score.sum(axis=1)[0, ALL_DAY] == 1
    with pytest.raises(ValueError, match=r"end_s is before start_s \(first at 0\)"):
        scored((0, 5, 4, 1))


def labels(*stays, **choices):
    return UsualEnvironment(**choices).label(scored(*stays))


def test_home_by_all_hours_else_by_night_else_by_nights():
    by_all = labels((0, 0, 20, 1), (0, 20, 24, 2))
    assert by_all.is_home.tolist() == [True, False]
    by_night = labels((0, 0, 8, 1), (0, 8, 18, 2), (0, 18, 24, 1))
    assert by_night.is_home.tolist() == [True, False]
    # hours of the night: 3 of 9 at place 1, yet on all three nights
    by_nights = labels(
        (0, 0, 1, 1),
        (0, 1, 5, 2),
        (0, 24, 25, 1),
        (0, 25, 26, 3),
        (0, 48, 49, 1),
        (0, 49, 50, 4),
    )
    assert by_nights.is_home.tolist() == [True, False, False, False]
    nobody = labels((0, 0, 4, 1), (0, 24, 28, 2))
    assert not nobody.is_home.any()


def test_work_is_where_working_hours_of_working_days_are_and_not_home():
    labelled = labels((0, 0, 8, 1), (0, 8, 17, 2), (0, 17, 24, 1))
    assert labelled.is_work.tolist() == [False, True]
    at_home = labels((0, 0, 24, 1))
    assert (at_home.is_home.tolist(), at_home.is_work.tolist()) == ([True], [False])
    sunday = labels((0, 6 * 24, 6 * 24 + 8, 1), (0, 6 * 24 + 8, 6 * 24 + 17, 2))
    assert not sunday.is_work.any()


def test_the_usual_environment_has_seven_tenths_of_the_hours():
    labelled = labels((0, 8, 15, 1), (0, 15, 18, 2))  # by day, so that neither is home
    assert labelled.is_usual.tolist() == [True, False]
    assert not labels((0, 8, 14, 1), (0, 14, 18, 2)).is_usual.any()
    by_night = labels((0, 0, 8, 1), (0, 8, 18, 2))
    assert by_night.is_usual.tolist() == [True, False]  # home is usual, however few its hours
    with pytest.raises(ValueError, match="home_share must be above 0"):
        labels((0, 0, 1, 1), home_share=0.0)


def test_devices_are_decided_each_on_its_own():
    alone = labels((0, 0, 20, 1), (0, 20, 24, 2))
    among = labels((0, 0, 20, 1), (0, 20, 24, 2), (1, 0, 9, 1), (1, 9, 24, 7))
    assert among.is_home[:2].tolist() == alone.is_home.tolist()


def bridged(*events, night=False):
    """Stays of (second, cell, x) of one device."""
    at, cell, x = zip(*events, strict=True)
    n = len(at)
    _, start, end, _ = bridged_stays([0] * n, at, cell, x, [0.0] * n, [night] * n)
    return list(zip(start.tolist(), end.tolist(), strict=True))


def test_bridges_by_hand():
    # a quarter of an hour between two cells is shared, more is not
    assert bridged((0, 1, 0), (900, 2, 100)) == [(-450, 450), (450, 1350)]
    assert bridged((0, 1, 0), (901, 2, 100)) == [(-450, 450), (451, 1351)]
    # two hours in one cell, more by night, to eight hours
    assert bridged((0, 1, 0), (7200, 1, 0)) == [(-450, 3600), (3600, 7650)]
    assert bridged((0, 1, 0), (7201, 1, 0)) == [(-450, 450), (6751, 7651)]
    assert bridged((0, 1, 0), (28_800, 1, 0), night=True) == [(-450, 14_400), (14_400, 29_250)]
    assert bridged((0, 1, 0), (28_801, 1, 0), night=True)[0] == (-450, 450)
    # faster than 50 km/h is a move
    assert bridged((0, 1, 0), (600, 2, 10_000)) == [(-450, 0), (600, 1050)]
    with pytest.raises(ValueError, match=r"at_s goes back within a device \(first at event 1\)"):
        bridged((5, 1, 0), (0, 1, 0))


def world():
    """Two devices in two zones: one at home, one away by day; an unknown and an abroad piece."""
    segments = Segments.of(
        [0, 1, 1, 1, 1],
        [0, 0, 8 * HOUR, 20 * HOUR, 30 * HOUR],
        [48 * HOUR, 8 * HOUR, 20 * HOUR, 30 * HOUR, 48 * HOUR],
        [STAY, STAY, STAY, UNKNOWN, ABROAD],
        [0] * 5,
        [0] * 5,
        [0] * 5,
    )
    shares = sparse.csr_array([[1, 0], [0.25, 0.75], [0.5, 0.5], [0, 0], [0, 0]], dtype=float)
    return segments, Places(np.array([0, 1, 0, -1, -1]), np.array([0, 1, 0, -1, -1]), shares)


def test_the_cube_counts_every_device_once_at_every_moment():
    segments, places = world()
    cube = flow_cube(segments, places, [0, 1], np.array([0.5, 12.5, 24.5, 40.5, 50.0]) * HOUR)
    assert cube.devices[0].tolist() == [[1.0, 0.0], [0.25, 0.75], [0.0, 0.0]]
    assert cube.devices[1].tolist() == [[1.0, 0.0], [0.5, 0.5], [0.0, 0.0]]
    assert cube.n_devices[1].tolist() == [[1, 0], [1, 0], [0, 0]]
    assert (cube.unseen[2].tolist(), cube.abroad[3].tolist()) == ([0, 1, 0], [0, 1, 0])
    total = cube.devices.sum(axis=(1, 2)) + cube.unseen.sum(axis=1) + cube.abroad.sum(axis=1)
    assert total.tolist() == [2, 2, 2, 2, 0]
    parts = [
        flow_cube(
            segments.take(k),
            Places(places.tile[k], places.zone[k], places.zone_shares[k]),
            [0, 1],
            [HOUR],
        )
        for k in (slice(0, 1), slice(1, 5))
    ]
    assert (
        (parts[0] + parts[1]).devices == flow_cube(segments, places, [0, 1], [HOUR]).devices
    ).all()


def test_homes_and_moments_that_cannot_be_are_refused():
    segments, places = world()
    with pytest.raises(ValueError, match="home_of_device has 1 devices"):
        flow_cube(segments, places, [0], [0.0])
    with pytest.raises(ValueError, match=r"home_of_device is beyond the last zone \(first at 1\)"):
        flow_cube(segments, places, [0, 2], [0.0])
    with pytest.raises(ValueError, match="moments_s must ascend"):
        flow_cube(segments, places, [0, 1], [1.0, 0.0])
    with pytest.raises(ValueError, match="nights_s must hold"):
        night_table(segments, places, [0, 1], [[0, 5], [4, 9]])


def test_nights_go_to_the_zone_of_most_of_their_time():
    segments = Segments.of(
        [0] * 3,
        [0, 2 * HOUR, 30 * HOUR],
        [2 * HOUR, 30 * HOUR, 90 * HOUR],
        [STAY] * 3,
        [0] * 3,
        [0] * 3,
        [0] * 3,
    )
    places = Places(np.zeros(3, int), np.array([0, 1, 0]), sparse.csr_array((3, 2)))
    nights = [[day * DAY, day * DAY + 6 * HOUR] for day in range(4)]
    table = night_table(segments, places, [0], nights)
    # 2 h in zone 0 and 4 h in zone 1; six hours in zone 1; then twice in zone 0
    assert table.n_nights[:, 0].tolist() == [[0, 1], [0, 1], [1, 0], [1, 0]]
    assert table.lengths[0, 1].tolist() == [0, 0, 1, 0, 0]
    assert table.lengths[0, 0].tolist() == [0, 0, 1, 0, 0]
    assert table.mean_length()[0].tolist() == [2.0, 2.0]
    assert np.isnan(table.mean_length()[1]).all()


def test_a_night_unseen_parts_two_visits():
    segments = Segments.of(
        [0] * 3,
        [0, DAY, 2 * DAY],
        [DAY, 2 * DAY, 3 * DAY],
        [STAY, UNKNOWN, STAY],
        [0] * 3,
        [0] * 3,
        [0] * 3,
    )
    places = Places(np.zeros(3, int), np.array([1, -1, 1]), sparse.csr_array((3, 2)))
    nights = [[day * DAY, day * DAY + 6 * HOUR] for day in range(3)]
    assert night_table(segments, places, [0], nights).lengths[0, 1].tolist() == [0, 2, 0, 0]


def test_a_night_away_parts_two_visits():
    segments = Segments.of(
        [0] * 3, [0, DAY, 2 * DAY], [DAY, 2 * DAY, 3 * DAY], [STAY] * 3, [0] * 3, [0] * 3, [0] * 3
    )
    places = Places(np.zeros(3, int), np.array([1, 0, 1]), sparse.csr_array((3, 2)))
    nights = [[day * DAY, day * DAY + 6 * HOUR] for day in range(3)]
    assert night_table(segments, places, [0], nights).lengths[0, 1].tolist() == [0, 2, 0, 0]
