"""Which of the demo country's surges are met in their first hour, and which episodes are false."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from benchmarks.crowding import crowding, demo, page
from benchmarks.crowding.demo import Surge
from peil.store.atomic import read_json

TIME_ZONE = "Europe/Amsterdam"


def at(text: str) -> pd.Timestamp:
    return pd.Timestamp(text, tz=TIME_ZONE)


def test_a_surge_is_met_by_an_episode_of_its_zone_that_begins_in_its_first_full_hour() -> None:
    market = Surge("a", at("2026-03-02T12"), at("2026-03-02T12"), at("2026-03-02T15"), 1.5)
    match = Surge("b", at("2026-03-04T19"), at("2026-03-04T20"), at("2026-03-04T23"), 1.2)
    later = Surge("c", at("2026-03-05T12"), at("2026-03-05T12"), at("2026-03-05T15"), 3.0)
    began = {
        "a": ("2026-03-02T13", "2026-03-02T15", "2026-03-02T11"),
        "b": ("2026-03-04T19",),
        "c": ("2026-03-05T14",),
        "d": ("2026-03-02T12",),
    }
    rows = [(zone, at(hour)) for zone, hours in began.items() for hour in hours]
    episodes = pd.DataFrame(rows, columns=["zone_id", "began_at"])
    counted = demo._matched(episodes, [market, match, later])
    assert [(row["first"], row["second"]) for row in counted["surges"]] == [
        (False, True),
        (True, True),
        (False, False),
    ]
    assert (counted["found_in_first_hour"], counted["found_within_two_hours"]) == (1, 2)
    assert counted["n_false"] == 3  # after its end, before its begin, and where nothing was


def test_the_match_is_where_most_are_more_than_on_other_evenings(tiny: Any) -> None:
    reference = tiny.store.settings.deliveries_folder / demo.PILOT / "reference"
    truth = tiny.store.settings.truth_folder / demo.PILOT
    for folder in (reference, truth):
        folder.mkdir(parents=True)
    tiles = pd.DataFrame({"tile_id": [1, 2, 3], "zone_id": ["a", "a", "b"]})
    tiles.to_parquet(reference / "tiles.parquet")
    days = pd.date_range("2026-03-02T20", periods=7, freq="D", tz=TIME_ZONE)
    rows = [
        (
            tile,
            day,
            {1: 500.0, 2: 400.0, 3: 100.0}[tile] + 300.0 * (tile == 3 and day.weekday() == 2),
        )
        for tile in (1, 2, 3)
        for day in days
    ]
    rows.append((1, at("2026-03-04T12"), 9_000.0))
    persons = pd.DataFrame(rows, columns=["tile_id", "hour_at", "n_persons"])
    persons["hour_at"] = persons["hour_at"].dt.tz_convert("UTC")
    persons.to_parquet(truth / "persons_present.parquet")
    surge = demo._stadium(tiny.charter, tiny.store, at("2026-03-02"))
    hours = [at(f"2026-03-04T{hour}") for hour in (19, 20, 23)]
    assert surge == Surge("b", *hours, pytest.approx(4.0))


def test_countries_are_added_up_and_shown(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    def country(seed: int, tell: Any) -> dict[str, Any]:
        surges = [
            {"factor": 1.5, "first": seed == 1, "second": True},
            {"factor": 1.2, "first": True, "second": True},
        ]
        found = {"found_in_first_hour": 1 + (seed == 1), "found_within_two_hours": 2}
        counts = {"n_surges": 2, "n_false": 3 * seed, "zone_months": 4.0, "n_zones": 5}
        return {"seed": seed, "surges": surges, **found, **counts}

    monkeypatch.setattr(demo, "SEEDS", (1, 2))
    monkeypatch.setattr(demo, "_country", country)
    outcome = crowding(["demo"], lambda text: None, tmp_path)
    record = read_json(tmp_path / "figures" / "crowding.json")
    assert record["demo"]["found_in_first_hour"] == 0.75
    assert record["demo"]["false_per_zone_month"] == 9 / 8
    assert outcome.facts == {"n_asked": 3, "n_reached": 0}
    text = page.report(record)
    assert "| 2 | 5 | 1 | 0 | 1 | 1.20 | in its first hour | 6 |" in text
    assert "surges of +30 % or more of a municipality | ≥ 90 % | 50.0% of 2 | no |" in text
    assert "| the same: false episodes per zone and month | ≤ 1 | 1.12 | no |" in text
