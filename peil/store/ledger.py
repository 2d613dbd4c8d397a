"""Keep the ledger of a pilot: one signed line for each event of a release, chained by hashes.

Lines are only added. What an event means belongs to the verb that adds it.

Each entry carries the hash of the one before it, so that an edit or a deletion in the
middle shows; a copy lies on the agency's side, so that a cut-off tail shows as well.
"""

from __future__ import annotations

import hashlib
import json
import os
from datetime import datetime
from pathlib import Path
from typing import Any

from filelock import FileLock

from peil.outcome import Refused
from peil.store.atomic import canonical, write_bytes
from peil.store.signing import is_signed, public_key, sign
from peil.store.store import Store

START = "0" * 64


def entries(path: Path) -> list[dict[str, Any]]:
    """Read every whole entry, oldest first. A line that a kill cut off is not an entry.

    Raises
    ------
    Refused
        A whole line is no entry: somebody else wrote in the file.
    """
    if not path.exists():
        return []
    lines: list[dict[str, Any]] = []
    for number, line in enumerate(path.read_bytes().split(b"\n")[:-1], start=1):
        try:
            entry = json.loads(line)
        except ValueError:
            entry = None
        if not isinstance(entry, dict):
            raise Refused(f"{path.name}, line {number} is no entry: restore the file from a copy.")
        lines.append(entry)
    return lines


def _hash(entry: dict[str, Any]) -> str:
    return hashlib.sha256(canonical(entry)).hexdigest()


def _mend(path: Path) -> None:
    """Cut off what a killed append left behind the last line end."""
    content = path.read_bytes() if path.exists() else b""
    if content and not content.endswith(b"\n"):
        with path.open("rb+") as file:
            file.truncate(content.rfind(b"\n") + 1)


def append(
    store: Store,
    pilot: str,
    kind: str,
    at: datetime,
    facts: dict[str, Any],
    *,
    once: bool = True,
) -> str:
    """Add an entry and return its hash; the same kind and facts are added once.

    Parameters
    ----------
    kind : str
        ``release``, ``approval_skipped``, ``charter``, ``gate_closed`` …
    at : datetime
        The pilot's moment (`peil.charter.clock`), passed in.
    facts : dict
        What happened, in names, counts and hashes.
    once : bool
        Whether an entry of this kind with these facts, however old, is enough.

    Raises
    ------
    Refused
        The agency's copy holds entries that the operator's ledger has lost or changed.
    """
    path = store.ledger(pilot)
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(str(path) + ".lock"):
        _mend(path)
        _is_longer_than_witness(store, pilot)
        existing = entries(path)
        for entry in existing if once else existing[-1:]:
            if entry["kind"] == kind and entry["facts"] == facts:
                _copy(store, pilot)
                return _hash(entry)
        body = {
            "sequence": len(existing),
            "previous": _hash(existing[-1]) if existing else START,
            "at": at.isoformat(),
            "kind": kind,
            "facts": facts,
        }
        entry = {**body, "signature": sign(store, canonical(body))}
        with path.open("ab") as file:
            file.write(canonical(entry) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        _copy(store, pilot)
    return _hash(entry)


def _is_longer_than_witness(store: Store, pilot: str) -> None:
    """Refuse to go on from a shortened or rewritten ledger: its next copy would hide that."""
    own, copy = store.ledger(pilot), store.agency_ledger(pilot)
    witness = copy.read_bytes() if copy.exists() else b""
    if not (own.read_bytes() if own.exists() else b"").startswith(witness):
        raise Refused(
            f"The agency's copy of the ledger of {pilot} holds entries that the operator's has "
            "not: find out why, then restore the operator's from that copy."
        )


def give_copy(store: Store, pilot: str) -> None:
    """Give the agency its copy, the witness against a rewritten or shortened ledger.

    `append` does so by itself; whoever finds an entry standing that a killed run may have
    added calls this in its stead.
    """
    path = store.ledger(pilot)
    with FileLock(str(path) + ".lock"):
        _mend(path)
        _is_longer_than_witness(store, pilot)
        _copy(store, pilot)


def _copy(store: Store, pilot: str) -> None:
    content, copy = store.ledger(pilot).read_bytes(), store.agency_ledger(pilot)
    if not copy.exists() or copy.read_bytes() != content:
        write_bytes(copy, content)


def check(store: Store, pilot: str) -> list[str]:
    """Check the ledger; what is wrong, in sentences, none when chain, signatures and copy agree."""
    faults = []
    try:
        own, witness = entries(store.ledger(pilot)), entries(store.agency_ledger(pilot))
    except Refused as unread:
        return [str(unread)]
    public = public_key(store)
    previous = START
    for number, entry in enumerate(own):
        body = {name: value for name, value in entry.items() if name != "signature"}
        if entry.get("sequence") != number or entry.get("previous") != previous:
            faults.append(f"Ledger entry {number} does not follow the one before it.")
        if not is_signed(canonical(body), str(entry.get("signature", "")), public):
            faults.append(f"Ledger entry {number} does not carry the operator's signature.")
        previous = _hash(entry)
    if witness != own:
        faults.append("The agency's copy of the ledger differs from the operator's.")
    return faults


def find(store: Store, pilot: str, kind: str, **facts: Any) -> dict[str, Any] | None:
    """Find the newest entry of this kind that has these facts, with its hash under ``hash``."""
    for entry in reversed(entries(store.ledger(pilot))):
        if entry["kind"] == kind and all(entry["facts"].get(k) == v for k, v in facts.items()):
            return {**entry, "hash": _hash(entry)}
    return None


def standing(store: Store, pilot: str, product: str, day: str) -> dict[str, Any] | None:
    """Find the release of a product and period that holds; none when withdrawn or never made."""
    for entry in reversed(entries(store.ledger(pilot))):
        facts = entry["facts"]
        if entry["kind"] in {"release", "withdrawn"} and (facts["product"], facts["period"]) == (
            product,
            day,
        ):
            return {**entry, "hash": _hash(entry)} if entry["kind"] == "release" else None
    return None


def is_released(store: Store, pilot: str, product: str, day: str) -> bool:
    """Say whether this product and period stands released: such a period is closed."""
    return standing(store, pilot, product, day) is not None
