"""The made-up past holds what was planted in it, joins the week it is given, and repeats itself."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from peil_models.synthetic.past import KINDS, make_city, make_crowd_history, usual_week

FIRST = date(2026, 1, 5)


def mean_by(rows: pd.DataFrame, column: str, hour_of_week: bool = False) -> pd.Series:
    local = rows["hour_at"].dt
    keys = [local.day_of_week, local.hour] if hour_of_week else [local.day_of_week]
    return rows.groupby(keys)[column].mean()


def test_the_same_seed_makes_the_same_past_and_another_another() -> None:
    zones = make_city(6, seed=3)
    first, second = (make_crowd_history(zones, FIRST, 14, seed=5, n_surges=3) for _ in range(2))
    pd.testing.assert_frame_equal(first.rows, second.rows)
    pd.testing.assert_frame_equal(first.surges, second.surges)
    shuffled = make_crowd_history(zones[::-1], FIRST, 14, seed=5, n_surges=3)
    pd.testing.assert_frame_equal(first.rows, shuffled.rows)
    other = make_crowd_history(zones, FIRST, 14, seed=6, n_surges=3)
    assert not np.array_equal(first.rows["value"], other.rows["value"], equal_nan=True)


def test_surges_are_what_the_truth_says_and_nothing_else_changes() -> None:
    zones = make_city(6, seed=3)
    calm = make_crowd_history(zones, FIRST, 28, seed=5, market_share=1.0)
    planted = pd.DataFrame(
        {
            "zone_id": ["Z002"],
            "began_at": [pd.Timestamp("2026-01-28 20:00", tz="Europe/Amsterdam")],
            "ended_at": [pd.Timestamp("2026-01-28 23:00", tz="Europe/Amsterdam")],
            "factor": [2.5],
        }
    )
    busy = make_crowd_history(zones, FIRST, 28, seed=5, market_share=1.0, surges=planted)
    during = (busy.rows["zone_id"] == "Z002") & busy.rows["hour_at"].between(
        planted["began_at"][0], planted["ended_at"][0], inclusive="left"
    )
    ratio = busy.rows["value"][during].sum() / calm.rows["value"][during].sum()
    assert during.sum() == 3
    assert ratio == pytest.approx(2.5, rel=0.1)
    pd.testing.assert_frame_equal(calm.expected, busy.expected)
    outside = busy.rows["value"][~during].sum() / calm.rows["value"][~during].sum()
    assert outside == pytest.approx(1.0, abs=0.005)
    pd.testing.assert_frame_equal(busy.surges, planted)


def test_drawn_surges_lie_in_the_last_days_where_many_are_expected() -> None:
    past = make_crowd_history(make_city(12, seed=1), FIRST, 56, seed=2, n_surges=8, surge_days=14)
    assert len(past.surges) == 8
    assert past.surges["began_at"].min() >= past.rows["hour_at"].max() - pd.Timedelta(days=14)
    expected = past.expected.set_index(["zone_id", "hour_at"])["persons"]
    keys = list(zip(past.surges["zone_id"], past.surges["began_at"], strict=True))
    assert (expected[keys] >= 500).all()
    assert past.surges["factor"].between(1.3, 3.0).all()
    with pytest.raises(ValueError, match="no room"):
        tiny = pd.DataFrame({"zone_id": ["a"], "kind": ["office"], "persons": [50.0]})
        make_crowd_history(tiny, FIRST, 14, seed=1, n_surges=1)


def test_a_past_that_joins_a_known_week_has_its_persons_without_a_jump() -> None:
    zones = pd.DataFrame({"zone_id": ["a"], "kind": ["beach"], "persons": [1.0]})
    week = usual_week("centre") * 3000.0
    past = make_crowd_history(zones, FIRST, 56, seed=1, weeks={"a": week})
    last = past.rows["hour_at"] >= past.rows["hour_at"].max() - pd.Timedelta(days=14)
    by_hour = mean_by(past.rows[last], "value", hour_of_week=True).to_numpy().reshape(7, 24)
    assert by_hour.mean() == pytest.approx(3000.0, rel=0.25)
    assert np.corrcoef(by_hour.ravel(), week.ravel())[0, 1] > 0.9


def test_a_known_week_has_the_weekends_that_it_has_whatever_the_weather_does_there() -> None:
    zones = pd.DataFrame({"zone_id": ["a"], "kind": ["beach"], "persons": [1.0]})
    week = np.full((7, 24), 3000.0)
    past = make_crowd_history(zones, FIRST, 84, seed=1, weeks={"a": week})
    by_day = mean_by(past.expected, "persons")
    assert by_day[5] == pytest.approx(by_day[2], rel=0.03)
    at_noon = past.expected[past.expected["hour_at"].dt.hour == 13].merge(
        past.weather, on="hour_at"
    )
    free = at_noon[at_noon["hour_at"].dt.day_of_week >= 5]
    assert np.corrcoef(free["persons"], free["sun_share"])[0, 1] > 0.6


def test_a_past_is_as_uneven_as_asked() -> None:
    zones = pd.DataFrame({"zone_id": ["a"], "kind": ["office"], "persons": [1e6]})
    spread = []
    for unevenness in (0.0, 0.5, 1.0):
        past = make_crowd_history(zones, FIRST, 56, seed=1, unevenness=unevenness)
        both = past.rows.merge(past.expected, on=["zone_id", "hour_at"])
        spread.append(float(np.log(both["value"] / both["persons"]).std()))
    assert spread[0] < 0.01
    assert spread[2] == pytest.approx(2 * spread[1], rel=0.05)


def test_a_day_off_is_like_a_sunday_and_sun_fills_the_beach() -> None:
    zones = pd.DataFrame({"zone_id": ["o", "b"], "kind": ["office", "beach"], "persons": 5000.0})
    off = date(2026, 1, 28)
    past = make_crowd_history(zones, FIRST, 182, seed=1, holidays={off})
    office = past.expected[past.expected["zone_id"] == "o"]
    by_day = office.groupby(office["hour_at"].dt.date)["persons"].mean()
    assert by_day[off] < 0.5 * by_day[date(2026, 1, 21)]
    assert by_day[off] == pytest.approx(by_day[date(2026, 1, 25)], rel=0.05)
    beach = past.expected[past.expected["zone_id"] == "b"].merge(past.weather, on="hour_at")
    noon = beach[(beach["hour_at"].dt.hour == 13) & (beach["hour_at"].dt.day_of_week >= 5)]
    assert np.corrcoef(noon["persons"], noon["sun_share"])[0, 1] > 0.6


def test_values_of_few_devices_are_withheld_and_others_have_their_error() -> None:
    zones = pd.DataFrame({"zone_id": ["a"], "kind": ["office"], "persons": [120.0]})
    past = make_crowd_history(zones, FIRST, 28, seed=1, market_share=0.3, least_devices=15)
    value = past.rows["value"]
    assert 0.1 < value.isna().mean() < 0.9
    assert value.min() >= 15 / 0.3
    assert past.rows["sd"].dropna().to_numpy() == pytest.approx(np.sqrt(value.dropna() / 0.3))


def test_every_kind_has_a_week_of_mean_one_and_an_unknown_one_is_refused() -> None:
    for kind in KINDS:
        assert usual_week(kind).mean() == pytest.approx(1.0)
        assert (usual_week(kind) > 0).all()
    assert usual_week("market", market_day=2)[2, 10] > 1.5 * usual_week("market")[2, 10]
    with pytest.raises(ValueError, match="no kind of zone is called 'harbour'"):
        usual_week("harbour")
    lacking = pd.DataFrame({"zone_id": ["a"], "kind": ["office"]})
    with pytest.raises(ValueError, match="lack the column persons"):
        make_crowd_history(lacking, FIRST, 7, seed=1)


def test_a_clock_change_leaves_out_an_hour_and_doubles_one() -> None:
    zones = pd.DataFrame({"zone_id": ["a"], "kind": ["office"], "persons": [900.0]})
    assert len(make_crowd_history(zones, date(2026, 3, 29), 1, seed=1).rows) == 23
    assert len(make_crowd_history(zones, date(2026, 10, 25), 1, seed=1).rows) == 25
