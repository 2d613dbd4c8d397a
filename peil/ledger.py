"""The ledger: one signed line per thing that happened to a release. Lines are only added.

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

from peil.atomic import canonical, write_bytes
from peil.signing import is_signed, public_key, sign
from peil.store import Store

START = "0" * 64


def entries(path: Path) -> list[dict[str, Any]]:
    """Every whole entry, oldest first. A line that a kill cut off is not an entry."""
    if not path.exists():
        return []
    lines = path.read_bytes().split(b"\n")
    return [json.loads(line) for line in lines[:-1] if line]


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
        The pilot's moment (`peil.clock`), passed in.
    facts : dict
        What happened, in names, counts and hashes.
    once : bool
        Whether an entry of this kind with these facts, however old, is enough.
    """
    path = store.ledger(pilot)
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(str(path) + ".lock"):
        _mend(path)
        known = entries(path)
        for entry in known if once else known[-1:]:
            if entry["kind"] == kind and entry["facts"] == facts:
                _copy(store, pilot)
                return _hash(entry)
        body = {
            "sequence": len(known),
            "previous": _hash(known[-1]) if known else START,
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


def _copy(store: Store, pilot: str) -> None:
    """Give the agency its copy: the witness against a rewritten or shortened ledger."""
    content, copy = store.ledger(pilot).read_bytes(), store.agency_ledger(pilot)
    if not copy.exists() or copy.read_bytes() != content:
        write_bytes(copy, content)


def check(store: Store, pilot: str) -> list[str]:
    """Faults of the ledger in sentences; none when chain, signatures and copy agree."""
    faults = []
    known = entries(store.ledger(pilot))
    public = public_key(store)
    previous = START
    for number, entry in enumerate(known):
        body = {name: value for name, value in entry.items() if name != "signature"}
        if entry["sequence"] != number or entry["previous"] != previous:
            faults.append(f"Ledger entry {number} does not follow the one before it.")
        if not is_signed(canonical(body), entry["signature"], public):
            faults.append(f"Ledger entry {number} does not carry the operator's signature.")
        previous = _hash(entry)
    witness = entries(store.agency_ledger(pilot))
    if witness != known:
        faults.append("The agency's copy of the ledger differs from the operator's.")
    return faults


def find(store: Store, pilot: str, kind: str, **facts: Any) -> dict[str, Any] | None:
    """The newest entry of this kind that has these facts, with its hash under ``hash``."""
    for entry in reversed(entries(store.ledger(pilot))):
        if entry["kind"] == kind and all(entry["facts"].get(k) == v for k, v in facts.items()):
            return {**entry, "hash": _hash(entry)}
    return None


def standing(store: Store, pilot: str, product: str, day: str) -> dict[str, Any] | None:
    """The release of this product and period that holds now; none when withdrawn or never made."""
    for entry in reversed(entries(store.ledger(pilot))):
        facts = entry["facts"]
        if entry["kind"] in {"release", "withdrawn"} and (facts["product"], facts["period"]) == (
            product,
            day,
        ):
            return {**entry, "hash": _hash(entry)} if entry["kind"] == "release" else None
    return None


def is_released(store: Store, pilot: str, product: str, day: str) -> bool:
    """Whether this product and period stands released: such a period is closed."""
    return standing(store, pilot, product, day) is not None
