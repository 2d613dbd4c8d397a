"""On a real landscape the taught prior beats EM by the margin that is claimed, seed for seed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.accuracy import zuid_limburg
from benchmarks.accuracy.zuid_limburg import day as zuid_limburg_day
from benchmarks.accuracy.zuid_limburg import intervals as zuid_limburg_intervals
from peil_models.presence import PresenceLandUse
from peil_models.synthetic.landscape_radio import SCENARIOS

pytestmark = pytest.mark.slow  # minutes, and only where the landscape lies outside the checkout
BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}
SEED = 1  # of those that may be tuned on


@pytest.fixture(scope="module")
def world(outside_data: Path) -> zuid_limburg.Told:
    return zuid_limburg.Told.of(zuid_limburg.landscape(outside_data / "zuid_limburg")).within()


def scores_of(world: zuid_limburg.Told, name: str) -> dict[str, dict[str, float]]:
    scenario = BY_NAME[name]
    lives, chances = zuid_limburg.world(world, scenario, SEED)
    at = lives.home[lives.has_device]
    counts = zuid_limburg.counted(world, scenario, SEED, chances, at, "night")
    truth = np.bincount(at, minlength=len(world.land.tiles)).astype(float)
    return {
        estimator: zuid_limburg.scored(world.land, truth, world.devices(estimator, counts), False)
        for estimator in ("sb", "em10", "landuse")
    }


def test_the_world_gives_the_published_figures(world):
    """Published: sum of posteriors 10.6 % and 34 %, EM after ten steps 4.0 % and 25 %."""
    scores = scores_of(world, "known")
    assert scores["sb"]["mape"] == pytest.approx(0.106, abs=0.015)
    assert scores["sb"]["wape_1km"] == pytest.approx(0.34, abs=0.03)
    assert scores["em10"]["mape"] == pytest.approx(0.040, abs=0.01)
    assert scores["em10"]["wape_1km"] == pytest.approx(0.25, abs=0.03)


@pytest.mark.parametrize("name", ["known", "shadow"])
def test_a_taught_prior_is_at_least_fifteen_percent_better_than_em(world, name):
    scores = scores_of(world, name)
    for measure in ("mape", "wape_1km"):
        assert scores["landuse"][measure] <= 0.85 * scores["em10"][measure]


@pytest.mark.parametrize("name", ["memory", "path_loss", "old_plan"])
def test_a_wrong_footprint_does_not_make_it_worse_than_the_sum_of_posteriors(world, name):
    scores = scores_of(world, name)
    for measure in ("mape", "wape_1km"):
        assert scores["landuse"][measure] <= scores["sb"][measure]


def test_the_climb_is_shorter_where_the_footprint_is_wrong(world):
    steps = {}
    for name in ("known", "path_loss"):
        lives, chances = zuid_limburg.world(world, BY_NAME[name], SEED)
        at = lives.home[lives.has_device]
        counts = zuid_limburg.counted(world, BY_NAME[name], SEED, chances, at, "night")
        steps[name] = (
            PresenceLandUse(world.land_use, world.prior).fit(world.chances, counts).n_iter_
        )
    assert steps["path_loss"] < 5 < steps["known"]


def test_by_day_each_way_to_persons_is_better_than_with_em(world):
    """Published: EM with home weights and night ratio 3.2 % and 2.0 %, the counted table 4.7 %."""
    errors = zuid_limburg_day.day(world, BY_NAME["known"], SEED)
    assert errors["sb_home"]["mape"] == pytest.approx(0.170, abs=0.02)
    assert errors["em10_home_night"]["mape"] == pytest.approx(0.032, abs=0.01)
    assert errors["landuse_home"]["mape"] <= 0.9 * errors["sb_home"]["mape"]
    for way in ("home_night", "counted"):
        assert errors[f"landuse_{way}"]["mape"] <= 0.9 * errors[f"em10_{way}"]["mape"]
        assert errors[f"landuse_{way}"]["worst"] <= 0.15
    # Flows of homes beat both, whatever law of distance they are told; nothing beats the limit.
    for way in ("flows", "flows_power"):
        for measure in ("mape", "wape", "worst"):
            best = min(errors[f"landuse_{other}"][measure] for other in ("home_night", "counted"))
            assert errors["limit"][measure] < errors[f"landuse_{way}"][measure] < 0.75 * best


def test_who_is_told_the_land_around_mends_what_neighbours_do(outside_data):
    land = zuid_limburg.landscape(outside_data / "zuid_limburg")
    whole = zuid_limburg.Told.of(land)
    around = zuid_limburg.Told.of(land, is_around_told=True)
    blind = zuid_limburg_day.day(whole, BY_NAME["border"], SEED)
    informed = zuid_limburg_day.day(whole, BY_NAME["border"], SEED, around)
    assert informed["limit"] == blind["limit"]
    for way in ("landuse_flows", "landuse_counted", "em10_home_night"):
        assert informed[way]["mape"] < 0.5 * blind[way]["mape"]
        assert abs(informed[way]["level"]) < 0.5 * abs(blind[way]["level"])


def test_cells_that_fell_silent_are_noticed_and_left_out(world):
    scenario = BY_NAME["outage"]
    blind = zuid_limburg.night.night(world, scenario, SEED)["landuse"]
    noticing = zuid_limburg.night.night(world, scenario, SEED, is_noticed=True)["landuse"]
    assert noticing["mape"] < 0.7 * blind["mape"]


def test_no_interval_is_scored_on_what_it_was_learnt_on():
    with pytest.raises(ValueError, match=r"\[3\] are taught"):
        zuid_limburg_intervals.intervals(None, (), (3, 11))
