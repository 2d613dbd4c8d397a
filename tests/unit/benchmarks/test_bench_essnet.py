"""Parts of the location benchmark: scores by hand, worlds by seed, the outside sample."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.accuracy.essnet import location
from benchmarks.accuracy.essnet.sample import Sample, draw_world, holders, read_sample
from peil_models.location import Histories


def tiny() -> Sample:
    histories = Histories.of([0, 0, 1], [0, 10, 0], [0, 1, 1])
    masts = np.array([[125.0, 125.0], [375.0, 125.0]])
    signal = np.array([[-60.0, -90.0], [-90.0, -60.0]])
    nothing = np.full((2, 1), np.nan)
    return Sample(
        signal,
        masts,
        histories,
        (1, 2),
        250.0,
        np.array([125.0, 375.0, 125.0]),
        np.full(3, 125.0),
        np.arange(2),
        nothing,
        nothing,
        np.zeros(2, dtype=np.int64),
    )


def test_a_score_is_the_root_of_mean_squares_over_events() -> None:
    scores = location.score(
        tiny(), np.array([125.0, 375.0, 425.0]), np.array([125.0, 125.0, 525.0]), np.full(3, 100.0)
    )
    assert scores["rmse_m"] == round(float(np.sqrt(500**2 / 3)), 2)
    assert scores["implied_m"] == 100.0
    assert scores["ratio"] == round(float(np.sqrt(25 / 3)), 4)
    low, high = scores["rmse_interval_m"]
    assert (low, high) == (0.0, 500.0)  # two devices: either may be drawn twice


def test_static_places_are_those_of_bayes_rule() -> None:
    x_m, y_m, spread_m = location.static_places(tiny(), np.array([[0.8, 0.2], [0.2, 0.8]]))
    assert x_m.tolist() == pytest.approx([175.0, 325.0, 325.0])
    assert y_m.tolist() == pytest.approx([125.0] * 3)
    assert spread_m[0] == pytest.approx(np.sqrt(100**2 + 250**2 / 6))
    assert location.nearest(tiny()).tolist() == [[1.0, 0.0], [0.0, 1.0]]


def test_devices_of_one_journey_have_one_holder() -> None:
    histories = Histories.of([0, 0, 1, 2, 2], [0, 10, 10, 0, 10], [0] * 5)
    x_m = np.array([1.0, 2.0, 2.0, 1.0, 3.0])
    assert holders(histories, x_m, np.zeros(5)).tolist() == [0, 0, 2]


def test_a_world_is_that_of_its_seed_and_its_truth_is_inside() -> None:
    world, again, other = draw_world(11, 6, 5), draw_world(11, 6, 5), draw_world(12, 6, 5)
    assert (world.x_m == again.x_m).all() and (world.histories.cell == again.histories.cell).all()
    assert not np.array_equal(world.x_m, other.x_m)
    assert world.histories.n_events == 30 and world.signal.shape == (70, 1600)
    assert ((world.x_m >= 0) & (world.x_m < 10_000) & (world.y_m >= 0) & (world.y_m < 10_000)).all()
    steps = np.hypot(np.diff(world.x_m), np.diff(world.y_m)).reshape(-1)
    assert (
        steps[world.histories.device()[1:] == world.histories.device()[:-1]].max() <= 140.0 + 1e-9
    )


@pytest.mark.slow
def test_all_methods_are_scored_on_a_small_world() -> None:
    progress: list[str] = []
    by_method, models = location.locations(
        draw_world(11, 5, 12), lambda text: progress.append(str(text)), False
    )
    assert {
        "voronoi",
        "best_server",
        "static",
        "chain",
        "chain_each",
        "chain_memory",
        "heading",
        "heading_memory",
    } == set(by_method)
    assert all(row["rmse_m"] > 0 and row["implied_m"] > 0 for row in by_method.values())
    assert by_method["chain_memory"]["log_likelihood"] >= by_method["chain"]["log_likelihood"] - 0.1
    assert by_method["chain_each"]["log_likelihood"] >= by_method["chain"]["log_likelihood"] - 0.1
    assert len(progress) == 4 and set(models) <= set(by_method)


def test_the_sample_is_read_as_published(outside_data: Path) -> None:
    sample = read_sample(outside_data / "essnet_sample")
    assert sample.histories.n_devices == 218
    assert len(np.unique(sample.holder)) == 186
    power = np.where(sample.signal >= location.STRENGTH_CUT_DBM, 10 ** (sample.signal / 10), 0.0)
    scores = location.score(sample, *location.static_places(sample, location.shares(power)))
    assert round(scores["rmse_m"]) == 646
