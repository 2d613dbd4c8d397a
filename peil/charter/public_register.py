"""The public register: an entry exists before the first row of a pilot is read."""

from __future__ import annotations

from typing import Any

from peil.charter import signatures
from peil.charter.clock import now, today
from peil.charter.reading import check_valid
from peil.charter.schema import Charter
from peil.outcome import Refused
from peil.store import ledger
from peil.store.atomic import read_json, write_json
from peil.store.parties import words
from peil.store.signing import public_key
from peil.store.store import Store


def entry_of(
    charter: Charter, store: Store, signed: list[dict[str, str]] | None = None
) -> dict[str, Any]:
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
        **({"dpia": charter.dpia} if charter.dpia else {}),
        "signatures": signed or [],
        "operator_public_key": public_key(store),
    }


def enter(charter: Charter, store: Store) -> None:
    """Refuse what may not run, then write the register entry and the ledger's line.

    Raises
    ------
    Refused
        An expired charter, another legal basis than the pilot began with, or signatures that do
        not hold or are older than those the ledger knows. The ledger keeps the refusal.
    """
    try:
        check_valid(charter, today(charter))
        _check_basis(charter, store)
        signed = signatures.check(charter, store)
        _check_newest(charter, store, signed)
    except Refused as refusal:
        ledger.append(store, charter.pilot, "refused", now(charter), {"why": str(refusal)})
        raise
    entry = entry_of(charter, store, signed)
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


def _check_basis(charter: Charter, store: Store) -> None:
    """Refuse another legal basis than that of the pilot's first entry: it is another pilot."""
    for entry in ledger.entries(store.ledger(charter.pilot)):
        if entry["kind"] == "charter":
            began_with = entry["facts"]["register"]["legal_basis"]
            if began_with != charter.legal_basis:
                raise Refused(
                    f"{charter.pilot} began under the basis {began_with} and cannot go on under "
                    f"{charter.legal_basis}: another basis is another pilot, with a charter and "
                    "deliveries of its own."
                )
            return


def _check_newest(charter: Charter, store: Store, signed: list[dict[str, str]]) -> None:
    """Refuse a signature that a later one replaced: a wider charter of before would come back."""
    if charter.is_synthetic:  # signed by `peil simulate` each time, at the end of its period
        return
    last = ledger.find(store, charter.pilot, "charter")
    entered = last["facts"]["register"]["signatures"] if last else []
    latest = {signature["role"]: signature["signed_at"] for signature in entered}
    for signature in signed:
        if signature["signed_at"] < latest.get(signature["role"], ""):
            raise Refused(
                f"The charter of {charter.pilot} carries an older signature of the "
                f"{words(signature['role'])} than the ledger knows: put back the one that was "
                "taken away, or have the charter signed anew."
            )
