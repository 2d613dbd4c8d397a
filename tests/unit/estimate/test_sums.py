"""Sums over devices are the same whichever devices come together: exact, and additive."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from peil.estimate.linked.sums import PARTS, Ends, Origins, Sums, Tally

ZONES = ["A", "B", "C"]
N_HOURS = 48


def shares(rng: np.random.Generator, n: int) -> sparse.csr_array:
    """Rows of shares over zones that sum to 1, or are empty."""
    some = rng.random((n, len(ZONES))) * (rng.random((n, len(ZONES))) < 0.6)
    total = some.sum(axis=1, keepdims=True)
    return sparse.csr_array(np.divide(some, total, out=np.zeros_like(some), where=total > 0))


def likeliest(of: sparse.csr_array) -> np.ndarray:
    dense = of.toarray()
    return np.where(dense.any(axis=1), dense.argmax(axis=1), -1)


class Made:
    """Some devices with homes, countries, places in hours, and trips."""

    def __init__(self, homes: list[int], seed: int) -> None:
        rng = np.random.default_rng(seed)
        n = len(homes)
        country = np.where(rng.random(n) < 0.2, 262, 0)
        self.origin = Origins(ZONES).of(np.array(homes, np.int64), country)
        self.device = np.repeat(np.arange(n), N_HOURS)
        self.hour = np.tile(np.arange(N_HOURS), n)
        self.present = shares(rng, len(self.hour))
        self.who = np.sort(rng.integers(0, n, 5 * n))
        self.when = rng.integers(0, 4, len(self.who))
        self.ends = [shares(rng, len(self.who)) for _ in range(2)]

    def summed(self, parts: list[np.ndarray]) -> list[pd.DataFrame]:
        sums = Sums(Origins(ZONES), N_HOURS)
        for devices in parts:
            number = np.full(len(self.origin), -1)
            number[devices] = np.arange(len(devices))
            origin = self.origin[devices]
            sums.add_homes(origin)
            own = np.flatnonzero(np.isin(self.device, devices))
            sums.add_present(
                origin[number[self.device[own]]],
                self.hour[own],
                self.present[own],
                likeliest(self.present[own]),
            )
            known = np.all([likeliest(end) >= 0 for end in self.ends], axis=0)
            own = np.flatnonzero(np.isin(self.who, devices) & known)
            who = number[self.who[own]]
            ends = [Ends(end[own], likeliest(end[own])) for end in self.ends]
            sums.add_flows(who, origin[who], self.when[own], *ends)
        return [sums.homes.frame(), sums.present.frame(), sums.flows.frame()]


@settings(deadline=None)
@given(
    homes=st.lists(st.integers(-1, 2), min_size=1, max_size=20),
    seed=st.integers(0, 1000),
    cut=st.integers(0, 20),
)
def test_buckets_and_their_order_change_no_sum(homes: list[int], seed: int, cut: int) -> None:
    every, devices = Made(homes, seed), np.arange(len(homes))
    parts = [part for part in (devices[cut:], devices[:cut]) if len(part)]
    for one, other in zip(every.summed([devices]), every.summed(parts), strict=True):
        pd.testing.assert_frame_equal(one, other)


@settings(deadline=None)
@given(homes=st.lists(st.integers(-1, 2), min_size=1, max_size=20), seed=st.integers(0, 1000))
def test_every_device_trip_and_hour_is_in_the_sums_once(homes: list[int], seed: int) -> None:
    every = Made(homes, seed)
    by_origin, present, flows = every.summed([np.arange(len(homes))])
    assert by_origin["n_devices"].sum() == len(homes)
    is_placed = likeliest(every.present) >= 0
    assert present["n_devices"].sum() == is_placed.sum()
    assert present["n_parts"].sum() / PARTS == pytest.approx(is_placed.sum(), abs=1e-2)
    known = np.all([likeliest(end) >= 0 for end in every.ends], axis=0)
    assert flows["n_parts"].sum() / PARTS == pytest.approx(known.sum(), abs=1e-2)
    assert flows["n_devices"].sum() <= known.sum()


def test_a_device_that_makes_a_trip_twice_in_an_hour_is_one_device() -> None:
    sums = Sums(Origins(ZONES), N_HOURS)
    who, origin, hour = np.array([0, 0, 1]), np.array([2, 2, 2]), np.array([7, 7, 7])
    ends = [sparse.csr_array(np.eye(3)[[zone] * 3]) for zone in (0, 1)]
    sums.add_flows(who, origin, hour, *(Ends(end, likeliest(end)) for end in ends))
    assert sums.flows.frame().to_dict("records") == [
        {"origin": 2, "from_zone": 0, "to_zone": 1, "hour": 7, "n_parts": 3 * PARTS, "n_devices": 2}
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


def test_many_keys_are_told_apart_however_they_come() -> None:
    """Far more keys than there are places at first, near each other and far apart."""
    rng = np.random.default_rng(1)
    near, far = rng.integers(0, 5_000, 30_000), rng.integers(0, 2**40, 30_000)
    key = np.concatenate([near, far, far[:7_000]])
    amount = rng.integers(1, 2**45, len(key))
    tally = Tally({"high": 2**20, "low": 2**20}, ("n", "m"))
    for part in np.array_split(np.arange(len(key)), 7):
        tally.add(
            {"high": key[part] >> 20, "low": key[part] & (2**20 - 1)}, {"n": amount[part], "m": 1}
        )
    plain = pd.DataFrame({"key": key, "n": amount, "m": 1}).groupby("key").sum()
    found = tally.frame()
    assert len(plain) > 30_000
    assert (found["high"] * 2**20 + found["low"]).tolist() == plain.index.tolist()
    assert found["n"].tolist() == plain["n"].tolist() and found["m"].tolist() == plain["m"].tolist()


def test_hours_in_a_row_are_counted_as_each_for_itself() -> None:
    rng = np.random.default_rng(2)
    n = 3_000
    origin, hour = rng.integers(0, 4, n), rng.integers(0, N_HOURS, n)
    n_hours = rng.integers(0, N_HOURS - hour + 1)
    where = shares(rng, n)
    at_once, one_by_one = Sums(Origins(ZONES), N_HOURS), Sums(Origins(ZONES), N_HOURS)
    at_once.add_present(origin, hour, where, likeliest(where), n_hours)
    of = np.repeat(np.arange(n), n_hours)
    nth = np.arange(len(of)) - np.repeat(np.cumsum(n_hours) - n_hours, n_hours)
    one_by_one.add_present(origin[of], hour[of] + nth, where[of], likeliest(where)[of])
    pd.testing.assert_frame_equal(at_once.present.frame(), one_by_one.present.frame())
    assert at_once.present.frame()["n_devices"].sum() == (likeliest(where)[of] >= 0).sum() > n


def test_of_one_zone_everything_is_in_it() -> None:
    sums, none = Sums(Origins(["A"]), N_HOURS), np.zeros(2, np.int64)
    whole = sparse.csr_array(np.ones((2, 1)))
    sums.add_present(none, np.array([3, 9]), whole, none)
    sums.add_flows(np.array([0, 1]), none, none + 7, Ends.whole(none, 1), Ends.whole(none, 1))
    present, flows = sums.present.frame(), sums.flows.frame()
    assert present["zone"].tolist() == [0, 0] and present["hour"].tolist() == [3, 9]
    assert (present["n_parts"] == PARTS).all()
    assert flows["n_devices"].tolist() == [2] and flows["n_parts"].tolist() == [2 * PARTS]


def test_hours_and_zones_that_there_are_not_are_refused() -> None:
    sums, none = Sums(Origins(ZONES), N_HOURS), np.array([0])
    whole = sparse.csr_array(np.eye(3)[:1])
    with pytest.raises(ValueError, match="beyond the 48 values of hour"):
        sums.add_present(none, none + 47, whole, none, none + 2)
    with pytest.raises(ValueError, match="more than the 3 values of zone"):
        sums.add_present(none, none, whole, none + 3)
    with pytest.raises(ValueError, match="more than the 3 values of zone"):
        sums.add_present(none, none, sparse.csr_array(np.eye(4)[:1]), none)
    assert sums.present.frame().empty
