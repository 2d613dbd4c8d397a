"""People of a test's own: an operator, a data protection officer and an agency's checker."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from peil.charter import reading, signatures
from peil.store import parties
from peil.store.parties import Signer
from peil.store.store import Store

NAMES = {"operator": "Anna", "data_protection_officer": "Bert", "agency": "Carla"}
VALID = (date(2020, 1, 1), date(2099, 12, 31))


def people(
    store: Store, keys: Path, valid: tuple[date, date] = VALID, *, accounts: bool = False
) -> dict[str, Signer]:
    """Three people enrolled beside the store's charters, by role; their keys in a folder."""
    signers = {}
    for role, name in NAMES.items():
        account = name.lower() if accounts else ""
        parties.enroll(store, role, name, keys / f"{role}.key", valid, account)
        signers[role] = parties.signer_of(store, role, keys / f"{role}.key", valid[1])
    return signers


def signed(store: Store, pilot: str, keys: Path, *, accounts: bool = False) -> dict[str, Signer]:
    """The same, and the charter of a pilot signed by the two who must."""
    signers = people(store, keys, accounts=accounts)
    for role in signatures.REQUIRED:
        signatures.sign(reading.load(store.settings.pilots / f"{pilot}.yml"), store, signers[role])
    return signers
