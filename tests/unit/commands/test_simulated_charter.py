"""Fewer simulated days than the demo has: the store holds a charter that ends with the last."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from peil import cli
from peil.charter import reading
from peil.commands import demo
from peil.ingest import deliveries
from peil.outcome import Outcome, Refused
from peil.settings import PROJECT
from peil.store import ledger
from peil.store.store import Store

TRACKED = PROJECT / "pilots" / "demo.yml"


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """An empty store; instead of a country, the simulator writes one file."""
    monkeypatch.setenv("PEIL_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("PEIL_PILOTS", raising=False)

    def simulate(**words: Any) -> dict[str, Any]:
        folder = words["deliveries"] / words["pilot"]
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "a.csv").write_text("a\n")
        return {"status": "done", "sentence": "", "n_events": 1}

    monkeypatch.setattr(demo, "simulate", simulate)
    monkeypatch.setattr(demo, "write_history", lambda *_: None)  # nothing was simulated
    return Store()


def simulated(days: int) -> Outcome:
    return demo.simulate_demo(1000, days, 1, 1, lambda name, share: None)


def test_three_days_have_a_charter_of_three_days(store: Store) -> None:
    before = TRACKED.read_bytes()
    outcome = simulated(3)
    charter = reading.load("demo")
    assert charter.days() == [date(2026, 3, day) for day in (2, 3, 4)]
    assert charter.linkage_days == 3 and charter.products == ["presence", "flows", "visitors"]
    assert str(reading.simulated_path("demo")) in outcome.look_at
    assert TRACKED.read_bytes() == before
    whole = reading.load(TRACKED)
    changed = {"period", "linkage_days"}
    assert charter.model_dump(exclude=changed) == whole.model_dump(exclude=changed)


def test_one_day_links_nothing_over_midnight(store: Store) -> None:
    simulated(1)
    charter = reading.load("demo")
    assert (charter.products, charter.linkage_days) == (["presence"], 1)


def test_the_whole_period_takes_the_charter_of_fewer_days_away(store: Store) -> None:
    simulated(3)
    outcome = simulated(7)
    assert reading.path_of("demo") == TRACKED and not reading.simulated_path("demo").exists()
    assert len(outcome.look_at) == 2


def test_what_the_dags_are_declared_from_is_the_same_charter(store: Store) -> None:
    from peil.tasks.chain import pilots

    simulated(2)
    declared = next(pilot for pilot in pilots() if pilot.name == "demo")
    assert declared.end is not None and declared.end.date() == date(2026, 3, 4)


def test_the_other_charter_by_its_path_is_refused_and_not_taken_for_this_one(store: Store) -> None:
    simulated(2)
    result = CliRunner().invoke(cli.app, ["run", "pilots/demo.yml"])
    assert result.exit_code == 2
    assert "wrote" in result.stderr and "Say `demo`" in result.stderr
    own = str(reading.simulated_path("demo"))
    assert CliRunner().invoke(cli.app, ["charter", "check", own]).exit_code == 0


def test_named_charters_come_first(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    simulated(2)
    monkeypatch.setenv("PEIL_PILOTS", str(PROJECT / "pilots"))
    assert reading.path_of("demo") == TRACKED
    simulated(3)
    assert not reading.simulated_path("demo").exists()


def test_no_other_than_a_simulated_pilot_has_its_charter_in_the_store(store: Store) -> None:
    simulated(2)
    own = reading.simulated_path("demo")
    content = yaml.safe_load(own.read_text()) | {"legal_basis": "statute"}
    own.write_text(yaml.safe_dump(content))
    with pytest.raises(Refused, match="only the charter of simulated data may lie in the store"):
        reading.load("demo")


def test_releases_of_an_earlier_simulation_are_told(store: Store) -> None:
    assert "note" not in simulated(7).facts
    from peil.charter.clock import now

    facts = {"product": "presence", "period": "2026-03-02"}
    ledger.append(store, "demo", "release", now(reading.load("demo")), facts)
    assert "--fresh" in str(simulated(7).facts["note"])


def test_the_deliveries_are_vouched_for_under_that_charter(store: Store) -> None:
    simulated(3)
    file = store.settings.deliveries_folder / "demo" / "a.csv"
    digest = deliveries.sha256(file)
    deliveries.check_vouched(store, reading.load("demo"), {file: digest})
    with pytest.raises(Refused):
        deliveries.check_vouched(store, reading.load("demo"), {file: "0" * 64})
