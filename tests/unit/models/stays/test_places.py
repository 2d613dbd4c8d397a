"""Where a stay was: overlaps, rings of timing advance, and places, worked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from peil_models.stays import (
    MOVE,
    STAY,
    UNKNOWN,
    Segments,
    StayPlacing,
    TimingRings,
    blocks,
    cell_overlaps,
)
from peil_models.stays.placing import LIKELY

# Three tiles in a row, 100 m apart; cell 0 serves the left, cell 1 the right.
CHANCES = np.array([[0.9, 0.5, 0.1], [0.1, 0.5, 0.9]])
EVEN = np.ones(3)
ZONES = [0, 0, 1]


def one(first, last, state=STAY):
    return Segments.of([0], [0.0], [3600.0], [state], [0], [first], [last])


def test_overlap_is_the_coefficient_of_bhattacharyya():
    # sqrt(.5 * .25) * 2 of two common tiles = .7071
    posterior = [[0.5, 0.5, 0.0, 0.0], [0.25, 0.25, 0.25, 0.25], [0.0, 0.0, 0.5, 0.5]]
    assert cell_overlaps(posterior, min_overlap=0.70).toarray().sum() == 3 + 4
    assert cell_overlaps(posterior, min_overlap=0.71).toarray().sum() == 3
    assert cell_overlaps(posterior, min_overlap=0.0).toarray().sum() == 3 + 4
    with pytest.raises(ValueError, match="min_overlap must be between 0 and 1"):
        cell_overlaps(posterior, min_overlap=1.1)
    with pytest.raises(ValueError, match="posterior holds NaN"):
        cell_overlaps([[np.nan]])


def test_a_cell_without_a_footprint_overlaps_itself_only():
    overlaps = cell_overlaps([[1.0, 0.0], [0.0, 0.0]], min_overlap=0.1).toarray()
    assert (overlaps == np.eye(2)).all()


def test_the_mean_of_posteriors_by_hand():
    # posteriors: cell 0 -> (.6, .3333, .0667), cell 1 -> (.0667, .3333, .6)
    places = (
        StayPlacing(method="mean")
        .fit(CHANCES, EVEN, zone_of_tile=ZONES)
        .place(one(0, 2), [0, 0, 1])
    )
    right = (2 * 0.1 / 1.5 + 0.9 / 1.5) / 3
    assert places.zone_shares.toarray()[0] == pytest.approx([1 - right, right])
    assert places.zone[0] == 0


def test_one_place_for_the_whole_stay_by_hand():
    # independent events, hardly a fluke: chances .9*.1, .5*.5, .1*.9 in three tiles
    places = (
        StayPlacing(fluke=1e-9, repeats=1.0)
        .fit(CHANCES, EVEN, zone_of_tile=ZONES)
        .place(one(0, 1), [0, 1])
    )
    assert places.tile[0] == 1
    assert places.zone_shares.toarray()[0] == pytest.approx([0.34 / 0.43, 0.09 / 0.43], abs=1e-6)


def test_repeated_events_of_one_cell_count_by_a_power():
    shares = {
        repeats: StayPlacing(fluke=1e-9, repeats=repeats)
        .fit(CHANCES, EVEN, zone_of_tile=ZONES)
        .place(one(0, 3), [0, 0, 0, 0])
        .zone_shares.toarray()[0, 1]
        for repeats in (0.0, 0.5, 1.0)
    }
    assert shares[0.0] == pytest.approx(0.1 / 1.5, abs=1e-6)
    assert shares[0.5] == pytest.approx(0.01 / (0.81 + 0.25 + 0.01), abs=1e-6)
    assert shares[1.0] < 1e-3


def test_the_prior_decides_what_the_cells_leave_open_and_stays_know_nothing_of_each_other():
    twice = Segments.of([0, 0], [0, 9], [9, 18], [0, 0], [0, 0], [0, 2], [1, 3])
    alike = np.array([[0.5, 0.5, 0.5], [0.5, 0.5, 0.5]])
    placing = StayPlacing(repeats=1.0).fit(alike, [1.0, 2.0, 5.0], zone_of_tile=ZONES)
    placed = placing.place(twice, [0, 1, 0, 1])
    assert placed.tile.tolist() == [2, 2]
    assert placed.zone_shares.toarray()[0].tolist() == pytest.approx([3 / 8, 5 / 8])
    placing = StayPlacing(fluke=1e-9, repeats=1.0).fit(CHANCES, EVEN, zone_of_tile=ZONES)
    shares = placing.place(twice, [0, 0, 0, 0]).zone_shares.toarray()
    assert shares[0].tolist() == shares[1].tolist()


def test_one_fluke_does_not_move_a_stay_to_another_town():
    far = np.array([[0.9, 0.1, 0.0], [0.9, 0.1, 0.0], [0.0, 0.0, 1.0]])
    places = (
        StayPlacing()
        .fit(far, EVEN, zone_of_tile=ZONES)
        .place(one(0, 8), [0, 1, 0, 1, 0, 1, 0, 1, 2])
    )
    assert places.tile[0] == 0


def test_nothing_is_placed_where_the_prior_is_0_and_zones_renormalise():
    places = StayPlacing(method="mean").fit(CHANCES, [1.0, 1.0, 0.0], zone_of_tile=[0, -1, 1])
    placed = places.place(one(0, 0), [0])
    assert placed.zone_shares.toarray()[0].tolist() == [1.0, 0.0]


def test_unknown_time_and_unlocated_events_have_no_place():
    placing = StayPlacing().fit(CHANCES, EVEN, zone_of_tile=ZONES)
    for segment, row in ((one(0, 1, UNKNOWN), [0, 0]), (one(0, 1), [-1, -2])):
        placed = placing.place(segment, row)
        assert (placed.tile[0], placed.zone[0], placed.zone_shares.nnz) == (-1, -1, 0)


def test_only_the_likeliest_zones_are_kept():
    placing = StayPlacing(method="mean", n_kept=1).fit(CHANCES, EVEN, zone_of_tile=[0, 1, 2])
    assert placing.place(one(0, 0, MOVE), [0]).zone_shares.toarray()[0].tolist() == [1, 0, 0]


@pytest.mark.parametrize(
    ("choices", "prior", "zone", "says"),
    [
        ({"method": "sum"}, EVEN, ZONES, "method must be"),
        ({"fluke": 0.0}, EVEN, ZONES, "fluke=0.0"),
        ({}, [1.0, np.nan, 1.0], ZONES, r"prior holds NaN or a negative number \(at 1\)"),
        ({}, [1.0, 1.0], ZONES, r"prior has shape \(2,\), expected \(3,\)"),
        ({}, np.zeros(3), ZONES, "prior gives no mass"),
        ({}, EVEN, [0], "zone_of_tile has shape"),
    ],
)
def test_what_cannot_be_placed_with_is_refused(choices, prior, zone, says):
    with pytest.raises(ValueError, match=says):
        StayPlacing(**choices).fit(CHANCES, prior, zone_of_tile=zone)


def test_events_of_other_rows_are_refused():
    placing = StayPlacing().fit(CHANCES, EVEN, zone_of_tile=ZONES)
    with pytest.raises(ValueError, match=r"row was not seen by fit \(first at event 1\)"):
        placing.place(one(0, 1), [0, 2])
    with pytest.raises(ValueError, match="row has 1 events"):
        placing.place(one(0, 1), [0])


def test_a_ring_holds_the_tiles_that_its_timing_allows():
    x = np.arange(50.0, 1000.0, 100.0)
    rings = TimingRings(step_m=100.0, n_bands=6, detour_m=40.0).fit(
        np.ones((1, 10)), [0.0], [0.0], x, np.zeros(10)
    )
    chances = rings.connection_probability_.toarray()
    # tile n lies from 100 n to 100 (n + 1) m; with a detour below the rest of its band it reports n
    stays = 1.0 - 0.4 * (1.0 - np.exp(-2.5))
    assert chances[4, 4] == pytest.approx(stays)
    assert chances[4, 3] == pytest.approx((1.0 - stays) * (1.0 - np.exp(-2.5)))
    assert np.flatnonzero(chances[4]).tolist() == [1, 2, 3, 4]
    # the last ring holds all beyond; every tile has probability 1 in sum over its timings
    assert np.flatnonzero(chances[5]).tolist() == [2, 3, 4, 5, 6, 7, 8, 9]
    assert chances[:6].sum(axis=0).tolist() == pytest.approx([1.0] * 10, abs=2e-3)
    assert chances[6].tolist() == [1.0] * 10


def test_events_find_their_ring_or_their_cell():
    rings = TimingRings(step_m=100.0, n_bands=6).fit(
        np.ones((2, 1)), [0.0, np.nan], [0.0, 0.0], [250.0], [0.0]
    )
    rows = rings.rows([0, 0, 0, 1, -1, -2], [2, 0, -1, 2, 3, 3])  # band 0 does not reach
    assert rows.tolist() == [2, 6, 6, 13, -1, -2]
    with pytest.raises(ValueError, match=r"cell was not seen by fit \(first at event 0\)"):
        rings.rows([2], [0])
    with pytest.raises(ValueError, match="timing_advance has shape"):
        rings.rows([0], [0, 1])
    with pytest.raises(ValueError, match="cell_x_m has 1 elements"):
        TimingRings().fit(np.ones((2, 1)), [0.0], [0.0], [0.0], [0.0])
    with pytest.raises(ValueError, match="step_m must be above 0"):
        TimingRings(step_m=0).fit(np.ones((1, 1)), [0.0], [0.0], [0.0], [0.0])


def town(**choices):
    """Rings of three cells on a street, the third without a place."""
    x = np.arange(50.0, 3000.0, 100.0)
    chances = np.exp(-np.abs(x - np.array([[300.0], [1500.0], [2500.0]])) / 150.0)
    masts = [300.0, 1500.0, np.nan], np.zeros(3)
    rings = TimingRings(step_m=100.0, n_bands=6, detour_m=40.0)
    return rings.set_params(**choices), (chances, *masts, x, np.zeros(len(x)))


def test_rings_are_the_same_bytes_however_many_cells_are_cut_at_a_time(monkeypatch):
    def cut():
        rings, given = town(least=0.02)
        matrix = rings.fit(*given).connection_probability_
        return [part.tobytes() for part in (matrix.data, matrix.indices, matrix.indptr)]

    whole = cut()
    monkeypatch.setattr(blocks.row_blocks, "__defaults__", (1,))
    assert cut() == whole


def test_what_no_event_reports_is_not_cut_and_refused():
    rings, given = town()
    every = rings.fit(*given).connection_probability_
    is_reported = np.zeros((3, 6), bool)
    is_reported[[0, 2], [2, 2]] = True
    rings.fit(*given, is_reported=is_reported)
    some = rings.connection_probability_
    kept = np.flatnonzero(np.diff(some.indptr))
    assert kept.tolist() == [2, 6, 13, 20]  # one ring, and each cell without timing
    assert (some[kept] != every[kept]).nnz == 0
    assert rings.rows([0, 1, 2, -1], [2, -1, 2, 3]).tolist() == [2, 13, 20, -1]
    with pytest.raises(ValueError, match=r"timing_advance was not reported to fit .*at event 1"):
        rings.rows([0, 1], [2, 2])
    with pytest.raises(ValueError, match="is_reported has shape"):
        rings.fit(*given, is_reported=is_reported[:2])


def test_rings_without_unlikely_tiles_place_every_stay_as_before():
    every, given = town()
    likely, _ = town(least=LIKELY * 0.01)
    prior, zone = np.ones(30), np.arange(30) // 5
    matrices = [rings.fit(*given).connection_probability_ for rings in (every, likely)]
    assert matrices[1].nnz < matrices[0].nnz
    cell, timing = np.repeat([0, 1], 6), np.tile(np.arange(6), 2)
    assert likely.rows(cell, timing).tolist() == every.rows(cell, timing).tolist()
    first, second = (
        StayPlacing(fluke=0.01).fit(matrix, prior, zone_of_tile=zone) for matrix in matrices
    )
    for row in every.rows(cell, timing):
        places = [placing.place(one(0, 0), [row]) for placing in (first, second)]
        assert places[0].tile.tolist() == places[1].tile.tolist()
        assert (places[0].zone_shares != places[1].zone_shares).nnz == 0
    with pytest.raises(ValueError, match="least must be from 0"):
        town(least=1.0)[0].fit(*given)
