"""A drawn landscape has the people its register says, and errs exactly as its scenario says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from peil_models.footprint import FootprintSignalStrength
from peil_models.synthetic.landscape import COMMUTERS, Landscape, draw_lives, serving_cells
from peil_models.synthetic.landscape_radio import (
    SCENARIOS,
    Scenario,
    delivered_cells,
    delivered_counts,
    heard_from,
    true_footprint,
)

BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}


@pytest.fixture(scope="module")
def land() -> Landscape:
    """12 by 12 km of 400 m tiles; two zones, a strip outside, homes west and jobs east of each."""
    x, y = np.meshgrid(np.arange(200.0, 12_000, 400), np.arange(200.0, 12_000, 400))
    tiles = pd.DataFrame({"x_m": x.ravel(), "y_m": y.ravel(), "elevation_m": 0.0})
    tiles["zone"] = np.where(tiles["y_m"] < 4000, 0, np.where(tiles["y_m"] < 8000, 1, -1))
    is_west = tiles["x_m"] < 6000
    tiles["residential"] = np.where(is_west, 0.5, 0.0)
    tiles["building"] = np.where(is_west, 0.0, 0.6)
    tiles["roads"] = 0.05
    random = np.random.default_rng(1)
    cells = pd.DataFrame(random.uniform(0, 12_000, (40, 2)), columns=["x_m", "y_m"])
    cells["azimuth_deg"] = random.uniform(0, 360, 40)
    return Landscape(tiles, cells, np.array([30_000, 10_000]))


def test_homes_meet_the_register_exactly_and_follow_land_use(land):
    lives = draw_lives(land, 1)
    assert np.bincount(lives.home_zone).tolist() == [30_000, 10_000]
    assert (land.zone[lives.home] == lives.home_zone).all()
    shown = np.bincount(lives.home, minlength=len(land.tiles))
    west = (land.tiles["x_m"] < 6000).to_numpy()
    assert shown[west & (land.zone == 0)].sum() / 30_000 == pytest.approx(0.5 / 0.68, abs=0.01)
    assert shown[land.zone < 0].sum() == 0


def test_an_open_border_is_crossed_by_residents_and_neighbours_stay(land):
    closed, opened = (
        draw_lives(land, 1, abroad_share=0.1, is_border_open=is_open) for is_open in (False, True)
    )
    is_resident = opened.home_zone >= 0
    assert (land.zone[closed.work[is_resident]] >= 0).all()
    away = land.zone[opened.work[is_resident]] < 0
    by_home = [away[opened.home_zone[is_resident] == zone].mean() for zone in (0, 1)]
    assert 0.0 < by_home[0] < by_home[1] < COMMUTERS  # zone 1 lies at the border
    assert (opened.work[~is_resident] == opened.home[~is_resident]).all()
    assert (opened.home == closed.home).all()


def test_a_quarter_works_elsewhere_near_home_where_the_jobs_are(land):
    lives = draw_lives(land, 1)
    away = lives.work != lives.home
    assert away.mean() == pytest.approx(COMMUTERS, abs=0.01)
    assert (land.zone[lives.work] >= 0).all()
    points = land.tiles[["x_m", "y_m"]].to_numpy()
    far = np.hypot(*(points[lives.work[away]] - points[lives.home[away]]).T)
    anywhere = np.random.default_rng(1).permutation(lives.work[away])
    further = np.hypot(*(points[anywhere] - points[lives.home[away]]).T)
    assert 0.7 * further.mean() < far.mean() < 0.97 * further.mean()
    east = (land.tiles["x_m"] > 6000).to_numpy()
    assert east[lives.work[away]].mean() > 0.8


def test_devices_follow_the_share_of_their_municipality(land):
    lives = draw_lives(land, 1, market_share=np.array([0.2, 0.5]))
    assert [lives.has_device[lives.home_zone == z].mean() for z in (0, 1)] == pytest.approx(
        [0.2, 0.5], abs=0.02
    )
    plain = draw_lives(land, 1)
    assert plain.has_device.mean() == pytest.approx(1 / 3, abs=0.01)
    assert (plain.home == lives.home).all()


def test_a_seed_gives_the_same_people_and_another_seed_others(land):
    first, again, other = draw_lives(land, 1), draw_lives(land, 1), draw_lives(land, 2)
    assert (first.work == again.work).all() and (first.has_device == again.has_device).all()
    assert (first.work != other.work).any()


def test_a_crowd_is_in_one_tile_by_day_and_at_home_by_night(land):
    lives = draw_lives(land, 1, crowd_persons=5_000)
    assert np.bincount(lives.work).max() >= 5_000
    assert np.bincount(lives.home).max() < 1_000


def test_people_from_abroad_live_outside_and_belong_to_no_zone(land):
    lives = draw_lives(land, 1, abroad_share=0.1)
    abroad = lives.home_zone == -1
    assert abroad.sum() == pytest.approx(2_000, rel=0.1)
    assert (land.zone[lives.home[abroad]] == -1).all() and lives.has_device[abroad].all()


def test_a_land_that_cannot_be_is_refused(land):
    with pytest.raises(ValueError, match="no column zone"):
        Landscape(land.tiles.drop(columns="zone"), land.cells, land.register)
    with pytest.raises(ValueError, match="zone 2, tiles no homes"):
        Landscape(land.tiles, land.cells, np.array([1, 1, 5]))


def test_devices_are_served_as_often_as_the_footprint_says(land):
    chances = FootprintSignalStrength().fit(land.cells, land.tiles).connection_probability_
    at = np.repeat([100, 500], 40_000)
    served = serving_cells(chances, at, np.random.default_rng(1))
    for tile in (100, 500):
        share = np.bincount(served[at == tile], minlength=40) / 40_000
        assert np.abs(share - chances[:, [tile]].toarray()[:, 0]).max() < 0.01


def test_a_device_out_of_reach_is_served_by_none_and_counted_by_none():
    chances = sparse.csr_array(np.array([[0.0, 1.0], [0.0, 0.0]]))
    served = serving_cells(chances, np.array([0, 1, 0]), np.random.default_rng(1))
    assert served.tolist() == [-1, 0, -1]
    counts, unknown = delivered_counts(served, 2, BY_NAME["known"], 1)
    assert counts.tolist() == [1.0, 0.0] and unknown == 0


def test_the_known_footprint_is_the_nominal_one_and_the_others_are_not(land):
    nominal = FootprintSignalStrength().fit(land.cells, land.tiles).connection_probability_
    for scenario in SCENARIOS:
        scenario = replace(scenario, changed_share=5 * scenario.changed_share)
        true = true_footprint(land.cells, land.tiles, scenario, 1)
        sums = true.sum(axis=0)
        assert np.allclose(sums[sums > 0], 1.0)
        is_same = true.shape == nominal.shape and abs(true - nominal).max() < 1e-12
        assert is_same == scenario.is_footprint_known, scenario.name


def test_outages_silence_cells_and_added_cells_stand_after_the_plan(land):
    out = true_footprint(land.cells, land.tiles, Scenario("o", "", out_share=0.25), 1)
    n_silent = (np.asarray(out.sum(axis=1)).ravel() == 0).sum()
    assert 5 <= n_silent <= 15
    added = true_footprint(land.cells, land.tiles, Scenario("c", "", changed_share=0.2), 1)
    assert added.shape[0] > 40


def test_shadows_have_the_size_they_are_said_to_have(land):
    mild, strong = (
        true_footprint(land.cells, land.tiles, Scenario("s", "", shadow_sd_db=sd), 1)
        for sd in (1.0, 6.0)
    )
    nominal = FootprintSignalStrength().fit(land.cells, land.tiles).connection_probability_
    assert abs(strong - nominal).mean() > 3 * abs(mild - nominal).mean() > 0


def test_sparse_events_thin_counts_and_renamed_cells_lose_theirs():
    served = np.repeat(np.arange(200), 500)
    counts, unknown = delivered_counts(served, 200, BY_NAME["sparse"], 1)
    assert counts.sum() / len(served) == pytest.approx(1 - np.exp(-0.5), abs=0.01)
    counts, unknown = delivered_counts(served, 200, Scenario("c", "", changed_share=0.1), 1)
    assert unknown == 500 * (counts == 0).sum() > 0
    assert counts.sum() + unknown == len(served)


def test_devices_counted_one_by_one_are_those_of_the_counts_and_others_each_hour():
    served = np.append(np.repeat(np.arange(210), 500), -1)
    for scenario in (BY_NAME["known"], Scenario("c", "", changed_share=0.1)):
        cells = delivered_cells(served, 200, scenario, 1, "day")
        counts, _ = delivered_counts(served, 200, scenario, 1)
        assert np.bincount(cells[cells >= 0], minlength=200).tolist() == counts.tolist()
    day, night = (delivered_cells(served, 200, BY_NAME["sparse"], 1, h) >= 0 for h in ("d", "n"))
    p = 1 - np.exp(-0.5)
    assert day[:100_000].mean() == pytest.approx(p, abs=0.01)
    assert (day & night)[:100_000].mean() == pytest.approx(p * p, abs=0.01)


def test_memory_moves_the_place_that_is_heard_for_its_share_of_devices(land):
    at = np.full(20_000, 450)
    scenario = Scenario("m", "", memory_share=0.5, memory_m=2_000.0)
    heard = heard_from(land.tiles, at, scenario, 1)
    assert (heard != at).mean() == pytest.approx(0.5 * np.exp(-200 / 2000), abs=0.05)
    points = land.tiles[["x_m", "y_m"]].to_numpy()
    far = np.hypot(*(points[heard] - points[at]).T)
    assert far[far > 0].mean() == pytest.approx(2_000, rel=0.15)
