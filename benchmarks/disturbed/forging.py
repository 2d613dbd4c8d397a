"""Tamper as only a holder of the operator's key can: chains and signatures are right afterwards.

Both copies of the ledger are written alike; the agency's heads are what does not agree.
"""

from __future__ import annotations

import hashlib
import json
import random
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from peil.store.atomic import canonical
from peil.store.ledger import START
from peil.store.signing import sign
from peil.store.store import Store
from peil.store.witnessing.merkle import Frontier, leaf_hash

Content = dict[Path, bytes]
KINDS = ("rewritten", "dated anew", "cut on both sides", "extended", "head forged")
Entries = list[dict[str, Any]]


def copies_of(files: Content) -> list[Path]:
    """Both copies of the ledger, without the heads."""
    logs = [file for file in files if file.parent.name == "ledger" and file.suffix == ".jsonl"]
    return sorted(file for file in logs if not file.name.endswith(".heads.jsonl"))


def change(was: Content, files: Content) -> None:
    """Put a store from one state into another, which differ in few files."""
    for file in was.keys() - files.keys():
        file.unlink()
    for file, data in files.items():
        if was.get(file) != data:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)


def forged(
    kind: str, store: Store, files: Content, before: list[Content], draw: random.Random
) -> Content:
    """The files of a store after one of these deeds.

    Parameters
    ----------
    kind : str
        ``rewritten``: an entry says something else. ``dated anew``: entries from one on are an
        hour later. ``cut on both sides``: the newest entries never were, nor their bundles.
        ``extended``: an entry more. ``head forged``: rewritten, with heads of the operator's own.
    before : list of dict
        The files before each release.
    """
    logs = copies_of(files)
    if kind == "cut on both sides":
        rest = {file: data for file, data in files.items() if file not in logs}
        heads = {file: data for file, data in rest.items() if file.parent.name == "ledger"}
        return {**draw.choice(before), **heads}
    entries = [json.loads(line) for line in files[logs[0]].splitlines()]
    if kind == "extended":
        entries.append({**entries[-1], "kind": "note", "facts": {"n": draw.randrange(1000)}})
    elif kind == "dated anew":
        for entry in entries[draw.randrange(len(entries)) :]:
            later = datetime.fromisoformat(entry["at"]) + timedelta(hours=1)
            entry["at"] = later.isoformat()
    else:
        entry = draw.choice([entry for entry in entries if entry["kind"] != "charter"])
        entry["facts"]["n_entries"] = draw.randrange(10, 10_000)
    return entered(store, files, entries, kind == "head forged")


def entered(store: Store, files: Content, entries: Entries, with_heads: bool = False) -> Content:
    """The files with both copies of the ledger of these entries, signed with the operator's key.

    Parameters
    ----------
    with_heads : bool
        Whether heads of the operator's own stand in the place of the agency's.
    """
    content = _signed(store, entries)
    after = {**files, **dict.fromkeys(copies_of(files), content)}
    if with_heads:
        after[next(f for f in files if f.name.endswith(".heads.jsonl"))] = _heads(store, content)
    return after


def _signed(store: Store, entries: Entries) -> bytes:
    """Lines of a ledger of these entries, chained and signed anew with the operator's key."""
    previous, lines = START, b""
    for number, entry in enumerate(entries):
        body = {name: value for name, value in entry.items() if name != "signature"}
        body |= {"sequence": number, "previous": previous}
        line = canonical({**body, "signature": sign(store, canonical(body))})
        previous = hashlib.sha256(line).hexdigest()
        lines += line + b"\n"
    return lines


def _heads(store: Store, content: bytes) -> bytes:
    """Heads of a ledger in the agency's form, signed with the operator's key."""
    grown, previous, heads, n_bytes = Frontier(), "", b"", 0
    for line in content.splitlines():
        grown.add(leaf_hash(line))
        n_bytes += len(line) + 1
        body = {
            "size": grown.size,
            "n_bytes": n_bytes,
            "root": grown.root().hex(),
            "roots": [root.hex() for root in grown.roots],
            "previous": previous,
            "at": json.loads(line)["at"],
        }
        head = canonical({**body, "signature": sign(store, canonical(body))})
        previous = hashlib.sha256(head).hexdigest()
        heads += head + b"\n"
    return heads
