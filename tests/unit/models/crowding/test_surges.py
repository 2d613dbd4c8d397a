"""Surges are found where they were planted, by chance as often as was chosen; quiet ends them."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest

from peil_models.crowding import CrowdingCalendar, Nowcast, SurgeDetector
from tests.unit.models.crowding.histories import MONDAY, hours

HOUR = pd.Timedelta(hours=1)
SD = 100.0
EDGES = {
    name: 1000.0 + z * SD
    for name, z in zip(
        ("q025", "q100", "q250", "q500", "q750", "q900", "q975"),
        (-1.96, -1.2816, -0.6745, 0.0, 0.6745, 1.2816, 1.96),
        strict=True,
    )
}


def chance(seed: int, days: int, n_zones: int, memory: float = 0.0) -> pd.DataFrame:
    """Values of known spread around a forecast of 1 000, each hour like the one before."""
    at = hours(days)
    shocks = np.random.default_rng(seed).standard_normal((n_zones, len(at)))
    z = shocks.copy()
    for i in range(1, len(at)):
        z[:, i] = memory * z[:, i - 1] + np.sqrt(1 - memory**2) * shocks[:, i]
    frames = [
        pd.DataFrame(
            {"zone_id": f"z{n:02d}", "hour_at": at, "value": np.maximum(1000 + SD * row, 0)}
        )
        for n, row in enumerate(z)
    ]
    return pd.concat(frames, ignore_index=True)


def forecast_of(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[["zone_id", "hour_at"]].assign(issued_at=rows["hour_at"].dt.normalize(), **EDGES)


@cache
def fitted(memory: float = 0.0, **choices: float) -> SurgeDetector:
    past = chance(1, 28, 40, memory)
    return SurgeDetector(**choices).fit(past, forecast_of(past))


def quiet(days: int = 3) -> pd.DataFrame:
    """A zone that is always as forecast."""
    at = hours(days)
    return pd.DataFrame({"zone_id": "z00", "hour_at": at, "value": 1000.0})


def with_surge(rows: pd.DataFrame, first: int, n_hours: int, persons: float) -> pd.DataFrame:
    busy = rows.copy()
    column = busy.columns.get_loc("value")
    busy.iloc[first : first + n_hours, column] += persons
    return busy


def test_levels_that_rest_on_few_days_are_exceeded_more_rarely_in_proportion() -> None:
    past = chance(1, 28, 40)
    month = SurgeDetector().fit(past, forecast_of(past))
    week = past[past["hour_at"] >= hours(28)[21 * 24]]
    # hours that were not forecast say nothing, however long the history is
    short = SurgeDetector().fit(past, forecast_of(week))
    same = SurgeDetector(days=7, episodes_a_month=0.7 / 4).fit(past, forecast_of(week))
    assert short.levels_ == pytest.approx(same.levels_)
    assert (short.levels_ > month.levels_).all()


@pytest.mark.parametrize("memory", [0.0, 0.7])
def test_false_alarms_are_as_frequent_as_was_chosen(memory: float) -> None:
    detector = fitted(memory, episodes_a_month=1.0)
    assert detector.carry_ == pytest.approx(memory, abs=0.05)
    later = chance(2, 56, 40, memory)
    episodes = detector.episodes(later, forecast_of(later))
    months = 40 * 56 / 30
    rates = [(episodes["level"] >= level).sum() / months for level in (1, 2, 3)]
    assert rates[0] == pytest.approx(1.0, rel=0.35)
    assert rates[1] == pytest.approx(0.25, rel=0.6)
    assert rates[2] == pytest.approx(0.0625, abs=0.08)
    rare = episodes["times_a_year"] <= 365.25 / 30 / 4
    assert rare.sum() / months == pytest.approx(0.25, rel=0.6)


@pytest.mark.parametrize(("persons", "share"), [(1000.0, 0.99), (600.0, 0.9)])
def test_planted_surges_are_found_in_their_first_hour(persons: float, share: float) -> None:
    detector = fitted()
    rows = chance(3, 56, 40)
    places = np.random.default_rng(4).integers(24, 56 * 24 - 24, 40)
    column = rows.columns.get_loc("value")
    began = []
    for zone, place in enumerate(places):
        first = zone * 56 * 24 + int(place)
        rows.iloc[first : first + 3, column] += persons
        began.append((f"z{zone:02d}", rows["hour_at"].iloc[first]))
    episodes = detector.episodes(rows, forecast_of(rows))
    found = set(zip(episodes["zone_id"], episodes["began_at"], strict=True))
    assert np.mean([place in found for place in began]) >= share


def test_an_episode_says_what_was_seen_and_expected() -> None:
    rows = with_surge(quiet(), 30, 3, 900.0)
    (episode,) = fitted().episodes(rows, forecast_of(rows)).to_dict("records")
    assert episode["began_at"] == rows["hour_at"][30]
    assert episode["ended_at"] == rows["hour_at"][33]
    assert episode["level"] == 3
    assert (episode["observed"], episode["expected"], episode["excess"]) == (1900.0, 1000.0, 900.0)
    assert episode["excess_low"] == pytest.approx(900 - 1.96 * SD)
    assert episode["excess_high"] == pytest.approx(900 + 1.96 * SD)
    assert 0 < episode["times_a_year"] < 0.05
    assert episode["known_event"] is None


def test_own_uncertainty_widens_the_size_and_hides_what_it_explains() -> None:
    rows = with_surge(quiet(), 30, 3, 900.0)
    plain = fitted().episodes(rows, forecast_of(rows))
    sure, unsure = (
        fitted().episodes(rows.assign(sd=sd), forecast_of(rows)) for sd in (50.0, 600.0)
    )
    assert sure["excess_low"][0] == pytest.approx(900 - 1.96 * np.hypot(SD, 50.0))
    assert sure["times_a_year"][0] > plain["times_a_year"][0]
    assert len(unsure) == 0


@pytest.mark.parametrize(("apart", "n"), [(6, 1), (7, 2)])
def test_an_episode_ends_after_six_quiet_hours(apart: int, n: int) -> None:
    rows = with_surge(with_surge(quiet(), 30, 1, 900.0), 30 + apart, 1, 900.0)
    assert len(fitted().episodes(rows, forecast_of(rows))) == n


def test_it_is_open_until_then_and_through_missing_hours() -> None:
    rows = with_surge(quiet(), 30, 1, 900.0)
    states = {}
    for last in (31, 36, 37):
        episodes = fitted().episodes(rows[:last], forecast_of(rows))
        states[last] = bool(episodes["ended_at"].isna().all())
        assert len(episodes) == 1
    assert states == {31: True, 36: True, 37: False}
    withheld = rows.copy()
    withheld.loc[31:40, "value"] = np.nan
    assert fitted().episodes(withheld[:41], forecast_of(rows))["ended_at"].isna().all()
    withheld.loc[31:60, "value"] = np.nan
    assert fitted().episodes(withheld[:60], forecast_of(rows))["ended_at"].notna().all()


def test_a_crowd_that_stays_is_one_episode_until_it_leaves() -> None:
    rows = with_surge(quiet(), 30, 12, 450.0)
    episodes = fitted(memory=0.8).episodes(rows, forecast_of(rows))
    assert episodes["began_at"].tolist() == [rows["hour_at"][30]]
    assert episodes["ended_at"].tolist() == [rows["hour_at"][42]]


def test_an_announced_event_is_named_and_one_elsewhere_is_not() -> None:
    rows = with_surge(quiet(), 30, 3, 900.0)
    at = rows["hour_at"][29]
    events = pd.DataFrame(
        {
            "from_at": at,
            "to_at": at + 4 * HOUR,
            "zone_id": ["z01", "z00"],
            "name": ["fair", "match"],
        }
    )
    detector = fitted()
    episodes = detector.episodes(rows, forecast_of(rows), CrowdingCalendar(events=events))
    assert episodes["known_event"].tolist() == ["match"]
    elsewhere = CrowdingCalendar(events=events[:1])
    assert detector.episodes(rows, forecast_of(rows), elsewhere)["known_event"].tolist() == [None]


def test_what_was_not_observed_or_forecast_is_no_surge() -> None:
    rows = with_surge(quiet(), 30, 3, 900.0)
    detector = fitted()
    blind = forecast_of(rows)
    assert len(detector.episodes(rows, blind[:24])) == 0
    assert len(detector.episodes(rows.assign(value=np.nan), blind)) == 0
    other = detector.episodes(rows.assign(zone_id="new"), blind.assign(zone_id="new"))
    assert other["zone_id"].tolist() == ["new"]
    with pytest.raises(ValueError, match="no level can be fixed"):
        SurgeDetector().fit(rows, blind.assign(zone_id="elsewhere"))


def test_the_order_of_rows_and_later_hours_change_no_earlier_episode() -> None:
    rows = with_surge(chance(5, 10, 3), 100, 3, 900.0)
    detector = fitted()
    all_of_it = detector.episodes(rows, forecast_of(rows))
    mixed = detector.episodes(rows.sample(frac=1.0, random_state=1), forecast_of(rows))
    pd.testing.assert_frame_equal(all_of_it, mixed)
    cut = pd.Timestamp(MONDAY, tz=rows["hour_at"].dt.tz) + 8 * 24 * HOUR
    earlier = detector.episodes(rows[rows["hour_at"] < cut], forecast_of(rows))
    kept = all_of_it[all_of_it["began_at"] < cut - 12 * HOUR].reset_index(drop=True)
    pd.testing.assert_frame_equal(earlier[: len(kept)], kept)


def test_a_nowcast_carries_the_last_error_as_long_as_errors_last() -> None:
    past = chance(1, 28, 40, memory=0.8)
    model = Nowcast(hours=4).fit(past, forecast_of(past))
    assert model.carry_ == pytest.approx(0.8 ** np.arange(1, 5), abs=0.05)
    rows = with_surge(quiet(), 29, 1, 200.0)
    moved = model.carry(rows, forecast_of(rows), rows["hour_at"][30])
    assert moved["hour_at"].iloc[0] == rows["hour_at"][30]
    assert moved["q500"][:4].to_numpy() == pytest.approx(1000 + 200 * model.carry_)
    assert moved["q500"][4:].to_numpy() == pytest.approx(1000.0)
    width = (moved["q900"] - moved["q100"])[0] / (2 * 1.2816 * SD)
    assert width == pytest.approx(np.sqrt(1 - model.carry_[0] ** 2))
    unseen = model.carry(rows[:29], forecast_of(rows), rows["hour_at"][30])
    assert unseen["q500"].to_numpy() == pytest.approx(1000.0)
    assert (unseen["q900"] - unseen["q100"]).to_numpy() == pytest.approx(2 * 1.2816 * SD)


def test_a_crowd_in_the_quiet_hours_of_a_large_zone_is_found() -> None:
    rows = chance(3, 28, 4)
    # a zone of ten thousand by day, whose quiet hours a fifth of a forecast's spread is still wide
    scale = np.where(rows["hour_at"].dt.hour >= 8, 20.0, 1.0)
    rows["value"] *= scale
    names = [*EDGES]
    forecasts = forecast_of(rows)
    forecasts[names] = forecasts[names].to_numpy() * scale[:, None]
    detector = SurgeDetector().fit(rows, forecasts)
    later = with_surge(rows, 24 * 20 + 3, 2, 1000.0)
    began = detector.episodes(later, forecasts)["began_at"].tolist()
    assert later["hour_at"][24 * 20 + 3] in began
    deaf = SurgeDetector(least_persons=np.inf).fit(rows, forecasts)
    assert later["hour_at"][24 * 20 + 3] not in deaf.episodes(later, forecasts)["began_at"].tolist()


def test_a_crowd_after_quiet_hours_is_seen_against_them_but_the_usual_is_no_crowd() -> None:
    detector = fitted(0.7)
    rows = with_surge(quiet(), 28, 2, -150.0)
    assert detector.episodes(rows, forecast_of(rows)).empty
    busy = with_surge(rows, 30, 1, 210.0)
    usual = with_surge(quiet(), 30, 1, 210.0)
    assert len(detector.episodes(busy, forecast_of(busy))) == 1
    assert detector.episodes(usual, forecast_of(usual)).empty
