"""The operator's side of the crossing: a bundle goes into the outbox, its ledger before it.

What may leave is decided by `peil.release.release`; whether it is taken in, by `receive`.
"""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

from peil.charter.schema import Charter
from peil.release.crossing.receive import take
from peil.store import outbound
from peil.store.atomic import aside_of, replace_folder
from peil.store.store import Store


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
