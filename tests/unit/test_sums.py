"""Sums over devices are the same whichever devices come together: exact, and additive."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from peil.sums import Origins, Sums, Tally

ZONES = ["A", "B", "C"]
N_HOURS = 48


def made(device_homes: list[int], seed: int) -> tuple[np.ndarray, ...]:
    """Some devices with homes, countries, places and trips."""
    rng = np.random.default_rng(seed)
    n = len(device_homes)
    country = np.where(rng.random(n) < 0.2, 262, 0)
    present = rng.integers(-1, len(ZONES), (n, N_HOURS))
    who = np.sort(rng.integers(0, max(n, 1), 5 * n)) if n else np.empty(0, np.int64)
    zones = rng.integers(0, len(ZONES), (2, len(who)))
    when = rng.integers(0, 4, len(who))
    return np.array(device_homes, np.int64), country, present, who, zones[0], zones[1], when


def summed(parts: list[np.ndarray], every: tuple[np.ndarray, ...]) -> list[pd.DataFrame]:
    home, country, present, who, left, reached, when = every
    sums = Sums(Origins(ZONES), N_HOURS)
    for devices in parts:
        number = np.full(len(home), -1)
        number[devices] = np.arange(len(devices))
        own = np.isin(who, devices)
        trips = (number[who[own]], left[own], reached[own], when[own])
        sums.add(home[devices], country[devices], present[devices], trips)
    return [sums.homes.frame(), sums.present.frame(), sums.flows.frame()]


@given(
    homes=st.lists(st.integers(-1, 2), min_size=1, max_size=40),
    seed=st.integers(0, 1000),
    cut=st.integers(0, 40),
)
def test_buckets_and_their_order_change_no_sum(homes: list[int], seed: int, cut: int) -> None:
    every = made(homes, seed)
    devices = np.arange(len(homes))
    whole = summed([devices], every)
    parts = [part for part in (devices[cut:][::-1], devices[:cut]) if len(part)]
    for one, other in zip(whole, summed(parts, every), strict=True):
        pd.testing.assert_frame_equal(one, other)


@given(homes=st.lists(st.integers(-1, 2), min_size=1, max_size=30), seed=st.integers(0, 1000))
def test_every_device_trip_and_hour_is_in_the_sums_once(homes: list[int], seed: int) -> None:
    every = made(homes, seed)
    by_origin, present, flows = summed([np.arange(len(homes))], every)
    assert by_origin["n_devices"].sum() == len(homes)
    assert present["n_devices"].sum() == (every[2] >= 0).sum()
    assert flows["n_trips"].sum() == len(every[3])
    assert (flows["n_devices"] <= flows["n_trips"]).all()


def test_a_device_that_makes_a_trip_twice_in_an_hour_is_one_device() -> None:
    sums = Sums(Origins(ZONES), N_HOURS)
    twice = tuple(np.array(one) for one in ([0, 0, 1], [0, 0, 0], [1, 1, 1], [7, 7, 7]))
    sums.add(np.array([2, 2]), np.array([0, 0]), np.full((2, N_HOURS), -1), twice)
    assert sums.flows.frame().to_dict("records") == [
        {"origin": 2, "from_zone": 0, "to_zone": 1, "hour": 7, "n_trips": 3, "n_devices": 2}
    ]


def test_a_visiting_sim_is_of_its_country_and_not_of_the_zone_where_it_sleeps() -> None:
    origins = Origins(ZONES)
    found = origins.of(np.array([1, 1, -1, -1]), np.array([0, 262, 262, 0]))
    assert list(origins.country(found)) == [0, 262, 262, 0]
    assert found[0] == 1
    assert found[3] == origins.unknown


def test_a_key_out_of_range_is_not_counted_elsewhere() -> None:
    with pytest.raises(ValueError, match="invalid entry"):
        Tally({"zone": 2}, ("n",)).add({"zone": np.array([2])}, {"n": 1})
