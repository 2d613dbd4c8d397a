"""Deeds of who holds the operator's key, or both sides: each shows in the check of the ledger."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from peil.charter.clock import now
from peil.outcome import Refused
from peil.store import ledger
from peil.store.atomic import canonical
from peil.store.signing import public_key, sign
from peil.store.witnessing import lines, merkle, witness


@pytest.fixture
def kept(tiny: Any) -> Any:
    """A store with four entries, each witnessed."""
    for number in range(4):
        ledger.append(tiny.store, "tiny", "note", now(tiny.charter), {"n": number})
    assert ledger.check(tiny.store, "tiny") == []
    return tiny


def rewritten(tiny: Any, facts: list[dict[str, Any]], at: datetime | None = None) -> None:
    """Chain and sign a whole other ledger with the operator's key, on both sides."""
    previous, content = ledger.START, b""
    for number, fact in enumerate(facts):
        moment = (at or now(tiny.charter)).isoformat()
        body = {"sequence": number, "previous": previous, "at": moment, "kind": "note"}
        body |= {"facts": fact}
        entry = {**body, "signature": sign(tiny.store, canonical(body))}
        previous = ledger._hash(entry)
        content += canonical(entry) + b"\n"
    for path in (tiny.store.ledger("tiny"), tiny.store.agency_ledger("tiny")):
        path.write_bytes(content)


def test_a_ledger_rewritten_by_who_holds_the_operators_key_is_noticed(kept: Any) -> None:
    rewritten(kept, [{"n": 7}, *({"n": n} for n in range(1, 4))])
    faults = ledger.check(kept.store, "tiny")
    assert faults == [
        "The first 1 entries are not those that the agency signed: the ledger was rewritten."
    ]


def test_a_tail_cut_off_on_both_sides_is_noticed_and_nothing_is_added(kept: Any) -> None:
    for path in (kept.store.ledger("tiny"), kept.store.agency_ledger("tiny")):
        path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:2]))
    assert ledger.check(kept.store, "tiny") == [
        "The agency signed a ledger of 4 entries, but there are 2: it was cut off."
    ]
    with pytest.raises(Refused, match="holds entries that the operator's has not"):
        ledger.append(kept.store, "tiny", "note", now(kept.charter), {"n": 9})
    with pytest.raises(Refused, match="holds entries that the operator's has not"):
        ledger.give_copy(kept.store, "tiny")


@pytest.mark.parametrize("number", [0, -1])
def test_a_damaged_copy_is_named_and_not_what_the_operators_is_restored_from(
    kept: Any, number: int
) -> None:
    copy = kept.store.agency_ledger("tiny")
    written = copy.read_bytes().splitlines(keepends=True)
    written[number] = written[number].replace(b'"note"', b'"nope"')
    copy.write_bytes(b"".join(written))
    said = str(witness.not_the_copy(kept.store, "tiny"))
    assert said.startswith(f"The agency's copy of the ledger of tiny is damaged ({copy}): restore")
    if number == -1:
        with pytest.raises(Refused, match="is damaged"):
            ledger.append(kept.store, "tiny", "note", now(kept.charter), {"n": 9})


def test_an_entry_dated_back_is_noticed(kept: Any) -> None:
    """By hand, with the operator's key: an append dates no entry before the one before it."""
    entry = ledger.entries(kept.store.ledger("tiny"))[-1]
    back = datetime.fromisoformat("2001-01-01T00:00Z")
    body = {"sequence": 4, "previous": ledger._hash(entry), "at": back.isoformat()}
    body |= {"kind": "note", "facts": {"n": 9}}
    signed = {**body, "signature": sign(kept.store, canonical(body))}
    lines.extend(kept.store.ledger("tiny"), canonical(signed) + b"\n")
    witness.witness(kept.store, "tiny", back)
    assert ledger.check(kept.store, "tiny") == [
        "Ledger entry 4 is dated before the one before it.",
        "Head 4 of the ledger is dated before the one before it.",
    ]


def test_an_append_dates_no_entry_before_the_one_before_it(kept: Any) -> None:
    ledger.append(kept.store, "tiny", "note", datetime.fromisoformat("2001-01-01T00:00Z"), {"n": 9})
    assert ledger.check(kept.store, "tiny") == []
    assert ledger.entries(kept.store.ledger("tiny"))[-1]["at"] == now(kept.charter).isoformat()


def test_a_lost_operators_key_is_an_error_and_never_drawn_anew(kept: Any) -> None:
    key = kept.store.signing_key
    key.unlink()
    for deed in (
        lambda: public_key(kept.store),
        lambda: ledger.append(kept.store, "tiny", "note", now(kept.charter), {"n": 9}),
        lambda: kept.vouch(),
    ):
        with pytest.raises(Refused, match=r"signing key operator.ed25519 is gone, and the ledger"):
            deed()
    assert not key.exists()
    assert "operator.ed25519 is gone" in ledger.check(kept.store, "tiny")[0]


@pytest.mark.parametrize("rest", ["ledger", "register"])
def test_one_ledger_or_one_register_entry_is_enough_to_draw_no_key(tiny: Any, rest: str) -> None:
    folder = tiny.store.agency / rest
    folder.mkdir(parents=True)
    (folder / {"ledger": "other.jsonl", "register": "other.json"}[rest]).write_text("{}\n")
    with pytest.raises(Refused, match="restore it from its backup"):
        public_key(tiny.store)


def test_a_lost_agencys_key_is_an_error_and_never_drawn_anew(kept: Any) -> None:
    kept.store.agency_key.unlink()
    with pytest.raises(Refused, match=r"agency's signing key agency.ed25519 is gone"):
        ledger.append(kept.store, "tiny", "note", now(kept.charter), {"n": 9})
    assert not kept.store.agency_key.exists()
    assert any("agency's signing key is gone" in f for f in ledger.check(kept.store, "tiny"))


def test_a_head_of_the_operators_making_is_noticed(kept: Any) -> None:
    file = kept.store.heads("tiny")
    *rest, line = file.read_bytes().splitlines(keepends=True)
    head = json.loads(line)
    body = {name: value for name, value in head.items() if name != "signature"}
    forged = canonical({**body, "signature": sign(kept.store, canonical(body))}) + b"\n"
    file.write_bytes(b"".join([*rest, forged]))
    assert ledger.check(kept.store, "tiny") == [
        "Head 3 of the ledger does not carry the agency's signature."
    ]
    file.write_bytes(b"".join([rest[0], *rest[2:], line]))
    assert "Head 1 of the ledger does not follow the one before it." in ledger.check(
        kept.store, "tiny"
    )
    file.unlink()
    assert ledger.check(kept.store, "tiny") == ["The agency's heads of the ledger are gone."]


def test_the_agencys_key_is_a_file_of_its_own_that_its_owner_alone_reads(kept: Any) -> None:
    key = kept.store.agency_key
    assert key.is_relative_to(kept.store.agency / "keys")
    assert (key.stat().st_mode & 0o777, key.parent.stat().st_mode & 0o777) == (0o400, 0o700)
    assert key.read_bytes() != kept.store.signing_key.read_bytes()


def test_a_head_proves_an_entry_and_that_the_ledger_only_grew(kept: Any) -> None:
    first, *_, newest = witness.heads(kept.store, "tiny")
    leaves = [
        merkle.leaf_hash(line) for line in kept.store.ledger("tiny").read_bytes().splitlines()
    ]
    root = bytes.fromhex(newest["root"])
    proof = merkle.Tree(leaves).inclusion(2)
    assert merkle.is_included(leaves[2], 2, newest["size"], proof, root)
    proof = merkle.Tree(leaves).consistency(first["size"])
    assert merkle.is_consistent(first["size"], 4, bytes.fromhex(first["root"]), root, proof)


@pytest.mark.parametrize("torn", ["copy", "head", "both"])
def test_a_kill_before_the_copy_or_the_head_is_mended_by_the_next_entry(
    kept: Any, torn: str
) -> None:
    whole = {path: path.read_bytes() for path in (kept.store.heads("tiny"),)}
    copy = kept.store.agency_ledger("tiny")
    if torn in ("copy", "both"):
        copy.write_bytes(copy.read_bytes()[:-20])
    if torn in ("head", "both"):
        kept.store.heads("tiny").write_bytes(whole[kept.store.heads("tiny")][:-20])
    ledger.give_copy(kept.store, "tiny")
    assert ledger.check(kept.store, "tiny") == []
    assert kept.store.heads("tiny").read_bytes() == whole[kept.store.heads("tiny")]


def test_entries_that_come_together_are_covered_by_the_last_signature(kept: Any) -> None:
    events = [("read", {"n": n}) for n in range(50)]
    hashes = ledger.append_all(kept.store, "tiny", now(kept.charter), events)
    assert len(set(hashes)) == 50 and ledger.check(kept.store, "tiny") == []
    assert ledger.append_all(kept.store, "tiny", now(kept.charter), events) == hashes
    assert len(ledger.entries(kept.store.ledger("tiny"))) == 54
    for path in (kept.store.ledger("tiny"), kept.store.agency_ledger("tiny")):
        path.write_bytes(path.read_bytes().replace(b'"signed_by":53', b'"signed_by":99', 1))
    assert "Ledger entry 4 does not carry the operator's signature." in ledger.check(
        kept.store, "tiny"
    )


def test_an_append_reads_the_end_of_the_ledger_only(
    kept: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = now(kept.charter)
    ledger.append_all(kept.store, "tiny", at, [("read", {"n": n}) for n in range(2000)])
    n_read: list[int] = []
    read = lines.read
    raw = {key: key.read_bytes() for key in (kept.store.signing_key, kept.store.agency_key)}

    def counted(*words: Any) -> bytes:
        piece = read(*words)
        n_read.append(len(piece))
        return piece

    monkeypatch.setattr(lines, "read", counted)
    monkeypatch.setattr(Path, "read_bytes", lambda file: pytest.fail(f"{file} is read whole"))
    with monkeypatch.context() as patch:
        patch.setattr("peil.store.private_keys.read_key", raw.__getitem__)
        for n in range(5):
            ledger.append(kept.store, "tiny", "more", at + timedelta(seconds=n), {"n": n})
    assert lines.size_of(kept.store.ledger("tiny")) > 300_000
    assert sum(n_read) / 5 < 40_000
