"""People and their diaries, checked from what the truth says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from peil_models.synthetic import Simulation
from peil_models.synthetic.country import BEACH, Country

MIDNIGHT = pd.Timestamp("2026-03-02", tz="Europe/Amsterdam")


def tile_of_everyone(simulation: Simulation, day: int, hour: float) -> np.ndarray:
    itinerary = simulation.itinerary
    everyone = np.arange(itinerary.n_persons)
    at = np.full(len(everyone), day * 86_400 + hour * 3_600)
    return simulation.world.country.tile_at(*itinerary.position(everyone, at))


def near(country: Country, tile: int, metres: float) -> np.ndarray:
    x, y = country.tiles["x_m"].to_numpy(), country.tiles["y_m"].to_numpy()
    return np.hypot(x - x[tile], y - y[tile]) <= metres


def test_truth_counts_every_person_in_the_country_once(written: Any) -> None:
    present = written.known("persons_present")
    assert len(present["hour_at"].unique()) == 24 * written.simulation.days
    assert not present.duplicated(["hour_at", "tile_id"]).any()
    total = present.groupby("hour_at")["n_persons"].sum()
    n_persons = len(written.known("homes"))
    for hour_at, n in total.items():
        seconds = (hour_at - MIDNIGHT).total_seconds() + 1_800
        tile = tile_of_everyone(written.simulation, 0, seconds / 3_600)
        assert n == (tile >= 0).sum()
        assert 0.95 * n_persons < n <= n_persons


def test_truth_is_at_half_past_as_a_replay_of_the_trips_shows(written: Any) -> None:
    """Replay the trips' file alone: who is not on the way at hh:30 must be where they went."""
    trips, homes = written.known("trips"), written.known("homes")
    present = written.known("persons_present")
    trips = trips.sort_values(["person_id", "departed_at"], kind="stable")

    def differences(at: pd.Timestamp, hour_at: pd.Timestamp) -> int:
        begun = trips[trips["departed_at"] <= at].groupby("person_id").tail(1)
        begun = begun.set_index("person_id")
        moving = begun.index[begun["arrived_at"] > at]
        where = homes.set_index("person_id")["tile_id"].copy()
        first = trips.groupby("person_id").head(1).set_index("person_id")
        where.loc[first.index] = first["from_tile_id"]
        where.loc[begun.index] = begun["to_tile_id"]
        n = where.drop(moving).dropna().astype("int64").value_counts()
        true = present[present["hour_at"] == hour_at].set_index("tile_id")["n_persons"]
        return int((n.sub(true, fill_value=0)).clip(lower=0).sum())

    for hour in (8, 17, 32, 65):
        hour_at = MIDNIGHT + pd.Timedelta(hours=hour)
        assert differences(hour_at + pd.Timedelta(minutes=30), hour_at) <= 5
        assert differences(hour_at, hour_at) > 20  # the same at hh:00 would not agree


def test_people_sleep_at_home(simulation: Simulation) -> None:
    persons = simulation.population.persons
    resident = (persons["home_tile"] >= 0).to_numpy()
    for day in range(simulation.days):
        tile = tile_of_everyone(simulation, day, 3.5)
        at_home = tile[resident] == persons.loc[resident, "home_tile"].to_numpy()
        assert 0.93 < at_home.mean() < 0.995  # night shifts, nights away


def test_workers_work_and_children_learn_on_weekdays(simulation: Simulation) -> None:
    persons = simulation.population.persons
    tile = tile_of_everyone(simulation, 1, 11.5)  # Tuesday
    at_work = tile == persons["work_tile"].to_numpy()
    share = at_work[persons["work_tile"] >= 0]
    kinds = persons.loc[persons["work_tile"] >= 0, "kind"]
    by_kind = pd.Series(share).groupby(kinds.to_numpy()).mean()
    assert 0.65 < by_kind["office"] < 0.9
    assert by_kind["child"] > 0.9
    assert by_kind["pupil"] > 0.9
    assert 0.1 < by_kind["shift"] < 0.5


def test_the_weekend_is_for_leisure_and_the_coast() -> None:
    week = Simulation(devices=500, days=7)
    persons, country = week.population.persons, week.world.country
    office = (persons["kind"] == "office").to_numpy()
    sunday = tile_of_everyone(week, 6, 11.5)
    assert (sunday == persons["work_tile"].to_numpy())[office].mean() < 0.1
    beach = np.flatnonzero(country.municipality == BEACH)
    asleep = [week.presence(day * 24 + 3)[beach].sum() for day in range(7)]
    # nights before Saturday and Sunday against those before Monday to Thursday
    assert np.mean(asleep[5:]) > 1.35 * np.mean(asleep[:4])


def test_visitors_are_away_some_of_the_time(simulation: Simulation) -> None:
    visitor = (simulation.population.persons["kind"] == "visitor").to_numpy()
    days = range(simulation.days)
    abroad = [(tile_of_everyone(simulation, d, 12.5) < 0)[visitor].mean() for d in days]
    assert 0.2 < np.mean(abroad) < 0.95
    resident = [(tile_of_everyone(simulation, d, 12.5) < 0)[~visitor].mean() for d in days]
    assert 0.001 < np.mean(resident) < 0.03


def test_a_match_fills_the_stadium(simulation: Simulation) -> None:
    country = simulation.world.country
    around = near(country, country.stadium, 150)
    match = simulation.presence(2 * 24 + 20)[around].sum()
    before = simulation.presence(1 * 24 + 20)[around].sum()
    later = simulation.presence(2 * 24 + 23)[around].sum()
    assert match > 0.035 * simulation.population.n_residents
    assert match > 10 * max(before, later, 1)


def test_trips_follow_each_other(written: Any) -> None:
    trips = written.known("trips").sort_values(["person_id", "departed_at"], kind="stable")
    assert (trips["arrived_at"] > trips["departed_at"]).all()
    same = trips["person_id"].eq(trips["person_id"].shift())
    assert (trips["departed_at"] >= trips["arrived_at"].shift())[same].all()
    before = trips["to_tile_id"].shift()[same]
    after = trips["from_tile_id"][same]
    agree = (before == after).fillna(before.isna() & after.isna())
    assert agree.all()
    assert len(trips) > 2 * len(written.known("homes"))


def test_devices_are_as_many_as_asked_and_persons_follow(written: Any) -> None:
    devices, per_person = written.known("devices"), written.known("devices_per_person")
    persons = written.simulation.population.persons
    assert len(devices) == 500
    assert devices["subscriber_id"].is_unique
    owned = devices.groupby("person_id").size()
    assert owned.max() == 2
    assert (devices.groupby("person_id")["is_main"].sum() == 1).all()
    assert per_person["n_persons"].sum() == len(persons)
    ours = (per_person["n_operator_devices"] * per_person["n_persons"]).sum()
    n_machines = devices["person_id"].isna().sum()
    assert ours + n_machines == 500
    assert 0.01 < n_machines / 500 < 0.03
    assert 0.04 < (persons["n_devices"] == 0).mean() < 0.25  # people without a phone
    assert 0.02 < (persons["n_devices"] == 2).mean() < 0.12
    assert (per_person["n_operator_devices"] <= per_person["n_devices"]).all()


def test_market_share_is_forty_percent_and_varies() -> None:
    population = Simulation(devices=4_000, days=1).population
    residents = population.persons[population.persons["home_tile"] >= 0]
    share = residents["n_operator_devices"].sum() / residents["n_devices"].sum()
    assert 0.37 < share < 0.43
    assert 0.01 < population.market_share.std() < 0.06


def test_the_register_counts_residents_and_no_visitors(written: Any) -> None:
    register = pd.read_csv(written.deliveries / "demo/reference/register.csv")
    homes = written.known("homes").dropna(subset=["zone_id"])
    counted = homes.groupby("zone_id").size()
    assert register.set_index("zone_id")["n_persons"].to_dict() == counted.to_dict()
    assert (written.known("homes")["person_type"] == "visitor").sum() > 0


def test_identifiers_are_in_one_table_of_the_truth_only(written: Any) -> None:
    subscribers = set(written.known("devices")["subscriber_id"])
    columns = {}
    for file in sorted((written.truth / "demo").glob("*.parquet")):
        frame = pd.read_parquet(file)
        columns[file.stem] = list(frame.columns)
        if file.stem != "devices":
            texts = set(frame.astype(str).to_numpy().ravel())
            assert not texts & subscribers, file.stem
    assert columns == {
        "persons_present": ["hour_at", "tile_id", "n_persons"],
        "trips": [
            "person_id",
            "departed_at",
            "arrived_at",
            "from_tile_id",
            "to_tile_id",
            "from_zone_id",
            "to_zone_id",
            "mode",
        ],
        "homes": ["person_id", "tile_id", "zone_id", "work_tile_id", "person_type"],
        "devices": ["person_id", "subscriber_id", "is_main", "kind"],
        "devices_per_person": ["zone_id", "n_devices", "n_operator_devices", "n_persons"],
        "dirt": ["day", "file_name", "kind", "reason", "n_rows"],
    }
