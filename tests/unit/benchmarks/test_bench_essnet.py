"""Parts of the location benchmark: scores by hand, worlds by seed, the outside sample."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.accuracy import essnet, essnet_page
from benchmarks.accuracy.essnet_data import Sample, draw_world, holders, read_sample
from peil_models.location import Histories


def tiny() -> Sample:
    seen = Histories.of([0, 0, 1], [0, 10, 0], [0, 1, 1])
    masts = np.array([[125.0, 125.0], [375.0, 125.0]])
    signal = np.array([[-60.0, -90.0], [-90.0, -60.0]])
    nothing = np.full((2, 1), np.nan)
    return Sample(
        signal,
        masts,
        seen,
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
    found = essnet.score(
        tiny(), np.array([125.0, 375.0, 425.0]), np.array([125.0, 125.0, 525.0]), np.full(3, 100.0)
    )
    assert found["rmse_m"] == round(float(np.sqrt(500**2 / 3)), 2)
    assert found["implied_m"] == 100.0
    assert found["ratio"] == round(float(np.sqrt(25 / 3)), 4)
    low, high = found["rmse_interval_m"]
    assert (low, high) == (0.0, 500.0)  # two devices: either may be drawn twice


def test_static_places_are_those_of_bayes_rule() -> None:
    x_m, y_m, spread_m = essnet.static_places(tiny(), np.array([[0.8, 0.2], [0.2, 0.8]]))
    assert x_m.tolist() == pytest.approx([175.0, 325.0, 325.0])
    assert y_m.tolist() == pytest.approx([125.0] * 3)
    assert spread_m[0] == pytest.approx(np.sqrt(100**2 + 250**2 / 6))
    assert essnet.nearest(tiny()).tolist() == [[1.0, 0.0], [0.0, 1.0]]


def test_devices_of_one_journey_have_one_holder() -> None:
    seen = Histories.of([0, 0, 1, 2, 2], [0, 10, 10, 0, 10], [0] * 5)
    x_m = np.array([1.0, 2.0, 2.0, 1.0, 3.0])
    assert holders(seen, x_m, np.zeros(5)).tolist() == [0, 0, 2]


def test_a_world_is_that_of_its_seed_and_its_truth_is_inside() -> None:
    one, again, other = draw_world(11, 6, 5), draw_world(11, 6, 5), draw_world(12, 6, 5)
    assert (one.x_m == again.x_m).all() and (one.seen.cell == again.seen.cell).all()
    assert not np.array_equal(one.x_m, other.x_m)
    assert one.seen.n_events == 30 and one.signal.shape == (70, 1600)
    assert ((one.x_m >= 0) & (one.x_m < 10_000) & (one.y_m >= 0) & (one.y_m < 10_000)).all()
    steps = np.hypot(np.diff(one.x_m), np.diff(one.y_m)).reshape(-1)
    assert steps[one.seen.device()[1:] == one.seen.device()[:-1]].max() <= 140.0 + 1e-9


def test_all_methods_are_scored_on_a_small_world() -> None:
    said: list[str] = []
    found, models = essnet.locations(
        draw_world(11, 5, 12), lambda text: said.append(str(text)), False
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
    } == set(found)
    assert all(one["rmse_m"] > 0 and one["implied_m"] > 0 for one in found.values())
    assert found["chain_memory"]["log_likelihood"] >= found["chain"]["log_likelihood"] - 0.1
    assert found["chain_each"]["log_likelihood"] >= found["chain"]["log_likelihood"] - 0.1
    assert len(said) == 4 and set(models) <= set(found)


def test_the_page_draws_the_committed_figures_alike_each_time(tmp_path: Path) -> None:
    from peil.settings import PROJECT
    from peil.store.atomic import read_json

    record = read_json(PROJECT / "benchmarks" / "accuracy.json")["essnet"]
    text = essnet_page.report(record)
    assert text.count("\n| ") >= len(essnet_page.NAMES) + 4
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        essnet_page.plots(record, tmp_path / folder)
    for name in ("location-rmse.svg", "multiplicity-roc.svg"):
        drawn = (tmp_path / "one" / name).read_bytes()
        assert drawn == (tmp_path / "two" / name).read_bytes()
        assert drawn == (PROJECT / "docs" / "methods" / name).read_bytes()


def test_the_sample_is_read_as_published(outside_data: Path) -> None:
    sample = read_sample(outside_data / "essnet_sample")
    assert sample.seen.n_devices == 218
    assert len(np.unique(sample.holder)) == 186
    power = np.where(sample.signal >= essnet.STRENGTH_CUT_DBM, 10 ** (sample.signal / 10), 0.0)
    found = essnet.score(sample, *essnet.static_places(sample, essnet.shares(power)))
    assert round(found["rmse_m"]) == 646
