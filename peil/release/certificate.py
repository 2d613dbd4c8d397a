"""What made a release: its inputs by hash, parameters, libraries and code; for `peil reproduce`.

It stays at the operator, since it counts the rows of deliveries. The bundle carries its hash.
"""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Any

from peil import methods
from peil.area.area import file_hashes
from peil.charter.hour import unit_of
from peil.charter.period import Period
from peil.charter.products import PRESENCE, Product
from peil.charter.reading import root
from peil.ingest import deliveries
from peil.outcome import Refused
from peil.store import provenance
from peil.store.atomic import canonical, read_whole, sha256

Content = dict[str, Any]
# models beside the footprint, each where a product rests on it
MODELS = ("presence", "stays", "flows", "visitors")
# parts that one can look at before anything is made again, in the order in which they are told
LOOKED_AT = ("charter", "deliveries", "reference", "lock", "environment", "parameters", "code")


def certificate_of(period: Period, product: Product, record: Content, table_sha256: str) -> Content:
    """Write down what made a candidate.

    Parameters
    ----------
    record : dict
        What stands beside the estimates that it was made of (`estimated.json`).
    table_sha256 : str
        Hash of the protected table, as CSV.

    Returns
    -------
    dict
        The parts `LOOKED_AT`; `footprint` and those of `MODELS` that the product rests on (version,
        choices, hash), `trained` (days fitted and judged on), `night` (the day whose night
        calibrates; of an hour also the hours of it), `staged`
        (a day's counts and the hash of what estimation reads), `run_ids`, `table_sha256`. No clock:
        the same for what was made in the same way.

    Raises
    ------
    Refused
        The estimates do not say what they were made of.
    """
    if "made_of" not in record:
        raise Refused(
            f"{period.pilot} {period.day} was estimated by an older Peil, which did not say of "
            f"what: run `peil estimate {period.pilot} {period.day} --product {product.name}` again."
        )
    origin, night = record["made_of"], record.get("night", {})
    trained = _trained_on(period, origin["footprint"]["run_id"])
    days = days_behind(period, product, record, trained)
    return {
        "pilot": period.pilot,
        "product": product.name,
        "period": str(period.day),
        **looked_at(period, days),
        "deliveries": {str(day): _landed(period, day) for day in days},
        "estimated_by": origin["code"],
        "footprint": origin["footprint"],
        **{name: origin[name] for name in MODELS if name in origin},
        "trained": trained,
        "night": night.get("day", str(period.day)),
        **({"night_hours": night["hours"]} if "hours" in night else {}),
        "staged": {str(day): staged(period, day) for day in days},
        "run_ids": record["run_ids"],
        "table_sha256": table_sha256,
    }


def days_behind(
    period: Period, product: Product, record: Content, trained: dict[str, list[str]]
) -> list[date]:
    """Days whose records a release was made of: its own, the night's or the window's, training's.

    >>> from types import SimpleNamespace
    >>> of = SimpleNamespace(name="presence")
    >>> day = SimpleNamespace(day=date(2026, 3, 7))
    >>> night = {"night": {"day": "2026-03-06"}}
    >>> [str(each) for each in days_behind(day, of, night, {"fit": ["2026-03-02"]})]
    ['2026-03-02', '2026-03-06', '2026-03-07']
    """
    days = {period.day, *(unit_of(day) for part in trained.values() for day in part)}
    if product.name == PRESENCE:
        night = record["night"]
        days |= {unit_of(day) for day in night.get("hours", [night["day"]])}
    else:
        days |= set(period.window.days())
    return sorted(days)


def looked_at(period: Period, days: list[date]) -> Content:
    """What lies here now of the parts `LOOKED_AT`; deliveries without a count of their rows."""
    charter, store = period.charter, period.store
    return {
        "charter": charter.model_dump(mode="json"),
        "deliveries": {str(day): _delivered(period, day) for day in days},
        "reference": file_hashes(charter, store),
        "lock": provenance.lock_hash(),
        "environment": provenance.environment(),
        "parameters": methods.every(charter.pilot),
        "code": provenance.code_files(),
    }


def require_current(period: Period, product: Product, metadata: Content) -> None:
    """Refuse a candidate made of other rows or estimates than there are now.

    So nobody crosses who opted out after it was made, whoever approved it.

    Parameters
    ----------
    metadata : dict
        The candidate's own, which names its certificate.

    Raises
    ------
    Refused
        With what to do.
    """
    store, pilot, day = period.store, period.pilot, period.day
    certificate = read_whole(store.certificate(pilot, product.name, day))
    record = read_whole(store.estimated_record(pilot, day, product.name))
    what = f"The candidate of {pilot} {product.name} {day} does not cross"
    if not (_is_own(certificate, metadata) and _is_of_these(period, product, certificate, record)):
        raise Refused(
            f"{what}: rows or estimates that it was made of are others now, as after an opt-out; "
            f"run `peil estimate {pilot} {day} --product {product.name}`, then `peil release "
            f"{pilot} {day} --product {product.name}`, and have that candidate approved."
        )
    opted_out = read_whole(store.retained(pilot, period.charter.period.start, "opt_out"))
    purged = {day for day, counts in opted_out.get("days", {}).items() if counts["n_days_purged"]}
    behind = map(str, days_behind(period, product, record, {}))
    if not opted_out.get("is_done", True) and purged.intersection(behind):
        raise Refused(
            f"{what}: somebody opted out whose rows are gone and whose counts are not yet made "
            f"again; run `peil opt-out {pilot}` until nothing is left, then `peil release "
            f"{pilot} {day} --product {product.name}`."
        )


def _is_own(certificate: Content, metadata: Content) -> bool:
    """Whether the certificate that lies there is the candidate's."""
    digest = hashlib.sha256(canonical(certificate)).hexdigest()
    return bool(certificate) and metadata.get("certificate_sha256") == digest


def _is_of_these(period: Period, product: Product, certificate: Content, record: Content) -> bool:
    """Whether a candidate is of the estimates that lie there, and these of the staged days."""
    if not record or certificate["run_ids"] != record["run_ids"]:
        return False
    store, pilot = period.store, period.pilot
    days = days_behind(period, product, record, {})  # the footprint's are not figures
    if any(
        certificate["staged"][str(day)]["content_sha256"] != staged(period, day)["content_sha256"]
        for day in days
    ):
        return False
    if product.name == PRESENCE:  # the hash above is of all that its estimates read
        return True
    manifests = [read_whole(store.staged_manifest(pilot, day)) for day in days]
    rows = [str(each.get("rows", each.get("fingerprint"))) for each in manifests]
    return bool(record["made_of"]["inputs"]["rows"] == rows)


def staged(period: Period, day: date) -> Content:
    """What staging came to on a day: counts, and a hash of what estimation reads."""
    manifest = read_whole(period.store.staged_manifest(period.pilot, day))
    return {**manifest.get("facts", {}), "content_sha256": manifest.get("content_sha256", "")}


def _trained_on(period: Period, run_id: str) -> dict[str, list[str]]:
    """Days on which the footprint was fitted and judged; none for the defaults."""
    record = read_whole(period.store.trained(period.pilot))
    if run_id not in record.get("run_ids", {}).values():
        return {}
    return {part: record["inputs"][part] for part in ("fit", "judge")}


def _landed(period: Period, day: date) -> Content:
    """A day's files as they came, by name; of events the rows are counted, 0 of one refused."""
    manifest = read_whole(period.store.raw_manifest(period.pilot, day))
    return {
        "events": {
            file["name"]: {"sha256": file.get("sha256", ""), "n_rows": file.get("n_rows", 0)}
            for file in (*manifest.get("files", []), *manifest.get("refused", []))
        },
        "cells": {file["name"]: {"sha256": file["sha256"]} for file in manifest.get("cells", [])},
        "opt_out": manifest.get("opt_out", ""),
    }


def _delivered(period: Period, day: date) -> Content:
    """A day's files as they lie in the delivery now, by name."""
    inputs, folder = period.charter.inputs, root(period.charter, period.store)
    lying = {
        kind: {
            file.name: {"sha256": sha256(file)}
            for file in deliveries.files(folder, path, day)
            if file.is_file()
        }
        for kind, path in (("events", inputs.events.path), ("cells", inputs.cells.path))
    }
    listed = [folder / inputs.opt_out.path] if inputs.opt_out else []
    return {**lying, "opt_out": "".join(sha256(file) for file in listed if file.is_file())}
