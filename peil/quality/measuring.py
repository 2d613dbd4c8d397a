"""Measure a staged day: count it, judge it, write both down; once for the same inputs."""

from __future__ import annotations

import hashlib
from datetime import date

from peil.atomic import canonical
from peil.charter import Charter
from peil.outcome import Fact, Outcome
from peil.store import Store


def measure(charter: Charter, day: date, store: Store) -> Outcome:
    """Write the day's quality. Called by `stage` with the day's lock held.

    Raises
    ------
    Refused
        A choice of [quality] is wrong.
    CountError
        A fault of ours.
    """
    from peil.gates.limits import limits_of
    from peil.provenance import code_hash
    from peil.quality import checks
    from peil.quality import store as quality

    pilot = charter.pilot
    limits = limits_of(pilot)
    digest = hashlib.sha256(code_hash().encode())
    for manifest in (store.raw_manifest(pilot, day), store.staged_manifest(pilot, day)):
        digest.update(hashlib.sha256(manifest.read_bytes()).digest())
    digest.update(canonical({"region_m": limits.staged_region_m}))
    fingerprint = digest.hexdigest()
    facts: dict[str, Fact] = {}
    if quality.fingerprint_of(store, pilot, day, "figures") == fingerprint:
        return Outcome("measure", pilot, str(day), "unchanged", facts)
    rows = checks.count(charter, day, store, limits, 15)
    quality.write(store, pilot, day, "figures", rows, fingerprint)
    return Outcome("measure", pilot, str(day), "done", facts)
