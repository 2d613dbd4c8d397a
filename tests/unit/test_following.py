"""A bucket of devices by hand: where they are at the half hour, their homes, their trips."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from peil.following import Geography, at_half_hours, most_nights, sums_over, trips_between_stays
from peil.linked import OUTSIDE, Bucket
from peil.sums import Origins

H = 3600.0
# three cells, each with a tile in a zone of its own, and a fourth that reaches nowhere
CHANCES = sparse.csr_array(np.vstack([np.eye(3), np.zeros((1, 3))]))
X_M = np.array([0.0, 5000.0, 10_000.0])


def places() -> Geography:
    masts = (np.append(X_M, 0.0), np.zeros(4))
    return Geography.fitted(CHANCES, np.ones(3), np.arange(3), masts, (X_M, np.zeros(3)), "-")


def bucket(*devices: list[tuple[float, int]], country: list[int] | None = None) -> Bucket:
    """Devices as lists of (hour, cell)."""
    rows = [(n, at * H, cell) for n, one in enumerate(devices) for at, cell in one]
    who, at_s, cell = (np.array(column) for column in zip(*rows, strict=True))
    return Bucket(who.astype(np.int64), at_s.astype(float), cell.astype(np.int32),
                  np.full(len(who), -1, np.int32),
                  np.array(country or [0] * len(devices), np.int32))  # fmt: skip


COMMUTER = [(0, 0), (3, 0), (7, 0), (8, 1), (12, 1), (16.5, 1), (17.5, 0), (22, 0), (23.9, 0)]
NIGHT = np.isin(np.arange(24), (0, 1, 2, 3, 4, 5))


def test_a_commuter_lives_where_he_sleeps_and_makes_two_trips() -> None:
    found = sums_over([bucket(COMMUTER)], places(), Origins(["A", "B", "C"]), 24, NIGHT)
    assert found.sums.homes.frame().to_dict("records") == [{"origin": 0, "n_devices": 1}]
    flows = found.sums.flows.frame()
    assert flows[["from_zone", "to_zone", "hour"]].to_numpy().tolist() == [[0, 1, 7], [1, 0, 16]]
    present = found.sums.present.frame()
    at = dict(zip(present["hour"], present["zone"], strict=True))
    assert at[2] == 0 and at[10] == 1 and at[20] == 0
    assert found.facts["n_trips"] == 2 and found.facts["homed_share"] == 1.0


def test_a_visitor_from_abroad_is_of_his_country() -> None:
    read = bucket(COMMUTER, COMMUTER, country=[0, 262])
    found = sums_over([read], places(), Origins(["A", "B", "C"]), 24, NIGHT)
    assert found.sums.origins.country(found.sums.homes.frame()["origin"]).tolist() == [0, 262]
    assert found.facts["n_devices_roaming"] == 1
    assert found.sums.flows.frame()["n_devices"].sum() == 4


def test_what_was_not_seen_is_no_trip() -> None:
    lost = [(0, 0), (1, 0), (11, 1), (13, 1)]  # ten hours of silence between two zones
    abroad = [(0, 0), (1, 0), (2, OUTSIDE), (3, OUTSIDE), (4, 1), (6, 1)]
    one = sums_over([bucket(lost, abroad)], places(), Origins(["A", "B", "C"]), 24, NIGHT)
    assert one.facts["n_trips"] == 0


def test_a_cell_without_a_place_moves_nobody() -> None:
    seen = [(0, 0), (3, 0), (4, 3), (5, 0), (8, 0)]
    found = sums_over([bucket(seen)], places(), Origins(["A", "B", "C"]), 24, NIGHT)
    assert found.facts["n_trips"] == 0
    assert set(found.sums.present.frame()["zone"]) == {0}


def test_a_device_that_is_never_placed_has_no_home_and_is_still_a_device() -> None:
    found = sums_over([bucket([(0, 3), (5, 3)])], places(), Origins(["A", "B", "C"]), 24, NIGHT)
    origins = found.sums.origins
    assert found.sums.homes.frame().to_dict("records") == [
        {"origin": origins.unknown, "n_devices": 1}
    ]
    assert found.facts["homed_share"] == 0.0


def test_neighbours_in_a_bucket_lend_each_other_nothing() -> None:
    """The segments of one device end where the next begins; so do its hours and trips."""
    model = places()
    read = bucket([(20, 0), (23, 0)], [(0, 1), (2, 1)])
    segments = model.segmentation.segment(read.device, read.at_s, read.cell)
    zone = np.where(segments.cell >= 0, segments.cell, -1).astype(np.int64)
    at = at_half_hours(segments, zone, 2, 24)
    assert set(at[0, :19]) == {-1} and set(at[0, 20:23]) == {0}
    assert set(at[1, 0:2]) == {1} and set(at[1, 3:]) == {-1}
    assert [len(part) for part in trips_between_stays(segments, zone, 24)] == [0] * 4


def test_of_two_homes_alike_the_first_is_taken() -> None:
    assert most_nights(np.array([[2, 2, 1, 1]]), 3).tolist() == [1]
