"""Keep the ledger of a pilot: one signed line for each event of a release, chained by hashes.

Lines are only added. What an event means belongs to the verb that adds it.

Each entry carries the hash of the one before it, so that an edit or a deletion in the middle shows;
the agency keeps a copy and signs heads of a Merkle tree over it (`witness`), so that a cut-off tail
and a ledger rewritten by who holds the operator's key show as well.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from filelock import FileLock

from peil.outcome import Refused
from peil.store.atomic import canonical
from peil.store.signing import is_signed, public_key, sign
from peil.store.store import Store
from peil.store.witnessing import lines
from peil.store.witnessing.witness import faults as witness_faults
from peil.store.witnessing.witness import require_longer, witness

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
    return list(_entries(path, path.read_bytes()))


def lock_of(store: Store, pilot: str) -> Path:
    """The file whose lock is held by who adds to a ledger, or takes in the operator's."""
    if store.plane == "agency":
        return store.own / "locks" / pilot / "receive.lock"
    return Path(f"{store.ledger(pilot)}.lock")


_parsed: dict[Path, tuple[bytes, list[dict[str, Any]]]] = {}


def _entries(path: Path, content: bytes) -> list[dict[str, Any]]:
    """Parse each line once, however often a verb asks: of what was read before, what is new."""
    before, parsed = _parsed.get(path, (b"", []))
    if not content.startswith(before):
        before, parsed = b"", []  # it is another file than it was
    whole = content[: content.rfind(b"\n") + 1]
    added = whole[len(before) :].split(b"\n")[:-1]
    parsed = parsed + [_entry(path, n, line) for n, line in enumerate(added, len(parsed) + 1)]
    _parsed[path] = whole, parsed
    return parsed


def _entry(path: Path, number: int, line: bytes) -> dict[str, Any]:
    try:
        entry = json.loads(line)
        if isinstance(entry, dict) and "at" in entry:
            datetime.fromisoformat(str(entry["at"]))
    except ValueError:
        entry = None
    if not isinstance(entry, dict):
        raise Refused(f"{path.name}, line {number} is no entry: restore the file from a copy.")
    return entry


def _hash(entry: dict[str, Any]) -> str:
    return hashlib.sha256(canonical(entry)).hexdigest()


@dataclass
class _Tail:
    """What an append must know of the entries before it, without reading them all again."""

    size: int = 0
    n_entries: int = 0
    line: bytes = b""
    previous: str = START
    last: bytes = b""  # kind and facts of the newest entry, as they are written
    at: datetime | None = None
    by_content: dict[bytes, str] = field(default_factory=dict)

    def add(self, line: bytes, own_hash: str, content: bytes, at: datetime) -> None:
        self.at = at
        self.size += len(line)
        self.n_entries += 1
        self.line, self.previous, self.last = line, own_hash, content
        self.by_content[content] = own_hash


_tails: dict[Path, _Tail] = {}


def _content(kind: str, facts: dict[str, Any]) -> bytes:
    """Kind and facts of an entry as its line has them, which `_written` cuts out of it."""
    return canonical({"facts": facts, "kind": kind})[1:-1]


def _written(line: bytes) -> bytes:
    """Kind and facts of a line; a quote inside of a text is escaped, so that the ends are sure."""
    return line[line.find(b'"facts":') : line.rfind(b',"previous":')]


def _tail(path: Path) -> _Tail:
    """The tail of a ledger: of what this process read before, only what is new is read."""
    size, tail = lines.mend(path), _tails.get(path) or _Tail()
    if size < tail.size or lines.read(path, tail.size - len(tail.line), tail.size) != tail.line:
        tail = _Tail()  # it is another file than it was
    added = lines.read(path, tail.size, size)
    listed = [] if tail.size else _entries(path, added)
    for place, line in enumerate(added.split(b"\n")[:-1]):
        entry = listed[place] if listed else _entry(path, tail.n_entries + 1, line)
        own_hash = hashlib.sha256(line).hexdigest()
        tail.add(line + b"\n", own_hash, _written(line), datetime.fromisoformat(entry["at"]))
    _tails[path] = tail
    return tail


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
        The agency's copy holds entries that the operator's ledger has lost or changed, or a
        signing key is gone.
    """
    return append_all(store, pilot, at, [(kind, facts)], once=once)[0]


def append_all(
    store: Store,
    pilot: str,
    at: datetime,
    events: Sequence[tuple[str, dict[str, Any]]],
    *,
    once: bool = True,
) -> list[str]:
    """Add entries together, as `append` does one: written, signed and witnessed at once.

    The last of them carries the signature; it names the hash of the one before, and so on.
    """
    path = store.ledger(pilot)
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(lock_of(store, pilot)):
        tail = _tail(path)
        require_longer(store, pilot)
        # time goes on: the clock of a simulated pilot ends earlier after a shorter simulation
        at = max(at, tail.at or at)
        contents = [_content(kind, facts) for kind, facts in events]
        hash_of = {c: tail.by_content[c] for c in contents if c in tail.by_content}
        new: dict[bytes, int] = {}  # content: which event
        for number, content in enumerate(contents):
            is_there = content in hash_of if once else content == tail.last
            if not is_there and content not in new:
                new[content] = number
        signed_by, previous, added = tail.n_entries + len(new) - 1, tail.previous, []
        for sequence, (content, number) in enumerate(new.items(), start=tail.n_entries):
            kind, facts = events[number]
            entry: dict[str, Any] = {
                "sequence": sequence,
                "previous": previous,
                "at": at.isoformat(),
                "kind": kind,
                "facts": facts,
            }
            if sequence < signed_by:
                entry["signed_by"] = signed_by
            else:
                entry["signature"] = sign(store, canonical(entry))
            line = canonical(entry)
            previous = hash_of[content] = hashlib.sha256(line).hexdigest()
            added.append((line + b"\n", previous, content))
        lines.extend(path, b"".join(line for line, _, _ in added))
        for line, own_hash, content in added:
            tail.add(line, own_hash, content, at)
        witness(store, pilot, at)
    return [hash_of[content] for content in contents]


def give_copy(store: Store, pilot: str) -> None:
    """Give the agency its copy, the witness against a rewritten or shortened ledger.

    `append` does so by itself; whoever finds an entry standing that a killed run may have
    added calls this in its stead.
    """
    path = store.ledger(pilot)
    with FileLock(lock_of(store, pilot)):
        _tail(path)
        require_longer(store, pilot)
        newest = json.loads(lines.last(path, lines.size_of(path)))
        witness(store, pilot, datetime.fromisoformat(newest["at"]))


def check(store: Store, pilot: str) -> list[str]:
    """Check the ledger; what is wrong, in sentences, none when chain, signatures and copy agree."""
    faults = []
    try:
        own, witnessed = entries(store.ledger(pilot)), entries(store.agency_ledger(pilot))
    except Refused as unread:
        return [str(unread)]
    try:
        public = public_key(store) if own or witnessed else ""
    except Refused as gone:
        return [str(gone)]
    previous, at = START, ""
    for number, entry in enumerate(own):
        body = {name: value for name, value in entry.items() if name != "signature"}
        if entry.get("sequence") != number or entry.get("previous") != previous:
            faults.append(f"Ledger entry {number} does not follow the one before it.")
        # entries that were added together are covered by the signature of the last of them
        is_covered = number < int(entry.get("signed_by", 0)) < len(own)
        if not is_covered and not is_signed(
            canonical(body), str(entry.get("signature", "")), public
        ):
            faults.append(f"Ledger entry {number} does not carry the operator's signature.")
        if str(entry.get("at", "")) < at:
            faults.append(f"Ledger entry {number} is dated before the one before it.")
        previous, at = _hash(entry), max(at, str(entry.get("at", "")))
    if witnessed != own:
        faults.append("The agency's copy of the ledger differs from the operator's.")
    return faults + witness_faults(store, pilot)


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
