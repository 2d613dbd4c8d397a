"""Release: protected, recorded in the ledger, signed; the only way out of the operator plane.

One release is one product × one period. A released period is closed: it is never redone
silently, since two versions of the same figures reveal more than one.
"""

from __future__ import annotations

import hashlib
import shutil
from datetime import date
from typing import Any

import pandas as pd

from peil import methods
from peil.adapters import transform
from peil.area.area import area_of
from peil.charter import reading
from peil.charter.clock import now
from peil.charter.period import Period
from peil.charter.products import PRESENCE, Product, resolve
from peil.charter.schema import LEAST_DEVICES, Charter
from peil.estimate.champion import released_estimator
from peil.gates import products as product_gates
from peil.gates import require_open
from peil.ingest import deliveries
from peil.outcome import Outcome, Refused, Waiting
from peil.release import approvals, bundle, disclosure, linked, released_margins, statement
from peil.release.certificate import certificate_of, require_current
from peil.release.crossing import sending
from peil.release.hours.day import LEFT_OUT, release_day
from peil.release.presence import outages
from peil.release.released_margins import ReleasedMargins
from peil.store import ledger, outbound, released_tables, verifying
from peil.store.atomic import (
    aside_of,
    canonical,
    fresh_folder,
    read_json,
    removed_on_failure,
    replace_folder,
    write_json,
    write_text,
)


def release(pilot: str, day: str, product: str = PRESENCE) -> Outcome:
    """Make the candidate of a product's release of one day (tier `agency`), not yet across.

    Threshold and complementary suppression down one hierarchy, an audit of what the published
    entries let one work out, statement, metadata, signature. `publish` lets it cross once its
    gate is open.

    Raises
    ------
    Waiting
        Not estimated yet.
    Refused
        The audit found an entry that the others give away, or one that releases of other pilots
        give away with these.
    """
    if reading.is_day_of_hours(pilot, day):
        return release_day(pilot, day)
    period = Period.open(pilot, day)
    row = period.product(product, to="release")
    if period.is_left_out:
        return period.outcome("release", "unchanged", LEFT_OUT)
    if period.has_crossed(row.name):
        folder = period.store.released(period.pilot, row.name, period.day)
        bundle.require_whole(period.store, period.pilot, row.name, period.day)
        sending.finish(period.store, period.charter, row.name, period.day)
        return period.outcome("release", "unchanged", {"why": "released"}, folder)
    bundle.require_at_hand(period.store, period.pilot, row.name, period.day)
    if row.name == PRESENCE:
        require_open("estimated", period.pilot, str(period.day))
    with period.held(f"release {row.name}", part=_part(row)):
        return _candidate(period, row)


def _part(product: Product) -> str:
    """The part of a period that is held: presence is the day itself, others go on beside it."""
    return "" if product.name == PRESENCE else product.name


def publish(pilot: str, day: str, product: str = PRESENCE) -> Outcome:
    """Let a candidate cross: the ledger's entry first, then the outbox, then the agency's side.

    On one machine the agency's side takes it in at once; an operator apart leaves it in the outbox.

    Raises
    ------
    Waiting
        No candidate yet, or one that operator and agency have not both approved.
    GateClosed
        What would leave is not believable.
    Refused
        The period stands released with other figures; the candidate was rejected, a byte of it is
        not as it was signed, or not what the gate judged; it was made of rows or estimates that are
        others now; or another pilot has released since what would tell too much with these.
    """
    if reading.is_day_of_hours(pilot, day):
        return release_day(pilot, day)
    period = Period.open(pilot, day)
    row = period.product(product, to="release")
    if period.is_left_out:
        return period.outcome("publish", "unchanged", LEFT_OUT)
    charter, when, store = period.charter, period.day, period.store
    folder = store.released(charter.pilot, row.name, when)
    candidate = store.candidate(charter.pilot, row.name, when)
    before = ledger.standing(store, charter.pilot, row.name, str(when))
    if before and folder.exists():
        bundle.require_whole(store, charter.pilot, row.name, when)
        sending.finish(store, charter, row.name, when)
        return period.outcome("publish", "unchanged", {"why": "released"}, folder)
    bundle.require_at_hand(store, charter.pilot, row.name, when)
    if not (candidate / verifying.NAME).exists():
        raise Waiting(f"{pilot} {when} has no candidate: run `peil release {pilot} {when}`.")
    bundle.require_candidate(store, charter, row.name, str(when), candidate)
    report = (
        require_open("released", charter.pilot, str(when))
        if row.name == PRESENCE
        else product_gates.require_open(charter, row.name, when, store)
    )
    if not before:  # what stands can only cross with the same figures, below
        require_current(period, row, read_json(candidate / "metadata.json"))
    approvals.require(period, row, candidate)  # before a byte lies on the agency's side
    aside = aside_of(store.outbound(charter.pilot, row.name, when))
    with (
        period.held(f"publish {row.name}", part=_part(row)),
        disclosure.locked(store),
        removed_on_failure(aside),
    ):
        outbound.make_folder(store, aside.parent)
        shutil.rmtree(aside, ignore_errors=True)
        shutil.copytree(candidate, aside)
        signed = bundle.require_candidate(store, charter, row.name, str(when), aside)
        if report.judged != signed.sha256:
            raise Waiting(
                f"The gate of {pilot} {when} judged another candidate than the one that is there: "
                f"run `peil release {pilot} {when} --product {row.name}` again."
            )
        metadata = read_json(aside / "metadata.json")
        if not before:  # again, since nobody else holds the period any more
            require_current(period, row, metadata)
        content = metadata["table_sha256"]
        if before and before["facts"]["table_sha256"] != content:
            raise Refused(
                f"{pilot} {when} stands released with other figures: two versions of the same "
                "period reveal more than one, so it is not replaced."
            )
        approved = approvals.require(period, row, aside)
        table = released_margins.read_table(aside, row.table("released"))
        figures = disclosure.release_of(
            charter, area_of(charter, store), row.name, when, table, store
        )
        _check_together(period, figures)
        disclosure.keep(store, figures)
        counts = sending.cross(period, row, aside, signed, approved)
    if before:  # a kill came while it crossed, or somebody took it away since
        counts["note"] = "its bundle was missing and was sent again"
    return period.outcome("publish", "done", counts, folder)


def _candidate(period: Period, product: Product) -> Outcome:
    charter, day, store = period.charter, period.day, period.store
    if charter.threshold < LEAST_DEVICES:
        deliveries.check_basis(store, charter)
    estimated = store.estimated_record(charter.pilot, day, product.name)
    if not estimated.exists():
        raise Waiting(f"{charter.pilot} {day} is not estimated yet: run `peil estimate` first.")
    record = read_json(estimated)
    area = area_of(charter, store)
    protect = resolve(product.protect)
    table: pd.DataFrame = protect(charter, area, estimated.parent, day)
    with disclosure.locked(store):
        figures = disclosure.release_of(charter, area, product.name, day, table, store)
        _check_together(period, figures)
    name = product.table("released")
    folder = store.candidate(charter.pilot, product.name, day)
    aside = fresh_folder(folder.with_name(f".{folder.name}.part"))
    csv = released_tables.write(table, aside, name)
    work = store.work(charter.pilot, day, f"release_{product.name}")
    limits = transform.TransformSession.bounded(store.settings, work)
    transform.check("released", aside, limits, work / "dbt", product.name)
    content = hashlib.sha256(csv.encode()).hexdigest()
    facts = _counts(table)
    is_presence = product.name == PRESENCE
    estimator = released_estimator(estimated.parent) if is_presence else linked.ESTIMATOR
    metadata = _metadata(charter, day, record, facts, content, product, estimator)
    metadata["land_use"] = area.land_use
    metadata["interval"] |= statement.measured(charter, area, product, metadata)
    certificate = certificate_of(period, product, record, content)
    write_json(store.certificate(charter.pilot, product.name, day), certificate)
    metadata["certificate_sha256"] = hashlib.sha256(canonical(certificate)).hexdigest()
    write_json(aside / "metadata.json", metadata)
    for language, words in statement.privacy(charter, metadata).items():
        write_text(aside / f"statement.{language}.md", words)
    for state in ("raw", "staged", "estimated") if is_presence else ("raw", "staged"):
        report = store.quality(charter.pilot, day) / f"{state}.json"
        if report.exists():
            write_json(aside / f"quality.{state}.json", _shareable(read_json(report)))
    write_text(aside / "methods.toml", methods.text())
    names = {key: str(metadata[key]) for key in (*verifying.NAMES, "table_sha256")}
    bundle.seal(store, aside, {**names, "table": name})
    replace_folder(aside, folder)
    return period.outcome("release", "done", facts, folder)


def _check_together(period: Period, figures: ReleasedMargins) -> None:
    """Refuse what tells too much with releases of other pilots; the ledger says so, not what."""
    try:
        disclosure.check(period.store, figures)
    except Refused:
        facts = {"product": figures.product, "period": figures.period, "why": "disclosure"}
        moment = now(period.charter)
        ledger.append(period.store, period.pilot, "release_refused", moment, facts)
        raise


def _counts(table: pd.DataFrame) -> dict[str, Any]:
    """How many entries there are, and how many withheld; a row may stand for several of these."""
    n_entries = table["N_ENTRIES"] if "N_ENTRIES" in table else pd.Series(1, index=table.index)
    by_status = n_entries.groupby(table["OBS_STATUS"]).sum()
    return {
        "n_entries": int(n_entries.sum()),
        "n_withheld": int(by_status.get("Q", 0)),
        "n_unobserved": int(by_status.get("L", 0)),
    }


def _metadata(
    charter: Charter,
    day: date,
    record: dict[str, Any],
    facts: dict[str, Any],
    content: str,
    product: Product,
    estimator: str,
) -> dict[str, Any]:
    """What a reader of the table must know; the same for the same figures (no clock)."""
    steps = f"{estimator}_steps"
    choices = record.get("made_of", {}).get("presence", {}).get("choices", {})
    origin: dict[str, Any] = (
        {
            "estimator": estimator,
            **({steps: record["facts"][steps]} if steps in record["facts"] else {}),
            **({"choices": choices} if choices else {}),  # in which it leaves methods.toml
            "night": record["night"],
            # how far the night misses the cell plan: what the statement says of it
            "misfit_share": round(float(record["facts"].get("misfit_share", 0.0)), 2),
            "outages": outages(charter, record),
        }
        if product.name == PRESENCE
        else {
            "estimator": estimator,
            "window": record["window"],
            "linkage_days": charter.linkage_days,
        }
    )
    return {
        "pilot": charter.pilot,
        "product": product.name,
        "period": str(day),
        "tier": charter.tier,
        "threshold": charter.threshold,
        "footprint": record["footprint"],
        **origin,
        "interval": {
            "level": methods.section("uncertainty", charter.pilot)["level"],
            "status": "provisional",
        },
        "withheld_share": round(facts["n_withheld"] / max(facts["n_entries"], 1), 4),
        "methods": methods.fingerprint(charter.pilot),
        "table_sha256": content,
        "use_limits": charter.use_limits.model_dump(),
        "attribution": charter.attribution,
        **facts,
    }


def _shareable(report: dict[str, Any]) -> dict[str, Any]:
    """A gate's verdicts without the operator's exact counts."""
    results = [
        {key: value for key, value in result.items() if key != "observed"}
        for result in report["results"]
    ]
    return {**report, "results": results}
