"""Somebody opts out late: their rows go from every open day, and what stands released is said."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import yaml
from kept_day import DAY, STAGED_AT

from peil.adapters import database, sealing
from peil.adapters.pseudonyms import pseudonym
from peil.charter import retention
from peil.charter.clock import now
from peil.ingest.ingest import ingest
from peil.outcome import Refused, Waiting
from peil.stage import purging
from peil.store import keys, ledger, lock
from peil.store.atomic import read_json, write_json
from peil.watch.retain.opt_out import opt_out

STAYS, LEAVES = "204080000000001", "204080000000002"
HEADER = "imsi,at,mcc,mnc,cell,imei\n"
ROWS = "".join(
    f"{who},2026-03-02T0{n}:00:00,204,08,c1,x\n" for n in range(4) for who in (STAYS, LEAVES)
)


@pytest.fixture
def late(tiny: Any) -> Any:
    """A landed day of two subscribers, one of whom has opted out since, in another spelling."""
    tiny.deliver("a.csv", HEADER + ROWS)
    tiny.ingest()
    tiny.put("opt_out.csv", f"imsi\n+{LEAVES}\n")
    return tiny


def test_who_was_landed_from_bytes_is_taken_out_in_either_case(tiny: Any) -> None:
    rows = "".join(f"{who},2026-03-02T00:00:00,204,08,c1,x\n" for who in ("ab12cd34", "ab12cd35"))
    tiny.deliver("a.csv", HEADER + rows)
    tiny.ingest()
    tiny.put("opt_out.csv", "imsi\nAB12CD34\n")
    assert purging.purge_raw(tiny.charter, tiny.store, DAY) == 1
    assert tiny.raw("SELECT subscriber_id FROM events") == [("ab12cd35",)]


def stage(tiny: Any) -> None:
    """The tables of a staged file that hold rows of devices, one of counts, and a view."""
    store = tiny.store
    for kind in ("staged", "pseudonym"):
        keys.new_key(store.key("tiny", DAY, kind))
    key = keys.read_key(store.key("tiny", DAY, "pseudonym"))
    with database.connection(store, tiny.folder / "spill") as opened:
        sealed = keys.read_key(store.key("tiny", DAY, "staged"))
        sealing.attach(opened, store.staged_file("tiny", DAY), "staged", sealed, False)
        opened.execute("USE staged")
        opened.execute("CREATE TABLE int_devices_numbered (device_no INTEGER, device_id UUID)")
        for number, who in enumerate((STAYS, LEAVES)):
            opened.execute(
                "INSERT INTO int_devices_numbered VALUES (?, ?)", [number, pseudonym(key, who)]
            )
        opened.execute(
            "CREATE TABLE int_events_classified AS "
            "SELECT i % 2 AS device_no, i AS line FROM range(8) AS t(i)"
        )
        opened.execute("CREATE TABLE int_devices_counted AS SELECT 2 AS n_devices")
        opened.execute("CREATE VIEW rows_there AS SELECT * FROM staged.main.int_events_classified")
    write_json(
        store.staged_manifest("tiny", DAY),
        {"staged_at": STAGED_AT.isoformat(), "facts": {"n_staged": 8}, "accounting": []},
    )


def staged(tiny: Any, table: str) -> int:
    with database.connection(tiny.store, tiny.folder / "look") as opened:
        database.attach_staged(opened, tiny.store, "tiny", DAY)
        (n_rows,) = opened.execute(f"SELECT count(*) FROM staged.main.{table}").fetchall()[0]
        return int(n_rows)


def release(tiny: Any) -> None:
    facts = {"product": "presence", "period": str(DAY)}
    ledger.append(tiny.store, "tiny", "release", now(tiny.charter), facts)


def test_under_another_key_of_pseudonyms_nobody_is_looked_for(late: Any) -> None:
    """Else nobody would be found under it, and the rows would stay without a word."""
    stage(late)
    file = late.store.key("tiny", DAY, "pseudonym")
    facts = {"key": file.name, "id": keys.key_id(file.read_bytes())}
    ledger.append(late.store, "tiny", "key_drawn", now(late.charter), facts)
    file.unlink()
    keys.new_key(file)
    with pytest.raises(Refused, match="is not the one that the ledger names"):
        opt_out("tiny")
    assert staged(late, "int_events_classified") == 8


def test_who_opts_out_after_a_release_is_in_no_sealed_row_and_the_release_is_said(
    late: Any,
) -> None:
    stage(late)
    release(late)
    assert (staged(late, "rows_there"), len(late.raw("SELECT * FROM events"))) == (8, 8)
    said = str(ingest("tiny", str(DAY)).facts["note"])
    assert said == "somebody may have opted out since: run `peil opt-out tiny`"
    outcome = opt_out("tiny")
    assert (staged(late, "rows_there"), len(late.raw("SELECT * FROM events"))) == (4, 4)
    assert (staged(late, "int_devices_numbered"), staged(late, "int_devices_counted")) == (1, 1)
    assert late.raw("SELECT DISTINCT subscriber_id FROM events") == [(STAYS,)]
    assert late.raw("SELECT n_rows, n_opted_out FROM files") == [(8, 4)]
    assert read_json(late.store.raw_manifest("tiny", DAY))["files"][0]["n_opted_out"] == 4
    counts = {"n_rows_raw": 4, "n_rows_staged": 4, "n_days_purged": 1, "n_released": 1}
    assert counts.items() <= outcome.facts.items()
    assert "cannot be called back" in str(outcome.facts["note"])
    assert "note" not in ingest("tiny", str(DAY)).facts


def test_rows_of_a_released_and_of_an_open_day_before_and_after_a_late_opt_out(
    late: Any,
) -> None:
    """Four of eight rows a day are theirs; the open day is landed again from its delivery."""
    later = DAY + timedelta(days=1)
    late.deliver("b.csv", HEADER + ROWS.replace("2026-03-02", "2026-03-03"), later)
    late.put("opt_out.csv", "imsi\n")
    late.ingest(later)
    stage(late)
    release(late)
    late.put("opt_out.csv", f"imsi\n{LEAVES}\n")
    late.vouch()

    def n_rows() -> dict[str, int]:
        raw = {str(day): late.raw("SELECT count(*) FROM events", day)[0][0] for day in (DAY, later)}
        return {**raw, "staged": staged(late, "int_events_classified")}

    before = n_rows()
    outcome = opt_out("tiny")
    after = n_rows()
    print(f"released {DAY} and open {later}: {before} rows, then {after}; {outcome.facts}")
    assert before == {str(DAY): 8, str(later): 8, "staged": 8}
    assert after == {str(DAY): 4, str(later): 4, "staged": 4}
    counts = {"n_rows_raw": 8, "n_rows_staged": 4, "n_days_purged": 2, "n_released": 1}
    assert counts.items() <= outcome.facts.items()


def test_the_ledger_has_counts_and_no_name(late: Any) -> None:
    opt_out("tiny")
    entry = ledger.find(late.store, "tiny", "opted_out")
    assert entry is not None and entry["facts"]["n_rows_raw"] == 4
    assert LEAVES not in late.store.ledger("tiny").read_text()


def test_a_list_that_was_applied_changes_nothing_and_a_new_one_does(late: Any) -> None:
    late.vouch()
    opt_out("tiny")
    before = late.store.ledger("tiny").read_bytes()
    assert opt_out("tiny").status == "unchanged"
    assert late.store.ledger("tiny").read_bytes() == before
    late.put("opt_out.csv", f"imsi\n{LEAVES}\n{STAYS}\n")
    late.vouch()
    assert opt_out("tiny").facts["n_rows_raw"] == 4
    assert late.raw("SELECT count(*) FROM events") == [(0,)]


def test_a_list_that_an_older_version_applied_in_part_is_applied_anew(late: Any) -> None:
    late.vouch()
    opt_out("tiny")
    record = late.store.retained("tiny", late.charter.period.start, "opt_out")
    whole = read_json(record)
    older = {key: n for key, n in whole["days"][str(DAY)].items() if key != "released"}
    days = {**whole["days"], str(DAY): older}
    assert len(days) > 1
    write_json(record, {**whole, "is_done": False, "days": days})
    assert opt_out("tiny").status == "done"
    again = read_json(record)
    assert again["is_done"] and all("released" in counts for counts in again["days"].values())


def test_an_unreleased_day_is_landed_again_from_its_delivery(late: Any) -> None:
    late.vouch()
    before = read_json(late.store.raw_manifest("tiny", DAY))["fingerprint"]
    opt_out("tiny")
    after = read_json(late.store.raw_manifest("tiny", DAY))
    assert after["fingerprint"] != before and after["files"][0]["n_opted_out"] == 4
    assert ingest("tiny", str(DAY)).status == "unchanged"


def test_without_its_delivery_a_day_is_purged_in_its_raw_file(late: Any) -> None:
    for file in (late.deliveries / "tiny" / "events").rglob("*.csv"):
        file.unlink()
    before = read_json(late.store.raw_manifest("tiny", DAY))["fingerprint"]
    opt_out("tiny")
    assert late.raw("SELECT count(*) FROM events") == [(4,)]
    # another fingerprint: staging does not take what it made before for this
    assert read_json(late.store.raw_manifest("tiny", DAY))["fingerprint"] != before


def test_counts_that_cannot_be_made_again_are_deleted_with_their_day(late: Any) -> None:
    stage(late)
    late.store.raw_file("tiny", DAY).unlink()
    outcome = opt_out("tiny")
    assert (outcome.facts["n_days_deleted"], outcome.facts["n_rows_staged"]) == (1, 4)
    assert not late.store.staged_file("tiny", DAY).exists()
    assert "since its counts held somebody who opted out" in retention.closed(
        late.store, "tiny", DAY, "staged"
    )


def test_killed_between_two_files_a_second_run_ends_the_same(
    late: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage(late)
    release(late)
    with monkeypatch.context() as patch:
        patch.setattr(purging, "purge_raw", lambda *a, **k: 4 if k else pytest.fail("killed"))
        with pytest.raises(pytest.fail.Exception):
            opt_out("tiny")
    assert (staged(late, "rows_there"), late.raw("SELECT count(*) FROM events")) == (4, [(8,)])
    outcome = opt_out("tiny")
    assert (outcome.facts["n_rows_raw"], outcome.facts["n_rows_staged"]) == (4, 4)
    assert late.raw("SELECT count(*) FROM events") == [(4,)]


def test_a_day_that_a_verb_works_on_is_waited_for(late: Any) -> None:
    for name, who in ((str(DAY), "ingest"), (lock.part(str(DAY), 0), "stage")):
        with (
            lock.held(late.store, "tiny", name, who),
            pytest.raises(Waiting, match=f"is held by {who}"),
        ):
            opt_out("tiny")
    assert late.raw("SELECT count(*) FROM events") == [(8,)]
    assert opt_out("tiny").facts["n_rows_raw"] == 4


def test_a_charter_without_a_list_is_told_in_a_sentence(tiny: Any) -> None:
    inputs = yaml.safe_load(tiny.charter_file.read_text())["inputs"]
    tiny.write_charter(inputs={key: inputs[key] for key in ("events", "cells")})
    with pytest.raises(Refused, match=r"^The charter of tiny names no opt-out list: add"):
        opt_out("tiny")
