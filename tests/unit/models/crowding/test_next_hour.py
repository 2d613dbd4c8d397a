"""An hour is judged by what the hours before it let expect, where enough of them were forecast."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest

from peil_models.crowding import SurgeDetector
from peil_models.crowding.next_hour import NextHours, features
from peil_models.crowding.scores_of_hours import ScoredHours, scored_hours
from tests.unit.models.crowding.test_surges import SD, chance, forecast_of, quiet, with_surge

MEMORY, ZONES = 0.8, 12


def hours_of(rows: pd.DataFrame) -> ScoredHours:
    return scored_hours(rows, forecast_of(rows), 0.0)


@cache
def learnt() -> tuple[NextHours, ScoredHours, np.ndarray]:
    past = hours_of(chance(1, 28, ZONES, MEMORY))
    answer = NextHours.learnt(past, 0)
    assert answer is not None
    return answer[0], past, answer[1]


def reach(excess: np.ndarray) -> float:
    return float(np.nanquantile(excess, 0.99))


def test_hours_like_those_before_them_are_less_of_a_surprise() -> None:
    model, past, excess = learnt()
    later = model.scored(hours_of(chance(2, 28, ZONES, MEMORY)))
    after_hours = later.after_hours
    assert after_hours is not None
    # the forecast's own error has spread 1 in its units; given the hour before, sqrt(1 - c²) = .6,
    # and the median moves with it: what is left does not go on
    before, now = after_hours[:, :-1].ravel(), after_hours[:, 1:].ravel()
    assert abs(np.corrcoef(before, now)[0, 1]) < 0.15
    assert past.memory() == pytest.approx(MEMORY, abs=0.05)
    # in units of its own narrower spread it is as wide as chance is
    assert np.nanstd(after_hours) == pytest.approx(1.0, abs=0.15)
    # levels are fixed on days as if they had not been learnt from: they hold for those after
    assert reach(excess) == pytest.approx(reach(after_hours), rel=0.12)
    assert reach(model.scored(past).after_hours) < 0.97 * reach(excess)


def test_a_jump_stands_out_more_than_from_midnights_forecast() -> None:
    model, _, _ = learnt()
    rows = with_surge(chance(3, 7, 1, MEMORY), 100, 1, 4 * SD)
    plain, scored = hours_of(rows), model.scored(hours_of(rows))
    assert scored.after_hours is not None
    calm = model.scored(hours_of(chance(3, 7, 1, MEMORY))).after_hours
    assert calm is not None
    gain = scored.after_hours[0, 100] - calm[0, 100]
    assert gain > 1.3 * 4.0
    assert plain.excess[0, 100] - hours_of(chance(3, 7, 1, MEMORY)).excess[0, 100] == (
        pytest.approx(4.0)
    )


def test_nothing_of_an_hour_but_its_forecast_is_asked() -> None:
    rows = chance(4, 7, 3, MEMORY)
    before, unit = features(hours_of(rows))
    changed = rows.assign(value=rows["value"].where(rows["hour_at"] < rows["hour_at"][100], 0.0))
    after, same_unit = features(hours_of(changed))
    np.testing.assert_array_equal(before[:, :101], after[:, :101])
    assert not np.array_equal(before[:, 101], after[:, 101], equal_nan=True)
    np.testing.assert_array_equal(unit, same_unit)


def test_the_same_hours_teach_the_same() -> None:
    model, past, excess = learnt()
    again = NextHours.learnt(past, 0)
    assert again is not None
    np.testing.assert_array_equal(excess, again[1])
    rows, unit = features(past)
    np.testing.assert_array_equal(model.excess(past, rows, unit), again[0].excess(past, rows, unit))


@pytest.mark.parametrize(
    ("days", "n_zones", "is_learnt"), [(28, 12, True), (13, 40, False), (28, 8, False)]
)
def test_of_few_days_or_zones_nothing_is_learnt(days: int, n_zones: int, is_learnt: bool) -> None:
    past = chance(5, days, n_zones)
    detector = SurgeDetector().fit(past, forecast_of(past))
    assert (detector.next_ is not None) == is_learnt
    rows = with_surge(quiet(), 30, 3, 900.0)
    assert len(detector.episodes(rows, forecast_of(rows))) == 1


def test_a_zone_with_wild_hours_is_drawn_towards_the_others() -> None:
    rows = chance(6, 28, ZONES)
    wild = rows["zone_id"] == "z00"
    rows.loc[wild, "value"] = (1000 + 5 * (rows.loc[wild, "value"] - 1000)).clip(lower=0)
    own, half, all_alike = (hours_of(rows).by_zone(0.0, share) for share in (0.0, 0.5, 1.0))
    calm, every = own["z01"][0, 1], own[""][0, 1]
    assert own["z00"][0, 1] > 4 * calm
    assert half["z00"][0, 1] == pytest.approx(np.sqrt(own["z00"][0, 1] * every))
    assert all_alike["z00"][0, 1] == pytest.approx(every)
    assert all_alike[""][0, 1] == pytest.approx(every)
    assert half["z00"][0, 0] == own["z00"][0, 0]


def test_the_first_hours_of_a_week_are_judged_by_the_zone_as_it_usually_is() -> None:
    past = chance(7, 28, 4)
    forecasts = forecast_of(past)
    # midnight's hours are few persons and sure; the zone has a thousand by day
    night = past["hour_at"].dt.hour < 6
    edges = [name for name in forecasts if name.startswith("q")]
    forecasts.loc[night, edges] = forecasts.loc[night, edges].to_numpy() * 0.05
    past.loc[night, "value"] *= 0.05
    detector = SurgeDetector().fit(past, forecasts)
    later = past[past["hour_at"] >= past["hour_at"].iloc[21 * 24]].reset_index(drop=True)
    busy = with_surge(later, 2, 2, 120.0)  # of 50 at night, beside a level of some 760
    whole = detector.episodes(busy, forecasts)
    first = busy["hour_at"].iloc[0]
    begun = detector.episodes(busy[busy["hour_at"] < first + pd.Timedelta(hours=4)], forecasts)
    at = first + pd.Timedelta(hours=2)
    assert (at in whole["began_at"].tolist()) == (at in begun["began_at"].tolist())
    assert len(begun) == 0


def test_hours_that_were_judged_before_are_taken_as_they_were() -> None:
    past = chance(1, 28, ZONES, MEMORY)
    detector = SurgeDetector().fit(past, forecast_of(past))
    rows = with_surge(chance(8, 7, ZONES, MEMORY), 100, 3, 9 * SD)
    forecasts = forecast_of(rows)
    plain = detector.scored(rows, forecasts).after_hours
    assert plain is not None
    is_over = rows["hour_at"] < rows["hour_at"].iloc[96]
    kept = detector.scored(rows[is_over], forecasts).table()
    assert kept.columns.tolist() == ["zone_id", "after_hours"] and len(kept) == 96 * ZONES
    for before in (kept, detector.scored(rows, forecasts).table()):
        np.testing.assert_array_equal(
            detector.scored(rows, forecasts, before).after_hours, plain, strict=True
        )
    # they are believed, but of other zones
    kept["after_hours"] += 40.0
    changed = detector.scored(rows, forecasts, kept).after_hours
    assert changed is not None
    moved = np.broadcast_to(np.where(np.arange(168) < 96, 40.0, 0.0), plain.shape)
    np.testing.assert_allclose(changed - plain, moved)
    other = kept.assign(zone_id=kept["zone_id"].cat.rename_categories({"z03": "z99"}))
    np.testing.assert_array_equal(detector.scored(rows, forecasts, other).after_hours, plain)


def test_where_few_hours_taught_nothing_there_is_nothing_to_keep() -> None:
    past = chance(5, 13, ZONES)
    detector = SurgeDetector().fit(past, forecast_of(past))
    kept = detector.scored(past, forecast_of(past)).table()
    assert kept.empty and kept.columns.tolist() == ["zone_id", "after_hours"]
    assert detector.scored(past, forecast_of(past), kept).after_hours is None


def test_of_two_forecasts_of_an_hour_the_later_counts() -> None:
    rows = chance(5, 2, 2)
    last = forecast_of(rows)
    edges = [name for name in last if name.startswith("q")]
    first = last.assign(issued_at=last["issued_at"] - pd.Timedelta(days=1))
    first[edges] = first[edges] * 0.5
    for both in ([last, first], [first, last]):
        hours = scored_hours(rows, pd.concat(both, ignore_index=True), 0.5)
        np.testing.assert_array_equal(hours.excess, scored_hours(rows, last, 0.5).excess)
