"""The public may read of a pilot before a row of it is read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from peil.charter import public_register
from peil.ingest import ingest
from peil.ingest.readers import generic
from peil.store import ledger

ROW = "imsi,at,mcc,mnc,cell,imei\n204080000000001,2026-03-02 10:00:00,204,08,c1,\n"


def test_the_entry_exists_before_the_first_row_is_read(
    tiny: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny.deliver("a.csv", ROW)
    tiny.vouch()
    order: list[str] = []

    def spy(name: str, real: Any) -> Any:
        def called(*words: Any, **named: Any) -> Any:
            there = tiny.store.public_entry("tiny").exists()
            order.append(f"{name} {'registered' if there else 'not registered'}")
            return real(*words, **named)

        return called

    monkeypatch.setattr(ingest, "look", spy("hash", ingest.look))
    monkeypatch.setattr(generic, "header", spy("read", generic.header))
    monkeypatch.setattr(
        generic.Generic, "land_events", staticmethod(spy("land", generic.Generic.land_events))
    )
    ingest.ingest("tiny", "2026-03-02")
    assert {"hash registered", "read registered", "land registered"} <= set(order)
    assert not [step for step in order if step.endswith("not registered")]


def test_the_entry_says_what_the_public_must_know(tiny: Any) -> None:
    public_register.enter(tiny.charter, tiny.store)
    entry = json.loads(tiny.store.public_entry("tiny").read_text())
    assert entry["purpose"] == "method_development"
    assert entry["fields"] == ["cell_id", "mcc", "mnc", "observed_at", "subscriber_id"]
    assert entry["period"] == {"start": "2026-03-02", "end": "2026-03-08"}
    assert entry["fields_counted_only"] == sorted(tiny.charter.inputs.events.counted)
    assert entry["retention"] == {"raw_hours": 24, "staged_days": 1}
    for name in ("legal_basis", "recipients", "contact", "tier", "threshold", "signatures"):
        assert name in entry
    assert len(bytes.fromhex(entry["operator_public_key"])) == 32


def test_the_entry_names_no_place_of_the_operator(tiny: Any) -> None:
    public_register.enter(tiny.charter, tiny.store)
    text = tiny.store.public_entry("tiny").read_text()
    assert str(tiny.folder) not in text and "events/" not in text and "imsi" not in text


def test_a_changed_charter_is_entered_again_and_both_are_in_the_ledger(tiny: Any) -> None:
    public_register.enter(tiny.charter, tiny.store)
    public_register.enter(tiny.charter, tiny.store)
    tiny.write_charter(recipients=["Agency", "a municipality"])
    public_register.enter(tiny.charter, tiny.store)
    kinds = [entry["kind"] for entry in ledger.entries(tiny.store.ledger("tiny"))]
    assert kinds == ["charter", "charter"]
    entry = json.loads(tiny.store.public_entry("tiny").read_text())
    assert entry["recipients"] == ["Agency", "a municipality"]
