"""Signatures under a charter: made with a key by role, and looked at before anything runs.

A signature covers the whole charter in canonical form and the content of the files that say where
the zones and tiles are. It stands as long as the charter allows no more than it covers. Who has
which key belongs to `peil.store.parties`, what is more and what is less to `scope`.
"""

from __future__ import annotations

import json
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from peil.charter import scope
from peil.charter.clock import now
from peil.charter.reading import root
from peil.charter.schema import Charter
from peil.outcome import Refused
from peil.store import parties
from peil.store.atomic import sha256, write_json
from peil.store.parties import Role, Signatory, Signer, is_signed_by, words
from peil.store.store import Store

KIND = "peil charter signature v1"
REQUIRED: tuple[Role, Role] = ("operator", "data_protection_officer")
Signature = dict[str, Any]


def text_of(charter: Charter, store: Store) -> dict[str, Any]:
    """What is signed: the whole charter with its defaults, and the hashes of its area's files."""
    content: dict[str, Any] = charter.model_dump(mode="json", by_alias=True, exclude_none=True)
    named = [zones.path for zones in charter.area.zones]
    named += [charter.area.tiles.path] if charter.area.tiles else []
    files = {path: root(charter, store) / path for path in named}
    present = {
        path: _hash(file, file.stat().st_mtime_ns) for path, file in files.items() if file.is_file()
    }
    return {"charter": content, "files": present}


@lru_cache(maxsize=64)
def _hash(file: Path, _changed_at: int) -> str:
    return sha256(file)


def listed(charter: Charter, store: Store) -> list[Signature]:
    """Every signature under a pilot's charter, oldest first.

    Raises
    ------
    Refused
        The file cannot be read.
    """
    file = store.signatures(charter.pilot, charter.is_synthetic)
    try:
        content = json.loads(file.read_bytes())["signatures"] if file.exists() else []
        bodies = [signature["body"] for signature in content]
        if not all(isinstance(body["text"]["charter"], dict) for body in bodies):
            raise TypeError
    except (ValueError, KeyError, TypeError):
        raise Refused(
            f"{file.name} cannot be read: restore it, or take it away and have the charter signed."
        ) from None
    return list(content)


def newest(signatures: list[Signature], role: str) -> Signature | None:
    """The last signature that was made in a role."""
    made_so = [signature for signature in signatures if signature["body"].get("role") == role]
    return made_so[-1] if made_so else None


def sign(charter: Charter, store: Store, signer: Signer) -> bool:
    """Sign a charter in the role of a party; whether that was needed.

    Raises
    ------
    Refused
        A role that signs no charter, a person who signed in the other role, or reference files
        that are not there.
    """
    role, pilot = signer.party.role, charter.pilot
    if role not in REQUIRED:
        raise Refused(f"A charter is signed by {' and '.join(map(words, REQUIRED))}.")
    text = text_of(charter, store)
    there = listed(charter, store)
    enrolled = parties.of_pilot(store, charter.is_synthetic)
    before = [signature for signature in there if not _is_changed(signature, enrolled)]
    missing = {zones.path for zones in charter.area.zones} - set(text["files"])
    if missing and not charter.is_synthetic:
        raise Refused(
            f"{pilot}: {sorted(missing)[0]} is not there: a signature covers the zones, "
            "so they come before it."
        )
    last = newest(before, role)
    is_own = last is not None and last["body"].get("key_id") == signer.party.key_id
    holds = last and is_own and not _fault(last, charter, enrolled)
    if last and holds and last["body"]["text"] == text and before == there:
        return False
    for other in (newest(before, name) for name in REQUIRED if name != role):
        holder = _holder(other, enrolled) if other else None
        if holder and holder.is_same_person(signer.party):
            raise Refused(
                f"{holder.name} signed {pilot} as {words(holder.role)} already: "
                "two roles are two people with two keys."
            )
    body = {
        "type": KIND,
        "pilot": pilot,
        "role": role,
        "name": signer.party.name,
        "key_id": signer.party.key_id,
        "signed_at": now(charter).isoformat(),
        "text": text,
    }
    file = store.signatures(pilot, charter.is_synthetic)
    write_json(file, {"signatures": [*before, {"body": body, "signature": signer.sign(body)}]})
    return True


def _holder(signature: Signature, enrolled: list[Signatory]) -> Signatory | None:
    """The enrolled party whose key a signature names."""
    key_id = signature["body"].get("key_id")
    return next((party for party in enrolled if party.key_id == key_id), None)


def _is_changed(signature: Signature, enrolled: list[Signatory]) -> bool:
    """Whether it is of an enrolled key, and not what that key signed."""
    holder, given = _holder(signature, enrolled), str(signature.get("signature", ""))
    return holder is not None and not is_signed_by(holder, signature["body"], given)


def _fault(signature: Signature, charter: Charter, enrolled: list[Signatory]) -> str | None:
    """What is wrong with one signature, as the end of a sentence; none where it holds."""
    body = signature["body"]
    party = _holder(signature, enrolled)
    if party is None:
        return "is of a key that nobody enrolled"
    names = (body.get("type"), body.get("pilot"), body.get("role"), body.get("name"))
    is_whole = is_signed_by(party, body, str(signature.get("signature", "")))
    if not is_whole or names != (KIND, charter.pilot, party.role, party.name):
        return "does not verify: what it signed was changed"
    try:
        moment = datetime.fromisoformat(body["signed_at"])
        is_past = moment <= now(charter)
    except (KeyError, TypeError, ValueError):
        return "says no moment"
    if not is_past:
        return f"lies in the future ({moment.date()})"
    if not party.holds_on(moment.date()):
        return f"lies outside the time of its key ({party.valid_from} to {party.valid_to})"
    return None


def check(charter: Charter, store: Store) -> list[dict[str, str]]:
    """Refuse a charter whose signatures do not hold for what it allows now.

    A simulated pilot needs none; those it has must hold.

    Returns
    -------
    list of dict
        Of each signature that holds role, name, key and moment, for the public register.

    Raises
    ------
    Refused
        In one sentence: missing, changed, of one person, outside the key's time, in the future,
        or over a smaller scope than the charter's.
    """
    signatures = listed(charter, store)
    if charter.is_synthetic and not signatures:
        return []
    enrolled = parties.of_pilot(store, charter.is_synthetic)
    text = text_of(charter, store)
    pilot, standing = charter.pilot, []
    for role in REQUIRED:
        last, what = newest(signatures, role), f"the signature of the {words(role)}"
        if last is None:
            raise Refused(f"The charter of {pilot} lacks {what}: {_remedy(charter, role)}.")
        if fault := _fault(last, charter, enrolled):
            folder = store.signatures(pilot, charter.is_synthetic).parent
            raise Refused(
                f"In the charter of {pilot} {what} {fault}: restore {folder} from backup, "
                f"or {_remedy(charter, role)}."
            )
        if more := [change for change in _since(last, text) if change.direction == "grew"]:
            raise Refused(
                f"The charter of {pilot} allows more than the {words(role)} signed "
                f"({more[0]}{_others(len(more) - 1)}): {_remedy(charter, role)}."
            )
        standing.append(last)
    for older in signatures:  # one that was replaced says what was allowed before
        holder = _holder(older, enrolled)
        if holder and _is_changed(older, enrolled):
            file = store.signatures(pilot, charter.is_synthetic)
            raise Refused(
                f"In the charter of {pilot} an older signature of the {words(holder.role)} does "
                f"not verify: what it signed was changed: restore {file} from backup, or "
                f"{_remedy(charter, holder.role)}, which leaves it out."
            )
    holders = [party for party in (_holder(last, enrolled) for last in standing) if party]
    if holders[0].is_same_person(holders[1]):
        raise Refused(
            f"One person, {holders[0].name}, signed the charter of {pilot} in two roles: "
            f"have another {_remedy(charter, REQUIRED[1]).removeprefix('have it ')}."
        )
    return [
        {name: last["body"][name] for name in ("role", "name", "key_id", "signed_at")}
        for last in standing
    ]


def _since(signature: Signature, text: dict[str, Any]) -> list[scope.Change]:
    """What changed since a signature; a reference file that is not there now is no change."""
    signed = signature["body"]["text"]
    files = {path: digest for path, digest in signed["files"].items() if path in text["files"]}
    return scope.changes(
        {**signed["charter"], "files": files}, {**text["charter"], "files": text["files"]}
    )


def since_signed(charter: Charter, store: Store) -> dict[str, list[scope.Change]]:
    """What changed since the last signature of each role that has signed."""
    signatures, text = listed(charter, store), text_of(charter, store)
    last = {role: newest(signatures, role) for role in REQUIRED}
    return {role: _since(signature, text) for role, signature in last.items() if signature}


def _others(n_more: int) -> str:
    return f" and {n_more} more, see `peil charter diff`" if n_more else ""


def _remedy(charter: Charter, role: str) -> str:
    if charter.is_synthetic:
        return "have it signed by its simulated parties, `peil simulate` does so"
    return f"have it signed by `peil charter sign {charter.pilot} --role {role} --key FILE`"
