"""The operator's side of the exchange: its ledger in the outbox, and a head of the tree over it.

The agency takes the ledger up to that head, which the operator's key signed: a ledger that is still
on its way, or one that was cut on it, does not agree with the head.
"""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from peil.store import outbound
from peil.store.atomic import canonical
from peil.store.signing import is_signed, public_key, sign
from peil.store.store import Store
from peil.store.witnessing import lines
from peil.store.witnessing.merkle import Frontier, leaf_hash


def head_over(ledger: Path, head: dict[str, Any]) -> dict[str, Any]:
    """Grow a head, or none, by the lines that a ledger has besides: size, bytes, root and roots."""
    grown = Frontier(head.get("size", 0), [bytes.fromhex(root) for root in head.get("roots", [])])
    for line in lines.read(ledger, head.get("n_bytes", 0)).split(b"\n")[:-1]:
        grown.add(leaf_hash(line))
    return {
        "size": grown.size,
        "n_bytes": lines.size_of(ledger),
        "root": grown.root().hex(),
        "roots": [root.hex() for root in grown.roots],
    }


def post(store: Store, pilot: str) -> None:
    """Lay the ledger of a pilot in the outbox, then the head over it; only what is new is read.

    What lies there and is not the beginning of the ledger is replaced by it: whether that may be
    is the agency's to say, which has a copy of its own.
    """
    ledger, posted = store.ledger(pilot), store.outbound_ledger(pilot)
    size = lines.mend(posted)
    shared, head = lines.last(posted, size), _head(store, pilot)
    if lines.read(ledger, size - len(shared), size) != shared or not size:
        outbound.put_file(store, posted, lines.read(ledger))
        head = {}
    else:
        lines.extend(posted, lines.read(ledger, size))
    if head.get("n_bytes") != lines.size_of(ledger):
        body = {"pilot": pilot, **head_over(ledger, head)}
        signed = {**body, "signature": sign(store, canonical(body))}
        outbound.put_file(store, store.outbound_head(pilot), canonical(signed) + b"\n")


def _head(store: Store, pilot: str) -> dict[str, Any]:
    """The head that this operator's key signed last; none where another wrote there."""
    with suppress(OSError, ValueError, AttributeError):
        head: dict[str, Any] = json.loads(store.outbound_head(pilot).read_bytes())
        if is_signed_head(head, pilot, public_key(store)):
            return head
    return {}


def is_signed_head(head: dict[str, Any], pilot: str, public: str) -> bool:
    """Whether a head is one of this pilot's ledger, signed by the key `public` (hex)."""
    body = {name: value for name, value in head.items() if name != "signature"}
    signature = str(head.get("signature", ""))
    return body.get("pilot") == pilot and is_signed(canonical(body), signature, public)


def has_begun(store: Store, pilot: str) -> bool:
    """Whether a ledger came that names a charter, and with it the key that signs its entries.

    What a verb refused before is in the ledger first, and a refusal needs no charter.
    """
    posted = store.outbound_ledger(pilot)
    if store.public_entry(pilot).exists() or not posted.exists():
        return posted.exists()
    return b'"kind":"charter"' in posted.read_bytes()
