"""The ledger: lines are only added, and every other change of it shows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from peil.charter.clock import now
from peil.outcome import Refused
from peil.store import ledger


def add(tiny: Any, number: int, kind: str = "note", **rest: Any) -> str:
    return ledger.append(tiny.store, "tiny", kind, now(tiny.charter), {"n": number}, **rest)


@pytest.fixture
def kept(tiny: Any) -> Path:
    """The operator's ledger with four entries."""
    for number in range(4):
        add(tiny, number)
    path: Path = tiny.store.ledger("tiny")
    assert ledger.check(tiny.store, "tiny") == []
    assert len(ledger.entries(path)) == 4
    return path


def lines(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines(keepends=True)


def both(tiny: Any, changed: list[bytes]) -> list[str]:
    """Faults when ledger and witness were changed alike, by somebody who holds both sides."""
    for path in (tiny.store.ledger("tiny"), tiny.store.agency_ledger("tiny")):
        path.write_bytes(b"".join(changed))
    return ledger.check(tiny.store, "tiny")


def test_an_edited_entry_is_noticed_on_both_sides(tiny: Any, kept: Path) -> None:
    found = lines(kept)
    found[1] = found[1].replace(b'"n":1', b'"n":7')
    faults = both(tiny, found)
    assert "Ledger entry 1 does not carry the operator's signature." in faults
    assert "Ledger entry 2 does not follow the one before it." in faults


def test_a_deleted_entry_is_noticed(tiny: Any, kept: Path) -> None:
    found = lines(kept)
    assert "Ledger entry 1 does not follow the one before it." in both(tiny, found[:1] + found[2:])
    assert "Ledger entry 0 does not follow the one before it." in both(tiny, found[1:])


def test_entries_in_another_order_are_noticed(tiny: Any, kept: Path) -> None:
    one, two, three, four = lines(kept)
    assert "Ledger entry 1 does not follow the one before it." in both(
        tiny, [one, three, two, four]
    )


def test_a_shortened_ledger_differs_from_the_agencys_copy(tiny: Any, kept: Path) -> None:
    kept.write_bytes(b"".join(lines(kept)[:-1]))
    assert ledger.check(tiny.store, "tiny") == [
        "The agency's copy of the ledger differs from the operator's.",
        "The agency signed a ledger of 4 entries, but there are 3: it was cut off.",
    ]


def test_a_shortened_ledger_cannot_overwrite_its_witness(tiny: Any, kept: Path) -> None:
    witness = tiny.store.agency_ledger("tiny").read_bytes()
    kept.write_bytes(b"".join(lines(kept)[:-1]))
    for number in (9, 0):
        with pytest.raises(Refused, match="agency's copy of the ledger of tiny"):
            add(tiny, number)
    assert tiny.store.agency_ledger("tiny").read_bytes() == witness
    assert len(lines(kept)) == 3
    kept.write_bytes(witness)
    add(tiny, 9)
    assert ledger.check(tiny.store, "tiny") == []


def test_an_entry_of_another_signer_is_noticed(
    tiny: Any, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = json.loads(lines(kept)[0])
    original = tiny.store
    monkeypatch.setenv("PEIL_DATA", str(tiny.folder / "other"))
    ledger.append(tiny.store, "tiny", "note", now(tiny.charter), entry["facts"])
    forged = lines(tiny.store.ledger("tiny"))
    for path in (original.ledger("tiny"), original.agency_ledger("tiny")):
        path.write_bytes(b"".join(forged))
    assert ledger.check(original, "tiny") == [
        "Ledger entry 0 does not carry the operator's signature.",
        "The first 1 entries are not those that the agency signed: the ledger was rewritten.",
    ]


def test_a_line_that_is_no_entry_is_told_by_its_number(tiny: Any, kept: Path) -> None:
    found, whole = lines(kept), lines(kept)
    found[2] = b"{not json}\n"
    kept.write_bytes(b"".join(found))
    with pytest.raises(Refused, match=r"tiny.jsonl, line 3 is no entry"):
        ledger.entries(kept)
    assert any("line 3 is no entry" in fault for fault in ledger.check(tiny.store, "tiny"))
    found[2] = whole[2].replace(b'"at":"20', b'"at":"2`')
    kept.write_bytes(b"".join(found))
    with pytest.raises(Refused, match=r"tiny.jsonl, line 3 is no entry"):
        ledger.entries(kept)
    found[2] = b"{}\n"
    assert "Ledger entry 2 does not carry the operator's signature." in both(tiny, found)


def test_a_torn_last_line_is_cut_off_and_the_chain_goes_on(tiny: Any, kept: Path) -> None:
    whole = kept.read_bytes()
    with kept.open("ab") as file:
        file.write(b'{"at":"2026-03-0')
    assert len(ledger.entries(kept)) == 4
    add(tiny, 4)
    assert kept.read_bytes().startswith(whole + b"{")
    assert len(ledger.entries(kept)) == 5
    assert ledger.check(tiny.store, "tiny") == []


def test_a_kill_between_the_entry_and_its_copy_is_mended_by_the_next_run(
    tiny: Any, kept: Path
) -> None:
    tiny.store.agency_ledger("tiny").write_bytes(b"".join(lines(kept)[:-1]))
    add(tiny, 3)  # the same entry again, as the same verb would
    assert len(ledger.entries(kept)) == 4
    assert ledger.check(tiny.store, "tiny") == []


def test_the_same_entry_is_written_once(tiny: Any, kept: Path) -> None:
    before = kept.read_bytes()
    assert add(tiny, 1) == add(tiny, 1)
    assert kept.read_bytes() == before
    assert add(tiny, 1, kind="other") != add(tiny, 1)
    assert len(ledger.entries(kept)) == 5


def test_what_may_happen_again_is_written_again(tiny: Any, kept: Path) -> None:
    add(tiny, 0, once=False)
    add(tiny, 0, once=False)  # only a repetition of the very last one is the same moment
    assert [entry["facts"]["n"] for entry in ledger.entries(kept)] == [0, 1, 2, 3, 0]


def test_a_period_is_released_withdrawn_and_released_again(tiny: Any) -> None:
    facts = {"product": "presence", "period": "2026-03-02", "table_sha256": "aa"}
    moment = now(tiny.charter)

    def stands() -> bool:
        return ledger.is_released(tiny.store, "tiny", "presence", "2026-03-02")

    assert not stands()
    for kind, after in (("release", True), ("withdrawn", False), ("release", True)):
        ledger.append(tiny.store, "tiny", kind, moment, facts, once=False)
        assert stands() is after
    assert not ledger.is_released(tiny.store, "tiny", "presence", "2026-03-03")
    assert not ledger.is_released(tiny.store, "tiny", "flows", "2026-03-02")
    assert [e["kind"] for e in ledger.entries(tiny.store.ledger("tiny"))] == [
        "release",
        "withdrawn",
        "release",
    ]
    standing = ledger.standing(tiny.store, "tiny", "presence", "2026-03-02")
    assert standing and standing["sequence"] == 2 and len(standing["hash"]) == 64


def test_the_newest_entry_with_given_facts_is_found(tiny: Any, kept: Path) -> None:
    found = ledger.find(tiny.store, "tiny", "note", n=2)
    assert found and found["sequence"] == 2
    assert ledger.find(tiny.store, "tiny", "note", n=9) is None
    assert ledger.find(tiny.store, "tiny", "other", n=2) is None


def test_an_entry_carries_the_pilots_moment_and_not_the_machines(tiny: Any, kept: Path) -> None:
    assert {entry["at"] for entry in ledger.entries(kept)} == {"2026-03-08T22:59:59+00:00"}


def test_a_file_that_another_took_the_place_of_is_read_anew(tiny: Any, kept: Path) -> None:
    """What a process knows of a ledger is of the file that it read, not of its name."""
    n_entries = ledger._tail(kept).n_entries
    kept.write_bytes(b"".join(lines(kept)[:-1]))
    assert ledger._tail(kept).n_entries == n_entries - 1
