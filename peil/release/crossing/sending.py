"""The operator's side of the crossing: a bundle goes into the outbox, its ledger before it.

What may leave is decided by `peil.release.release`; whether it is taken in, by `receive`.
"""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

from peil.charter.clock import now
from peil.charter.period import Period, require_going_on
from peil.charter.products import Product
from peil.charter.schema import Charter
from peil.outcome import Fact
from peil.release.crossing.receive import take
from peil.store import ledger, outbound
from peil.store.atomic import aside_of, read_json, replace_folder
from peil.store.store import Store
from peil.store.verifying import Manifest


def cross(
    period: Period, product: Product, aside: Path, signed: Manifest, approved: str
) -> dict[str, Fact]:
    """Enter a release in the ledger, then send its bundle; returns its counts of entries.

    Parameters
    ----------
    aside : Path
        The bundle, verified, beside its place in the outbox.
    signed : Manifest
        Its signed list.
    approved : str
        Hash of the candidate that two people approved.

    Raises
    ------
    Refused
        The pilot was stopped since the verb began.
    """
    charter, store, when = period.charter, period.store, period.day
    metadata = read_json(aside / "metadata.json")
    counts: dict[str, Fact] = {name: metadata[name] for name in ("n_entries", "n_withheld")}
    facts = {
        "product": product.name,
        "period": str(when),
        "tier": charter.tier,
        "table_sha256": metadata["table_sha256"],
        "bundle_sha256": signed.sha256,
        "candidate_sha256": approved,
        **counts,
        # of a day of hours: what it tells is told by these
        **({"n_hours": len(metadata["hours"])} if "hours" in metadata else {}),
    }
    before = ledger.standing(store, charter.pilot, product.name, str(when))
    if before is None or before["facts"].get("bundle_sha256") != signed.sha256:
        require_going_on(store, charter.pilot)
        ledger.append(store, charter.pilot, "release", now(charter), facts, once=False)
    else:
        ledger.give_copy(store, charter.pilot)
    send(store, charter, product.name, when, aside)
    return counts


def send(store: Store, charter: Charter, product: str, day: date, aside: Path) -> None:
    """Put a finished bundle into the outbox; on one machine take it in at once.

    The ledger that names it is there already, or is laid there by who takes it in. An operator
    apart keeps a copy of what it sent, which is in its place last: killed before, it sends again.

    Parameters
    ----------
    aside : Path
        The bundle, verified, beside its place in the outbox.
    """
    record = store.released(charter.pilot, product, day)
    if store.plane == "operator":
        shutil.rmtree(aside_of(record), ignore_errors=True)
        shutil.copytree(aside, aside_of(record))
    if charter.is_synthetic:
        for file in sorted(store.simulated_parties.glob("*.json")):
            outbound.put_file(store, store.outbound_parties / file.name, file.read_bytes())
    sent = outbound.put_folder(store, aside, store.outbound(charter.pilot, product, day))
    if store.plane == "operator":
        replace_folder(aside_of(record), record)
    else:
        take(store, charter, only=sent)


def finish(store: Store, charter: Charter, product: str, day: date) -> None:
    """Take in what a killed run left in the outbox, where one machine is both planes."""
    sent = store.outbound(charter.pilot, product, day)
    if store.plane == "both" and any(sent.parent.glob(f"*{day}*")):
        take(store, charter, only=sent)
