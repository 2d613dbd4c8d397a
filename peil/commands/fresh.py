"""Take back what was made of some days, so that `peil run --fresh` makes it again.

Keys, noise and ledger stay: what was released once is written down as withdrawn, never erased.
"""

from __future__ import annotations

import shutil
from datetime import date

from peil.adapters import experiments
from peil.charter import reading
from peil.charter.clock import now
from peil.charter.products import PRODUCTS
from peil.charter.retention import PARTS, is_gone
from peil.charter.schema import Charter
from peil.charter.windows import window_of
from peil.estimate import standing
from peil.ingest import deliveries
from peil.outcome import Refused
from peil.quality import store as quality
from peil.store import ledger
from peil.store.store import Store


def forget(charter: Charter, days: list[date], store: Store) -> None:
    """Take back what was made of these days, for `--fresh`; never keys, noise or ledger.

    Raises
    ------
    Refused
        A released period of a pilot that is not simulated, or deliveries that are gone.
    """
    pilot = charter.pilot
    folder = reading.root(charter, store)
    lost = [
        day
        for day in days
        if is_gone(store, pilot, day, "raw")
        and not deliveries.files(folder, charter.inputs.events.path, day)
    ]
    if lost:
        raise Refused(
            f"Deliveries of {len(lost)} day(s) of {pilot}, {lost[0]} first, were deleted when "
            "their time was over: have them delivered again (demo: `peil simulate`), then run "
            "with --fresh."
        )
    released = [
        (product, day)
        for day in days
        for product in PRODUCTS
        if ledger.is_released(store, pilot, product, str(day))
    ]
    for product, day in released:
        if not charter.is_synthetic:
            raise Refused(
                f"{pilot} {day} is released: of a pilot that is not synthetic a released period "
                "is never made again."
            )
        facts = {"product": product, "period": str(day), "why": "run again with --fresh"}
        ledger.append(store, pilot, "withdrawn", now(charter), facts, once=False)
    standing.forget(charter, store)
    experiments.forget(store, pilot)
    store.trained(pilot).unlink(missing_ok=True)
    shutil.rmtree(store.scores(pilot), ignore_errors=True)
    for day in days:
        for file in (
            store.raw_file(pilot, day),
            store.raw_manifest(pilot, day),
            store.staged_file(pilot, day),
            store.staged_manifest(pilot, day),
            store.quarantine(pilot) / f"{day}.closed.json",
            *(store.retained(pilot, day, part) for part in PARTS),
        ):
            file.unlink(missing_ok=True)
        for folder in (
            store.quality(pilot, day),
            store.linked(pilot, window_of(charter, day).first),
            *(
                place(pilot, name, day)
                for name in PRODUCTS
                for place in (store.candidate, store.outbound, store.released)
            ),
            *(store.estimated(pilot, day, name) for name in PRODUCTS),
        ):
            shutil.rmtree(folder, ignore_errors=True)
    quality.forget(store, pilot, days)
