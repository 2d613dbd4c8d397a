"""Write what a candidate is of without estimating anything: a certificate and a record, hollow."""

from __future__ import annotations

import hashlib
from datetime import date

from peil.charter import windows
from peil.charter.products import PRESENCE
from peil.charter.schema import Charter
from peil.store.atomic import canonical, read_whole, write_json
from peil.store.store import Store


def certified(store: Store, charter: Charter, product: str, day: date) -> dict[str, str]:
    """Certify a candidate of the days as they are staged now; what names that in its metadata."""
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
