"""What the operator sends is taken in by the agency when all of it holds, else it stays outside."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from peil.charter import public_register
from peil.charter.clock import now
from peil.outcome import Refused, Waiting
from peil.release import bundle, release
from peil.release.crossing import receive
from peil.store import ledger, parties, verifying
from peil.store.atomic import read_json, write_json
from peil.store.store import Store
from peil.store.witnessing import posting, witness

DAY, NEXT = "2026-03-02", "2026-03-03"
CSV = "rel_presence__by_zone_hour.csv"


def files(folder: Path) -> dict[str, bytes]:
    found = {str(f.relative_to(folder)): f.read_bytes() for f in folder.rglob("*") if f.is_file()}
    assert found
    return found


def stays(sides: Any, sentence: str, day: str = DAY) -> None:
    """Nothing of that day is taken in, it lies where it lay, and the sentence says why."""
    before = files(sides.outbound(day))
    with pytest.raises(Refused, match=sentence) as refusal:
        sides.receive()
    assert "\n" not in str(refusal.value)
    assert not sides.received(day).exists()
    assert files(sides.outbound(day)) == before
    assert [p for p in sides.agency().root.rglob(".*") if p.is_dir()] == []


def test_a_ledger_that_begins_with_a_refusal_is_no_fault_and_is_taken_in_with_its_charter(
    tiny: Any,
) -> None:
    """Airflow takes in every quarter of an hour: one that nobody changed must wake nobody."""
    store, at = tiny.store, now(tiny.charter)
    ledger.append(store, "tiny", "refused", at, {"why": "No such day."})
    outcome = receive.receive("tiny")
    assert (outcome.status, outcome.facts["n_received"]) == ("unchanged", 0)
    assert not store.public_entry("tiny").exists()
    public_register.enter(tiny.charter, store)
    receive.receive("tiny")
    assert store.public_entry("tiny").exists()
    store.ledger("tiny").write_bytes(store.ledger("tiny").read_bytes().split(b"\n")[0] + b"\n")
    with pytest.raises(Refused):  # what the agency has seen stays what must be there
        receive.receive("tiny")


def test_a_bundle_waits_in_the_outbox_until_the_agency_takes_it_in(sides: Any) -> None:
    assert sides.publish().status == "done"
    sent = files(sides.outbound())
    operator = sides.operator()
    assert not (operator.root / "agency").exists()  # no folder of the agency's at the operator
    assert release.publish("tiny", DAY).status == "unchanged"
    outcome = sides.receive()
    assert (outcome.status, outcome.facts) == ("done", {"n_received": 1})
    record = operator.operator / "agency/released/tiny/presence" / DAY
    assert files(sides.received()) == sent == files(record)
    assert not sides.outbound().exists()
    agency = sides.agency()
    assert not (agency.root / "operator").exists()
    assert (
        files(agency.agency_ledger("tiny").parent)["tiny.jsonl"]
        == (operator.root / "operator/ledger/tiny.jsonl").read_bytes()
    )
    assert verifying.answer(agency.root)[0] == 0
    assert sides.receive().status == "unchanged"


def test_the_agencys_signed_heads_come_back_and_show_the_operator_a_cut_ledger(sides: Any) -> None:
    sides.publish()
    sides.receive()
    operator = sides.operator()
    assert witness.heads(operator, "tiny") and ledger.check(operator, "tiny") == []
    assert verifying.answer(operator.verifiable)[0] == 0
    for copy in (operator.ledger("tiny"), operator.agency_ledger("tiny")):
        copy.write_bytes(b"".join(copy.read_bytes().splitlines(keepends=True)[:1]))
    assert any("it was cut off" in fault for fault in ledger.check(operator, "tiny"))


def edited(folder: Path, sides: Any) -> None:
    (folder / CSV).write_bytes((folder / CSV).read_bytes().replace(b"12", b"99"))


def added(folder: Path, sides: Any) -> None:
    (folder / "devices.csv").write_text("x\n")


def linked(folder: Path, sides: Any) -> None:
    """A link to a file with the very content is no file of a bundle."""
    (folder / "verify.py").rename(sides.tiny.folder / "verify.py")
    (folder / "verify.py").symlink_to(sides.tiny.folder / "verify.py")


def signed_anew(folder: Path, sides: Any) -> None:
    sides.operator()
    (folder / CSV).write_bytes((folder / CSV).read_bytes().replace(b"12", b"99"))
    bundle.seal(Store(), folder, verifying.manifest(folder).predicate)


def of_another_day(folder: Path, sides: Any) -> None:
    sides.publish(NEXT, 121)
    shutil.rmtree(folder)
    shutil.copytree(sides.outbound(NEXT), folder)


@pytest.mark.parametrize(
    ("deed", "sentence"),
    [
        (edited, rf"stays in the outbox: {CSV} was changed after it was signed"),
        (added, r"stays in the outbox: devices\.csv is not in the signed list"),
        (linked, r"stays in the outbox: verify\.py is missing"),
        (signed_anew, "stays in the outbox: .*(names another bundle|names another table)"),
        (of_another_day, "The bundle in tiny/presence/2026-03-02 is that of tiny/presence/2026-03"),
    ],
)
def test_a_bundle_that_does_not_hold_stays(
    sides: Any, deed: Callable[[Path, Any], None], sentence: str
) -> None:
    sides.publish()
    deed(sides.outbound(), sides)
    stays(sides, sentence)


def test_a_bundle_of_another_pilot_or_of_no_release_stays(sides: Any) -> None:
    sides.publish()
    other = sides.outbound().parents[1].with_name("other") / "presence" / DAY
    shutil.copytree(sides.outbound(), other)
    text = sides.tiny.charter_file.read_text().replace("pilot: tiny", "pilot: other")
    sides.tiny.charter_file.with_name("other.yml").write_text(text)
    sides.agency()
    with pytest.raises(Waiting, match=r"No ledger of other .* its bundles wait for it"):
        receive.receive("other")
    shutil.copytree(sides.outbound(), sides.outbound(NEXT))
    with pytest.raises(Refused, match=r"is that of tiny/presence/2026-03-02"):
        sides.receive()
    assert sides.received().exists() and not sides.received(NEXT).exists()


def test_one_that_does_not_hold_keeps_no_other_outside(sides: Any) -> None:
    sides.publish()
    sides.publish(NEXT, 121)
    edited(sides.outbound(), sides)
    stays(sides, "stays in the outbox: .*changed after")
    assert sides.received(NEXT).exists()
    sides.publish()  # it stands: nothing is sent again by itself
    sides.operator()
    shutil.rmtree(Store().released("tiny", "presence", sides.tiny.charter.days()[0]))
    assert release.publish("tiny", DAY).status == "done"
    assert sides.receive().facts == {"n_received": 1}
    assert sides.received().exists()


@pytest.mark.parametrize("by", ["nobody", "the operator only", "simulated parties", "one person"])
def test_a_bundle_that_the_agencys_people_did_not_approve_stays(
    sides: Any, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    """An operator who goes round its own check is stopped on the agency's side."""
    folder = sides.candidate()
    if by == "the operator only":
        sides.answer(DAY, "operator")
    if by == "simulated parties":
        for role in ("operator", "agency"):
            sides.tiny.signers[role] = parties.simulated(Store(), role)
        sides.answer(DAY, "operator", "agency")
    if by == "one person":
        sides.answer(DAY, "operator", "agency")
    candidate = release.approvals.candidate_hash(folder)
    with monkeypatch.context() as patch:
        patch.setattr(release.approvals, "require", lambda *_: candidate)
        release.publish("tiny", DAY)
    if by == "one person":  # a charter signed by one person would have stopped it before
        monkeypatch.setattr(parties.Signatory, "is_same_person", lambda *_: True)
    stays(
        sides,
        {
            "nobody": "the operator has not approved",
            "the operator only": "the agency has not approved",
            "simulated parties": "approval by the operator does not hold",
            "one person": "approved in two roles",
        }[by],
    )


def test_what_the_agencys_own_copy_of_the_charter_does_not_allow_stays(sides: Any) -> None:
    sides.publish()
    sides.tiny.write_charter(legal_basis="statute", threshold=16, expires="2028-03-08")
    stays(sides, "its charter has another threshold than the agency's copy of it")
    period = {"start": NEXT, "end": "2026-03-08"}
    sides.tiny.write_charter(
        legal_basis="statute", threshold=15, expires="2028-03-08", period=period
    )
    stays(sides, f"{DAY} is no day of the charter")
    sides.tiny.write_charter(legal_basis="statute", threshold=15, expires="2026-03-09")
    stays(sides, "had expired when it was released")
    sides.tiny.write_charter(legal_basis="statute", threshold=15, expires="2028-03-08")
    others = sides.tiny.charter.model_copy(update={"products": ["flows"]})
    with pytest.raises(Refused, match="the charter of tiny does not name presence"):
        receive.take(sides.agency(), others)


def ledger_cut(store: Store) -> None:
    posted = store.outbound_ledger("tiny")
    posted.write_bytes(posted.read_bytes()[:-9])


def head_gone(store: Store) -> None:
    store.outbound_head("tiny").unlink()


def head_unreadable(store: Store) -> None:
    store.outbound_head("tiny").write_bytes(b"[]")


def head_of_another(store: Store) -> None:
    head = read_json(store.outbound_head("tiny"))
    write_json(store.outbound_head("tiny"), {**head, "root": "00" * 32})


def head_signed_over_another(store: Store) -> None:
    body = {**posting.head_over(store.ledger("tiny"), {}), "pilot": "tiny", "root": "00" * 32}
    signature = posting.sign(store, posting.canonical(body))
    write_json(store.outbound_head("tiny"), {**body, "signature": signature})


def entry_changed(store: Store) -> None:
    posted = store.outbound_ledger("tiny")
    posted.write_bytes(posted.read_bytes().replace(b'"agency"', b'"ycnega"', 1))


def cut_to_before(store: Store) -> None:
    """Head and ledger of earlier, both signed: the agency's copy is longer."""
    posted = store.outbound_ledger("tiny")
    posted.write_bytes(posted.read_bytes().splitlines(keepends=True)[0])
    body = {"pilot": "tiny", **posting.head_over(posted, {})}
    signature = posting.sign(store, posting.canonical(body))
    write_json(store.outbound_head("tiny"), {**body, "signature": signature})


@pytest.mark.parametrize(
    ("deed", "sentence", "kind"),
    [
        (ledger_cut, "is shorter than its signed head", Waiting),
        (head_gone, "No ledger of tiny with its signed head", Waiting),
        (head_unreadable, "does not hold, its head cannot be read", Refused),
        (head_of_another, "does not hold, it is of another key", Refused),
        (head_signed_over_another, "does not hold, its head is the head of another", Refused),
        (entry_changed, "does not hold, it lacks or changes entries", Refused),
        (cut_to_before, "does not hold, it lacks or changes entries", Refused),
    ],
)
def test_a_ledger_that_does_not_go_on_from_the_agencys_takes_nothing_in(
    sides: Any, deed: Callable[[Store], None], sentence: str, kind: type[Refused]
) -> None:
    sides.publish()
    sides.receive()
    sides.publish(NEXT, 121)
    before = files(sides.agency().agency_ledger("tiny").parent)
    deed(sides.operator())
    with pytest.raises(kind, match=sentence):
        sides.receive()
    assert not sides.received(NEXT).exists()
    assert files(sides.agency().agency_ledger("tiny").parent) == before


def test_a_ledger_changed_before_the_agency_saw_any_of_it_is_named(sides: Any) -> None:
    sides.publish()
    entry_changed(sides.operator())
    with pytest.raises(Refused, match="Ledger entry 0 does not carry the operator's signature"):
        sides.receive()


def test_another_operators_ledger_of_the_same_name_is_refused(sides: Any) -> None:
    """Whole and signed, by a key that is not the one the register began with."""
    sides.publish()
    sides.receive()
    agency, entry = sides.agency(), sides.agency().public_entry("tiny")
    for file in (agency.agency_ledger("tiny"), agency.heads("tiny")):
        file.unlink()
    write_json(entry, {**read_json(entry), "operator_public_key": "11" * 32})
    sides.publish(NEXT, 121)
    stays(sides, "of another key than the operator's in the register", NEXT)


def test_a_release_that_was_withdrawn_is_taken_back(sides: Any) -> None:
    sides.publish()
    sides.receive()
    store = sides.operator()
    facts = {"product": "presence", "period": DAY, "why": "a test"}
    ledger.append(store, "tiny", "withdrawn", now(sides.tiny.charter), facts, once=False)
    outcome = sides.receive()
    assert (outcome.status, outcome.facts["n_taken_back"]) == ("done", 1)
    assert not sides.received().exists() and verifying.answer(sides.agency().root)[0] == 0


def test_a_released_bundle_that_was_damaged_is_put_right_by_the_same_sent_again(sides: Any) -> None:
    sides.publish()
    sent = sides.tiny.folder / "sent"
    shutil.copytree(sides.outbound(), sent)
    sides.receive()
    edited(sides.received(), sides)
    assert verifying.answer(sides.agency().root)[0] == 1
    shutil.copytree(sent, sides.outbound())
    assert sides.receive().facts == {"n_received": 1}
    assert verifying.answer(sides.agency().root)[0] == 0


def test_a_bundle_laid_there_while_another_was_taken_in_is_not_lost(
    sides: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sides.publish()
    swapped = receive.outbound.take_away

    def later(folder: Path, is_taken: Callable[[Path], bool]) -> None:
        edited(folder, sides)
        (folder / verifying.NAME).write_bytes(b"{}")
        swapped(folder, lambda _: False)

    monkeypatch.setattr(receive.outbound, "take_away", later)
    sides.receive()
    assert sides.received().exists() and (sides.outbound() / verifying.NAME).read_bytes() == b"{}"


def test_the_head_names_the_ledger_that_goes_with_it(sides: Any) -> None:
    sides.publish()
    store = sides.operator()
    head = json.loads(store.outbound_head("tiny").read_bytes())
    content = store.ledger("tiny").read_bytes()
    assert (head["size"], head["n_bytes"]) == (content.count(b"\n"), len(content))
    assert store.outbound_ledger("tiny").read_bytes() == content
