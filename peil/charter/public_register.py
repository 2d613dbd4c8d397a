"""The public register: an entry exists before the first row of a pilot is read."""

from __future__ import annotations

from typing import Any

from peil.charter.clock import now, today
from peil.charter.reading import check_valid
from peil.charter.schema import Charter
from peil.store import ledger
from peil.store.atomic import read_json, write_json
from peil.store.signing import public_key
from peil.store.store import Store


def entry_of(charter: Charter, store: Store) -> dict[str, Any]:
    """What the public may read of a pilot before it starts: no path, no column of a person."""
    fields = sorted(charter.inputs.events.columns) or ["as the format prescribes"]
    return {
        "pilot": charter.pilot,
        "title": charter.title.model_dump(),
        "purpose": charter.purpose,
        "legal_basis": charter.legal_basis,
        "legal_reference": charter.legal_reference,
        "operator": charter.operator.model_dump(exclude_none=True),
        "agency": charter.agency.model_dump(exclude_none=True),
        "period": {"start": str(charter.period.start), "end": str(charter.period.end)},
        "expires": str(charter.expires),
        "fields": fields,
        "fields_counted_only": sorted(charter.inputs.events.counted),
        "products": charter.products,
        "linkage_days": charter.linkage_days,
        "tier": charter.tier,
        "threshold": charter.threshold,
        "retention": charter.retention.model_dump(),
        "recipients": charter.recipients,
        "contact": charter.contact,
        "signatures": [s.model_dump(mode="json") for s in charter.signatures],
        "operator_public_key": public_key(store),
    }


def enter(charter: Charter, store: Store) -> None:
    """Refuse an expired charter, then write the register entry and the ledger's line."""
    check_valid(charter, today(charter))
    entry = entry_of(charter, store)
    path = store.public_entry(charter.pilot)
    if not path.exists() or read_json(path) != entry:
        write_json(path, entry)
    newest = ledger.find(store, charter.pilot, "charter")
    if newest and newest["facts"] == {"register": entry}:
        ledger.give_copy(store, charter.pilot)
    else:  # one that held before and holds again is entered again
        ledger.append(
            store, charter.pilot, "charter", now(charter), {"register": entry}, once=False
        )
