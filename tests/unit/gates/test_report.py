"""A report is the same bytes for the same batch, and a verb begins behind an open gate only."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from peil import gates
from peil.outcome import GateClosed, Refused, Waiting
from peil.store import atomic


@pytest.fixture
def judged(batch: Any, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Count how often the gate is really asked."""
    states: list[str] = []
    judge = gates._judge

    def count(store: Any, charter: Any, state: Any, day: Any, limits: Any) -> Any:
        states.append(state)
        return judge(store, charter, state, day, limits)

    monkeypatch.setattr(gates, "_judge", count)
    return states


def spoil(batch: Any) -> None:
    batch.raw["files"] = batch.raw["files"].iloc[:0]
    batch.write("raw")


def manifest(batch: Any, content: str) -> None:
    atomic.write_json(batch.store.raw_manifest(batch.pilot, batch.day), {"content": content})


@pytest.mark.parametrize("state", gates.STATES)
def test_the_same_batch_gives_the_same_bytes(batch: Any, state: str) -> None:
    batch.write(state)
    file = batch.store.quality(batch.pilot, batch.day) / f"{state}.json"

    first, once = gates.check(state, batch.pilot, batch.day), file.read_bytes()
    second, again = gates.check(state, batch.pilot, str(batch.day)), file.read_bytes()

    assert once == again == first.to_json().encode()
    assert gates.GateReport.from_json(once.decode()) == first == second
    assert "2026-11" not in once.decode()


def test_the_order_of_rows_does_not_change_the_report(batch: Any) -> None:
    batch.write("raw")
    first = gates.check("raw", batch.pilot, batch.day)
    batch.raw["events"] = batch.raw["events"].sample(frac=1, random_state=1)
    batch.write("raw")

    assert gates.check("raw", batch.pilot, batch.day) == first


def test_a_report_holds_the_fields_that_its_readers_name(batch: Any) -> None:
    batch.write("raw")
    gates.check("raw", batch.pilot, batch.day)
    file = batch.store.quality(batch.pilot, batch.day) / "raw.json"

    content = json.loads(file.read_text())

    assert set(content) == {"state", "pilot", "day", "is_open", "results"}
    fields = {"expectation", "table", "why", "do", "severity", "success", "observed"}
    assert {frozenset(result) for result in content["results"]} == {frozenset(fields)}
    numbers = [value for result in content["results"] for value in result["observed"].values()]
    assert numbers
    assert {type(value) for value in numbers} <= {int, float}


def test_a_missing_state_is_waited_for(batch: Any) -> None:
    for state in gates.STATES:
        with pytest.raises(Waiting):
            gates.check(state, batch.pilot, batch.day)


def test_an_unknown_state_and_a_day_outside_the_charter_are_refused(batch: Any) -> None:
    with pytest.raises(Refused, match="no state bronze"):
        gates.check("bronze", batch.pilot, batch.day)
    with pytest.raises(Refused, match="outside the period"):
        gates.check("raw", batch.pilot, "2027-01-01")


def test_a_verb_is_let_through_an_open_gate_and_the_gate_is_asked_once(
    batch: Any, judged: list[str]
) -> None:
    batch.write("raw")
    manifest(batch, "a")

    gates.require_open("raw", batch.pilot, batch.day)
    gates.require_open("raw", batch.pilot, batch.day)

    assert judged == ["raw"]


def test_a_verb_is_stopped_at_a_closed_gate_and_the_day_is_set_aside(batch: Any) -> None:
    spoil(batch)

    with pytest.raises(GateClosed, match="rows_were_delivered") as stop:
        gates.require_open("raw", batch.pilot, batch.day)

    file = batch.store.quality(batch.pilot, batch.day) / "raw.json"
    assert str(stop.value) == gates.GateReport.from_json(file.read_text()).refusal()
    assert (batch.store.quarantine(batch.pilot) / f"{batch.day}.closed.json").is_file()


def test_a_report_of_an_earlier_delivery_is_not_believed(batch: Any, judged: list[str]) -> None:
    batch.write("raw")
    manifest(batch, "a")
    gates.check("raw", batch.pilot, batch.day)
    spoil(batch)
    manifest(batch, "b")

    with pytest.raises(GateClosed):
        gates.require_open("raw", batch.pilot, batch.day)

    assert judged == ["raw", "raw"]


def test_other_code_that_judges_asks_again(
    batch: Any, judged: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    batch.write("raw")
    manifest(batch, "a")
    for code in ("before", "before", "after"):
        monkeypatch.setattr(gates, "code_hash", lambda places, code=code: f"{code} {places}")
        assert gates.asked("raw", batch.pilot, batch.day).is_open

    assert judged == ["raw", "raw"]


def test_a_report_is_believed_only_after_its_gate_took_the_quarantine_back(
    batch: Any, judged: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    good = batch.raw["files"]
    spoil(batch)
    manifest(batch, "a")
    gates.close(gates.asked("raw", batch.pilot, batch.day))
    batch.raw["files"] = good
    batch.write("raw")
    manifest(batch, "b")
    with monkeypatch.context() as patch:
        patch.setattr(gates.closing, "open_gate", lambda *words: 1 / 0)  # killed there
        with pytest.raises(ZeroDivisionError):
            gates.asked("raw", batch.pilot, batch.day)

    assert gates.asked("raw", batch.pilot, batch.day).is_open

    assert not (batch.store.quarantine(batch.pilot) / f"{batch.day}.closed.json").exists()
    assert judged == ["raw"] * 3


def test_a_torn_report_is_made_again(batch: Any, judged: list[str]) -> None:
    batch.write("raw")
    manifest(batch, "a")
    gates.check("raw", batch.pilot, batch.day)
    (batch.store.quality(batch.pilot, batch.day) / "raw.json").write_text('{"state": "ra')

    gates.require_open("raw", batch.pilot, batch.day)

    assert judged == ["raw", "raw"]


def test_a_better_delivery_opens_the_gate_and_takes_the_quarantine_back(batch: Any) -> None:
    good = batch.raw["files"]
    spoil(batch)
    gates.close(gates.check("raw", batch.pilot, batch.day))
    closed = batch.store.quarantine(batch.pilot) / f"{batch.day}.closed.json"
    assert closed.is_file()

    batch.raw["files"] = good
    batch.write("raw")
    gates.check("raw", batch.pilot, batch.day)

    assert not closed.exists()


def test_an_open_gate_leaves_the_quarantine_of_another_gate(batch: Any) -> None:
    row = pd.DataFrame([{"outcome": "quarantined", "reason": "late", "n_rows": 5000}])
    table = "int_rows_accounted__by_file_reason"
    batch.staged[table] = pd.concat([batch.staged[table], row], ignore_index=True)
    batch.write("raw")
    batch.write("staged")
    gates.close(gates.check("staged", batch.pilot, batch.day))

    gates.check("raw", batch.pilot, batch.day)

    assert (batch.store.quarantine(batch.pilot) / f"{batch.day}.closed.json").is_file()


def test_no_sealed_file_stays_open_behind_a_gate(batch: Any) -> None:
    """A file that stays attached cannot be written by the next run of the verb."""
    batch.write("raw")
    gates.check("raw", batch.pilot, batch.day)

    held = [str(link.readlink()) for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
    assert held
    assert [path for path in held if path.endswith(".duckdb")] == []


def test_a_candidate_whose_two_forms_differ_is_not_judged(batch: Any) -> None:
    batch.write("released")
    folder = batch.store.candidate(batch.pilot, "presence", batch.day)
    table = pd.read_parquet(folder / "rel_presence__by_zone_hour.parquet")
    table.assign(OBS_VALUE=1).to_csv(folder / "rel_presence__by_zone_hour.csv", index=False)
    with pytest.raises(Refused, match="is not judged"):
        gates.check("released", batch.pilot, batch.day)


def test_a_gate_looks_into_no_folder_that_leads_to_the_keys(batch: Any) -> None:
    batch.write("released")
    folder = batch.store.candidate(batch.pilot, "presence", batch.day)
    inside = batch.store.operator / "keys" / "candidate"
    inside.parent.mkdir(parents=True, exist_ok=True)
    folder.rename(inside)
    folder.symlink_to(inside)
    with pytest.raises(Refused, match="holds keys or the agency's side of the store"):
        gates.check("released", batch.pilot, batch.day)
