"""What the operator's ledger says of models: which versions took another's place, and when.

Read without MLflow, which takes its seconds to import.
"""

from __future__ import annotations

from typing import Any

from peil.store import ledger
from peil.store.store import Store

PROMOTED, ROLLED_BACK = "{}_promoted", "{}_rolled_back"
FORGOTTEN = "models_forgotten"  # versions count from 1 again


def number_of(store: Store, pilot: str, quantity: str) -> int | None:
    """The number of the version that stands by the ledger; none where it has no entry."""
    entries = entries_on(store, pilot, quantity)
    return int(entries[-1]["facts"]["version"]) if entries else None


def entries_on(store: Store, pilot: str, quantity: str) -> list[dict[str, Any]]:
    """Entries on a quantity since the registry was emptied last."""
    kinds = {PROMOTED.format(quantity), ROLLED_BACK.format(quantity)}
    entries: list[dict[str, Any]] = []
    for entry in ledger.entries(store.ledger(pilot)):
        if entry["kind"] == FORGOTTEN:
            entries = []
        elif entry["kind"] in kinds:
            entries.append(entry)
    return entries


def approved_hash(store: Store, pilot: str, quantity: str, number: int) -> str:
    """Hash of what was approved as the version of a number; empty where nobody was asked."""
    facts = [entry["facts"] for entry in entries_on(store, pilot, quantity)]
    hashes = [str(each.get("model_sha256", "")) for each in facts if each["version"] == number]
    return next(filter(None, reversed(hashes)), "")


def in_words(store: Store, pilot: str) -> list[str]:
    """A sentence on each model of which a version took another's place, in order of their names."""
    newest: dict[str, dict[str, Any]] = {}
    for entry in ledger.entries(store.ledger(pilot)):
        quantity, _, what = str(entry["kind"]).partition("_")
        if entry["kind"] == FORGOTTEN:
            newest = {}
        elif what in {kind.partition("_")[2] for kind in (PROMOTED, ROLLED_BACK)}:
            newest[quantity] = entry
    return [
        f"{quantity} version {facts['version']} stands in place of {facts['in_place_of']} "
        f"since {entry['at'][:10]}"
        for quantity, entry in sorted(newest.items())
        for facts in [entry["facts"]]
    ]
