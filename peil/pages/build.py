"""Collect what the page of a pilot shows, from releases, and build it with the operator's pages.

What the operator's own pages show is read by `operator_reading` and `quality_reading`; what a page
looks like is in `portal/`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

import pandas as pd
from filelock import FileLock

from peil import methods, status
from peil.area.area import Area, area_of
from peil.charter import reading
from peil.charter.products import PRESENCE, PRODUCTS
from peil.charter.schema import Charter, Words
from peil.estimate.estimators import ESTIMATORS, RELEASED_ESTIMATOR
from peil.pages import (
    method_words,
    operator_reading,
    portal,
    quality_page,
    quality_reading,
    released_tables,
)
from peil.pages.algorithms import algorithms
from peil.pages.outlook import content as outlook
from peil.release import statement
from peil.store import released_tables as written
from peil.store.atomic import read_json
from peil.store.store import Store

TABLE = PRODUCTS[PRESENCE].table("released")
SHOWN_SCORES: dict[str, tuple[str, Literal["share", "number"]]] = {
    "mape_day_plain": ("mape_plain", "share"),
    "mape_day": ("mape", "share"),
    "wape_day": ("wape", "share"),
    "bias_day": ("bias", "share"),
    "coverage": ("coverage", "share"),
    "interval_score": ("interval_score", "number"),
}


def build(charter: Charter, store: Store) -> tuple[Path | None, Path]:
    """Build the pages of a pilot from what is there; one process at a time.

    Returns the agency's page (none before the first release) and the operator's page; beside
    the latter lies the quality page, once there are figures.
    """
    lock = store.lock(charter.pilot, "pages")
    lock.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(lock):
        area = area_of(charter, store)
        days = status.of_pilot(charter, store)
        data = collected(charter, store, area, days)
        page = portal.build(data, store.portal(charter.pilot)) if data else None
        quality = quality_reading.collected(charter, store, area)
        if quality:
            quality_page.build(quality, store.quality_page(charter.pilot))
    return page, operator_reading.build(charter, store)


def rebuild(pilot: str) -> None:
    """Build the pages of a pilot again, where nobody waits for `peil run` to do so."""
    build(reading.load(pilot), Store())


def collected(
    charter: Charter, store: Store, area: Area, days: list[status.DayStatus]
) -> portal.PortalData | None:
    """Collect the agency's page; None before the first release."""
    folders = [
        store.released(charter.pilot, PRESENCE, standing.day)
        for standing in days
        if standing.is_released
    ]
    if not folders and not any(standing.broken for standing in days):
        return None
    operator, agency = charter.operator, charter.agency
    content: dict[str, Any] = {
        "pilot": charter.pilot,
        "title": charter.title,
        "purpose": charter.purpose,
        "operator": _party(operator.name, operator.contact),
        "agency": _party(agency.name, agency.contact),
        "recipients": charter.recipients,
        "contact": charter.contact,
        "period_start": str(charter.period.start),
        "period_end": str(charter.period.end),
        "time_zone": charter.time_zone,
        "legal_basis": charter.legal_basis,
        "legal_reference": charter.legal_reference,
        "tier": charter.tier,
        "threshold": charter.threshold,
        "zones": json.loads(area.zones.to_json(drop_id=True, to_wgs84=False)),
        "night_hours": _night_hours(charter),
        "estimators": estimator_names(),
        "scores": _scores(charter, store),
        "quality": _gates(store, charter, days),
        "limits": [charter.use_limits],
        "releases": [_release(charter, store, standing) for standing in days],
        "attribution": charter.attribution,
    }
    return portal.PortalData(**content, **_figures(charter, store, area, folders))


def _figures(charter: Charter, store: Store, area: Area, folders: list[Path]) -> dict[str, Any]:
    """Released figures and what describes them; none where no release is as it was signed."""
    if not folders:
        return {
            "released": portal.ReleasedPresence.nothing(),
            "method": portal.Method(estimator=RELEASED_ESTIMATOR, version="–"),
        }
    table = pd.concat([written.read(folder, TABLE) for folder in folders], ignore_index=True)
    each = [read_json(folder / "metadata.json") for folder in folders]
    metadata = each[-1]
    letters = released_tables.letters_of(table)
    whole = {
        **metadata,
        "n_entries": len(table),
        "n_withheld": int(letters.eq("C").sum()),
        "n_unobserved": int(letters.eq("L").sum()),
        "period": f"{charter.period.start} – {charter.period.end}",
        **_doubt(charter, each),
    }
    flows = released_tables.flows(charter, store)
    visitors = released_tables.visitors(charter, store, area)
    more = [time for product in (flows, visitors) if product for time in product.times]
    more += released_tables.missing_hours(charter, table)
    estimator, version = metadata["estimator"], metadata["footprint"]
    paragraphs = [
        *method_words.PRESENCE,
        *(method_words.FLOWS if flows else []),
        *(method_words.VISITORS if visitors else []),
    ]
    interval = portal.Interval.of(metadata["interval"])
    ahead = outlook.read(charter, store)
    is_as_measured = estimator == RELEASED_ESTIMATOR and "choices" not in metadata
    evidence = method_words.evidence(methods.section("evidence", charter.pilot))
    return {
        "released": released_tables.presence(table, more, whole["outages"]),
        "evidence": evidence if is_as_measured else None,
        "flows": flows,
        "visitors": visitors,
        "outlook": ahead,
        "method": portal.Method(
            estimator=estimator,
            version=version,
            footprint="signal strength",
            paragraphs=paragraphs,
        ),
        "interval": interval,
        "algorithms": algorithms(
            charter,
            paragraphs,
            f"{estimator}, {version}",
            interval.model_dump(exclude_none=True),
            ahead.model if ahead else "",
        ),
        "statement": _statement(charter, store, statement.paragraphs(charter, whole)),
    }


def _doubt(charter: Charter, metadata: list[dict[str, Any]]) -> dict[str, Any]:
    """How far the night misses the plan on the worst day, the days of which it is said, outages."""
    least = float(methods.section("presence", charter.pilot)["polygons_misfit_min"])
    misfits = {of_day["period"]: float(of_day.get("misfit_share", 0.0)) for of_day in metadata}
    doubted = [day for day, misfit in sorted(misfits.items()) if misfit > least]
    outages = [outage for of_day in metadata for outage in of_day.get("outages", [])]
    return {"misfit_share": max(misfits.values()), "doubted_days": doubted, "outages": outages}


def _statement(charter: Charter, store: Store, of_presence: list[Words]) -> list[Words]:
    """The statement's blocks; products that follow devices say what protects people there."""
    more = [
        words
        for product in released_tables.LINKED
        for words in released_tables.protection(charter, store, product)
    ]
    if not more:
        return of_presence
    protected, *rest = of_presence
    return [released_tables.titled(protected, "presence"), *more, *rest]


def estimator_names() -> list[portal.EstimatorName]:
    """What people call each estimator, in the order of the registry."""
    return [
        portal.EstimatorName(estimator=row.name, words=Words(en=row.en, nl=row.nl))
        for row in ESTIMATORS.values()
    ]


def _party(name: str, contact: str) -> portal.Body:
    return portal.Body(name=name, contact=contact)


def _night_hours(charter: Charter) -> tuple[int, int]:
    choices = methods.section("weighting", charter.pilot)
    return int(choices["night_start_hour"]), int(choices["night_end_hour"])


def _scores(charter: Charter, store: Store) -> list[portal.Score]:
    """Scores on known truth: shown for simulated pilots only."""
    file = store.scores(charter.pilot) / "scores.json"
    if not charter.is_synthetic or not file.exists():
        return []
    record = read_json(file)
    period = Words(en="all released days, 07-20 h", nl="alle vrijgegeven dagen, 07-20 u")
    return [
        portal.Score(
            estimator=name,
            footprint="signal strength" if ESTIMATORS[name].footprint == "signal" else "",
            measure=shown,
            value=figures[measure],
            unit=unit,
            period=period,
            is_champion=name == record.get("champion", RELEASED_ESTIMATOR),
        )
        for name, figures in sorted(record["whole"].items())
        for measure, (shown, unit) in SHOWN_SCORES.items()
        if measure in figures
    ]


def _gates(store: Store, charter: Charter, days: list[status.DayStatus]) -> list[portal.Gate]:
    gates = []
    for standing in days:
        for state in status.STATES:
            file = store.quality(charter.pilot, standing.day) / f"{state}.json"
            if not file.exists():
                continue
            report = read_json(file)
            results = [
                portal.Result(**{name: result[name] for name in portal.Result.model_fields})
                for result in report["results"]
            ]
            gates.append(
                portal.Gate(
                    state=state,
                    day=str(standing.day),
                    is_open=report["is_open"],
                    results=results,
                )
            )
    return gates


def _release(charter: Charter, store: Store, standing: status.DayStatus) -> portal.Release:
    day = str(standing.day)
    if standing.is_released:
        folder = store.released(charter.pilot, PRESENCE, standing.day)
        metadata = read_json(folder / "metadata.json")
        n_empty = metadata["n_withheld"] + metadata.get("n_unobserved", 0)
        everything = n_empty == metadata["n_entries"]
        tables = {PRESENCE: TABLE} | {
            product: PRODUCTS[product].table("released")
            for product in released_tables.LINKED
            if released_tables.is_released(charter, store, product, standing.day)
        }
        root = f"../../released/{charter.pilot}"
        return portal.Release(
            day=day,
            status="withheld" if everything else "released",
            ledger=standing.ledger,
            reason=_broken(standing),
            is_broken=bool(standing.broken),
            downloads=[
                portal.Download(label=f"{product}.csv", href=f"{root}/{product}/{day}/{name}.csv")
                for product, name in tables.items()
            ],
        )
    if "presence" in standing.broken:
        return portal.Release(
            day=day,
            status="broken",
            ledger=standing.ledger,
            reason=_broken(standing),
            is_broken=True,
        )
    closed = "closed" in standing.gates.values()
    return portal.Release(day=day, status="closed" if closed else "waiting", reason=standing.why)


def _broken(standing: status.DayStatus) -> Words | str:
    """Say of which releases of a day nothing is shown, and why; nothing where all are whole."""
    faults = "; ".join(f"{product}: {fault}" for product, fault in standing.broken.items())
    return (
        Words(
            en=f"Not shown, since it is not as it was signed. {faults}",
            nl=f"Niet getoond, want het is niet zoals het ondertekend is. {faults}",
        )
        if faults
        else ""
    )
