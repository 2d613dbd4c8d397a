"""Whether somebody may have opted out since the list was last applied: by hashes of the list."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from peil.charter import reading
from peil.charter.schema import Charter
from peil.outcome import Refused
from peil.store.atomic import read_whole, sha256
from peil.store.store import Store


def is_new(charter: Charter, store: Store, days: Iterable[date]) -> bool:
    """Whether one of these days was landed with another list, and this one was not applied since.

    Raises
    ------
    Refused
        Its folder lies outside, and nobody said where.
    """
    if charter.inputs.opt_out is None:
        return False
    listed = reading.root(charter, store) / charter.inputs.opt_out.path
    if not listed.is_file():
        return False
    digest = sha256(listed)
    applied = read_whole(store.retained(charter.pilot, charter.period.start, "opt_out"))
    if applied.get("list_sha256") == digest:
        return not applied["is_done"]
    landed = (read_whole(store.raw_manifest(charter.pilot, day)).get("opt_out") for day in days)
    return any(of_day and of_day != digest for of_day in landed)


def in_words(charter: Charter, store: Store) -> list[str]:
    """Say that the list changed, and which command applies it; nothing where it did not."""
    try:
        if not is_new(charter, store, charter.units()):
            return []
    except Refused:
        return []  # who has no delivery folder here applies no list either
    return [
        f"! the opt-out list of {charter.pilot} changed since it was last applied: "
        f"run `peil opt-out {charter.pilot}`"
    ]
