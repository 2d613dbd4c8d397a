"""The agency's side of a ledger: its own copy, and heads of the Merkle tree that it signs.

The operator's key cannot make a head, so that a ledger rewritten by who holds that key, or cut off
on both sides, does not agree with the heads. Each head is made of the roots that the one before it
left and of the new lines alone: it is consistent with it by construction, and `check` shows it.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any

from peil.outcome import Refused
from peil.store.atomic import canonical
from peil.store.signing import agency_public_key, is_signed, public_key, sign_as_agency
from peil.store.store import Store
from peil.store.witnessing import lines
from peil.store.witnessing.merkle import Frontier, leaf_hash
from peil.store.witnessing.posting import head_over, post

RELEASE = b'"kind":"release"'  # as an entry of a ledger has it


def require_longer(store: Store, pilot: str) -> None:
    """Refuse to go on from a shortened or rewritten ledger: its next copy would hide that.

    Compares sizes and the last line that both hold, which names the one before it; what was
    changed further back is `check`'s to find. Where the heads are gone, another would be signed
    over a ledger that nothing is held against.
    """
    own, copy = store.ledger(pilot), store.agency_ledger(pilot)
    size = lines.mend(copy)
    shared = lines.last(copy, size)
    head = last_head(store, pilot)
    if not head and store.plane == "both" and _were_heads(store, pilot, lines.read(own)):
        raise Refused(
            f"The agency's heads of the ledger of {pilot} are gone ({store.heads(pilot)}): restore "
            "them from a copy; no entry is added before."
        )
    is_cut = lines.size_of(own) < max(size, head.get("n_bytes", 0))
    if is_cut or lines.read(own, size - len(shared), size) != shared:
        raise not_the_copy(store, pilot)


def not_the_copy(store: Store, pilot: str) -> Refused:
    """Make the refusal of two ledgers that do not agree; the one that does not hold is named."""
    copy = store.agency_ledger(pilot)
    if not _holds(lines.read(copy, end=lines.mend(copy)), public_key(store)):
        return Refused(
            f"The agency's copy of the ledger of {pilot} is damaged ({copy}): restore it from "
            "backup, then run the same again."
        )
    return Refused(
        f"The agency's copy of the ledger of {pilot} holds entries that the operator's has "
        "not: find out why, then restore the operator's from that copy."
    )


def _holds(content: bytes, public: str) -> bool:
    """Whether each line names the one before it, and the last carries the operator's signature."""
    previous, entry = "0" * 64, {}
    for line in content.split(b"\n")[:-1]:
        try:
            entry = json.loads(line)
        except ValueError:
            return False
        if not isinstance(entry, dict) or entry.get("previous") != previous:
            return False
        previous = hashlib.sha256(line).hexdigest()
    body = {name: value for name, value in entry.items() if name != "signature"}
    return not body or is_signed(canonical(body), str(entry.get("signature", "")), public)


def witness(store: Store, pilot: str, at: datetime) -> None:
    """Take new lines into the agency's copy and sign the head of the tree over all of them.

    Killed between the two, the next call goes on. The caller holds the ledger. An operator on a
    machine of its own posts them instead: the agency takes them in by `peil receive`.

    Parameters
    ----------
    at : datetime
        The pilot's moment, passed in.
    """
    own, copy = store.ledger(pilot), store.agency_ledger(pilot)
    lines.extend(copy, lines.read(own, lines.mend(copy)))
    if store.plane == "operator":
        post(store, pilot)
    else:
        sign_head(store, pilot, at)


def sign_head(store: Store, pilot: str, at: datetime) -> None:
    """Sign, with the agency's key, the head of the tree over its copy, where that has grown."""
    lines.mend(store.heads(pilot))
    head, copy = last_head(store, pilot), store.agency_ledger(pilot)
    if head.get("n_bytes") == lines.size_of(copy):
        return
    body = {
        **head_over(copy, head),
        "previous": _hash(head) if head else "",
        "at": at.isoformat(),
    }
    signed = {**body, "signature": sign_as_agency(store, canonical(body))}
    lines.extend(store.heads(pilot), canonical(signed) + b"\n")


def last_head(store: Store, pilot: str) -> dict[str, Any]:
    """The newest head; empty where the agency signed none yet."""
    file = store.heads(pilot)
    size = lines.size_of(file)
    torn = lines.last(file, size)
    if torn and not torn.endswith(b"\n"):
        torn = lines.last(file, size - len(torn))
    try:
        head: dict[str, Any] = json.loads(torn) if torn else {}
    except ValueError:
        raise Refused(f"{file.name} ends in a line that is no head: restore it.") from None
    return head


def heads(store: Store, pilot: str) -> list[dict[str, Any]]:
    """Every head, oldest first; a line that a kill cut off is none."""
    return [json.loads(line) for line in lines.read(store.heads(pilot)).split(b"\n")[:-1]]


def faults(store: Store, pilot: str) -> list[str]:
    """What is wrong between the ledger and the heads that the agency signed, in sentences."""
    try:
        signed = heads(store, pilot)
    except ValueError:
        return ["The agency's heads of the ledger cannot be read: restore them."]
    whole = lines.read(store.ledger(pilot))
    content = whole.split(b"\n")[:-1]
    if not signed:
        is_witnessed = store.agency_public_key.exists() or _were_heads(store, pilot, whole)
        return ["The agency's heads of the ledger are gone."] if content and is_witnessed else []
    sentences = []
    public, grown = agency_public_key(store), Frontier()
    if store.plane != "operator" and not store.agency_key.exists():
        sentences.append("The agency's signing key is gone: restore it from its backup.")
    previous: dict[str, Any] = {}
    for number, head in enumerate(signed):
        body = {name: value for name, value in head.items() if name != "signature"}
        if not is_signed(canonical(body), str(head.get("signature", "")), public):
            sentences.append(f"Head {number} of the ledger does not carry the agency's signature.")
        if head["previous"] != (_hash(previous) if previous else "") or (
            head["size"] < previous.get("size", 0)
        ):
            sentences.append(f"Head {number} of the ledger does not follow the one before it.")
        if head["at"] < previous.get("at", ""):
            sentences.append(f"Head {number} of the ledger is dated before the one before it.")
        if head["size"] > len(content):
            sentences.append(
                f"The agency signed a ledger of {signed[-1]['size']} entries, but there are "
                f"{len(content)}: it was cut off."
            )
            break
        for line in content[grown.size : head["size"]]:
            grown.add(leaf_hash(line))
        if grown.root().hex() != head["root"]:
            sentences.append(
                f"The first {head['size']} entries are not those that the agency signed: the "
                "ledger was rewritten."
            )
            break
        previous = head
    else:
        if len(content) > previous["size"] and store.plane != "operator":
            sentences.append(f"{len(content) - previous['size']} entries have no head yet.")
    return sentences


def _were_heads(store: Store, pilot: str, content: bytes) -> bool:
    """Whether the agency must have signed heads of a ledger: it says that something was released.

    On one machine each entry gets its head when it is added. An operator apart gets the first back
    with what the agency takes in, which is in the outbox no more; the heads of before it was apart
    lie in its record of the agency's side.
    """
    if RELEASE not in content:
        return False
    if store.plane != "operator":
        return True
    records, sent = store.agency / "released" / pilot, store.outbox / "released" / pilot
    is_moved = (store.agency / "ledger" / store.heads(pilot).name).exists()
    return not is_moved and any(
        not (sent / record.relative_to(records)).exists() for record in records.glob("*/[!.]*")
    )


def _hash(head: dict[str, Any]) -> str:
    return hashlib.sha256(canonical(head)).hexdigest()
