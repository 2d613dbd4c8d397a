"""Each make of country differs from the demo in what it says, and in nothing else."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import peil_models.synthetic.simulation as making
from peil import cli
from peil.commands.simulate import simulate
from peil.outcome import Refused
from peil.store.atomic import read_json
from peil_models.synthetic import MAKES, SCORED_SEEDS, Make, Market, Simulation, World
from peil_models.synthetic.makes import DEMO
from peil_models.synthetic.population import Population, make_population
from peil_models.synthetic.radio import parabolic, pixel_at, shadowing

DIFFERS = {
    "demo": set(),
    "clustered": {"clustering"},
    "antennas": {"physics", "plan_errors"},
    "erratic": {"plan_noise", "nearest", "hidden_ground_m"},
    "shares": {"market"},
    "seconds": {"recording"},
}
NOISE = {"antenna_height_m", "power_w", "frequency_mhz", "azimuth_deg", "tilt_deg"}
NOISE |= {"beam_horizontal_deg", "beam_vertical_deg"}


def of_make(name: str, monkeypatch: pytest.MonkeyPatch) -> tuple[World, Any]:
    """World of a make, seed 1, without its radio, and the cells as they truly are."""
    true: list[Any] = [None]

    def radio(_country: Any, cells: pd.DataFrame, *_: Any) -> None:
        true[0] = cells

    monkeypatch.setattr(making, "make_radio", radio)
    make = replace(MAKES[name], nearest=None)
    return making._world.__wrapped__(1, make.physics, make), true[0]


def with_make(simulation: Simulation, make: Make) -> Simulation:
    """The same land, masts and radio with the people and records of another make."""
    return Simulation(devices=500, days=1, world=replace(simulation.world, make=make))


def first_day(simulation: Simulation) -> pd.DataFrame:
    lines = next(simulation.deliveries()).lines
    return lines[lines["kind"] == 0]


def test_a_make_differs_in_the_parts_that_it_names() -> None:
    assert set(MAKES) == set(DIFFERS) and MAKES["demo"] is DEMO
    for name, make in MAKES.items():
        parts = [field.name for field in fields(Make)][3:]
        differing = {part for part in parts if getattr(make, part) != getattr(DEMO, part)}
        assert (make.name, differing) == (name, DIFFERS[name])


def test_scored_worlds_are_tuned_on_by_nobody() -> None:
    tuned = {name for name, make in MAKES.items() if make.may_be_tuned_on(11)}
    assert tuned == {"demo", "clustered", "antennas", "shares"}
    assert not any(make.may_be_tuned_on(s) for make in MAKES.values() for s in SCORED_SEEDS)


def test_the_demo_is_the_country_it_was(simulation: Simulation, events: list[pd.DataFrame]) -> None:
    assert simulation.make is DEMO
    assert len(simulation.population.persons) == 1_309
    # one draw more in any stream moves it by hundreds; rounding of a machine by a few
    assert abs(sum(map(len, events)) - 144_989) < 15


@pytest.mark.parametrize("name", ["antennas", "erratic"])
def test_land_and_masts_are_those_of_the_demo(
    name: str, simulation: Simulation, monkeypatch: pytest.MonkeyPatch
) -> None:
    demo, (world, true) = simulation.world, of_make(name, monkeypatch)
    pd.testing.assert_frame_equal(world.country.tiles, demo.country.tiles)
    np.testing.assert_array_equal(world.country.homes, demo.country.homes)
    plan, before = world.cells, demo.cells
    changed = {column for column in before if not plan[column].equals(before[column])}
    assert changed == (NOISE | {"altitude_m"} if name == "erratic" else set())
    wrong = {column for column in before if not true[column].equals(before[column])}
    assert wrong == ({"azimuth_deg", "tilt_deg", "power_w"} if name == "antennas" else set())


def test_clustered_people_follow_the_land_use_less(
    simulation: Simulation, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, (world, _) = simulation.world.country, of_make("clustered", monkeypatch)
    after = world.country
    pd.testing.assert_frame_equal(after.tiles, before.tiles)
    assert world.cells.equals(simulation.world.cells)
    land = before.municipality >= 0
    for name in ("homes", "jobs", "leisure"):
        old, new = getattr(before, name)[land], getattr(after, name)[land]
        sums = [np.bincount(before.municipality[land], weight) for weight in (old, new)]
        np.testing.assert_allclose(*sums)
        settled = old > 0
        ratio = np.log(new[settled] / old[settled])
        assert 0.9 < ratio.std() < 1.1, name
    grid = np.zeros(len(land))
    grid[before.homes > 0] = np.log((after.homes / before.homes.clip(1e-300))[before.homes > 0])
    grid = grid.reshape(200, 150)[:, 60:110]  # inland
    near = [np.corrcoef(grid[:, n:].ravel(), grid[:, :-n].ravel())[0, 1] for n in (1, 4)]
    assert np.exp(-100 / 150) - 0.05 < near[0] < np.exp(-100 / 300) + 0.08
    assert near[1] < 0.4
    residential = before.tiles["residential"].to_numpy()[land]
    follows = [np.corrcoef(residential, c.homes[land])[0, 1] for c in (before, after)]
    assert follows[0] > 0.85 and follows[1] < 0.7


def test_antennas_err_and_shadows_are_alike_between_masts(simulation: Simulation) -> None:
    make, plan = MAKES["antennas"], simulation.world.cells
    assert make.plan_errors is not None
    many = pd.concat([plan] * 20, ignore_index=True)
    true = make.plan_errors.applied(many, 1)
    turned = many["is_directional"].to_numpy(dtype=bool)
    turn = ((true["azimuth_deg"] - many["azimuth_deg"] + 180) % 360 - 180)[turned]
    assert abs(turn.std() - 10.0) < 0.5
    assert abs((true["tilt_deg"] - many["tilt_deg"])[turned].std() - 1.5) < 0.1
    assert abs((10 * np.log10(true["power_w"] / many["power_w"])).std() - 2.0) < 0.1
    fields_of = shadowing(plan[plan["site"] < 6], 1, make.physics)
    grids = np.stack([grid.ravel() for grid in fields_of.values()])
    assert (np.abs(grids.std(axis=1) - 7.0) < 1.1).all() and grids.std(axis=1).std() > 0.2
    alike = np.corrcoef(grids)[np.triu_indices(6, 1)]
    assert (np.abs(alike - 0.5) < 0.05).all()


def test_a_3gpp_antenna_loses_three_decibels_at_half_its_beam_and_has_a_floor() -> None:
    cell = {"beam_horizontal_deg": 65.0, "beam_vertical_deg": 9.0}
    side, down = np.array([0, 32.5, 180, 0, 180]), np.array([0, 0, 0, 60, 60])
    loss = parabolic(side, down, cell, MAKES["antennas"].physics)
    np.testing.assert_allclose(loss, [0, -3, -25, -20, -25])


def test_erratic_cells_are_drawn_evenly_among_three_masts(simulation: Simulation) -> None:
    make, cells = MAKES["erratic"], simulation.world.cells
    assert make.nearest is not None
    world = replace(simulation.world, make=make, radio=make.nearest.radio(cells))
    other = Simulation(devices=500, days=1, world=world)
    still = np.flatnonzero(other.population.devices["kind"] == "machine")
    events = first_day(other)
    events = events[events["device"].isin(still)]
    site, device = cells["site"].to_numpy()[events["cell"]], events["device"].to_numpy()
    at = other.population.devices[["x_m", "y_m"]].to_numpy()[device]
    assert (world.radio.cell[pixel_at(*at.T)] == events["cell"].to_numpy()[:, None]).any(1).all()
    n = pd.Series(site).groupby(device).value_counts(normalize=True)
    assert (n.groupby(level=0).size() == 3).all()
    assert abs(n - 1 / 3).max() < 0.25 and abs(n.groupby(level=0).max().mean() - 1 / 3) < 0.1
    assert "elevation_m" not in other.tiles() and "elevation_m" in simulation.tiles()


def of_market(simulation: Simulation, market: Market) -> tuple[Population, pd.DataFrame]:
    people = make_population(simulation.world.country, 12_000, 1, market)
    return people, people.persons[people.persons["home_tile"] >= 0]


def test_shares_vary_by_municipality_and_commuting_and_commutes_have_a_long_tail(
    simulation: Simulation,
) -> None:
    country, market = simulation.world.country, MAKES["shares"].market
    (demo, before), (people, persons) = (of_market(simulation, m) for m in (Market(), market))
    swing = people.market_share / demo.market_share
    assert 0.8 <= swing.min() < 0.9 and 1.1 < swing.max() <= 1.2

    def share(rows: pd.DataFrame) -> float:
        return float(rows["n_operator_devices"].sum() / rows["n_devices"].sum())

    def ratio(rows: pd.DataFrame) -> float:
        """Share of commuters over the share of others, municipality by municipality."""
        works = rows["work_tile"].to_numpy()
        commutes = (country.municipality[works] != rows["municipality"].to_numpy()) & (works >= 0)
        by = rows.assign(commutes=commutes)[["municipality", "commutes"]].to_numpy().T.tolist()
        owned = rows.groupby(by)[["n_operator_devices", "n_devices"]].sum()
        rate = (owned["n_operator_devices"] / owned["n_devices"]).unstack()
        return float((rate[True] / rate[False]).mean())

    assert abs(ratio(before) - 1.0) < 0.06 and abs(abs(ratio(persons) - 1.0) - 0.2) < 0.08
    far = []
    for rows in (before, persons):
        office = rows[rows["kind"] == "office"]
        way = np.hypot(
            office["home_x_m"] - office["work_x_m"], office["home_y_m"] - office["work_y_m"]
        )
        far.append(way.quantile(0.98) / way.quantile(0.5))
    assert far[1] > 1.5 * far[0]
    off = [p.devices["is_off_at_night"].mean() for p in (demo, people)]
    assert off[0] < 0.033 and 0.034 < off[1] < 0.046


def test_seconds_are_few_and_have_neighbours(simulation: Simulation) -> None:
    before = first_day(with_make(simulation, DEMO))
    after = first_day(with_make(simulation, MAKES["seconds"]))
    moment = ["device", "second"]
    assert not before.duplicated(moment).any()
    single = after.drop_duplicates(moment)
    assert len(single) < 0.25 * len(before)
    n = after.groupby(moment)["cell"].agg(["size", "nunique"])
    assert (n["size"] == n["nunique"]).all() and n["size"].max() == 3
    assert 0.08 < (n["size"] > 1).mean() < 0.12
    assert not after["code"].eq(4).any() and before["code"].eq(4).any()
    beside = after[after.duplicated(moment, keep=False)]
    is_first = ~beside.duplicated(moment)
    # in no order: a neighbour as often as the serving cell comes first, and measures no distance
    assert 0.3 < (beside["timing_advance"][is_first] < 0).mean() < 0.8


def test_the_same_seed_gives_the_same_bytes_of_another_make(tmp_path: Path) -> None:
    sums = []
    for turn in ("a", "b"):
        making._world.cache_clear()
        to = tmp_path / turn
        simulate(devices=200, days=1, make="erratic", deliveries=to, truth=to / "truth")
        manifest = read_json(to / "demo" / "manifest.json")
        assert manifest["parameters"]["make"] == "erratic"
        sums.append(manifest["sha256"])
    assert sums[0] == sums[1]
    tiles = pd.read_parquet(tmp_path / "a/demo/reference/tiles.parquet")
    assert "elevation_m" not in tiles


def test_an_unknown_make_is_refused_in_a_sentence_and_help_lists_all(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"make=other: there is demo, clustered, .* seconds\.$"):
        simulate(devices=200, days=1, make="other", deliveries=tmp_path, truth=tmp_path)
    assert not list(tmp_path.iterdir())
    text = CliRunner().invoke(cli.app, ["simulate", "--help"], env={"COLUMNS": "200"}).stdout
    assert all(name in text for name in MAKES)
