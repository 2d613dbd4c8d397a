"""The part `moves` of the accuracy benchmark: its truth is the simulation's, its tables told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.accuracy import moves
from benchmarks.accuracy.moves import page
from benchmarks.accuracy.moves.distances import distance_scores, model_scores
from benchmarks.accuracy.moves.flows import flow_scores, stay_scores
from benchmarks.accuracy.moves.homes import PLACE, home_scores, work_scores
from benchmarks.accuracy.moves.methods import FIRST, Moves
from benchmarks.accuracy.moves.tourists import tourist_scores
from benchmarks.accuracy.moves.world import DAY, HOUR, MovesWorld
from peil_models.scores import f1_on_time


@pytest.fixture(scope="module")
def world() -> MovesWorld:
    return MovesWorld(3, 300)


@pytest.fixture(scope="module")
def estimated(world: MovesWorld) -> Moves:
    return Moves(world)


def test_true_time_is_where_the_simulation_has_its_people(world: MovesWorld) -> None:
    events = world.events()
    device = np.unique(events.device)
    truth = world.true_time(device)
    assert set(truth.device) == set(device)
    for hour in (3, 12, 100):
        at = hour * HOUR + 900.0
        key = truth.device * 1e7 + truth.start_s
        piece = np.searchsorted(key, device * 1e7 + at, side="right") - 1
        assert (truth.device[piece] == device).all()
        carrier = world.person_of(device)
        legs = world.simulation.itinerary
        x, y = legs.position(carrier, np.full(len(device), at))
        tile = world.country.tile_at(x, y)
        zone = np.where(tile >= 0, world.zone_of_tile[tile], -2)
        stays = truth.label[piece] >= 0
        assert (truth.label[piece][stays] == zone[stays]).all()
        assert stays.mean() > 0.7


def test_true_places_are_where_time_was_spent(world: MovesWorld) -> None:
    device = np.unique(world.events().device)
    who, x, y, length = world.true_places(device)
    truth = world.true_time(device)
    stays = truth.label >= 0
    assert length.sum() == pytest.approx((truth.end_s - truth.start_s)[stays].sum())
    tile = world.country.tile_at(x, y)
    spent = np.bincount(world.zone_of_tile[tile], weights=length, minlength=world.n_zones)
    true = np.bincount(
        truth.label[stays], weights=(truth.end_s - truth.start_s)[stays], minlength=world.n_zones
    )
    assert spent == pytest.approx(true)
    assert set(who) <= set(device)


def test_events_are_sorted_and_of_residents_who_did_not_opt_out(world: MovesWorld) -> None:
    events = world.events()
    assert (np.diff(events.device * 1e7 + events.at_s) >= 0).all()
    kinds = set(world.devices["kind"].to_numpy()[np.unique(events.device)])
    assert kinds <= {"phone", "second"}
    assert not world.devices["is_opted_out"].to_numpy()[np.unique(events.device)].any()
    roaming = world.events(roamers=True)
    assert set(world.devices["kind"].to_numpy()[np.unique(roaming.device)]) == {"roamer"}


def test_the_counted_table_holds_each_device_once_an_hour(world: MovesWorld) -> None:
    hours = (world._staged["second"] // 3600).astype(int)
    per_hour = world._staged.assign(hour=hours).groupby("hour")["device"].nunique()
    assert world.counts.sum(axis=0)[per_hour.index].tolist() == per_hour.tolist()


def test_true_flows_are_the_trips_of_the_week(world: MovesWorld) -> None:
    device = np.unique(world.events().device)
    own, everyone = world.true_flows(device)
    trips = world.simulation.trips()
    inside = trips["from_zone_id"].notna() & trips["to_zone_id"].notna()
    resident = world.persons["home_tile"].to_numpy()[trips["person_id"]] >= 0
    assert everyone.sum() == (inside & resident).sum()
    holds = np.isin(trips["person_id"], world.person_of(device))
    assert own.sum() >= (inside & holds).sum() > 0
    friday = (trips["departs_s"] // DAY == 4) & inside & resident
    assert everyone[4].sum() == friday.sum()


def test_truth_told_as_an_estimate_is_all_right(world: MovesWorld) -> None:
    truth = world.true_time(np.unique(world.events().device))
    assert f1_on_time(truth, truth) == 1.0


@pytest.mark.slow
def test_every_method_is_scored_and_the_first_beats_its_rivals(
    estimated: Moves, tmp_path: Path
) -> None:
    flows = flow_scores(estimated)
    pairs = flows[FIRST].pop("pairs")
    learnt = moves._learn([pairs])
    flows[FIRST] |= moves._covered(pairs, learnt)
    figures = {
        "stays": stay_scores(estimated),
        "homes": home_scores(estimated),
        "work": work_scores(estimated),
        "flows": flows,
        "tourists": tourist_scores(estimated),
        "distances": distance_scores(estimated),
        "models": model_scores(estimated),
    }
    for part, key in (("stays", "f1_right_zone"), ("flows", "cpc"), ("homes", "right_zone")):
        best = figures[part][PLACE if part == "homes" else FIRST][key]
        plain = "cell:" if part == "homes" else ("mean", "Voronoi", "municipality")
        rivals = [v[key] for name, v in figures[part].items() if name.startswith(plain)]
        assert len(rivals) >= 3
        assert best > max(rivals)
    record = {
        "devices": 300,
        "learnt": learnt,
        "scored": {"11": figures, "12": figures},
        "pairs": pairs,
    }
    text = moves.report(record)
    assert "| home: right municipality |" in text
    assert f"{figures['homes'][PLACE]['right_zone']:.1%}" in text
    assert "nan" not in text
    assert moves.facts(record)["home: right municipality"] == round(
        figures["homes"][PLACE]["right_zone"], 4
    )
    moves.plots(record, tmp_path)
    assert len(list(tmp_path.glob("*.png"))) == 3


def test_the_interval_over_seeds_is_students() -> None:
    record = {"scored": {str(n): {"work": {"found": v}} for n, v in enumerate([1, 2, 3, 4, 5])}}
    mean, low, high = page.figure(record, "work", "found")
    assert (mean, round(high - mean, 3)) == (3.0, round(2.132 * 2.5**0.5 / 5**0.5, 3))
    assert low == pytest.approx(6.0 - high)
    assert page.figure(record, "work", "lost") is None
