"""Measure a staged day: count it, judge it, write both down; once for the same inputs."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from datetime import date
from typing import Literal

from peil.charter.schema import Charter
from peil.outcome import Fact, Outcome
from peil.quality.choices import Choices, choices_of
from peil.store.atomic import canonical
from peil.store.store import Store


def measure(charter: Charter, day: date, store: Store) -> Outcome:
    """Write the day's quality. Called by `stage` with the day's lock held.

    Raises
    ------
    Refused
        A choice of [quality] is wrong, or a sealed file is gone.
    CountError
        A fault of ours.
    """
    from peil.quality import checks, expected
    from peil.quality import store as quality
    from peil.quality.choices import limits_of
    from peil.store.provenance import code_hash

    pilot = charter.pilot
    limits, choices = limits_of(pilot), choices_of(pilot)
    digest = hashlib.sha256(code_hash().encode())
    for manifest in (store.raw_manifest(pilot, day), store.staged_manifest(pilot, day)):
        digest.update(hashlib.sha256(manifest.read_bytes()).digest())
    given = {
        "region_m": limits.staged_region_m,
        "few": choices.cell_rows_min,
        "day": (limits.staged_daytime_start_h, limits.staged_daytime_end_h),
    }
    digest.update(canonical(given))
    counted = digest.hexdigest()
    status: Literal["done", "unchanged"] = "unchanged"
    if quality.fingerprint_of(store, pilot, day, "figures") != counted:
        rows = checks.count(charter, day, store, limits, int(choices.cell_rows_min))
        quality.write(store, pilot, day, "figures", rows, counted)
        status = "done"
    judged = _fingerprint(store, charter, day, choices)
    if quality.fingerprint_of(store, pilot, day, "judged") != judged:
        quality.write(
            store, pilot, day, "judged", expected.judge(charter, day, store, choices), judged
        )
        status = "done"
    return Outcome("measure", pilot, str(day), status, _facts(store, pilot, day))


def _fingerprint(store: Store, charter: Charter, day: date, choices: Choices) -> str:
    """Of all that a day is judged by: its own figures, those of the weeks before, the choices."""
    from peil.quality import store as quality

    pilot = charter.pilot
    days = [*quality.last_days(store, pilot, day, int(choices.history_weeks) * 7), str(day)]
    fingerprints = {other: quality.fingerprint_of(store, pilot, other, "figures") for other in days}
    rest = {"choices": asdict(choices), "country": charter.area.country, "figures": fingerprints}
    return hashlib.sha256(canonical(rest)).hexdigest()


def _facts(store: Store, pilot: str, day: date) -> dict[str, Fact]:
    """How many figures were judged how."""
    from peil.quality import store as quality

    verdicts = quality.verdicts(store, pilot, day)
    return {f"n_{verdict}": n_figures for verdict, n_figures in sorted(verdicts.items())}
