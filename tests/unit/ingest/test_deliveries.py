"""Deliveries are known by their content, and lie where the charter says."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from datetime import date
from pathlib import Path
from typing import Any

import people_who_sign
import pytest

from peil.ingest import deliveries, file_check
from peil.ingest import ingest as ingesting
from peil.ingest.file_check import FileCheck
from peil.ingest.ingest import ingest
from peil.outcome import Refused
from peil.settings import PROJECT
from peil.store import atomic, ledger, parties

DAY = date(2026, 3, 2)
ROW = "imsi,at,mcc,mnc,cell,imei\n204080000000001,2026-03-02 10:00:00,204,08,c1,\n"


def test_a_hash_is_of_the_whole_content(tiny: Any) -> None:
    content = bytes(range(256)) * 5000
    file = tiny.put("big.bin", content)
    assert atomic.sha256(file) == hashlib.sha256(content).hexdigest()


def test_the_files_of_a_day_come_in_the_order_of_their_names(tiny: Any) -> None:
    for name in ("b.csv", "a.csv", "c.csv", ".a.csv.Xq3", "_SUCCESS"):
        tiny.deliver(name, ROW)
    (tiny.deliveries / "tiny" / "events" / str(DAY) / "folder").mkdir()
    tiny.deliver("other_day.csv", ROW, date(2026, 3, 3))
    found = deliveries.files(tiny.deliveries, "tiny/events/{day}/*", DAY)
    assert [file.name for file in found] == ["a.csv", "b.csv", "c.csv", "folder"]


def test_a_link_out_of_the_delivery_folder_is_refused(tiny: Any) -> None:
    elsewhere = tiny.folder / "elsewhere.csv"
    elsewhere.write_text(ROW)
    tiny.deliver("a.csv", ROW).parent.joinpath("b.csv").symlink_to(elsewhere)
    outcome = tiny.ingest()
    assert (outcome.facts["n_files"], outcome.facts["n_files_refused"]) == (1, 1)
    (told,) = json.loads(tiny.store.raw_manifest("tiny", DAY).read_text())["refused"]
    assert told["reason"] == "not_a_file"
    assert told["why"].startswith("b.csv is a link out of the delivery folder")


def test_a_file_whose_name_cannot_be_written_is_refused_by_itself(tiny: Any) -> None:
    good = tiny.deliver("a.csv", ROW)
    good.with_name(os.fsdecode(b"b\xff.csv")).write_text(ROW.replace("c1", "c2"))
    outcome = tiny.ingest()
    assert (outcome.facts["n_files"], outcome.facts["n_files_refused"]) == (1, 1)
    (told,) = json.loads(tiny.store.raw_manifest("tiny", DAY).read_text())["refused"]
    assert told["reason"] == "unreadable" and "has a name that is not UTF-8" in told["why"]


def test_a_link_within_the_delivery_folder_is_read(tiny: Any) -> None:
    file = tiny.deliver("a.csv", ROW)
    file.with_name("b.csv").symlink_to(file)
    assert len(deliveries.files(tiny.deliveries, "tiny/events/{day}/*", DAY)) == 2


def test_files_are_looked_at_together_and_told_in_the_order_of_their_names(
    tiny: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny.deliver("a.csv", "")
    tiny.deliver("b.csv", "")
    tiny.deliver("c.csv", ROW)
    second_is_looked_at = threading.Event()

    def look(file: Path, unpacked_ratio: int) -> FileCheck:
        if file.name == "a.csv":
            assert second_is_looked_at.wait(20.0), "one file after the other"
        try:
            return file_check.look(file, unpacked_ratio)
        finally:
            if file.name == "b.csv":
                second_is_looked_at.set()

    monkeypatch.setattr(ingesting, "look", look)
    assert tiny.ingest().facts["n_files"] == 1
    record = json.loads(tiny.store.raw_manifest("tiny", DAY).read_text())
    assert [file["name"] for file in record["refused"]] == ["a.csv", "b.csv"]


def test_content_delivered_twice_on_a_day_is_landed_once(tiny: Any) -> None:
    tiny.deliver("a.csv", ROW)
    tiny.deliver("again.csv", ROW)
    assert tiny.ingest().facts["n_files_refused"] == 1
    assert tiny.raw("SELECT file_name FROM files") == [("a.csv",)]
    record = json.loads(tiny.store.raw_manifest("tiny", DAY).read_text())
    assert [file["reason"] for file in record["refused"]] == ["delivered_twice"]
    assert "has the same content as delivered before (a.csv)" in record["refused"][0]["why"]


def test_content_of_another_day_is_refused_and_says_which(tiny: Any) -> None:
    tiny.deliver("a.csv", ROW)
    tiny.ingest()
    tiny.deliver("late.csv", ROW, date(2026, 3, 3))
    tiny.vouch()
    with pytest.raises(Refused, match=r"late.csv has the same content .* \(2026-03-02\)"):
        ingest("tiny", "2026-03-03")


def test_a_signed_list_that_was_altered_vouches_for_nothing(tiny: Any) -> None:
    tiny.deliver("a.csv", ROW)
    tiny.vouch()
    place = tiny.store.vouched("tiny")
    signed = json.loads(place.read_text())
    tiny.deliver("b.csv", ROW + ROW.splitlines()[1] + "\n")
    added = atomic.sha256(tiny.deliveries / "tiny" / "events" / str(DAY) / "b.csv")
    place.write_text(json.dumps({**signed, "sha256": sorted([*signed["sha256"], added])}))
    with pytest.raises(Refused, match="no signed list"):
        ingest("tiny", str(DAY))


def test_a_list_signed_by_another_store_vouches_for_nothing(
    tiny: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny.deliver("a.csv", ROW)
    tiny.vouch()
    signed = tiny.store.vouched("tiny").read_bytes()
    monkeypatch.setenv("PEIL_DELIVERIES", str(tiny.deliveries))
    monkeypatch.setenv("PEIL_DATA", str(tiny.folder / "other"))
    other = tiny.store.vouched("tiny")
    other.parent.mkdir(parents=True)
    other.write_bytes(signed)
    with pytest.raises(Refused, match="no signed list"):
        ingest("tiny", str(DAY))


def test_who_vouches_is_written_in_the_ledger_by_name(tiny: Any) -> None:
    tiny.deliver("a.csv", ROW)
    n_files = tiny.vouch()
    facts = ledger.entries(tiny.store.ledger("tiny"))[-1]["facts"]
    assert facts["vouched_by"] == "Peil's own simulator"
    assert facts["n_files"] == n_files == 3


def test_an_empty_folder_cannot_be_vouched_for(tiny: Any) -> None:
    (tiny.folder / "empty").mkdir()
    with pytest.raises(Refused, match="holds no file"):
        deliveries.vouch(
            tiny.store, tiny.charter, tiny.folder / "empty", parties.simulator(tiny.store)
        )


def test_a_pilot_with_outside_deliveries_says_which_variable_to_set(
    tiny: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PEIL_PILOTS", str(PROJECT / "pilots"))
    monkeypatch.delenv("PEIL_OUTSIDE_DATA", raising=False)
    with pytest.raises(Refused, match="set PEIL_OUTSIDE_DATA"):
        ingest("multimno_sample", "2023-01-07")


def test_a_low_threshold_is_for_what_peil_simulate_wrote_and_never_for_a_persons_word(
    tiny: Any,
) -> None:
    people = people_who_sign.people(tiny.store, tiny.folder / "keys")
    tiny.deliver("a.csv", ROW)
    deliveries.vouch(tiny.store, tiny.charter, tiny.deliveries / "tiny", people["operator"])
    with pytest.raises(Refused, match="threshold: 2 is for deliveries that `peil simulate` wrote"):
        ingest("tiny", str(DAY))
    tiny.write_charter(threshold=15)
    assert ingest("tiny", str(DAY)).facts["n_files"] == 1


def test_only_an_enrolled_operator_vouches_while_the_key_holds(tiny: Any) -> None:
    tiny.write_charter(threshold=15)
    tiny.deliver("a.csv", ROW)
    people = people_who_sign.people(tiny.store, tiny.folder / "keys")
    past = (date(2020, 1, 1), date(2020, 12, 31))
    key = tiny.folder / "keys" / "past.key"
    parties.enroll(tiny.store, "operator", "Dirk", key, past)
    expired = parties.signer_of(tiny.store, "operator", key, past[0])
    simulated = parties.simulated(tiny.store, "operator")
    for signer in (people["agency"], expired, simulated):
        deliveries.vouch(tiny.store, tiny.charter, tiny.deliveries / "tiny", signer)
        with pytest.raises(Refused, match="no signed list"):
            ingest("tiny", str(DAY))
