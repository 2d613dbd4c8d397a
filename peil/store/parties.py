"""Who may sign: people of the parties, their public keys, roles and the time these hold.

A party is a file in the folder of parties, signed by its own key, so that nobody can change a
name, a role or a date in it without that key. The private key lies where its holder says, never
in the project or a store. Simulated parties, whose keys lie in the store, sign for nobody real.
What is signed with a key belongs to the rooms that sign.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Literal, get_args

from peil.outcome import Refused
from peil.settings import PROJECT
from peil.store import private_keys
from peil.store.atomic import write_json
from peil.store.jcs import canonical
from peil.store.private_keys import PrivateKey
from peil.store.signing import is_signed
from peil.store.store import Store

Role = Literal["operator", "data_protection_officer", "agency"]
ROLES: tuple[Role, ...] = get_args(Role)
SIMULATOR = "simulator"  # of `peil simulate` itself: no party, and no person
CONSOLE_USER = "peil"  # Airflow's own user, which nobody approves with
KIND = "peil party v1"
ALWAYS = (date(2000, 1, 1), date(2099, 12, 31))  # of simulated parties: they live in any period


@dataclass(frozen=True)
class Signatory:
    """One person of a party, with the public half of a key and the days on which it holds."""

    role: str
    name: str
    public_key: str
    valid_from: date
    valid_to: date
    account: str = ""
    is_simulated: bool = False

    @property
    def key_id(self) -> str:
        """Sixteen digits that name the key."""
        return hashlib.sha256(bytes.fromhex(self.public_key)).hexdigest()[:16]

    def holds_on(self, day: date) -> bool:
        """Whether the key holds on a day."""
        return self.valid_from <= day <= self.valid_to

    def is_same_person(self, other: Signatory) -> bool:
        """Whether two enrolments are of one key or one name, however it is spelled."""
        return self.public_key == other.public_key or _spelled(self.name) == _spelled(other.name)

    def body(self) -> dict[str, Any]:
        """What the file of a party says, before its signature."""
        return {
            "type": KIND,
            "role": self.role,
            "name": self.name,
            "public_key": self.public_key,
            "key_id": self.key_id,
            "valid_from": str(self.valid_from),
            "valid_to": str(self.valid_to),
            "account": self.account,
            "simulated": self.is_simulated,
        }


@dataclass(frozen=True)
class Signer:
    """A party with the private half at hand."""

    party: Signatory
    private_key: PrivateKey = field(repr=False)

    def sign(self, content: Any) -> str:
        """Sign a JSON value in its canonical form; base64."""
        return base64.b64encode(self.private_key.sign(canonical(content))).decode()


def is_signed_by(party: Signatory, content: Any, signature: str) -> bool:
    """Whether a signature over the canonical form of a JSON value is this party's."""
    try:
        return is_signed(canonical(content), signature, party.public_key)
    except ValueError:
        return False


def _spelled(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


ANEW = ", or move it away and enrol the party anew with `peil party enroll`"


def enrolled(folder: Path, anew: str = ANEW) -> list[Signatory]:
    """Every party of a folder, by file name; `anew` says how else than from a copy one is had.

    Raises
    ------
    Refused
        A file that its own key did not sign as it stands.
    """
    return [_read(file, anew) for file in sorted(folder.glob("*.json"))]


def _read(file: Path, anew: str) -> Signatory:
    try:
        content = json.loads(file.read_bytes())
        signature = str(content.pop("signature"))
        party = Signatory(
            role=str(content["role"]),
            name=str(content["name"]),
            public_key=str(content["public_key"]),
            valid_from=date.fromisoformat(content["valid_from"]),
            valid_to=date.fromisoformat(content["valid_to"]),
            account=str(content["account"]),
            is_simulated=bool(content["simulated"]),
        )
        is_whole = party.body() == content and is_signed_by(party, content, signature)
    except (ValueError, KeyError, TypeError, AttributeError):
        is_whole = False
    if not is_whole:
        raise Refused(
            f"The file {file} of a party does not stand as its own key signed it: restore it "
            f"from backup{anew}."
        )
    return party


def of_pilot(store: Store, is_synthetic: bool) -> list[Signatory]:
    """The parties that may sign for a pilot: simulated ones for a simulated pilot only."""
    people = enrolled(store.parties)
    if not is_synthetic:
        return [party for party in people if not party.is_simulated]
    return people + enrolled(store.simulated_parties, "")


def enroll(
    store: Store,
    role: str,
    name: str,
    key: Path,
    valid: tuple[date, date],
    account: str = "",
) -> Signatory:
    """Enrol a person of a party: draw a key where its holder says, keep its public half.

    That is a file, or a token (`peil.store.private_keys`), which the private half never leaves.
    A key that lies there already is taken, so that a killed enrolment can be repeated.

    Raises
    ------
    Refused
        No such role, an empty name, days in the wrong order, a key inside the project or a
        store, or a key or account that is enrolled already.
    """
    if role not in ROLES:
        raise Refused(f"--role {role}: there are {', '.join(ROLES)}.")
    if not name.strip():
        raise Refused("--name is empty: a signature needs the name of a person.")
    if account and not re.fullmatch(r"[a-z][a-z0-9._-]{1,40}", account):
        raise Refused("--account: small letters, digits, dot, hyphen; as anna or a.name.")
    if account == CONSOLE_USER:
        raise Refused(f"--account {account} is shared by all who run Airflow: name one's own.")
    if valid[1] < valid[0]:
        raise Refused("--to lies before --from: a key holds from a day to a later one.")
    in_token = private_keys.is_in_token(key)
    place = key if in_token else key.absolute().resolve()
    for folder in (PROJECT, store.root, store.settings.pilots.absolute()):
        if not in_token and place.is_relative_to(folder.resolve()):
            raise Refused(
                f"--key lies in {folder}: a private key is its holder's alone, "
                "name a place outside project, store and charters."
            )
    signer = _drawn(store, place, role, name.strip(), valid, account)
    for party in enrolled(store.parties):
        if party.public_key == signer.party.public_key and party != signer.party:
            raise Refused(
                f"--key is the key of {party.name}, {words(party.role)}: every role has its own, "
                "name another file with --key."
            )
        if account and party.account == account and party != signer.party:
            raise Refused(f"--account is the account of {party.name}: nobody shares one.")
    return _write(store.parties, signer)


def simulated(store: Store, role: Role) -> Signer:
    """The simulated party of a role in a store, enrolled at its first use: no person is it."""
    key = store.simulated_key(role)
    if key.exists():
        for party in enrolled(store.simulated_parties, ""):
            if party.role == role:
                return Signer(party, private_keys.at(store.settings, key))
    signer = _drawn(store, key, role, f"A simulated {words(role)}", ALWAYS, is_simulated=True)
    _write(store.simulated_parties, signer)
    return signer


def simulator(store: Store) -> Signer:
    """The key with which `peil simulate` signs the list of what it wrote."""
    name = "Peil's own simulator"
    return _drawn(store, store.simulator_key, SIMULATOR, name, ALWAYS, is_simulated=True)


def _drawn(
    store: Store,
    key: Path,
    role: str,
    name: str,
    valid: tuple[date, date],
    account: str = "",
    is_simulated: bool = False,
) -> Signer:
    private = private_keys.drawn(store.settings, key)
    return Signer(Signatory(role, name, private.public, *valid, account, is_simulated), private)


def _write(folder: Path, signer: Signer) -> Signatory:
    party, body = signer.party, signer.party.body()
    name = f"{party.role}.{party.key_id}.json"
    write_json(folder / name, {**body, "signature": signer.sign(body)})
    return party


def signer_of(store: Store, role: str, key: Path, day: date) -> Signer:
    """The enrolled person whose private key lies in a file or token, in the role they sign in.

    Raises
    ------
    Refused
        No such key, one that nobody enrolled, one of another role, or one that does not hold.
    """
    if not key.is_file() and not private_keys.is_in_token(key):
        raise Refused(f"No key at {key}: say with --key where yours lies.")
    private = private_keys.at(store.settings, key)
    holders = [party for party in enrolled(store.parties) if party.public_key == private.public]
    if not holders:
        raise Refused(
            f"{key} is the key of nobody in {store.parties}: enrol its holder with "
            "`peil party enroll` first."
        )
    party = holders[0]
    if party.role != role:
        raise Refused(f"{party.name} is enrolled as {words(party.role)}, not as {words(role)}.")
    if not party.holds_on(day):
        raise Refused(
            f"The key of {party.name} holds from {party.valid_from} to {party.valid_to}, "
            f"not on {day}: have a new one enrolled."
        )
    return Signer(party, private)


def words(role: str) -> str:
    """A role in plain words."""
    return role.replace("_", " ")
