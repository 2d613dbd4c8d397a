"""What dies with the last day of a window, not with its first; what is forgotten with a day."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest
from kept_day import DAY, MACHINE, STAGED_AT, STAGED_END

from peil.alerts import incidents, listing
from peil.charter import retention, windows
from peil.charter.clock import now
from peil.estimate.linked import estimate as flows
from peil.stage import purging
from peil.store import keys, ledger
from peil.store.atomic import read_json, write_json, write_text
from peil.watch.retain import opt_out
from peil.watch.retain.retain import retain
from peil.watch.retain.stop import shred

LINKED = {"products": ["presence", "flows"], "linkage_days": 3, "retention__staged_days": 3}
NEXT = DAY + timedelta(days=1)


@pytest.fixture
def window(tiny: Any) -> Any:
    """A window of three days, the first two of them staged under one key, with sums over them."""
    tiny.write_charter(**LINKED)
    store = tiny.store
    keys.new_key(store.key("tiny", DAY, "pseudonym"))
    for number, day in enumerate((DAY, NEXT)):
        keys.new_key(store.key("tiny", day, "staged"))
        write_text(store.staged_file("tiny", day), "rows")
        staged_at = (STAGED_AT + timedelta(days=10 * number)).isoformat()
        write_json(store.staged_manifest("tiny", day), {"staged_at": staged_at})
    write_text(store.linked("tiny", DAY) / "sums", "sums")
    return tiny


def test_the_key_of_a_window_dies_with_the_day_that_dies_last(window: Any) -> None:
    last = STAGED_AT + timedelta(days=10 + 3)
    assert retention.due(window.charter, window.store, DAY, "linked") == last
    retain("tiny", last - timedelta(seconds=1), MACHINE)
    assert not window.store.staged_file("tiny", DAY).exists()
    assert windows.pseudonym_key(window.store, window.charter, DAY).exists()
    retain("tiny", last, MACHINE)
    assert not windows.pseudonym_key(window.store, window.charter, DAY).exists()


def test_sums_go_with_a_day_that_is_shredded_and_the_key_with_the_last_one(window: Any) -> None:
    store, key = window.store, windows.pseudonym_key(window.store, window.charter, DAY)
    shred("tiny", str(DAY))
    assert not store.linked("tiny", DAY).exists() and key.exists()
    shred("tiny", str(NEXT))
    write_text(store.staged_file("tiny", NEXT + timedelta(days=1)), "rows")
    shred("tiny", str(NEXT + timedelta(days=1)))
    assert not key.exists()


def test_alerts_and_incidents_of_a_day_are_forgotten_with_its_rows(full: Any) -> None:
    store = full.tiny.store
    alerts = listing.alerts_file(store, "tiny")
    write_text(alerts, json.dumps({"day": str(DAY), "incident": "x"}) + "\n")
    forgotten: list[set[str]] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(incidents, "forget", lambda *words: forgotten.append(words[2]))
        retain("tiny", STAGED_END, MACHINE)
    assert alerts.read_bytes() == b"" and forgotten == [{str(DAY)}]


def test_the_manifest_follows_the_file_where_one_delivered_file_held_nobody(tiny: Any) -> None:
    row = "imsi,at,mcc,mnc,cell,imei\n{},2026-03-02T01:00:00,204,08,c1,x\n"
    tiny.deliver("a.csv", row.format("204080000000001"))
    tiny.deliver("b.csv", row.format("204080000000002"))
    tiny.ingest()
    tiny.put("opt_out.csv", "imsi\n204080000000002\n")
    assert purging.purge_raw(tiny.charter, tiny.store, DAY) == 1
    files = read_json(tiny.store.raw_manifest("tiny", DAY))["files"]
    assert {file["name"].split("/")[-1]: file["n_opted_out"] for file in files} == {
        "a.csv": 0,
        "b.csv": 1,
    }


def test_a_product_of_which_one_day_is_released_is_made_again_for_the_others(
    window: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    again: list[str] = []

    def release(day: date) -> None:
        facts = {"product": "flows", "period": str(day)}
        ledger.append(window.store, "tiny", "release", now(window.charter), facts)

    def estimate(_pilot: str, _product: str, day: str) -> None:
        again.append(day)

    monkeypatch.setattr(flows, "estimate", estimate)
    monkeypatch.setattr(flows, "is_estimated", lambda _c, _r, window, _s: window.first == DAY)
    release(DAY)
    assert list(opt_out._products_again(window.charter, window.store)) == []
    assert again == [str(DAY)]
    release(NEXT)
    release(NEXT + timedelta(days=1))
    assert list(opt_out._products_again(window.charter, window.store)) == []
    assert again == [str(DAY)]
