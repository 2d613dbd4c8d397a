"""The bars forecast what a week before and eight weeks say, and gaps change nothing else."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from peil_models.crowding import QUANTILE_COLUMNS, Climatology, CrowdingForecaster, SeasonalNaive
from tests.unit.models.crowding.histories import TIME_ZONE, after, history, hours, noisy, wave

EDGES = list(QUANTILE_COLUMNS)
BARS = [SeasonalNaive(), Climatology()]


def test_the_naive_forecast_is_the_week_before_with_the_quantiles_of_past_changes() -> None:
    steps = history(lambda at: 10.0 * np.arange(len(at)) // (7 * 24) * 24, 70)
    forecast = SeasonalNaive().fit(steps).forecast(steps, after(steps))
    week = steps["value"].to_numpy()[-168 : -168 + 24]
    growth = np.diff(steps["value"].to_numpy()[::168])[-1]
    assert forecast["q500"].to_numpy() == pytest.approx(week + growth, abs=24.0)
    changes = history(noisy(1), 70)
    forecast = SeasonalNaive().fit(changes).forecast(changes, after(changes), hours=1)
    cube = changes["value"].to_numpy().reshape(70, 24)[:, 0]
    past = np.sort(cube[14:] - cube[7:-7])
    middle = np.interp(0.5 * 56 - 0.5, np.arange(56), past)
    assert forecast["q500"][0] == pytest.approx(cube[-7] + middle)


def test_climatology_is_the_mean_of_eight_weeks_with_the_spread_of_the_others() -> None:
    rows = history(noisy(2), 70)
    forecast = Climatology().fit(rows).forecast(rows, after(rows), hours=1)
    cube = rows["value"].to_numpy().reshape(10, 7, 24)[-8:, :, 0]
    apart = (cube - (cube.sum(axis=0) - cube) / 7).ravel()
    expected = cube[:, 0].mean() + np.interp(0.1 * 56 - 0.5, np.arange(56), np.sort(apart))
    assert forecast["q100"][0] == pytest.approx(expected)


@pytest.mark.parametrize("model", BARS, ids=lambda model: type(model).__name__)
def test_without_chance_there_is_no_spread(model: CrowdingForecaster) -> None:
    rows = history(wave, 70, zones=("b", "a"))
    forecast = model.fit(rows).forecast(rows.sample(frac=1.0, random_state=1), after(rows))
    assert forecast["zone_id"].tolist() == ["a"] * 24 + ["b"] * 24
    ahead = pd.DatetimeIndex(forecast["hour_at"])
    assert ahead[:24].equals(pd.date_range(after(rows), periods=24, freq="h", name="hour_at"))
    for name in EDGES:
        assert forecast[name].to_numpy() == pytest.approx(wave(ahead))


@pytest.mark.parametrize("model", BARS, ids=lambda model: type(model).__name__)
def test_gaps_vanished_zones_and_withheld_entries_leave_the_rest_alone(
    model: CrowdingForecaster,
) -> None:
    rows = history(wave, 70, zones=("a", "b", "c", "d"))
    last = after(rows)
    gone = (rows["zone_id"] == "b") & (rows["hour_at"] >= last - pd.Timedelta(days=60))
    rows.loc[rows["zone_id"] == "c", "value"] = np.nan
    gap = (rows["zone_id"] == "d") & rows["hour_at"].between(
        last - pd.Timedelta(days=8), last - pd.Timedelta(days=5)
    )
    forecast = model.fit(rows).forecast(rows[~gone & ~gap], last)
    assert set(forecast["zone_id"]) == {"a", "d"}
    by_zone = [forecast[forecast["zone_id"] == zone]["q500"].to_numpy() for zone in "ad"]
    assert by_zone[0] == pytest.approx(by_zone[1])


@pytest.mark.parametrize(
    ("first", "n_hours"), [("2026-02-02", 23), ("2026-09-07", 25)], ids=["spring", "autumn"]
)
@pytest.mark.parametrize("model", BARS, ids=lambda model: type(model).__name__)
def test_a_day_of_clock_change_has_its_own_number_of_hours(
    model: CrowdingForecaster, first: str, n_hours: int
) -> None:
    days = 56 if n_hours == 23 else 49
    change = pd.Timestamp(first) + pd.Timedelta(days=days - 1)
    rows = history(wave, days, first)
    assert (rows["hour_at"].dt.date == change.date()).sum() == n_hours
    issued = pd.Timestamp(change).tz_localize(TIME_ZONE)
    forecast = model.fit(rows).forecast(rows, issued)
    ahead = pd.DatetimeIndex(forecast["hour_at"])
    assert len(forecast) == 24 and ahead.is_unique
    assert forecast["q500"].to_numpy() == pytest.approx(wave(ahead))
    later = history(wave, days + 8, first)
    forecast = model.fit(later).forecast(later, after(later))
    if n_hours == 23:  # the hour that spring left out is taken from the week before it
        assert len(forecast) == 24
    assert forecast["q500"].to_numpy() == pytest.approx(wave(pd.DatetimeIndex(forecast["hour_at"])))


def test_the_doubled_hour_is_a_mean_and_not_a_sum() -> None:
    rows = history(lambda at: np.full(len(at), 40.0), 49, "2026-09-07")
    doubled = rows["hour_at"] == pd.Timestamp("2026-10-25 01:00", tz="UTC")
    rows.loc[doubled, "value"] = 60.0
    eighth = pd.Timestamp("2026-11-01 02:00", tz=TIME_ZONE)
    more = pd.concat([rows, history(lambda at: np.full(len(at), 40.0), 6, "2026-10-26")])
    forecast = SeasonalNaive().fit(more).forecast(more, eighth, hours=1)
    assert doubled.sum() == 1
    assert forecast["q500"][0] == pytest.approx(50.0, abs=0.3)


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda rows: rows.drop(columns="value"), "lacks the column value"),
        (lambda rows: rows.assign(hour_at=rows["hour_at"].dt.tz_localize(None)), "time zone"),
        (
            lambda rows: rows.assign(hour_at=rows["hour_at"] + pd.Timedelta(minutes=30)),
            "full hours",
        ),
        (lambda rows: rows.assign(value=-1.0), "negative or infinite"),
        (lambda rows: pd.concat([rows, rows[:1]]), "an hour of a zone twice"),
        (lambda rows: rows[:0], "no hour before"),
    ],
)
def test_what_is_no_history_is_refused(spoil: object, sentence: str) -> None:
    assert callable(spoil)
    with pytest.raises(ValueError, match=sentence):
        Climatology().fit(spoil(history(wave, 3)))


def test_hours_out_of_range_are_refused() -> None:
    rows = history(wave, 14)
    model = SeasonalNaive().fit(rows)
    for n in (0, 25):
        with pytest.raises(ValueError, match="hours must be from 1 to 24"):
            model.forecast(rows, after(rows), hours=n)
    with pytest.raises(ValueError, match="full hour"):
        model.forecast(rows, after(rows) + pd.Timedelta(minutes=1))
    assert len(hours(1, "2026-10-25")) == 25
