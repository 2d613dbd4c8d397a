"""Release: protected, recorded in the ledger, signed; the only way out of the operator plane.

One release is one product × one period. A released period is closed: it is never redone
silently, since two versions of the same figures reveal more than one.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Hashable
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from models.disclosure import AuditReport, audit, protect
from peil import bundle, ledger, lock, methods, register, statement, transform
from peil import charter as charters
from peil.area import Area, area_of
from peil.atomic import fresh_folder, read_json, replace_folder, write_json, write_text
from peil.charter import Charter
from peil.clock import now
from peil.estimation import CHAMPION
from peil.gates import require_open
from peil.outcome import Outcome, Refused, Waiting
from peil.store import Store

PRODUCT = "presence"
TABLE = "rel_presence__by_zone_hour"


def approve(pilot: str, day: str, by: str) -> str:
    """Record that a named person approved the release of one period. Returns the entry's hash."""
    charter = charters.load(pilot)
    when = charters.day_of(charter, day)
    store = Store()
    candidate = store.estimated(pilot, when) / "estimated.json"
    if not candidate.exists():
        raise Waiting(f"{pilot} {when} is not estimated yet: there is nothing to approve.")
    facts = {"product": PRODUCT, "period": str(when), "by": by,
             "run_ids": read_json(candidate)["run_ids"]}  # fmt: skip
    return ledger.append(store, pilot, "approval", now(charter), facts)


def release(pilot: str, day: str) -> Outcome:
    """Make the candidate of one day's release (tier `agency`), still on the operator's side.

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
    charter = charters.load(pilot)
    when = charters.day_of(charter, day)
    if PRODUCT not in charter.products:
        raise Refused(f"The charter of {pilot} does not name the product {PRODUCT}.")
    store = Store()
    register.enter(charter, store)
    folder = store.released(charter.pilot, PRODUCT, when)
    if ledger.is_released(store, charter.pilot, PRODUCT, str(when)) and folder.exists():
        return Outcome("release", charter.pilot, str(when), "unchanged", {"why": "released"},
                       [str(folder)])  # fmt: skip
    require_open("estimated", charter.pilot, str(when))
    with lock.held(store, charter.pilot, str(when), "release"):
        return _candidate(charter, when, store)


def publish(pilot: str, day: str) -> Outcome:
    """Let a candidate cross: the ledger's entry first, then the folder on the agency's side.

    Raises
    ------
    Waiting
        No candidate yet.
    Refused
        The period stands released with other figures.
    """
    charter = charters.load(pilot)
    when = charters.day_of(charter, day)
    store = Store()
    folder = store.released(charter.pilot, PRODUCT, when)
    candidate = store.candidate(charter.pilot, PRODUCT, when)
    before = ledger.standing(store, charter.pilot, PRODUCT, str(when))
    if before and folder.exists():
        return Outcome("publish", charter.pilot, str(when), "unchanged", {"why": "released"},
                       [str(folder)])  # fmt: skip
    if not (candidate / bundle.NAME).exists():
        raise Waiting(f"{pilot} {when} has no candidate: run `peil release {pilot} {when}`.")
    require_open("released", charter.pilot, str(when))
    with lock.held(store, charter.pilot, str(when), "publish"):
        told = read_json(candidate / "metadata.json")
        content = told["table_sha256"]
        if before and before["facts"]["table_sha256"] != content:
            raise Refused(
                f"{pilot} {when} stands released with other figures: two versions of the same "
                "period reveal more than one, so it is not replaced."
            )
        facts = {"product": PRODUCT, "period": str(when), "tier": charter.tier,
                 "table_sha256": content, "n_entries": told["n_entries"],
                 "n_withheld": told["n_withheld"]}  # fmt: skip
        if before is None:
            ledger.append(store, charter.pilot, "release", now(charter), facts, once=False)
        else:
            ledger.give_copy(store, charter.pilot)
        folder.parent.mkdir(parents=True, exist_ok=True)
        aside = folder.with_name(f".{folder.name}.part")
        shutil.rmtree(aside, ignore_errors=True)
        shutil.copytree(candidate, aside)
        replace_folder(aside, folder)
    return Outcome("publish", charter.pilot, str(when), "done",
                   {"n_entries": told["n_entries"], "n_withheld": told["n_withheld"]},
                   [str(folder)])  # fmt: skip


def _candidate(charter: Charter, day: date, store: Store) -> Outcome:
    estimated = store.estimated(charter.pilot, day)
    if not (estimated / "estimated.json").exists():
        raise Waiting(f"{charter.pilot} {day} is not estimated yet: run `peil estimate` first.")
    record = read_json(estimated / "estimated.json")
    _check_approval(charter, day, store, record)
    area = area_of(charter, store)
    protected = _protect(charter, area, estimated)
    table = released_table(charter, area, protected)
    folder = store.candidate(charter.pilot, PRODUCT, day)
    aside = fresh_folder(folder.with_name(f".{folder.name}.part"))
    csv = table.to_csv(index=False, lineterminator="\n")
    write_text(aside / f"{TABLE}.csv", csv)
    table.to_parquet(aside / f"{TABLE}.parquet", index=False)
    work = store.work(charter.pilot, day, "release")
    limits = transform.TransformSession.bounded(store.settings, work)
    transform.check("released", aside, limits, work / "dbt")
    content = hashlib.sha256(csv.encode()).hexdigest()
    facts: dict[str, Any] = {
        "n_entries": len(table),
        "n_withheld": int(table["OBS_VALUE"].isna().sum()),
    }
    metadata = _metadata(charter, day, record, facts, content)
    metadata["land_use"] = area.land_use
    write_json(aside / "metadata.json", metadata)
    for language, words in statement.privacy(charter, metadata).items():
        write_text(aside / f"statement.{language}.md", words)
    for state in ("raw", "staged", "estimated"):
        report = store.quality(charter.pilot, day) / f"{state}.json"
        if report.exists():
            write_json(aside / f"quality.{state}.json", _shareable(read_json(report)))
    write_text(aside / "methods.toml", methods.text())
    bundle.seal(store, aside)
    replace_folder(aside, folder)
    return Outcome("release", charter.pilot, str(day), "done", facts, [str(folder)])


def _check_approval(charter: Charter, day: date, store: Store, record: dict[str, Any]) -> None:
    """A simulated pilot says that no approval was asked; any other needs one for these runs."""
    period = {"product": PRODUCT, "period": str(day)}
    if charter.is_synthetic:
        why = "legal basis synthetic: nobody is in the data"
        ledger.append(store, charter.pilot, "approval_skipped", now(charter),
                      {**period, "why": why})  # fmt: skip
        return
    given = ledger.find(store, charter.pilot, "approval", **period, run_ids=record["run_ids"])
    if given is None:
        raise Waiting(
            f"{charter.pilot} {day} waits for approval: a named person approves it in Airflow "
            f"or by `peil release {charter.pilot} {day} --approved-by NAME`."
        )


def _protect(charter: Charter, area: Area, estimated: Path) -> pd.DataFrame:
    """Keep the champion's rows, mark what must be withheld, and audit what is left."""
    rows = pd.read_parquet(estimated / "est_presence__by_zone_hour.parquet")
    rows = rows[rows["estimator"] == CHAMPION].drop(columns=["estimator", "run_id"])
    zones = area.zones[["zone_id", "parent_id", "level"]]
    tidy = rows.merge(zones, on="zone_id", how="left", validate="many_to_one")
    threshold = charter.threshold
    floor = methods.section("disclosure", charter.pilot)["zone_threshold"]
    if not charter.is_synthetic:
        threshold = max(threshold, floor)
    protected = protect(tidy, threshold=threshold)
    found = _audit(area, tidy, protected, threshold)
    if not found.holds:
        raise Refused(
            f"{charter.pilot}: the published entries would give away {found.n_recoverable} "
            f"withheld ones, narrow {found.n_narrow} more, and leave {found.n_small_differences} "
            "small differences: nothing is released; tell the maintainers, the suppression rule "
            "missed a case."
        )
    return protected


def _audit(area: Area, tidy: pd.DataFrame, protected: pd.DataFrame, threshold: int) -> AuditReport:
    """Attack what is published (persons in whole numbers, else devices) with its own sums."""
    if area.register is None:
        return audit(protected, threshold=threshold, rounded_to=1.0)
    bottom = tidy[tidy["zone_id"].isin(area.bottom()) & (tidy["n_devices"] > 0)]
    ratio = (bottom["n_persons"] / bottom["n_devices"]).groupby(bottom["zone_id"]).max()
    units: dict[Hashable, float] = {z: float(ratio.get(z, 1.0)) for z in area.bottom()}
    return audit(
        protected, threshold=threshold, value="n_persons", units_per_device=units, rounded_to=1.0
    )


def released_table(charter: Charter, area: Area, protected: pd.DataFrame) -> pd.DataFrame:
    """SDMX names, whole numbers, nothing but a status where an entry is withheld."""
    zone = ZoneInfo(charter.time_zone)
    unit, columns = ("DEV", ["n_devices"]) if area.register is None else (
        "PS", ["n_persons", "n_persons_lower", "n_persons_upper"])  # fmt: skip
    rows = protected.sort_values(["zone_id", "hour_at"], ignore_index=True)
    shown = ~rows["is_withheld"].to_numpy(dtype=bool)
    table = pd.DataFrame(
        {
            "REF_AREA": rows["zone_id"].astype(str),
            "TIME_PERIOD": [
                moment.tz_convert(zone).isoformat() for moment in _utc(rows["hour_at"])
            ],
        }
    )
    for name, column in zip(("OBS_VALUE", "OBS_LOWER", "OBS_UPPER"), columns, strict=False):
        # half to even on a value that is far from a tie: the same whole number everywhere
        whole = np.rint(rows[column].round(6)).astype("Int64")
        table[name] = whole.where(shown)
    for name in ("OBS_LOWER", "OBS_UPPER"):
        if name not in table:
            table[name] = pd.Series(pd.NA, index=table.index, dtype="Int64")
    table["OBS_STATUS"] = np.where(shown, "A", "Q")
    table["CONF_STATUS"] = np.where(shown, "F", "C")
    table["UNIT_MEASURE"] = unit
    return table


def _utc(moments: pd.Series) -> pd.DatetimeIndex:
    index = pd.DatetimeIndex(moments)
    return index.tz_localize("UTC") if index.tz is None else index.tz_convert("UTC")


def _metadata(
    charter: Charter, day: date, record: dict[str, Any], facts: dict[str, Any], content: str
) -> dict[str, Any]:
    """What a reader of the table must know; the same for the same figures (no clock)."""
    return {
        "pilot": charter.pilot,
        "product": PRODUCT,
        "period": str(day),
        "tier": charter.tier,
        "threshold": charter.threshold,
        "estimator": CHAMPION,
        "footprint": record["footprint"],
        "em_steps": record["facts"]["em_steps"],
        "night": record["night"],
        "interval": {"level": methods.section("uncertainty", charter.pilot)["level"],
                     "status": "provisional"},
        "withheld_share": round(facts["n_withheld"] / max(facts["n_entries"], 1), 4),
        "methods": methods.fingerprint(charter.pilot),
        "table_sha256": content,
        "use_limits": charter.use_limits.model_dump(),
        "attribution": charter.attribution,
        **facts,
    }  # fmt: skip


def _shareable(report: dict[str, Any]) -> dict[str, Any]:
    """A gate's verdicts without the operator's exact counts."""
    kept = [{k: v for k, v in result.items() if k != "observed"} for result in report["results"]]
    return {**report, "results": kept}
