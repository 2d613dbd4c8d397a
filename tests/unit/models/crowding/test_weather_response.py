"""What weather does to a zone is learnt from its own days, and from none that is asked about."""

from __future__ import annotations

import numpy as np
import pytest

from peil_models.crowding.weather_response import WeatherResponse, departures

N_DAYS = 112


def world(seed: int) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray], np.ndarray]:
    """A beach that warmth fills on free days alone, and an office that does not care."""
    rng = np.random.default_rng(seed)
    warm = np.repeat(rng.normal(size=(N_DAYS, 1)), 24, axis=1)
    is_free = np.arange(N_DAYS) % 7 >= 5
    median = np.full((2, N_DAYS, 24), 800.0)
    away = departures(warm)
    spread = np.nanstd(away)
    share = np.nan_to_num(0.4 * away / spread) * is_free[:, None]
    values = median * np.stack([1 + np.clip(share, -0.9, 2.0), np.ones_like(share)])
    values *= 1 + 0.05 * rng.normal(size=values.shape)
    return values, median, {"warmer_c": warm}, is_free


def shares(response: WeatherResponse, zone: int, known_before: int) -> np.ndarray:
    days = np.arange(N_DAYS - 14, N_DAYS)
    zones, hours = np.full(14, zone), np.full(14, 12)
    return response.share(zones, days, hours, np.full(14, known_before))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_response_of_each_zone_is_found_on_the_days_on_which_it_is(seed: int) -> None:
    values, median, weather, is_free = world(seed)
    response = WeatherResponse.of(values, median, weather, is_free)
    away = departures(weather["warmer_c"])
    true = 0.4 * away[-14:, 12] / np.nanstd(away) * is_free[-14:]
    assert np.abs(shares(response, 0, N_DAYS - 14) - np.clip(true, -0.9, 2.0)).max() < 0.2
    assert np.abs(shares(response, 1, N_DAYS - 14)).max() < 0.05


def test_nothing_is_known_of_the_days_to_come(seed: int = 1) -> None:
    values, median, weather, is_free = world(seed)
    other = values.copy()
    other[:, 60:] *= 3.0
    before, after = (
        WeatherResponse.of(given, median, weather, is_free) for given in (values, other)
    )
    for day in (0, 30, 60):
        assert np.array_equal(before.coefficients(day), after.coefficients(day))
    assert not np.allclose(before.coefficients(70), after.coefficients(70))
    assert (before.coefficients(0) == 0).all()


def test_it_is_the_same_to_the_last_bit_wherever_the_history_begins() -> None:
    values, median, weather, is_free = world(2)
    whole = WeatherResponse.of(values, median, weather, is_free)
    cut = {name: plane[7:] for name, plane in weather.items()}
    late = WeatherResponse.of(values[:, 7:], median[:, 7:], cut, is_free[7:])
    for day in (95, 111):  # eight weeks before it, and four more that departures look back at
        assert np.array_equal(whole.coefficients(day), late.coefficients(day - 7))
    assert not np.array_equal(whole.coefficients(60), late.coefficients(53))


def test_weather_and_values_that_stop_say_nothing() -> None:
    values, median, weather, is_free = world(4)
    weather["warmer_c"][70:] = np.nan
    values[:, 50:] = np.nan
    response = WeatherResponse.of(values, median, weather, is_free)
    assert (shares(response, 0, N_DAYS - 1) == 0).all()
    without = WeatherResponse.of(values, median, {}, is_free)
    assert (shares(without, 0, N_DAYS - 1) == 0).all()
