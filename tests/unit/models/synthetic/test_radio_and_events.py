"""The physics no estimator knows, and the events that follow from it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from peil_models.synthetic import Physics, Recording, Simulation
from peil_models.synthetic.itinerary import Itinerary
from peil_models.synthetic.makes import DEMO
from peil_models.synthetic.radio import make_radio, shadowing
from peil_models.synthetic.signalling import Signalling


def serving_changes(events: pd.DataFrame, devices: np.ndarray) -> float:
    """Share of records in another cell than the record before, of the given devices."""
    mine = events[events["device"].isin(devices)].sort_values(["device", "second"])
    same = mine["device"].eq(mine["device"].shift())
    return float((mine["cell"] != mine["cell"].shift())[same].mean())


def with_physics(simulation: Simulation, **changed: float) -> Simulation:
    """The same people under another physics."""
    world = simulation.world
    physics = replace(world.radio.physics, **changed)
    other = Simulation.__new__(Simulation)
    other.__dict__.update(simulation.__dict__)
    other.world = replace(world, radio=replace(world.radio, physics=physics))
    return other


def first_day(simulation: Simulation) -> pd.DataFrame:
    lines = next(simulation.deliveries()).lines
    return lines[lines["kind"] == 0]


def test_shadow_fading_has_its_deviation_and_its_correlation(simulation: Simulation) -> None:
    physics = Physics()
    assert physics.shadow_sd_db >= 6
    fields = np.stack(list(shadowing(simulation.world.cells, 1, physics).values()))
    assert abs(fields.std() - physics.shadow_sd_db) < 0.1
    assert abs(fields.mean()) < 0.2
    for steps in (1, 2, 4):
        expected = np.exp(-steps * 50.0 / physics.shadow_correlation_m)
        for near, other in (
            (fields[:, steps:, :], fields[:, :-steps, :]),
            (fields[:, :, steps:], fields[:, :, :-steps]),
        ):
            assert abs((near * other).mean() / fields.var() - expected) < 0.02
    # masts do not know of each other
    assert abs(np.corrcoef(fields[0].ravel(), fields[1].ravel())[0, 1]) < 0.03


def test_the_air_has_the_fading_and_the_plan_has_not(simulation: Simulation) -> None:
    world = simulation.world
    still = make_radio(world.country, world.cells, 1, Physics(shadow_sd_db=0))
    n_same = (still.cell[:, 0] == world.radio.cell[:, 0]).mean()
    assert 0.2 < n_same < 0.75  # fading decides who serves in many places
    assert not {"shadow_db", "true_power_w", "error"} & set(world.cells.columns)


def test_candidates_are_the_strongest_in_order(simulation: Simulation) -> None:
    power = simulation.world.radio.power_dbm
    assert (np.diff(power, axis=1) <= 0).all()
    is_land = simulation.world.country.municipality.reshape(200, 150) >= 0
    land = np.kron(is_land, np.ones((2, 2), bool)).ravel()
    assert np.quantile(power[land, 0], 0.01) > -115  # covered everywhere


def test_a_device_at_rest_holds_its_cell_for_three_decibels(simulation: Simulation) -> None:
    machines = np.flatnonzero(simulation.population.devices["kind"] == "machine")
    held = serving_changes(first_day(simulation), machines)
    free = serving_changes(first_day(with_physics(simulation, hysteresis_db=0.0)), machines)
    assert held < 0.6 * free


def test_load_spreads_devices_over_cells(simulation: Simulation) -> None:
    busiest = {}
    for limit in (0.0, 4.0):
        events = first_day(with_physics(simulation, load_limit_db=limit))
        noon = events[events["second"] // 3600 == 12].drop_duplicates("device")
        share = np.sort(np.bincount(noon["cell"], minlength=len(simulation.world.cells)))
        busiest[limit] = share[-14:].sum() / share.sum()
    assert busiest[4.0] < 0.97 * busiest[0.0]


def test_an_outage_silences_its_cells_and_neighbours_take_over(
    simulation: Simulation, events: list[pd.DataFrame]
) -> None:
    outage = simulation.world.outage

    def within(day: int) -> pd.DataFrame:
        second = events[day]["second"]
        return events[day][(second >= outage.from_s) & (second < outage.until_s)]

    ours = [within(day)["cell"].isin(outage.cells).sum() for day in range(simulation.days)]
    assert ours[outage.day] == 0
    assert min(ours[: outage.day]) > 50
    before_it = events[outage.day]["second"] < outage.from_s
    assert events[outage.day][before_it]["cell"].isin(outage.cells).sum() > 50
    total = [len(within(day)) for day in range(simulation.days)]
    assert total[outage.day] > 0.97 * np.mean(total[: outage.day])


def test_nearly_every_device_is_seen_in_every_hour(
    simulation: Simulation, events: list[pd.DataFrame]
) -> None:
    at_home = ~simulation.population.devices["kind"].isin(["roamer"])
    counted = np.flatnonzero(at_home)
    rows = events[1][events[1]["device"].isin(counted)]
    per_hour = rows.groupby(rows["second"] // 3600)["device"].nunique() / len(counted)
    assert len(per_hour) == 24
    assert per_hour.loc[8:21].min() > 0.96
    assert 0.92 < per_hour.loc[2:4].mean() < 0.985  # some are off at night


def test_events_have_their_volume_and_rhythm(events: list[pd.DataFrame]) -> None:
    for day in events:
        assert 55 < len(day) / 500 < 85
        by_hour = np.bincount(day["second"] // 3600, minlength=24)
        assert by_hour[[10, 17]].min() > 1.5 * by_hour[2:5].max()
        assert not day.duplicated(["device", "second"]).any()
        assert (np.diff(day["second"]) >= 0).all()
        assert set(day["code"]) == set(range(5))


def test_timing_advance_tells_the_distance(
    simulation: Simulation, events: list[pd.DataFrame]
) -> None:
    day, itinerary, radio = events[0], simulation.itinerary, simulation.world.radio
    person = simulation.population.devices["person"].to_numpy()[day["device"]]
    human = person >= 0
    x, y = itinerary.position(person[human], day["second"].to_numpy()[human].astype(float))
    cell = day["cell"].to_numpy()[human]
    metres = np.hypot(x - radio.x_m[cell], y - radio.y_m[cell])
    steps = day["timing_advance"].to_numpy()[human]
    timed = steps >= 0
    excess = steps[timed] * 78.12 - metres[timed]
    assert excess.min() > -78.2
    assert np.median(excess) < 40


def test_more_events_change_neither_country_nor_people(
    simulation: Simulation,
) -> None:
    n_events = len(first_day(simulation))
    presence = {hour: simulation.presence(hour) for hour in (3, 12, 60)}
    quiet = replace(DEMO, recording=Recording(activity_per_day=5.0))
    other = Simulation(devices=500, days=4, world=replace(simulation.world, make=quiet))
    for hour, present in presence.items():
        assert (other.presence(hour) == present).all()
    assert other.world.cells.equals(simulation.world.cells)
    assert len(first_day(other)) < 0.8 * n_events


def test_abroad_no_device_is_heard(simulation: Simulation, events: list[pd.DataFrame]) -> None:
    itinerary: Itinerary = simulation.itinerary
    person = simulation.population.devices["person"].to_numpy()
    for number, day in enumerate(events):
        holder = person[day["device"]]
        human = holder >= 0
        at = day["second"].to_numpy()[human] + 86_400.0 * number
        tile = simulation.world.country.tile_at(*itinerary.position(holder[human], at))
        assert (tile >= 0).all()


def test_the_day_is_made_again_from_its_seed(simulation: Simulation) -> None:
    def once() -> pd.DataFrame:
        world = simulation.world
        return Signalling(
            simulation.population, simulation.itinerary, world.radio, world.outage, 1
        ).day(0)

    assert once().equals(once())
