"""A bucket of devices by hand: where they are at the half hour, their homes, their trips."""

from __future__ import annotations

import dataclasses
import tracemalloc

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from peil.estimate.linked.follow import Followed, half_hours_within, located, sums_over
from peil.estimate.linked.stays import staying
from peil.estimate.linked.sums import PARTS, Origins
from peil.stage.device_rows import OUTSIDE, UNLOCATED, Bucket
from peil_models.stays import Segments

H = 3600.0
# three cells, each with a tile in a zone of its own, and a fourth that reaches nowhere
CHANCES = sparse.csr_array(np.vstack([np.eye(3), np.zeros((1, 3))]))
LOCATED = np.array([True, True, True, False])
CELLS = pd.DataFrame({"x_m": [0.0, 5000.0, 10_000.0, 0.0], "y_m": 0.0})
ORIGINS = Origins(["A", "B", "C"])


def summed(read: Bucket, chances: sparse.csr_array = CHANCES) -> Followed:
    model = staying("-", chances, CELLS, CELLS[:3], np.ones(3), np.ones(3), np.arange(3))
    return sums_over([read], model, LOCATED, ORIGINS, NIGHT)


def bucket(*devices: list[tuple[float, int]], country: list[int] | None = None) -> Bucket:
    """Devices as lists of (hour, cell)."""
    rows = [(n, at * H, cell) for n, one in enumerate(devices) for at, cell in one]
    who, at_s, cell = (np.array(column) for column in zip(*rows, strict=True))
    return Bucket(
        who.astype(np.int64),
        at_s.astype(float),
        cell.astype(np.int32),
        np.full(len(who), -1, np.int32),
        np.array(country or [0] * len(devices), np.int32),
    )


COMMUTER = [(0, 0), (3, 0), (7, 0), (8, 1), (12, 1), (16.5, 1), (17.5, 0), (22, 0), (23.9, 0)]
NIGHT = np.isin(np.arange(24), (0, 1, 2, 3, 4, 5))


def test_a_commuter_lives_where_he_sleeps_and_makes_two_trips() -> None:
    found = summed(bucket(COMMUTER))
    assert found.sums.homes.frame().to_dict("records") == [{"origin": 0, "n_devices": 1}]
    flows = found.sums.flows.frame()
    assert flows[["from_zone", "to_zone", "hour"]].to_numpy().tolist() == [[0, 1, 7], [1, 0, 17]]
    present = found.sums.present.frame()
    at = dict(zip(present["hour"], present["zone"], strict=True))
    assert at[2] == 0 and at[10] == 1 and at[20] == 0
    assert found.facts["n_trips"] == 2 and found.facts["homed_share"] == 1.0


def test_a_visitor_from_abroad_is_of_his_country() -> None:
    read = bucket(COMMUTER, COMMUTER, country=[0, 262])
    found = summed(read)
    assert found.sums.origins.country(found.sums.homes.frame()["origin"]).tolist() == [0, 262]
    assert found.facts["n_devices_roaming"] == 1
    assert found.sums.flows.frame()["n_devices"].sum() == 4


def test_a_trip_within_a_silence_is_counted_at_its_start() -> None:
    silent = [(0, 0), (1, 0), (11, 1), (13, 1)]  # ten hours between two zones
    assert summed(bucket(silent)).sums.flows.frame()["hour"].tolist() == [1]


def test_what_was_not_seen_is_no_trip() -> None:
    lost = [(0, 0), (1, 0), (13.5, 1), (15, 1)]  # more than half a day between two zones
    abroad = [(0, 0), (1, 0), (2, OUTSIDE), (3, OUTSIDE), (4, 1), (6, 1)]
    one = summed(bucket(lost, abroad))
    assert one.facts["n_trips"] == 0


def test_a_cell_without_a_place_moves_nobody() -> None:
    seen = [(0, 0), (3, 0), (4, 3), (5, 0), (8, 0)]
    found = summed(bucket(seen))
    assert found.facts["n_trips"] == 0
    assert set(found.sums.present.frame()["zone"]) == {0}


def test_a_cell_without_a_place_beside_another_in_one_second_is_passed_over() -> None:
    """Rows come by device, moment and cell number; what has no place has no number any more."""
    lone = [(0, 0), (3, 0), (5, 0), (8, 0)]
    pair = [(0, 0), (3, 0), (3, 3), (5, 0), (5, 3), (8, 0)]
    abroad = [(0, OUTSIDE), (0, 3), (2, OUTSIDE)]
    whole, plain = summed(bucket(pair, abroad)), summed(bucket(lone, [(0, OUTSIDE), (2, OUTSIDE)]))
    for name in ("homes", "present", "flows"):
        with_pair, without = (getattr(of.sums, name).frame() for of in (whole, plain))
        pd.testing.assert_frame_equal(with_pair, without)


def test_only_rows_of_one_moment_change_places_when_cells_lose_theirs() -> None:
    read = bucket(COMMUTER, [(0, OUTSIDE), (1, 1), (1, 3), (2, 0)])
    read = dataclasses.replace(read, timing=np.arange(len(read.device), dtype=np.int32))
    cell, timing = located(read, LOCATED)
    assert cell.tolist() == [cell for _, cell in COMMUTER] + [OUTSIDE, UNLOCATED, 1, 0]
    assert timing.tolist() == [*range(9), 9, 11, 10, 12]
    assert located(read, np.full(4, True))[0].tolist() == read.cell.tolist()


def test_a_device_that_is_never_placed_has_no_home_and_is_still_a_device() -> None:
    found = summed(bucket([(0, 3), (5, 3)]))
    origins = found.sums.origins
    assert found.sums.homes.frame().to_dict("records") == [
        {"origin": origins.unknown, "n_devices": 1}
    ]
    assert found.facts["homed_share"] == 0.0


def test_neighbours_in_a_bucket_lend_each_other_nothing() -> None:
    """The segments of one device end where the next begins; so do its hours and trips."""
    found = summed(bucket([(20, 0), (23, 0)], [(0, 1), (2, 1)]))
    present = found.sums.present.frame()
    assert sorted(zip(present["zone"], present["hour"], strict=True)) == [
        (0, 20),
        (0, 21),
        (0, 22),
        (1, 0),
        (1, 1),
    ]
    assert found.facts["n_trips"] == 0


def test_a_segment_has_the_half_hours_from_its_start_up_to_its_end() -> None:
    starts, ends = [1800.0, 1800.5, 5400.0, -9000.0], [5400.0, 5400.5, 1e6, 1800.0]
    segments = Segments.of([0, 1, 2, 3], starts, ends, *[[0, 0, 0, 0]] * 4)
    first, n_in_a_row = half_hours_within(segments, 4)
    hours = [list(range(a, a + n)) for a, n in zip(first, n_in_a_row, strict=True)]
    assert hours == [[0], [1], [1, 2, 3], []]


def test_a_device_between_zones_is_shared_in_presence_and_makes_whole_trips() -> None:
    """A cell that reaches two zones: part of a device in each, and one trip to the likelier."""
    between = sparse.csr_array(np.array([[1.0, 0.0, 0], [0, 0.6, 0.4], [0, 0, 0.4], [0, 0, 0]]))
    found = summed(bucket(COMMUTER), between).sums
    present = found.present.frame()
    noon = present[present["hour"] == 12].set_index("zone")
    assert set(noon.index) == {1, 2}
    assert noon["n_parts"].sum() == pytest.approx(PARTS, abs=2)
    assert noon["n_parts"].min() > 0.1 * PARTS
    assert noon["n_devices"].to_dict() == {1: 1, 2: 0}
    flows = found.flows.frame()
    assert flows["n_parts"].tolist() == [PARTS, PARTS]
    assert flows["n_devices"].tolist() == [1, 1]


def test_stays_at_home_are_where_all_nights_say() -> None:
    """One evening's cell reaches two zones; the nights at home tell which."""
    between = sparse.csr_array(np.array([[1.0, 0, 0], [0.45, 0.55, 0], [0, 0, 1.0], [0, 0, 0]]))
    seen = [(0, 0), (3, 0), (5, 0), (7, 0), (9, 2), (16, 2), (18, 0), (20, 1), (21, 1), (23.9, 1)]
    found = summed(bucket(seen), between).sums
    assert found.homes.frame()["origin"].tolist() == [0]
    late = found.present.frame().query("hour == 22").set_index("zone")["n_parts"]
    assert late.get(0, 0) > 0.9 * PARTS


def test_memory_follows_the_size_of_buckets_and_not_the_number_of_devices() -> None:
    """Devices that move at each event, the worst there is: more of them need no more at a time."""
    walks = [[(0.1 * n + 0.001 * d, (n + d) % 3) for n in range(30)] for d in range(2_000)]
    model = staying("-", CHANCES, CELLS, CELLS[:3], np.ones(3), np.ones(3), np.arange(3))
    few, many = bucket(*walks[:500]), bucket(*walks)
    peaks, found = [], []
    for read in ([few], few.cut(3_000), many.cut(3_000), [many]):
        tracemalloc.start()
        found.append(sums_over(read, model, LOCATED, ORIGINS, NIGHT))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    whole_few, cut_few, cut_many, whole_many = peaks
    assert whole_many > 2 * whole_few and whole_few > 2 * cut_few
    assert cut_many < 1.2 * cut_few
    assert found[2].facts == found[3].facts and int(found[2].facts["n_rows"]) == 60_000
    for name in ("homes", "present", "flows"):
        one, other = (getattr(found[n].sums, name).frame() for n in (2, 3))
        pd.testing.assert_frame_equal(one, other)
