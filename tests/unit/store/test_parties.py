"""Who may sign: enrolled with a key of their own, which lies where they say."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from peil.outcome import Refused
from peil.settings import PROJECT
from peil.store import parties

VALID = (date(2026, 1, 1), date(2027, 12, 31))


def enroll(tiny: Any, role: str, name: str, key: Path, **more: Any) -> parties.Signatory:
    return parties.enroll(tiny.store, role, name, key, more.pop("valid", VALID), **more)


def test_the_private_key_is_its_holders_and_the_public_half_lies_beside_the_charters(
    tiny: Any,
) -> None:
    key = tiny.folder / "at_home" / "a.key"
    party = enroll(tiny, "operator", "Anna", key)
    assert key.stat().st_mode & 0o777 == 0o400
    (file,) = (tiny.folder / "pilots" / "parties").glob("*.json")
    text = file.read_text()
    assert party.public_key in text and key.read_bytes().hex() not in text
    assert enroll(tiny, "operator", "Anna", key) == party  # a second time changes nothing
    assert parties.enrolled(tiny.store.parties) == [party]


@pytest.mark.parametrize("where", ["data/a.key", "pilots/a.key", str(PROJECT / "a.key")])
def test_a_private_key_never_lies_in_project_store_or_charters(tiny: Any, where: str) -> None:
    with pytest.raises(Refused, match="a private key is its holder's alone"):
        enroll(tiny, "operator", "Anna", tiny.folder / where)
    assert not (tiny.folder / where).exists()


def test_nobody_is_enrolled_without_a_name_or_a_role_or_with_a_key_twice(tiny: Any) -> None:
    key = tiny.folder / "a.key"
    with pytest.raises(Refused, match="--name is empty"):
        enroll(tiny, "operator", " ", key)
    with pytest.raises(Refused, match="--role police: there are operator"):
        enroll(tiny, "police", "Anna", key)
    with pytest.raises(Refused, match="--to lies before --from"):
        enroll(tiny, "operator", "Anna", key, valid=VALID[::-1])
    enroll(tiny, "operator", "Anna", key, account="anna")
    with pytest.raises(Refused, match=r"of Anna, operator: .* its own, name another file"):
        enroll(tiny, "data_protection_officer", "Bert", key)
    with pytest.raises(Refused, match="is the account of Anna"):
        enroll(tiny, "agency", "Carla", tiny.folder / "c.key", account="anna")


@pytest.mark.parametrize(
    ("account", "sentence"),
    [
        ("Anna B", r"--account: small letters, digits, dot, hyphen; as anna or a\.name\."),
        ("anna,root:admin", "--account: small letters"),
        (parties.CONSOLE_USER, "is shared by all who run Airflow: name one's own"),
    ],
)
def test_an_account_is_a_plain_name_of_ones_own(tiny: Any, account: str, sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        enroll(tiny, "operator", "Anna", tiny.folder / "a.key", account=account)
    assert parties.enrolled(tiny.store.parties) == []


@pytest.mark.parametrize(
    "change",
    [{"role": "agency"}, {"name": "Bert"}, {"valid_to": "2099-01-01"}, {"simulated": True}],
)
def test_a_party_that_somebody_edited_is_refused(tiny: Any, change: dict[str, Any]) -> None:
    enroll(tiny, "operator", "Anna", tiny.folder / "a.key")
    (file,) = tiny.store.parties.glob("*.json")
    file.write_text(json.dumps(json.loads(file.read_text()) | change))
    with pytest.raises(Refused, match=rf"{file} .* does not stand as its own key signed it: .* or"):
        parties.enrolled(tiny.store.parties)


def test_a_simulated_party_that_is_damaged_is_restored_and_never_enrolled_anew(tiny: Any) -> None:
    parties.simulated(tiny.store, "operator")
    (file,) = tiny.store.simulated_parties.glob("*.json")
    file.write_bytes(file.read_bytes()[:9])
    with pytest.raises(Refused, match=r"signed it: restore it from backup\.$"):
        parties.simulated(tiny.store, "operator")


def test_who_signs_is_enrolled_in_that_role_on_that_day(tiny: Any) -> None:
    key = tiny.folder / "a.key"
    with pytest.raises(Refused, match="No key at"):
        parties.signer_of(tiny.store, "operator", key, VALID[0])
    enroll(tiny, "operator", "Anna", key)
    assert parties.signer_of(tiny.store, "operator", key, VALID[0]).party.name == "Anna"
    with pytest.raises(Refused, match="enrolled as operator, not as agency"):
        parties.signer_of(tiny.store, "agency", key, VALID[0])
    with pytest.raises(Refused, match="holds from 2026-01-01 to 2027-12-31, not on 2028-01-01"):
        parties.signer_of(tiny.store, "operator", key, date(2028, 1, 1))
    (file,) = tiny.store.parties.glob("*.json")
    file.unlink()
    with pytest.raises(Refused, match="is the key of nobody"):
        parties.signer_of(tiny.store, "operator", key, VALID[0])


def test_simulated_parties_sign_for_simulated_pilots_only(tiny: Any) -> None:
    signer = parties.simulated(tiny.store, "operator")
    assert parties.simulated(tiny.store, "operator") == signer
    assert tiny.store.simulated_key("operator").stat().st_mode & 0o777 == 0o400
    assert signer.party in parties.of_pilot(tiny.store, is_synthetic=True)
    (file,) = tiny.store.simulated_parties.glob("*.json")
    tiny.store.parties.mkdir()
    (tiny.store.parties / file.name).write_bytes(file.read_bytes())
    assert parties.of_pilot(tiny.store, is_synthetic=False) == []
