"""Where each day stands, and why it waits."""

from __future__ import annotations

import io
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from benchmarks.disturbed import bundles
from peil import status
from peil.area.area import area_of
from peil.charter import public_register
from peil.charter.clock import now
from peil.commands import status_table
from peil.pages import build, operator_reading
from peil.store import ledger
from tests.stores import peil_here

DAY = date(2026, 3, 2)
FACTS = {"product": "presence", "period": str(DAY), "table_sha256": "a"}


def reach(tiny: Any, state: str, gate: bool | None = True) -> None:
    """Leave the marks of a state, as its verb does, and its gate's verdict."""
    store = tiny.store
    mark: Path = {
        "raw": store.raw_manifest("tiny", DAY),
        "staged": store.staged_manifest("tiny", DAY),
        "estimated": store.estimated("tiny", DAY) / "estimated.json",
        "released": store.released("tiny", "presence", DAY) / "table.csv",
    }[state]
    mark.parent.mkdir(parents=True, exist_ok=True)
    mark.write_text("{}")
    if gate is not None:
        report = store.quality("tiny", DAY) / f"{state}.json"
        report.parent.mkdir(parents=True, exist_ok=True)
        report.write_text(json.dumps({"is_open": gate}))


def found(tiny: Any) -> status.DayStatus:
    return status.of_day(tiny.charter, DAY, tiny.store)


def test_a_day_moves_through_the_four_states(tiny: Any) -> None:
    assert (found(tiny).state, found(tiny).why) == ("nothing", "no delivery landed yet")
    waits = {
        "raw": "stage has not run",
        "staged": "estimate has not run",
        "estimated": "release has not run",
    }
    for state, why in waits.items():
        reach(tiny, state)
        assert (found(tiny).state, found(tiny).why) == (state, why)
        assert found(tiny).gates[state] == "open"
    assert found(tiny).gates["released"] == "-"


def test_a_store_that_is_not_there_is_told(
    tiny: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hint = "nothing has run there, or correct PEIL_DATA"
    for folder, is_told in ((tiny.store.root, False), (tmp_path / "none" / "x", True)):
        monkeypatch.setenv("PEIL_DATA", str(folder))
        console = Console(record=True, width=200, file=io.StringIO())
        status_table.tell_status("tiny", console)
        printed = console.export_text()
        assert (f"No folder at {folder}: {hint}" in printed) == is_told


def test_a_folder_without_a_ledger_entry_is_not_released(tiny: Any) -> None:
    for state in status.STATES:
        reach(tiny, state)
    assert not found(tiny).is_released
    public_register.enter(tiny.charter, tiny.store)
    bundles.release(tiny.store, tiny.charter, "presence", DAY, 120)
    entry = ledger.standing(tiny.store, "tiny", "presence", str(DAY))
    assert found(tiny).is_released and entry
    assert (found(tiny).ledger, found(tiny).why) == (entry["hash"][:12], "")
    ledger.append(tiny.store, "tiny", "withdrawn", now(tiny.charter), FACTS, once=False)
    assert not found(tiny).is_released


@pytest.mark.parametrize("state", status.STATES)
def test_a_closed_gate_is_the_reason(tiny: Any, state: str) -> None:
    for reached in status.STATES[: status.STATES.index(state) + 1]:  # type: ignore[arg-type]
        reach(tiny, reached, gate=reached != state)
    assert found(tiny).why == f"the gate of {state} is closed: see the operator's page"
    assert found(tiny).gates[state] == "closed"  # type: ignore[index]


def test_every_day_of_the_period_is_shown_and_nothing_is_written(tiny: Any) -> None:
    before = sorted(tiny.folder.rglob("*"))
    days = status.of_pilot(tiny.charter, tiny.store)
    assert [day.day for day in days] == tiny.charter.days()
    assert sorted(tiny.folder.rglob("*")) == before


def linked(tiny: Any, **changes: Any) -> None:
    tiny.write_charter(
        products=["presence", "flows", "residence"],
        linkage_days=2,
        retention__staged_days=2,
        period={"start": str(DAY), "end": "2026-03-03"},
        **changes,
    )


def test_a_product_waits_for_its_window_then_for_its_verbs(tiny: Any) -> None:
    linked(tiny)
    store = tiny.store
    assert found(tiny).products == {"flows": "waits", "residence": "waits"}
    for day in (DAY, date(2026, 3, 3)):
        for file in (
            store.staged_manifest("tiny", day),
            store.staged_file("tiny", day),
            store.quality("tiny", day) / "staged.json",
        ):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps({"is_open": True}))
    assert found(tiny).products == {"flows": "ready", "residence": "ready"}
    for product in ("flows", "residence"):
        mark = store.estimated("tiny", DAY, product) / "estimated.json"
        mark.parent.mkdir(parents=True)
        mark.write_text("{}")
    assert found(tiny).products == {"flows": "estimated", "residence": "estimated, stays here"}
    public_register.enter(tiny.charter, store)
    bundles.release(store, tiny.charter, "flows", DAY, 120)
    assert found(tiny).products["flows"] == "released" and not found(tiny).broken
    closed = store.quality("tiny", date(2026, 3, 3)) / "staged.json"
    closed.write_text(json.dumps({"is_open": False}))
    assert status.of_day(tiny.charter, date(2026, 3, 3), store).products["flows"] == "waits"


def test_a_figure_set_in_place_is_shown_as_broken(tiny: Any) -> None:
    public_register.enter(tiny.charter, tiny.store)
    folder = bundles.release(tiny.store, tiny.charter, "presence", DAY, 120)
    reach(tiny, "raw")
    assert found(tiny).is_released and found(tiny).is_done
    table = folder / "rel_presence__by_zone_hour.csv"
    table.write_bytes(table.read_bytes().replace(b"120", b"999999"))
    changed = "rel_presence__by_zone_hour.csv was changed after it was signed."
    assert found(tiny).broken == {"presence": changed}
    assert not found(tiny).is_released and not found(tiny).is_done
    shown = peil_here(tiny.store.root, "status", "tiny", PEIL_PILOTS=str(tiny.folder / "pilots"))
    assert f"✗ 2026-03-02 presence is released and broken: {changed}" in shown.stdout
    assert "broken" in next(line for line in shown.stdout.splitlines() if "│ 2026-03-02" in line)


def test_a_released_bundle_that_is_gone_is_broken_and_waits_for_nobody(tiny: Any) -> None:
    linked(tiny)
    public_register.enter(tiny.charter, tiny.store)
    folders = {
        product: bundles.release(tiny.store, tiny.charter, product, DAY, 120)
        for product in ("presence", "flows")
    }
    reach(tiny, "estimated", gate=None)
    report = tiny.store.quality("tiny", DAY) / "released.json"
    report.parent.mkdir(parents=True)
    report.write_text('{"is_open": true, "results": []}')
    assert found(tiny).is_released and found(tiny).broken == {}
    for folder in folders.values():
        folder.rename(folder.with_name(".gone"))
    faults = {
        product: f"The ledger says that {product} of 2026-03-02 is released, and its bundle is "
        "missing."
        for product in folders
    }
    day = found(tiny)
    assert (day.state, day.why, day.broken) == ("released", "", faults)
    assert not day.is_released and not day.is_done and day.products["flows"] == "released"
    shown = peil_here(tiny.store.root, "status", "tiny", PEIL_PILOTS=str(tiny.folder / "pilots"))
    assert f"✗ 2026-03-02 presence is released and broken: {faults['presence']}" in shown.stdout
    assert "approv" not in shown.stdout
    charter, store = tiny.charter, tiny.store
    data = build.collected(charter, store, area_of(charter, store), [day])
    assert data and data.releases[0].status == "broken"
    assert faults["presence"] in data.releases[0].reason.en
    of_day = operator_reading.collected(charter, store, [day]).days[0].states["released"]
    assert of_day.status == "failed" and faults["flows"] in of_day.reason
    # one that crosses at this moment, or that a kill left in the outbox, is no fault
    sent = store.outbound("tiny", "presence", DAY)
    sent.mkdir(parents=True)
    crossing = found(tiny)
    assert "lies in the outbox" in crossing.why and "presence" not in crossing.broken
    assert crossing.state == "estimated" and not crossing.is_done


def test_a_day_is_done_when_no_product_of_it_can_move(tiny: Any) -> None:
    linked(tiny)
    done = status.DayStatus(DAY, "released", {}, "", "")
    assert done.is_done
    for state, is_done in (
        ("waits", True),
        ("released", True),
        ("ready", False),
        ("estimated", False),
        ("estimated, stays here", True),
    ):
        day = status.DayStatus(DAY, "released", {}, "", "", products={"flows": state})
        assert day.is_done is is_done, state
    assert not status.DayStatus(DAY, "estimated", {}, "", "").is_done


def test_a_charter_of_presence_alone_has_no_products_to_tell_of(tiny: Any) -> None:
    assert found(tiny).products == {}


def test_which_versions_of_models_took_anothers_place_is_shown(
    tiny: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    public_register.enter(tiny.charter, tiny.store)
    at = now(tiny.charter)

    def models() -> list[str]:
        status_table.tell_status("tiny", Console(width=200))
        return [line for line in capsys.readouterr().out.splitlines() if line.startswith("models")]

    assert models() == []
    for kind, version, before in [
        ("presence_promoted", 2, 1),
        ("footprint_promoted", 3, 1),
        ("footprint_rolled_back", 1, 3),
    ]:
        facts = {"version": version, "in_place_of": before}
        ledger.append(tiny.store, "tiny", kind, at, facts, once=False)
    day = at.date().isoformat()
    assert models() == [
        f"models: footprint version 1 stands in place of 3 since {day}; presence version 2 stands "
        f"in place of 1 since {day} (peil compare tiny shows all versions)"
    ]
    ledger.append(tiny.store, "tiny", "models_forgotten", at, {}, once=False)
    assert models() == []
