"""The benchmark of released tables runs whole pilots, and its page says what the record holds."""

from __future__ import annotations

import doctest
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from benchmarks import released
from benchmarks.limits import limit, served
from benchmarks.limits.located import trips_bias
from benchmarks.measuring.process import CommandFailed
from peil.outcome import Refused
from peil.settings import PROJECT
from peil.store.atomic import read_json, write_json
from peil_models.synthetic import MAKES
from peil_models.synthetic.simulation import Simulation

PROSE = PROJECT / "docs" / "methods" / "makes.md"


@pytest.fixture(autouse=True)
def no_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits are simulated anew: here each is a thousandth of the seed."""

    def of_seed(
        make: str, seed: int, devices: int, days: int, *, is_served: bool
    ) -> dict[str, float]:
        return {"mape": seed / 1000, "wape": 0.0, **({"mape_served": 0.03} if is_served else {})}

    monkeypatch.setattr(released, "limit", of_seed)


def world(mape: float) -> dict[str, Any]:
    row = {"product": "presence", "part": "region", "mape": mape, "coverage": 0.5}
    sums = {"product": "visitors", "part": "all origins", "published_share": 0.25}
    return {"rows": [row, sums], "persons_of_hour": {"least": 0.99, "mean": 1.0, "most": 1.5}}


def running(mapes: dict[str, float], calls: list[list[str]], code: int = 0) -> Any:
    """A stand-in for the commands: the last one leaves the scores of its store."""

    def run(command: list[str], env: dict[str, str], **_: Any) -> SimpleNamespace:
        words = command[3:]
        calls.append(words)
        store = Path(env["PEIL_DATA"])
        if words[0] == "simulate":
            seed = words[words.index("--seed") + 1]
            scores = {"released": world(mapes[seed])} if seed in mapes else {}
            write_json(store / "operator/estimated/demo/scores/scores.json", scores)
        return SimpleNamespace(returncode=code)

    return run


def test_many_devices_stand_beside_what_was_measured_on_fewer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(released.subprocess, "run", running({"21": 0.04}, []))
    for devices, period in ((12_000, "now"), (200_000, "trained")):
        outcome = released.released(
            ["demo"], [21], lambda text: None, tmp_path, devices=devices, period=period
        )
        assert outcome.facts["demo_presence_region_mape"] == 0.04
    record = json.loads((tmp_path / "figures" / "released.json").read_text())
    assert record["now"]["demo"]["devices"] == 12_000
    assert record["many"]["demo"]["devices"] == 200_000


def test_where_timing_advance_is_not_read_the_charter_names_none_and_the_rest_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    places: list[str | None] = []
    run = running({"21": 0.04}, [])

    def noting(command: list[str], env: dict[str, str], **words: Any) -> SimpleNamespace:
        places.append(env.get("PEIL_PILOTS"))
        done: SimpleNamespace = run(command, env, **words)
        return done

    monkeypatch.setattr(released.subprocess, "run", noting)
    for period in ("now", released.UNTIMED):
        released.released(
            ["demo"], [21], lambda text: None, tmp_path, tmp_path / period, period=period
        )
    pilots = tmp_path / released.UNTIMED / "demo/21/charters"
    assert places == [None] * 3 + [str(pilots)] * 3
    demo, untimed = (
        yaml.safe_load((folder / "demo.yml").read_text()) for folder in (PROJECT / "pilots", pilots)
    )
    assert demo["inputs"]["events"]["columns"].pop("timing_advance")
    assert untimed == demo
    record = json.loads((tmp_path / "figures" / "released.json").read_text())
    assert "mape_served" not in record[released.UNTIMED]["demo"]["worlds"]["21"]["limit"]


def test_every_world_is_simulated_run_and_scored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[list[str]] = []
    monkeypatch.setattr(released.subprocess, "run", running({"21": 0.04, "22": 0.06}, calls))

    outcome = released.released(["demo"], [21, 22], lambda text: None, tmp_path)

    assert [words[0] for words in calls] == ["simulate", "run", "score"] * 2
    size = ["--devices", "12000", "--days", "7"]
    assert calls[3][1:] == [*size, "--make", "demo", "--seed", "22", "--world-seed", "22"]
    assert outcome.facts["demo_presence_region_mape"] == 0.05
    page = (tmp_path / "released.md").read_text()
    # two worlds: half the 90 % interval is 6.314 standard errors of .01
    assert "| presence, region | now | – | 5.0% ± 6.3% | – | – | 50.0% ± 0.0% | – | – |" in page
    assert "| visitors, all origins | now | 25.0% ± 0.0% |" in page
    assert "| 22 | now | 0.990 | 1.000 | 1.500 |" in page


def test_the_page_shows_what_a_perfect_locator_leaves_beside_the_estimators(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = running({"21": 0.04, "22": 0.06}, [])

    def scoring(command: list[str], env: dict[str, str], **words: Any) -> SimpleNamespace:
        done: SimpleNamespace = run(command, env, **words)
        file = Path(env["PEIL_DATA"]) / "operator/estimated/demo/scores/scores.json"
        write_json(file, read_json(file) | {"whole": {"sb": {"mape_day": 0.08}}})
        return done

    monkeypatch.setattr(released.subprocess, "run", scoring)
    released.released(["demo"], [21, 22], lambda text: None, tmp_path)
    page = (tmp_path / "released.md").read_text()
    assert "| sb | now | 8.0% ± 0.0% |" in page
    # .021 and .022: half the interval of two is 6.314 standard errors of .0005
    assert "| every main phone located without error | now | 2.1% ± 0.3% |" in page
    assert "| the released one, told the true footprint | now | 3.0% ± 0.0% |" in page


@pytest.mark.slow
def test_who_knows_the_footprint_errs_more_than_who_knows_places_and_less_than_who_is_told_wrong(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    simulation = Simulation(4_000, 1, 1, 1, make=MAKES["antennas"])
    left = served.served(simulation)["mape_served"]
    assert limit("antennas", 1, 4_000, 1, is_served=False)["mape"] < left
    counts, footprint = served.counted_and_served(simulation)
    others = footprint[np.random.default_rng(1).permutation(len(counts))]
    monkeypatch.setattr(served, "counted_and_served", lambda _: (counts, others))
    assert left < served.served(simulation)["mape_served"] / 2


def test_each_device_and_hour_counts_where_its_record_nearest_half_past_is() -> None:
    device = np.array([0, 0, 0, 0, 1, 0])
    second = np.array([100, 1_900, 1_700, 3_599, 60, 3_600])  # the earlier of two as near
    assert sorted(served.nearest_half_past(device, second)) == [2, 4, 5]


@pytest.mark.slow
def test_who_locates_every_phone_errs_less_with_more_phones() -> None:
    few, many = (limit("demo", 1, devices, 1, is_served=False) for devices in (400, 4_000))
    assert 0 < many["mape"] < few["mape"] / 2 and 0 < many["wape"] < few["wape"] / 2


def test_a_holder_s_trips_stand_for_those_of_their_home() -> None:
    homes = pd.DataFrame({"zone_id": ["A", "A", "B", None, "A"]})  # one is abroad
    ends = [
        (0, "A", "B"),
        (0, "B", "A"),
        (1, "A", "B"),
        (2, "A", "A"),
        (2, "B", None),
        (3, "B", "A"),
    ]
    trips = pd.DataFrame(ends, columns=["person_id", "from_zone_id", "to_zone_id"])
    world: Any = SimpleNamespace(homes=lambda: homes, trips=lambda: trips)
    # four trips between zones; the first person's two stand for six, the stranger's for one
    assert trips_bias(world, np.array([0, 2, 3])) == 0.75
    assert trips_bias(world, np.arange(5)) == 0.0


def test_makes_are_sections_and_a_baseline_stays_beside_what_is_measured_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[list[str]] = []

    def measure(on: list[str], mape: float, **size: Any) -> None:
        monkeypatch.setattr(released.subprocess, "run", running({"1": mape}, calls))
        released.released(on, [1], lambda text: None, tmp_path, **size)

    measure(["demo,clustered", "erratic"], 0.05, days=2, devices=500, period=released.BEFORE)
    measure(["clustered"], 0.03, days=2, devices=500)
    assert [call[6] for call in calls[::3]] == ["demo", "clustered", "erratic", "clustered"]
    page = (tmp_path / "released.md").read_text()
    titles = [line for line in page.splitlines() if line.startswith("## ")]
    assert titles == ["## Asked and reached", "## demo", "## clustered", "## erratic"]
    section = page.split("## ")[3]
    assert "*Before (baseline)*: worlds 1, 500 devices, 2 days" in section
    rows = [line for line in section.splitlines() if line.startswith("| presence")]
    assert [row.split(" | ")[1:4] for row in rows] == [
        ["before", "–", "5.0%"],
        ["now", "–", "3.0%"],
    ]
    with pytest.raises(Refused, match=r"Make clustered has a baseline in .*released\.json"):
        measure(["shares", "clustered"], 0.01, period=released.BEFORE)
    assert (tmp_path / "released.md").read_text() == page


def test_what_a_level_covers_on_each_make_stands_beside_what_it_covers_on_all() -> None:
    """Narrower than wanted on one of two makes, wider on both: told apart."""

    def measured(region: float, country: float) -> dict[str, Any]:
        rows = [
            {"product": "presence", "part": part, "coverage": coverage}
            for part, coverage in (("region", region), ("country", country))
        ]
        size = {"devices": 1, "days": 1, "date": "2026-03-02", "machine": "m"}
        return {"worlds": {"1": {"rows": rows}}, **size}

    record = {"now": {"demo": measured(0.97, 1.0)}, "trained": {"shares": measured(0.95, 0.82)}}
    page = released.report(record)
    assert "| region | 97.0% | 95.0% | 96.0% |" in page
    assert "| country | 100.0% | 82.0% | 91.0% |" in page
    assert "Too wide on every make: those of region." in page
    alone = released.report({"now": record["now"]})
    assert "One width" not in alone


def test_the_page_says_of_which_state_a_row_is_until_it_is_measured_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(released.subprocess, "run", running({"1": 0.05}, []))
    released.released(["demo"], [1], lambda text: None, tmp_path)
    record = read_json(tmp_path / "figures/released.json")
    record["now"]["demo"]["state"] = "before the mending"
    assert ", before the mending.  " in released.report(record)
    (tmp_path / "figures/released.json").write_text(json.dumps(record))
    released.released(["demo"], [1], lambda text: None, tmp_path)
    assert "before the mending" not in (tmp_path / "released.md").read_text()


def test_a_trained_footprint_is_a_row_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[list[str]] = []
    for mape, period in ((0.05, released.NOW), (0.04, released.TRAINED)):
        monkeypatch.setattr(released.subprocess, "run", running({"21": mape}, calls))
        released.released(["shares"], [21], lambda text: None, tmp_path, period=period)
    assert [words[0] for words in calls[:3]] == ["simulate", "run", "score"]
    assert [" ".join(words) for words in calls[4:]] == [
        "ingest demo 2026-03-02",
        "stage demo 2026-03-02",
        "ingest demo 2026-03-03",
        "stage demo 2026-03-03",
        "train demo --fit-days 1 --judge-days 1",
        "run demo",
        "score demo",
    ]
    page = (tmp_path / "released.md").read_text()
    assert "| presence, region | now | – | 5.0%" in page
    assert "| presence, region | trained | – | 4.0%" in page
    assert "*Now, footprint trained on the first two nights (`--trained`)*: worlds 21" in page


def test_a_gate_that_closes_is_a_result_with_its_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(command: list[str], env: dict[str, str], **_: Any) -> SimpleNamespace:
        alert = {"what": "staged gate: too many moves."}
        file = Path(env["PEIL_DATA"]) / "operator/quarantine/demo/2026-03-02.closed.json"
        if command[3] == "run":
            write_json(file, alert)
        return SimpleNamespace(returncode=3 if command[3] == "run" else 0)

    monkeypatch.setattr(released.subprocess, "run", run)
    outcome = released.released(["erratic"], [1], lambda text: None, tmp_path)
    page = (tmp_path / "released.md").read_text()
    assert "World 1, now, gate closed: 2026-03-02: staged gate: too many moves." in page
    assert "Nothing was released." in page and not outcome.facts


def test_a_make_that_fails_takes_nothing_of_another_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = running({"1": 0.05}, [])

    def stopping(command: list[str], **words: Any) -> Any:
        done = run(command, **words)
        return SimpleNamespace(returncode=int("seconds" in command)) if done else done

    monkeypatch.setattr(released.subprocess, "run", stopping)
    with pytest.raises(CommandFailed, match="seconds, world 1 failed at peil simulate"):
        released.released(["shares,seconds"], [1], lambda text: None, tmp_path)
    assert "## shares" in (tmp_path / "released.md").read_text()


def test_a_world_that_is_finished_in_its_store_is_scored_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[list[str]] = []
    monkeypatch.setattr(released.subprocess, "run", running({"21": 0.04}, calls))
    for _ in range(2):
        released.released([], [21], lambda text: None, tmp_path, tmp_path / "stores")
    assert [words[0] for words in calls] == ["simulate", "run", "score", "score"]


def test_a_world_that_fails_or_releases_nothing_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(released.subprocess, "run", running({}, []))
    with pytest.raises(CommandFailed, match="demo, world 21 released nothing"):
        released.released([], [21], lambda text: None, tmp_path)
    monkeypatch.setattr(released.subprocess, "run", running({"21": 0.1}, [], code=1))
    with pytest.raises(CommandFailed, match="demo, world 21 failed at peil simulate"):
        released.released([], [21], lambda text: None, tmp_path, tmp_path / "stores")
    assert not (tmp_path / "released.md").exists()


def test_seeds_and_pilots_are_checked_before_anything_runs(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="No released tables of essnet to score: there is demo, cl"):
        released.released(["essnet"], [21], lambda text: None, tmp_path)
    for text in ("", "21,x", "-1"):
        with pytest.raises(Refused, match="give whole numbers"):
            released.seeds_of(text)
    assert released.seeds_of(None) == [21, 22, 23, 24, 25]


@pytest.mark.parametrize("make", MAKES)
def test_every_make_can_be_measured(make: str) -> None:
    assert released.makes_of([make, make]) == [make]
    assert make in PROSE.read_text()


def test_examples_run_and_are_right() -> None:
    failed, tried = doctest.testmod(released)
    assert tried > 0
    assert failed == 0
