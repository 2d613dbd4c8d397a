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
from peil.area.area import Area, area_of
from peil.charter import reading, register
from peil.charter.clock import now
from peil.charter.products import OUTPUTS, PRODUCTS, Product, table_of
from peil.charter.schema import Charter
from peil.estimate.estimators import CHAMPION
from peil.gates import products as product_gates
from peil.gates import require_open
from peil.outcome import Outcome, Refused, Waiting
from peil.release import bundle, linked, statement
from peil.release.presence import presence
from peil.store import ledger, lock
from peil.store.atomic import fresh_folder, read_json, replace_folder, write_json, write_text
from peil.store.store import Store

PRODUCT: Product = "presence"
TABLE = table_of("released", PRODUCT)


def named(charter: Charter, product: str) -> Product:
    """The product of that name, where the charter names it and figures of it may leave.

    Raises
    ------
    Refused
        The charter does not name it, or nothing of it is ever released.
    """
    for known in PRODUCTS:
        if known == product and known in charter.products:
            if ("released", known) in OUTPUTS:
                return known
            raise Refused(f"Nothing of {product} is released: its estimates stay at the operator.")
    raise Refused(
        f"The charter of {charter.pilot} does not name the product {product}: it allows "
        f"{', '.join(charter.products)}; another purpose needs another signature."
    )


def approve(pilot: str, day: str, by: str, product: str = PRODUCT) -> str:
    """Record that a named person approved the release of one period. Returns the entry's hash."""
    charter = reading.load(pilot)
    when = reading.day_of(charter, day)
    store = Store()
    found = named(charter, product)
    candidate = store.estimated(charter.pilot, when, found) / "estimated.json"
    if not candidate.exists():
        raise Waiting(f"{pilot} {when} is not estimated yet: there is nothing to approve.")
    facts = {
        "product": found,
        "period": str(when),
        "by": by,
        "run_ids": read_json(candidate)["run_ids"],
    }
    return ledger.append(store, pilot, "approval", now(charter), facts)


def release(pilot: str, day: str, product: str = PRODUCT) -> Outcome:
    """Make the candidate of a product's release of one day (tier `agency`), not yet across.

    Threshold and complementary suppression down one hierarchy, an audit of what the published
    entries let one work out, statement, metadata, signature. `publish` lets it cross once its
    gate is open.

    Raises
    ------
    Waiting
        Not estimated yet, or a real pilot's period that nobody approved.
    Refused
        The audit found an entry that the others give away.
    """
    charter = reading.load(pilot)
    when = reading.day_of(charter, day)
    found = named(charter, product)
    store = Store()
    register.enter(charter, store)
    folder = store.released(charter.pilot, found, when)
    if ledger.is_released(store, charter.pilot, found, str(when)) and folder.exists():
        return Outcome(
            "release", charter.pilot, str(when), "unchanged", {"why": "released"}, [str(folder)]
        )
    if found == PRODUCT:
        require_open("estimated", charter.pilot, str(when))
    with lock.held(store, charter.pilot, _held(found, when), f"release {found}"):
        return _candidate(charter, when, store, found)


def _held(product: Product, day: date) -> str:
    return str(day) if product == PRODUCT else f"{day}.{product}"


def publish(pilot: str, day: str, product: str = PRODUCT) -> Outcome:
    """Let a candidate cross: the ledger's entry first, then the folder on the agency's side.

    Raises
    ------
    Waiting
        No candidate yet.
    GateClosed
        What would leave is not believable.
    Refused
        The period stands released with other figures.
    """
    charter = reading.load(pilot)
    when = reading.day_of(charter, day)
    found = named(charter, product)
    store = Store()
    folder = store.released(charter.pilot, found, when)
    candidate = store.candidate(charter.pilot, found, when)
    before = ledger.standing(store, charter.pilot, found, str(when))
    if before and folder.exists():
        return Outcome(
            "publish", charter.pilot, str(when), "unchanged", {"why": "released"}, [str(folder)]
        )
    if not (candidate / bundle.NAME).exists():
        raise Waiting(f"{pilot} {when} has no candidate: run `peil release {pilot} {when}`.")
    if found == PRODUCT:
        require_open("released", charter.pilot, str(when))
    else:
        product_gates.require_open(charter, found, when, store)
    with lock.held(store, charter.pilot, _held(found, when), f"publish {found}"):
        told = read_json(candidate / "metadata.json")
        content = told["table_sha256"]
        if before and before["facts"]["table_sha256"] != content:
            raise Refused(
                f"{pilot} {when} stands released with other figures: two versions of the same "
                "period reveal more than one, so it is not replaced."
            )
        facts = {
            "product": found,
            "period": str(when),
            "tier": charter.tier,
            "table_sha256": content,
            "n_entries": told["n_entries"],
            "n_withheld": told["n_withheld"],
        }
        if before is None:
            ledger.append(store, charter.pilot, "release", now(charter), facts, once=False)
        else:
            ledger.give_copy(store, charter.pilot)
        folder.parent.mkdir(parents=True, exist_ok=True)
        aside = folder.with_name(f".{folder.name}.part")
        shutil.rmtree(aside, ignore_errors=True)
        shutil.copytree(candidate, aside)
        replace_folder(aside, folder)
    return Outcome(
        "publish",
        charter.pilot,
        str(when),
        "done",
        {"n_entries": told["n_entries"], "n_withheld": told["n_withheld"]},
        [str(folder)],
    )


def _candidate(charter: Charter, day: date, store: Store, product: Product) -> Outcome:
    estimated = store.estimated(charter.pilot, day, product)
    if not (estimated / "estimated.json").exists():
        raise Waiting(f"{charter.pilot} {day} is not estimated yet: run `peil estimate` first.")
    record = read_json(estimated / "estimated.json")
    _check_approval(charter, day, store, record, product)
    area = area_of(charter, store)
    table = _table(charter, area, day, store, product)
    name = table_of("released", product)
    folder = store.candidate(charter.pilot, product, day)
    aside = fresh_folder(folder.with_name(f".{folder.name}.part"))
    csv = table.to_csv(index=False, lineterminator="\n")
    write_text(aside / f"{name}.csv", csv)
    table.to_parquet(aside / f"{name}.parquet", index=False)
    work = store.work(charter.pilot, day, f"release_{product}")
    limits = transform.TransformSession.bounded(store.settings, work)
    transform.check("released", aside, limits, work / "dbt", product)
    content = hashlib.sha256(csv.encode()).hexdigest()
    facts: dict[str, Any] = {
        "n_entries": len(table),
        "n_withheld": int(table["OBS_VALUE"].isna().sum()),
    }
    metadata = _metadata(charter, day, record, facts, content, product)
    metadata["land_use"] = area.land_use
    write_json(aside / "metadata.json", metadata)
    for language, words in statement.privacy(charter, metadata).items():
        write_text(aside / f"statement.{language}.md", words)
    for state in ("raw", "staged", "estimated") if product == PRODUCT else ("raw", "staged"):
        report = store.quality(charter.pilot, day) / f"{state}.json"
        if report.exists():
            write_json(aside / f"quality.{state}.json", _shareable(read_json(report)))
    write_text(aside / "methods.toml", methods.text())
    bundle.seal(store, aside)
    replace_folder(aside, folder)
    return Outcome("release", charter.pilot, str(day), "done", facts, [str(folder)])


def _table(charter: Charter, area: Area, day: date, store: Store, product: Product) -> pd.DataFrame:
    estimated = store.estimated(charter.pilot, day, product)
    if product == "flows":
        return linked.flows(charter, area, estimated, day)
    if product == "visitors":
        return linked.visitors(charter, area, estimated, day)
    return presence(charter, area, estimated)


def _check_approval(
    charter: Charter, day: date, store: Store, record: dict[str, Any], product: Product
) -> None:
    """A simulated pilot says that no approval was asked; any other needs one for these runs."""
    period = {"product": product, "period": str(day)}
    if charter.is_synthetic:
        why = "legal basis synthetic: nobody is in the data"
        ledger.append(
            store, charter.pilot, "approval_skipped", now(charter), {**period, "why": why}
        )
        return
    given = ledger.find(store, charter.pilot, "approval", **period, run_ids=record["run_ids"])
    if given is None:
        raise Waiting(
            f"{charter.pilot} {day} waits for approval: a named person approves it in Airflow "
            f"or by `peil release {charter.pilot} {day} --product {product} --approved-by NAME`."
        )


def _metadata(
    charter: Charter,
    day: date,
    record: dict[str, Any],
    facts: dict[str, Any],
    content: str,
    product: Product,
) -> dict[str, Any]:
    """What a reader of the table must know; the same for the same figures (no clock)."""
    made: dict[str, Any] = (
        {
            "estimator": CHAMPION,
            f"{CHAMPION}_steps": record["facts"][f"{CHAMPION}_steps"],
            "night": record["night"],
        }
        if product == PRODUCT
        else {
            "estimator": linked.ESTIMATOR,
            "window": record["window"],
            "linkage_days": charter.linkage_days,
        }
    )
    return {
        "pilot": charter.pilot,
        "product": product,
        "period": str(day),
        "tier": charter.tier,
        "threshold": charter.threshold,
        "footprint": record["footprint"],
        **made,
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
    kept = [{k: v for k, v in result.items() if k != "observed"} for result in report["results"]]
    return {**report, "results": kept}
