"""The boosting recovers what days are made of, stays calibrated, and sees nothing of the future."""

from __future__ import annotations

import pickle
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from peil_models.crowding import (
    QUANTILE_COLUMNS,
    QUANTILES,
    Climatology,
    CrowdingCalendar,
    CrowdingQuantiles,
    SeasonalNaive,
)
from peil_models.crowding.features import Features
from peil_models.synthetic.past import make_city, make_crowd_history
from tests.unit.models.crowding.histories import TIME_ZONE, after, history, noisy, wave

EDGES = list(QUANTILE_COLUMNS)
SMALL = CrowdingQuantiles(n_rows=20_000, max_iter=25, learning_rate=0.2, calibration_rows=5_000)
FIRST = date(2026, 1, 5)


def pinball(forecast: pd.DataFrame, truth: pd.DataFrame) -> float:
    both = forecast.merge(truth, on=["zone_id", "hour_at"])
    error = both["value"].to_numpy()[:, None] - both[EDGES].to_numpy()
    return float(np.maximum(np.array(QUANTILES) * error, (np.array(QUANTILES) - 1) * error).mean())


@pytest.fixture(scope="module")
def past() -> pd.DataFrame:
    return make_crowd_history(make_city(8, seed=1), FIRST, 112, seed=1).rows


@pytest.fixture(scope="module")
def fitted(past: pd.DataFrame) -> CrowdingQuantiles:
    return clone(SMALL).fit(past[past["hour_at"] < midnight(98)])


def midnight(day: int) -> pd.Timestamp:
    return pd.Timestamp(FIRST + timedelta(days=day)).tz_localize(TIME_ZONE)


def test_it_is_nearer_than_both_bars_and_its_intervals_cover_what_they_say(
    past: pd.DataFrame, fitted: CrowdingQuantiles
) -> None:
    issues = [midnight(day) for day in range(98, 112)]
    models = [fitted, SeasonalNaive().fit(past), Climatology().fit(past)]
    forecasts = [pd.concat([model.forecast(past, at) for at in issues]) for model in models]
    own, naive, climatology = (pinball(forecast, past) for forecast in forecasts)
    assert own < 0.85 * naive
    assert own < 0.97 * climatology
    both = forecasts[0].merge(past, on=["zone_id", "hour_at"]).dropna(subset=["value"])
    assert both["value"].between(both["q100"], both["q900"]).mean() == pytest.approx(0.8, abs=0.07)
    assert both["value"].between(both["q025"], both["q975"]).mean() == pytest.approx(0.95, abs=0.04)
    assert (np.diff(both[EDGES].to_numpy(), axis=1) >= 0).all()
    assert (both["q025"] >= 0).all()


def test_rows_of_the_future_never_change_a_forecast(
    past: pd.DataFrame, fitted: CrowdingQuantiles
) -> None:
    for issued_at in (midnight(99), midnight(99) + pd.Timedelta(hours=15)):
        before = past[past["hour_at"] < issued_at]
        spoilt = past.assign(value=past["value"].where(past["hour_at"] < issued_at, 1e6))
        plain = fitted.forecast(before, issued_at)
        pd.testing.assert_frame_equal(plain, fitted.forecast(spoilt, issued_at))
        pd.testing.assert_frame_equal(
            plain, fitted.forecast(before.sample(frac=1.0, random_state=2), issued_at)
        )
        assert plain["hour_at"].min() == issued_at


def test_a_forecast_is_the_same_whatever_was_forecast_before(
    past: pd.DataFrame, fitted: CrowdingQuantiles
) -> None:
    fresh = pickle.loads(pickle.dumps(fitted))
    for issued_at in (midnight(100), midnight(101), midnight(101) + pd.Timedelta(hours=9)):
        fitted.forecast(past, issued_at)
    assert "_of_rows" in fitted.__dict__
    assert "_of_rows" not in pickle.loads(pickle.dumps(fitted)).__dict__
    pd.testing.assert_frame_equal(
        fitted.forecast(past, midnight(102)), fresh.forecast(past, midnight(102)), check_exact=True
    )


def test_the_same_inputs_give_the_same_bytes(past: pd.DataFrame, fitted: CrowdingQuantiles) -> None:
    again = clone(SMALL).fit(past[past["hour_at"] < midnight(98)].sample(frac=1.0, random_state=3))
    first, second = (model.forecast(past, midnight(98)) for model in (fitted, again))
    assert first[EDGES].to_numpy().tobytes() == second[EDGES].to_numpy().tobytes()


def test_a_history_shorter_than_four_weeks_rests_on_climatology_and_says_so() -> None:
    rows = history(noisy(1), 27, zones=("a", "b", "c", "d", "e", "f"))
    model = clone(SMALL).fit(rows)
    assert model.basis_ == "climatology"
    bar = Climatology().fit(rows).forecast(rows, after(rows))
    pd.testing.assert_frame_equal(model.forecast(rows, after(rows)), bar)
    longer = history(noisy(1), 84, zones=("a", "b", "c"))
    assert clone(SMALL).fit(longer).basis_ == "boosting"


def test_a_holiday_is_forecast_as_the_holidays_before_it() -> None:
    offs = {FIRST + timedelta(days=day) for day in (16, 31, 44, 59, 73, 87, 101)}
    calendar = CrowdingCalendar(holidays=offs)
    zones = make_city(6, seed=2)
    rows = make_crowd_history(zones, FIRST, 103, seed=4, holidays=offs).rows
    issued_at = midnight(101)
    model = clone(SMALL).fit(rows[rows["hour_at"] < issued_at], calendar)
    plain = model.forecast(rows, issued_at, calendar=CrowdingCalendar())
    expected = model.forecast(rows, issued_at)
    assert pinball(expected, rows) < 0.6 * pinball(plain, rows)


def test_an_event_that_was_learnt_is_expected_and_an_unknown_zone_does_no_harm() -> None:
    evenings = [pd.Timestamp(FIRST + timedelta(days=day), tz=TIME_ZONE) for day in range(10, 95, 3)]
    three = pd.Timedelta(hours=3)
    begins = [at + pd.Timedelta(hours=18) for at in evenings]
    events = pd.DataFrame(
        {"from_at": begins, "to_at": [at + three for at in begins], "zone_id": "a", "name": "match"}
    )
    elsewhere = events[-1:].assign(zone_id="Z9")
    rows = history(noisy(3, sd=0.05), 95, zones=("a", "b", "c"))
    for at in begins:
        during = (rows["zone_id"] == "a") & rows["hour_at"].between(at, at + three, "left")
        rows.loc[during, "value"] *= 2.0
    issued_at = begins[-1].normalize()
    calendar = CrowdingCalendar(events=pd.concat([events, elsewhere]))
    model = CrowdingQuantiles(max_iter=60, learning_rate=0.2, min_samples_leaf=20)
    model.fit(rows[rows["hour_at"] < issued_at], calendar)
    forecast = model.forecast(rows, issued_at).set_index(["zone_id", "hour_at"])["q500"]
    usual = wave(pd.DatetimeIndex([begins[-1]]))[0]
    assert forecast["a", begins[-1]] == pytest.approx(2 * usual, rel=0.25)
    assert forecast["b", begins[-1]] == pytest.approx(usual, rel=0.15)


def test_weather_that_stops_is_missing_and_not_zero() -> None:
    made = make_crowd_history(make_city(6, seed=2), FIRST, 90, seed=4)
    issued_at = midnight(89)
    calendar = CrowdingCalendar(weather=made.weather)
    model = clone(SMALL).fit(made.rows[made.rows["hour_at"] < issued_at], calendar)
    ended = CrowdingCalendar(weather=made.weather[made.weather["hour_at"] < midnight(60)])
    fewer = CrowdingCalendar(weather=made.weather[["hour_at", "rain_mm"]])
    for known_now in (ended, fewer, CrowdingCalendar()):
        forecast = model.forecast(made.rows, issued_at, calendar=known_now)
        assert len(forecast) == 6 * 24
        assert forecast["q500"].to_numpy() == pytest.approx(
            model.forecast(made.rows, issued_at)["q500"].to_numpy(), rel=0.5
        )


def test_gaps_new_zones_and_withheld_entries_are_forecast_or_left_out(
    past: pd.DataFrame, fitted: CrowdingQuantiles
) -> None:
    issued_at = midnight(100)
    rows = past.copy()
    rows.loc[rows["zone_id"] == "Z000", "value"] = np.nan
    gap = rows["hour_at"].between(midnight(95), midnight(99), "left")
    new = rows[rows["zone_id"] == "Z001"].assign(zone_id="Z999")
    rows = pd.concat([rows[~gap], new[new["hour_at"] >= midnight(97)]])
    forecast = fitted.forecast(rows, issued_at)
    assert set(forecast["zone_id"]) == {f"Z00{n}" for n in range(1, 8)} | {"Z999"}
    assert forecast.groupby("zone_id").size().eq(24).all()
    own, twin = (forecast[forecast["zone_id"] == zone]["q500"].sum() for zone in ("Z001", "Z999"))
    assert twin == pytest.approx(own, rel=0.3)
    withheld = fitted.forecast(rows.assign(value=np.nan), issued_at)
    assert len(withheld) == 0
    assert list(withheld) == ["zone_id", "hour_at", "issued_at", *EDGES]


@pytest.mark.parametrize("first", ["2026-01-19", "2026-08-17"], ids=["spring", "autumn"])
def test_both_clock_changes_pass(first: str) -> None:
    rows = history(noisy(5, sd=0.05), 70, first, zones=("a", "b", "c"))
    model = clone(SMALL).fit(rows)
    at = pd.Timestamp(first) + pd.Timedelta(days=69)
    for issued_at in (
        at.tz_localize(TIME_ZONE),
        (at - pd.Timedelta(hours=9)).tz_localize(TIME_ZONE),
    ):
        forecast = model.forecast(rows, issued_at)
        assert len(forecast) == 72
        assert not forecast.duplicated(["zone_id", "hour_at"]).any()
        ahead = pd.DatetimeIndex(forecast["hour_at"])
        assert forecast["q500"].to_numpy() == pytest.approx(wave(ahead), rel=0.2)


def test_an_interval_is_no_narrower_than_the_values_own_uncertainty() -> None:
    rows = history(noisy(1, sd=0.01), 70, zones=("a", "b", "c"))
    unsure = rows.assign(sd=0.2 * rows["value"])
    narrow, wide = (
        clone(SMALL).fit(frame).forecast(frame, after(frame)) for frame in (rows, unsure)
    )
    assert ((narrow["q975"] - narrow["q025"]) < 0.2 * narrow["q500"]).mean() > 0.9
    assert (wide["q975"] >= (1 + 1.95 * 0.2) * wide["q500"]).all()
    assert wide["q500"].to_numpy() == pytest.approx(narrow["q500"].to_numpy())


def test_a_history_too_short_for_its_longest_lag_is_learnt_from_without_it() -> None:
    rows = history(noisy(1, sd=0.05), 30, zones=("a", "b", "c", "d"))
    model = clone(SMALL).fit(rows)
    forecast = model.forecast(rows, after(rows))
    assert model.basis_ == "boosting"
    assert forecast["q500"].to_numpy() == pytest.approx(
        wave(pd.DatetimeIndex(forecast["hour_at"])), rel=0.3
    )


@pytest.mark.parametrize(("zones", "n_hours"), [(("a",), 960), (("a", "b", "c", "d"), 1000)])
def test_of_a_small_history_every_hour_is_learnt_from_and_of_a_large_one_some(
    zones: tuple[str, ...], n_hours: int
) -> None:
    # of 70 days the first week has no week before it, and the last third calibrates
    rows = history(noisy(1), 70, zones=zones)
    model = CrowdingQuantiles(n_rows=1000, max_iter=1).fit(rows)
    at_root = int(model.heads_[0]._predictors[0][0].nodes["count"][0])
    assert at_root == pytest.approx(n_hours, rel=0.0 if len(zones) == 1 else 0.1)


def test_a_calibration_that_was_kept_gives_the_forecast_that_learns_its_own(
    past: pd.DataFrame, fitted: CrowdingQuantiles, tmp_path: Path
) -> None:
    at, noon = midnight(108), midnight(108) + pd.Timedelta(hours=12)
    fitted.calibration(past, at).to_parquet(tmp_path / "kept.parquet", index=False)
    kept = pd.read_parquet(tmp_path / "kept.parquet")
    model = fitted.calibrated(kept, at)
    pd.testing.assert_frame_equal(model.forecast(past, at), fitted.forecast(past, at))
    # an hour looks back from itself: sums begin elsewhere, and may differ in their last bits
    pd.testing.assert_frame_equal(model.forecast(past, noon), fitted.forecast(past, noon))
    # of other days it is not believed
    other = model.forecast(past, midnight(101))
    pd.testing.assert_frame_equal(other, fitted.forecast(past, midnight(101)))
    wider = kept.assign(**{name: kept[name] + 0.5 for name in EDGES})
    assert not fitted.calibrated(wider, at).forecast(past, at).equals(fitted.forecast(past, at))


def test_a_calibration_looks_as_far_back_as_its_days_need(
    past: pd.DataFrame, fitted: CrowdingQuantiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = midnight(110)
    of_some, prepared = fitted.calibration(past, at), Features.of
    monkeypatch.setattr(Features, "of", lambda cube, calendar, first=0: prepared(cube, calendar))
    of_all = fitted.calibration(past, at)
    np.testing.assert_allclose(of_some[EDGES], of_all[EDGES], rtol=1e-6)


def test_without_a_boosting_there_is_nothing_to_calibrate() -> None:
    rows = history(wave, 20)
    short = clone(SMALL).fit(rows)
    kept = short.calibration(rows, midnight(15))
    assert kept.empty
    forecast = short.calibrated(kept, midnight(15)).forecast(rows, midnight(15))
    pd.testing.assert_frame_equal(forecast, short.forecast(rows, midnight(15)))


def test_hours_that_are_left_out_change_nothing_of_the_others(
    past: pd.DataFrame, fitted: CrowdingQuantiles
) -> None:
    issued_at = midnight(105) + pd.Timedelta(hours=20)
    whole = fitted.forecast(past, issued_at)
    some = fitted.forecast(past, issued_at, 24, left_out=3)
    later = whole[whole["hour_at"] >= issued_at + pd.Timedelta(hours=3)]
    pd.testing.assert_frame_equal(some, later.reset_index(drop=True))
    with pytest.raises(ValueError, match="left_out must be from 0 to 23, got 24"):
        fitted.forecast(past, issued_at, 24, left_out=24)
