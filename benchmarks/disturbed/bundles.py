"""Write bundles as a release does, without a pilot's figures: candidates, and released ones."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from peil.charter import windows
from peil.charter.clock import now
from peil.charter.products import PRESENCE, PRODUCTS
from peil.charter.schema import Charter
from peil.release import bundle
from peil.store import ledger, released_tables, verifying
from peil.store.atomic import canonical, fresh_folder, read_whole, replace_folder, write_json
from peil.store.store import Store

NOTHING: Mapping[str, Any] = {}


def candidate(
    store: Store,
    charter: Charter,
    product: str,
    day: date,
    table: pd.DataFrame,
    more: Mapping[str, Any] = NOTHING,
) -> dict[str, Any]:
    """Write and sign a bundle of a table where a candidate lies; returns its ledger's facts.

    `more` stands in its metadata too.
    """
    name = PRODUCTS[product].table("released")
    folder = fresh_folder(store.candidate(charter.pilot, product, day))
    csv = released_tables.write(table, folder, name)
    names = {"pilot": charter.pilot, "product": product, "period": str(day), "tier": charter.tier}
    names["table_sha256"] = hashlib.sha256(csv.encode()).hexdigest()
    counts = {"n_entries": len(table), "n_withheld": int(table["OBS_VALUE"].isna().sum())}
    rest = {"threshold": charter.threshold, **counts, **certified(store, charter, product, day)}
    write_json(folder / "metadata.json", {**names, **rest, **more})
    bundle.seal(store, folder, {**names, "table": name})
    return {**names, **counts, "bundle_sha256": verifying.manifest(folder).sha256}


def release(store: Store, charter: Charter, product: str, day: date, value: int) -> Path:
    """Write and enter a released bundle of two entries, as a release does without its figures."""
    columns = {"REF_AREA": ["A", "B"], "TIME_PERIOD": f"{day}T00:00:00+01:00"}
    table = pd.DataFrame({**columns, "OBS_VALUE": pd.array([value, None], dtype="Int64")})
    return cross(store, charter, product, day, table.assign(OBS_STATUS=["A", "Q"]))


def cross(
    store: Store,
    charter: Charter,
    product: str,
    day: date,
    table: pd.DataFrame,
    more: Mapping[str, Any] = NOTHING,
) -> Path:
    """Write, sign, enter and release a table, without asking a gate; see `candidate`."""
    facts = candidate(store, charter, product, day, table, more)
    ledger.append(store, charter.pilot, "release", now(charter), facts, once=False)
    folder = store.released(charter.pilot, product, day)
    return replace_folder(store.candidate(charter.pilot, product, day), folder)


def certified(store: Store, charter: Charter, product: str, day: date) -> dict[str, str]:
    """Certify a candidate of the days as they are staged now, of which nothing was estimated.

    Returns what names the certificate in the candidate's metadata.
    """
    pilot = charter.pilot
    days = [day] if product == PRESENCE else windows.window_of(charter, day).days()
    staged = {each: read_whole(store.staged_manifest(pilot, each)) for each in days}
    rows = [str(each.get("rows", each.get("fingerprint"))) for each in staged.values()]
    runs = {"hollow": "r"}
    record = {
        "run_ids": runs,
        "night": {"day": str(day)},
        "made_of": {"inputs": {"rows": rows}},
    }
    file = store.estimated_record(pilot, day, product)
    write_json(file, {**read_whole(file), **record})  # what a test said of its delivery stays
    contents = {
        str(each): {"content_sha256": manifest.get("content_sha256", "")}
        for each, manifest in staged.items()
    }
    certificate = {"run_ids": runs, "staged": contents}
    write_json(store.certificate(pilot, product, day), certificate)
    return {"certificate_sha256": hashlib.sha256(canonical(certificate)).hexdigest()}
