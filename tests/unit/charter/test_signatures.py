"""Deeds against signatures: each is tried on a real pilot's charter, and refused in a sentence."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import people_who_sign
import pytest

from peil.charter import reading, signatures
from peil.charter.period import Period
from peil.outcome import Refused
from peil.store import ledger, parties

REAL: dict[str, Any] = {"legal_basis": "statute", "threshold": 15, "expires": "2028-03-08"}


@pytest.fixture
def real(tiny: Any) -> Any:
    """A real pilot whose charter two people signed."""
    tiny.write_charter(**REAL)
    tiny.signers = tiny.sign()
    return tiny


def refused(tiny: Any) -> str:
    """The sentence with which a verb refuses; the ledger keeps it."""
    with pytest.raises(Refused) as refusal:
        Period.open("tiny", "2026-03-02")
    sentence = str(refusal.value)
    assert "\n" not in sentence
    last = ledger.entries(tiny.store.ledger("tiny"))[-1]
    assert (last["kind"], last["facts"]) == ("refused", {"why": sentence})
    return sentence


def rewritten(tiny: Any, change: Callable[[list[Any]], None]) -> None:
    file = tiny.store.signatures("tiny", False)
    content = json.loads(file.read_text())
    change(content["signatures"])
    file.write_text(json.dumps(content))


def test_two_people_with_two_keys_open_a_real_pilot_and_the_register_names_them(real: Any) -> None:
    Period.open("tiny", "2026-03-02")
    entry = json.loads(real.store.public_entry("tiny").read_text())
    assert [signature["name"] for signature in entry["signatures"]] == ["Anna", "Bert"]
    assert all(len(signature["key_id"]) == 16 for signature in entry["signatures"])
    assert not signatures.sign(real.charter, real.store, real.signers["operator"])


def test_without_signatures_or_with_a_role_missing_nothing_runs(real: Any) -> None:
    rewritten(real, lambda listed: listed.pop())
    assert "lacks the signature of the data protection officer" in refused(real)
    real.store.signatures("tiny", False).unlink()
    assert "lacks the signature of the operator: have it signed by `peil charter" in refused(real)


def test_a_name_that_nobody_signed_with_a_key_is_refused(real: Any) -> None:
    rewritten(real, lambda listed: listed[0]["body"].update(name="Mickey Mouse"))
    assert "signature of the operator does not verify" in refused(real)


def test_a_signed_text_that_was_widened_after_the_signature_is_refused(real: Any) -> None:
    wider = ["Agency", "a data broker"]
    real.write_charter(**REAL, recipients=wider)

    def widened(listed: list[Any]) -> None:
        for signature in listed:
            signature["body"]["text"]["charter"]["recipients"] = wider

    rewritten(real, widened)
    assert "signature of the operator does not verify" in refused(real)


def test_a_signature_that_was_replaced_still_says_what_was_allowed_before(real: Any) -> None:
    real.write_charter(**REAL, recipients=["Agency", "Municipality"])
    for role in signatures.REQUIRED:
        signatures.sign(real.charter, real.store, real.signers[role])

    def widen(listed: list[Any]) -> None:
        listed[0]["body"]["text"]["charter"]["recipients"] = ["Agency", "a broker"]

    rewritten(real, widen)
    assert "an older signature of the operator does not verify" in refused(real)
    # the way out that is named: whoever signs anew leaves out what was changed
    assert signatures.sign(real.charter, real.store, real.signers["operator"])
    Period.open("tiny", "2026-03-02")
    assert len(signatures.listed(real.charter, real.store)) == 4


def test_a_key_that_nobody_enrolled_signs_nothing(real: Any) -> None:
    (file,) = real.store.parties.glob("operator.*.json")
    file.unlink()
    folder = real.store.signatures("tiny", False).parent
    assert f"is of a key that nobody enrolled: restore {folder} from backup" in refused(real)


def test_one_person_does_not_sign_in_two_roles(real: Any) -> None:
    keys = real.folder / "keys"
    valid = people_who_sign.VALID
    parties.enroll(real.store, "data_protection_officer", " ANNA", keys / "again.key", valid)
    twice = parties.signer_of(
        real.store, "data_protection_officer", keys / "again.key", date(2026, 1, 1)
    )
    with pytest.raises(Refused, match="Anna signed tiny as operator already"):
        signatures.sign(real.charter, real.store, twice)

    def as_officer(listed: list[Any]) -> None:
        body = listed[1]["body"] | {"name": "ANNA", "key_id": twice.party.key_id}
        listed[1] = {"body": body, "signature": twice.sign(body)}

    rewritten(real, as_officer)
    assert "One person, Anna, signed the charter of tiny in two roles" in refused(real)


@pytest.mark.parametrize(
    ("days", "sentence"),
    [(30, "lies in the future"), (-365 * 9, "lies outside the time of its key")],
)
def test_a_signature_of_another_time_is_refused(real: Any, days: int, sentence: str) -> None:
    def redated(listed: list[Any]) -> None:
        moment = datetime.now(tz=UTC) + timedelta(days=days)
        body = listed[0]["body"] | {"signed_at": moment.isoformat()}
        listed[0] = {"body": body, "signature": real.signers["operator"].sign(body)}

    rewritten(real, redated)
    assert sentence in refused(real)


@pytest.mark.parametrize(
    "changes",
    [
        {"recipients": ["Agency", "a data broker", "the police"]},
        {"purpose": "crowding"},
        {"use_limits": {"en": "None.", "nl": "Geen."}},
        {"period__end": "2026-03-09"},
        {"products": ["presence", "flows"], "linkage_days": 2, "retention__staged_days": 2},
        {"retention__staged_days": 30},
        {"retention__raw_hours": 48},
        {"operator__name": "Another operator"},
        {"inputs__events__counted": {"imei": "imei"}},
        {"area__grid__zone_m": 250},
        {"expires": "2028-03-07", "legal_reference": "another decision"},
    ],
)
def test_scope_that_grew_after_the_signatures_needs_both_anew(
    real: Any, changes: dict[str, Any]
) -> None:
    Period.open("tiny", "2026-03-02")
    real.write_charter(**{**REAL, **changes})
    assert "allows more than the operator signed" in refused(real)
    signatures.sign(real.charter, real.store, real.signers["operator"])
    assert "allows more than the data protection officer signed" in refused(real)
    signatures.sign(real.charter, real.store, real.signers["data_protection_officer"])
    Period.open("tiny", "2026-03-02")


def test_a_wider_charter_that_was_signed_before_does_not_come_back(
    real: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    wide = real.store.signatures("tiny", False).read_bytes()
    real.write_charter(**REAL, recipients=["Agency, the north"])
    later = datetime.now(tz=UTC) + timedelta(days=1)
    monkeypatch.setattr(signatures, "now", lambda charter: later)
    for role in signatures.REQUIRED:
        signatures.sign(real.charter, real.store, real.signers[role])
    Period.open("tiny", "2026-03-02")
    real.write_charter(**REAL)
    real.store.signatures("tiny", False).write_bytes(wide)
    assert "an older signature of the operator than the ledger knows" in refused(real)


def test_scope_that_shrank_needs_no_signature(real: Any) -> None:
    narrower = {"threshold": 20, "retention__raw_hours": 12, "period__end": "2026-03-07"}
    narrower["expires"] = "2028-03-07"
    real.write_charter(**{**REAL, **narrower}, title={"en": "Shorter", "nl": "Korter"})
    Period.open("tiny", "2026-03-02")
    changes = {
        str(c): c.direction for c in signatures.since_signed(real.charter, real.store)["operator"]
    }
    assert changes["fewest devices behind an entry: 15 → 20"] == "shrank"
    assert "grew" not in changes.values() and "no scope" in changes.values()


def test_zones_that_are_swapped_for_others_need_both_signatures(tiny: Any) -> None:
    area = {"crs": "EPSG:3035", "zones": "tiny/zones.geojson", "register": "tiny/register.csv"}
    tiny.write_charter(**REAL, area=area)
    with pytest.raises(Refused, match=r"tiny/zones.geojson is not there: a signature covers"):
        tiny.sign()
    tiny.put("zones.geojson", "municipalities")
    tiny.sign()
    Period.open("tiny", "2026-03-02")
    tiny.put("zones.geojson", "municipalities, and three tiles of one apart")
    assert "allows more than the operator signed (files.tiny/zones.geojson" in refused(tiny)


def test_a_pilot_never_changes_its_legal_basis(real: Any) -> None:
    Period.open("tiny", "2026-03-02")
    real.write_charter(legal_basis="synthetic", threshold=1)
    assert "began under the basis statute and cannot go on under synthetic" in refused(real)


def test_a_simulated_partys_key_signs_no_real_charter(real: Any) -> None:
    signer = parties.simulated(real.store, "operator")
    signatures.sign(real.charter, real.store, signer)
    assert "signature of the operator is of a key that nobody enrolled" in refused(real)


def test_signatures_that_cannot_be_read_are_told(real: Any) -> None:
    real.store.signatures("tiny", False).write_text("{}")
    assert "tiny.signatures.json cannot be read" in refused(real)


def test_a_signed_text_that_holds_no_charter_is_told(real: Any) -> None:
    rewritten(real, lambda listed: listed[0]["body"]["text"].update(charter="all of it"))
    assert "tiny.signatures.json cannot be read" in refused(real)


def test_the_agency_signs_no_charter(real: Any) -> None:
    before = real.store.signatures("tiny", False).read_bytes()
    sentence = "A charter is signed by operator and data protection officer"
    with pytest.raises(Refused, match=sentence):
        signatures.sign(real.charter, real.store, real.signers["agency"])
    assert real.store.signatures("tiny", False).read_bytes() == before


def test_a_simulated_pilot_that_was_signed_lives_by_the_same_rule(tiny: Any) -> None:
    for role in signatures.REQUIRED:
        signatures.sign(tiny.charter, tiny.store, parties.simulated(tiny.store, role))
    Period.open("tiny", "2026-03-02")
    assert tiny.store.signatures("tiny", True).is_relative_to(tiny.store.root)
    tiny.write_charter(recipients=["Agency", "a data broker"])
    assert "`peil simulate` does so" in refused(tiny)
    assert reading.load("tiny").is_synthetic
