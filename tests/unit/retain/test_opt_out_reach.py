"""A late opt-out: what it withdraws, under which charter it holds, and what it can not reach."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from kept_day import DAY
from test_opt_out import HEADER, LEAVES, ROWS, STAYS, release, stage

from peil.charter.clock import now
from peil.store import ledger, lock
from peil.store.atomic import read_json, write_json, write_text
from peil.watch.retain.opt_out import opt_out

LINKED: Any = {
    "products": ["presence", "flows", "visitors", "residence"],
    "linkage_days": 2,
    "retention__staged_days": 2,
}
NEXT, LATER = DAY + timedelta(days=1), DAY + timedelta(days=2)
PRODUCTS = ("presence", "flows", "visitors", "residence")
EXPIRED: Any = {"legal_basis": "statute", "threshold": 15, "expires": "2026-03-31"}


@pytest.fixture
def late(tiny: Any) -> Any:
    """A landed day of two subscribers, one of whom has opted out since."""
    tiny.write_charter(**LINKED)
    tiny.deliver("a.csv", HEADER + ROWS)
    tiny.ingest()
    tiny.put("opt_out.csv", f"imsi\n+{LEAVES}\n")
    tiny.vouch()
    return tiny


def candidates(tiny: Any) -> set[str]:
    """Put a candidate of every product and of three days, the last in another window."""
    for product in PRODUCTS:
        for day in (DAY, NEXT, LATER):
            write_text(tiny.store.candidate("tiny", product, day) / "table.csv", "1")
    return there(tiny)


def there(tiny: Any) -> set[str]:
    root: Path = tiny.store.candidate("tiny", "presence", DAY).parent.parent
    return {f"{file.parent.parent.name} {file.parent.name}" for file in root.glob("*/*/*")}


def test_candidates_of_a_hit_day_and_of_its_window_are_withdrawn_and_no_other(late: Any) -> None:
    before = candidates(late)
    facts = {"product": "visitors", "period": str(NEXT)}
    ledger.append(late.store, "tiny", "release", now(late.charter), facts)
    outcome = opt_out("tiny")
    window = {f"{name} {day}" for name in ("flows", "visitors") for day in (DAY, NEXT)}
    gone = {f"presence {DAY}", f"residence {DAY}", *window} - {f"visitors {NEXT}"}
    assert before - there(late) == gone
    assert outcome.facts["n_candidates"] == len(gone)
    assert "visitors of 2026-03-03" in str(outcome.facts["note"])  # of the same window, released


def test_a_candidate_that_crosses_at_this_moment_is_waited_for(late: Any) -> None:
    candidates(late)
    with (
        lock.held(late.store, "tiny", f"{NEXT}.flows", "publish flows"),
        pytest.raises(Exception, match="is held by publish flows"),
    ):
        opt_out("tiny")
    opt_out("tiny")
    assert f"flows {NEXT}" not in there(late)


def test_estimates_that_cannot_be_made_again_without_somebody_are_gone(late: Any) -> None:
    stage(late)
    late.store.raw_file("tiny", DAY).unlink()
    places = [late.store.estimated("tiny", DAY), late.store.estimated("tiny", NEXT, "flows")]
    kept = late.store.estimated("tiny", LATER, "flows")
    for place in (*places, kept):
        write_json(place / "estimated.json", {"run_ids": {}})
    assert opt_out("tiny").facts["n_days_deleted"] == 1
    assert not any(place.exists() for place in places) and kept.exists()


def test_an_expired_and_unsigned_charter_still_lets_somebody_out(late: Any) -> None:
    candidates(late)
    late.write_charter(**LINKED, **EXPIRED)
    outcome = opt_out("tiny")
    assert late.raw("SELECT DISTINCT subscriber_id FROM events") == [(STAYS,)]
    assert f"presence {DAY}" not in there(late)
    left = str(outcome.facts["left"])
    assert left.startswith("not made again: 2026-03-02: The charter of tiny expired")
    record = late.store.retained("tiny", DAY, "opt_out")
    assert not read_json(record)["is_done"]
    late.write_charter(**LINKED)
    assert "left" not in opt_out("tiny").facts
    assert read_json(record)["is_done"]


def test_releases_that_they_are_in_are_named_and_days_that_are_gone_are_said(late: Any) -> None:
    release(late)
    for product, day in (("flows", DAY), ("flows", NEXT), ("presence", LATER), ("flows", LATER)):
        facts = {"product": product, "period": str(day)}
        ledger.append(late.store, "tiny", "release", now(late.charter), facts)
    write_json(late.store.raw_manifest("tiny", LATER), {"files": [], "opt_out": ""})
    facts_told = opt_out("tiny").facts
    assert facts_told["n_released"] == 3
    assert "back, presence of 2026-03-02; flows of 2026-03-02 to 2026-03-03: tell" in str(
        facts_told["note"]
    )
    assert facts_told["not_searched"] == (
        "nobody can be looked for any more in 2026-03-04, of which rows or keys are gone: released "
        "of it and standing, with them or without: presence of 2026-03-04; flows of 2026-03-04"
    )
    entry = ledger.find(late.store, "tiny", "opted_out")
    assert entry is not None
    assert entry["facts"]["released"] == {
        "presence": ["2026-03-02"],
        "flows": ["2026-03-02 to 2026-03-03"],
    }
    assert entry["facts"]["not_searched"] == ["2026-03-04"]
    assert entry["facts"]["released_not_searched"] == {
        "presence": ["2026-03-04"],
        "flows": ["2026-03-04"],
    }


def test_a_key_that_is_gone_puts_a_day_out_of_reach(late: Any) -> None:
    release(late)
    late.store.key("tiny", DAY, "raw").unlink()
    facts = opt_out("tiny").facts
    assert facts["n_released"] == 0
    assert "in 2026-03-02, of which" in str(facts["not_searched"])
    assert "presence of 2026-03-02" in str(facts["not_searched"])
