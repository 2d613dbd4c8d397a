"""Homes by place and by rule, calendars, migration, worked by hand."""

from __future__ import annotations

from datetime import date

import holidays
import numpy as np
import pytest

from peil_models.residence import AnchorPlace, home_cells, make_calendar, migration_overlap
from peil_models.residence.calendar import HOLIDAY, WEEKEND, WORKDAY
from peil_models.stays import Segments

HOUR, DAY = 3600.0, 86_400.0
X = [0.0, 500.0, 5000.0, 9000.0]
CHANCES = np.array([[0.9, 0.6, 0, 0], [0.1, 0.4, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]], dtype=float)


def model(**choices):
    return AnchorPlace(**choices).fit(
        CHANCES, np.ones(4), zone_of_tile=[0, 1, 2, 3], tile_x_m=X, tile_y_m=np.zeros(4)
    )


def homes(stays, **choices):
    """Place homes from (device, row, hours)."""
    device, row, hours = (np.array(v) for v in zip(*stays, strict=True))
    at = np.arange(len(device))
    segments = Segments.of(device, at * DAY, at * DAY + hours * HOUR, at * 0, row, at, at)
    fitted = model(**choices)
    return fitted.place(segments, fitted.placing_.place(segments, row), row, segments.duration_s)


def test_the_place_with_most_time_is_home_and_the_margin_is_to_the_runner_up():
    anchors = homes([(0, 0, 8), (0, 2, 6), (0, 3, 1), (0, 0, 5)])
    assert anchors.zone.tolist() == [0]
    assert anchors.share.tolist() == pytest.approx([13 / 20])
    assert anchors.margin.tolist() == pytest.approx([13 / 20 - 6 / 20])
    assert anchors.is_there.tolist() == [True, False, False, True]


def test_stays_near_each_other_are_one_place_and_placed_together():
    # rows 0 and 1 lie 500 m apart; each alone is less than the stay at row 2
    anchors = homes([(0, 0, 5), (0, 1, 5), (0, 2, 8)])
    assert anchors.is_there.tolist() == [True, True, False]
    assert anchors.tile.tolist() == [1]  # the tile that both serve
    apart = homes([(0, 0, 5), (0, 1, 5), (0, 2, 8)], radius_m=400.0)
    assert apart.zone.tolist() == [2]


def test_stays_at_home_take_the_place_that_all_of_them_tell():
    stays = [(0, 0, 5), (0, 1, 5), (0, 2, 8), (1, 3, 5), (2, 2, 5)]
    device, row, hours = (np.array(v) for v in zip(*stays, strict=True))
    at = np.arange(5)
    segments = Segments.of(device, at * DAY, at * DAY + hours * HOUR, at * 0, row, at, at)
    fitted = model()
    places = fitted.placing_.place(segments, row)
    assert places.tile.tolist() == [0, 1, 2, 3, 2]
    weight = np.where(device != 1, segments.duration_s, 0.0)
    home = fitted.place(segments, places, row, weight)
    refined = home.refined(segments, places)
    assert refined.tile.tolist() == refined.zone.tolist() == [1, 1, 2, 3, 2]
    shares = refined.zone_shares.toarray()
    assert (shares[:2] == home.zone_shares.toarray()[0]).all()
    assert (shares[2:4] == places.zone_shares.toarray()[2:4]).all()
    assert (shares[4] == home.zone_shares.toarray()[1]).all()


def test_the_runner_up_holds_nothing_of_the_first_place():
    # half a kilometre apart in a row: the second leads, the third is near it and near the fourth
    at = np.arange(4)
    fitted = AnchorPlace(radius_m=600.0).fit(
        np.eye(4), np.ones(4), zone_of_tile=at, tile_x_m=500.0 * at, tile_y_m=np.zeros(4)
    )
    stays = Segments.of(at * 0, at * DAY, at * DAY + HOUR, at * 0, at, at, at)
    weight = np.array([8.0, 2.0, 8.0, 5.0])
    anchors = fitted.place(stays, fitted.placing_.place(stays, at), at, weight)
    assert anchors.is_there.tolist() == [True, True, True, False]
    assert anchors.margin.tolist() == pytest.approx([18 / 23 - 5 / 23])


def test_devices_without_weight_or_with_too_little_have_no_home():
    assert homes([(3, 0, 0)]).device.tolist() == []
    anchors = homes([(3, 0, 4), (5, 0, 9)], min_weight_s=5 * HOUR)
    assert anchors.device.tolist() == [5]
    assert anchors.zone_of_device(7).tolist() == [-1, -1, -1, -1, -1, 0, -1]
    shared = homes([(3, 0, 4), (3, 2, 5), (5, 0, 9)], min_share=0.6)
    assert shared.device.tolist() == [5]
    assert shared.is_there.tolist() == [False, False, True]


def test_bad_weights_and_choices_are_refused():
    fitted = model()
    stay = Segments.of([0], [0], [HOUR], [0], [0], [0], [0])
    places = fitted.placing_.place(stay, [0])
    with pytest.raises(ValueError, match=r"weight_s is NaN or negative \(first at 0\)"):
        fitted.place(stay, places, [0], [-1.0])
    with pytest.raises(ValueError, match="weight_s has shape"):
        fitted.place(stay, places, [0], [1.0, 1.0])
    with pytest.raises(ValueError, match="radius_m=-1"):
        model(radius_m=-1)
    with pytest.raises(ValueError, match="tile_x_m has shape"):
        AnchorPlace().fit(CHANCES, np.ones(4), zone_of_tile=[0] * 4, tile_x_m=[0], tile_y_m=[0])


EVENTS = {  # device 0: cell, day, night; sorted by time
    "cell": [7, 8, 8, 9, 8, 9, 9, -1],
    "day": [0, 0, 0, 0, 1, 1, 2, 2],
    "is_night": [True, False, False, True, False, False, True, True],
}


@pytest.mark.parametrize(
    ("rule", "cell", "margin"),
    [
        ("most_night_events", 9, 1 / 3),  # 9 twice, 7 once
        ("most_days", 9, 1 / 6),  # 9 on three days, 8 on two, 7 on one
        ("last_of_day", 9, 1.0),
        ("most_events", 8, 0.0),  # 8 and 9 three times each: the lower number
    ],
)
def test_each_rule_by_hand(rule, cell, margin):
    device, home, by = home_cells(np.zeros(8, int), rule=rule, **EVENTS)
    assert (device.tolist(), home.tolist()) == ([0], [cell])
    assert by.tolist() == pytest.approx([margin])


def test_a_device_without_night_events_is_decided_by_all():
    _, cell, _ = home_cells(
        [0, 0, 1], [4, 4, 5], [0, 0, 0], [False, False, True], "most_night_events"
    )
    assert cell.tolist() == [4, 5]


def test_every_day_has_a_last_cell():
    _, cell, margin = home_cells([0] * 4, [7, 5, 5, 7], [0, 0, 1, 2], [False] * 4, "last_of_day")
    assert (cell.tolist(), margin.tolist()) == ([5], pytest.approx([1 / 3]))


def test_a_rule_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match="rule must be one of"):
        home_cells([0], [0], [0], [True], "mode")
    with pytest.raises(ValueError, match="day has shape"):
        home_cells([0], [0], [0, 1], [True], "most_days")


def test_the_calendar_knows_holidays_weekends_and_the_night_the_clocks_change():
    # from Thursday 2 April 2026 to Easter Sunday
    bounds = np.arange(5) * DAY
    days = make_calendar(bounds, date(2026, 4, 2), holidays.country_holidays("NL", years=2026))
    kinds = days.day_type[::24].tolist()
    assert kinds == [WORKDAY, HOLIDAY, WEEKEND, HOLIDAY]
    spring = make_calendar([0, 23 * HOUR, 47 * HOUR], date(2026, 3, 29))
    assert spring.local_hour[:4].tolist() == [0, 1, 3, 4]
    assert spring.day.tolist() == [0] * 23 + [1] * 24
    autumn = make_calendar([0, 25 * HOUR], date(2026, 10, 25))
    assert autumn.local_hour[:5].tolist() == [0, 1, 2, 2, 3]
    assert autumn.local_hour[-1] == 23


def test_intervals_of_the_day_go_over_midnight_and_seconds_are_cut_to_them():
    day = make_calendar([0, DAY], date(2026, 3, 2))
    night = day.between(18, 8)
    assert np.flatnonzero(night).tolist() == [*range(8), *range(18, 24)]
    spent = day.seconds([-HOUR, 7.5 * HOUR, 17 * HOUR], [HOUR, 9 * HOUR, 30 * HOUR], night)
    assert spent.tolist() == [HOUR, 0.5 * HOUR, 6 * HOUR]
    with pytest.raises(ValueError, match="which has shape"):
        day.seconds([0], [1], [True])
    with pytest.raises(ValueError, match="day 1 is not 23, 24 or 25"):
        make_calendar([0, DAY, 1.5 * DAY], date(2026, 3, 2))


def test_migration_by_hand():
    moved, overlap = migration_overlap([0, 0, 0, 1, -1, 1], [0, 0, 1, 0, 1, -1], 3)
    assert moved.tolist() == [[2, 1, 0], [1, 0, 0], [0, 0, 0]]
    assert overlap.tolist() == pytest.approx([4 / 6, 0.0, np.nan], nan_ok=True)
    with pytest.raises(ValueError, match=r"after is beyond the last zone \(at 0\)"):
        migration_overlap([0], [3], 3)
