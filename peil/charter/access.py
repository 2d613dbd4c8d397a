"""What leaves a line in the ledger besides releases: rows that are read, keys, refusals.

Who is the verb; why, the purpose that the charter names. An entry holds counts and names, never a
row value. A verb that reads the same again adds nothing, as everywhere; a reader that is no verb is
written down each time.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from peil.charter import reading
from peil.charter.clock import machine_now, now
from peil.charter.schema import Charter
from peil.store import keys, ledger
from peil.store.store import KeyKind, Store

BY_HAND = "by hand"  # project functions called by no verb


def read(
    store: Store, pilot: str, day: date, what: Literal["raw", "staged"], n_rows: int, verb: str
) -> None:
    """Write down that a verb opens the rows of a sealed file; before the first is read."""
    charter = _charter(pilot)
    facts: dict[str, Any] = {
        "verb": verb,
        "what": what,
        "period": str(day),
        "purpose": charter.purpose,
        "n_rows": n_rows,
    }
    if verb == BY_HAND:
        facts["machine_at"] = machine_now().isoformat()
    ledger.append(store, pilot, "read", now(charter), facts)


def day_key(store: Store, pilot: str, day: date, kind: KeyKind) -> Path:
    """The key of a day, drawn on first use; that it was drawn is written down, by a hash of it."""
    path = keys.new_key(store.key(pilot, day, kind))
    facts = {"key": path.name, "id": keys.key_id(keys.read_key(path))}
    ledger.append(store, pilot, "key_drawn", now(_charter(pilot)), facts)
    return path


def refused(charter: Charter, store: Store, why: str) -> None:
    """Write down that something was refused, and in which sentence; the same sentence once."""
    ledger.append(store, charter.pilot, "refused", now(charter), {"why": why})


def _charter(pilot: str) -> Charter:
    file = reading.path_of(pilot)
    return _read(pilot, file, file.stat().st_mtime_ns if file.exists() else 0)


@lru_cache(maxsize=64)
def _read(pilot: str, _file: Path, _changed_at: int) -> Charter:
    return reading.load(pilot)
