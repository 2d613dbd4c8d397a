"""What tasks do with a product: its linkage window as a whole, once the window is whole.

Whichever day completes a window makes its products; a day of a window that is not whole yet leaves
them alone and says so. Each period is still a release of its own.
"""

from __future__ import annotations

from datetime import date
from typing import Literal

from peil.charter import reading, windows
from peil.charter.products import Product
from peil.charter.schema import Charter
from peil.charter.windows import Window
from peil.estimate.linked import estimate as products
from peil.outcome import Fact, Outcome, Waiting
from peil.release import release
from peil.stage import device_rows
from peil.store import ledger
from peil.store.store import Store

Readiness = Literal["waits", "released", "asks", "ready"]


def estimate(pilot: str, product: str, day: str) -> Outcome:
    """Estimate a product of the window of a day, or say that the window is not whole yet.

    Raises
    ------
    Refused
        The charter does not name the product.
    """
    charter = reading.load(pilot)
    when, store = reading.day_of(charter, day), Store()
    found = products.named(charter, product)
    left = device_rows.missing(charter, windows.window_of(charter, when), store)
    if left:
        facts: dict[str, Fact] = {"why": "the window is not whole", "n_days_missing": len(left)}
        return products.told(charter, found, when, "unchanged", facts, store)
    return products.estimate(pilot, product, day)


def unreleased(charter: Charter, product: Product, window: Window, store: Store) -> list[date]:
    """Periods of a window that are not released, in order."""
    return [
        day
        for day in products.days_of(charter, product, window)
        if not (
            ledger.is_released(store, charter.pilot, product, str(day))
            and store.released(charter.pilot, product, day).exists()
        )
    ]


def readiness(pilot: str, product: str, day: str, is_walked: bool) -> Readiness:
    """What stands between a product of a window and its release.

    Returns
    -------
    str
        ``waits``: the window is not whole. ``released``: nothing is left to do. ``asks``: a person
        must approve. ``ready``: it may be released now; a walk at a terminal asks nobody, so that
        the release itself looks for the approval in the ledger.

    Raises
    ------
    Waiting
        The window is whole, but the product is not estimated yet.
    """
    charter = reading.load(pilot)
    when, store = reading.day_of(charter, day), Store()
    found = release.named(charter, product)
    window = windows.window_of(charter, when)
    if not unreleased(charter, found, window, store):
        return "released"
    if not products.is_estimated(charter, found, window, store):
        if device_rows.missing(charter, window, store):
            return "waits"
        raise Waiting(
            f"{pilot}: {product} of {window} is not estimated yet: "
            f"run `peil estimate {pilot} {day} --product {product}`."
        )
    return "ready" if charter.is_synthetic or is_walked else "asks"


def approve(pilot: str, product: str, day: str, by: str) -> None:
    """Record that a named person approved each release of a window: one entry a period."""
    charter = reading.load(pilot)
    window = windows.window_of(charter, reading.day_of(charter, day))
    found = release.named(charter, product)
    for one in unreleased(charter, found, window, Store()):
        release.approve(pilot, str(one), by, product)


def release_window(pilot: str, product: str, day: str) -> Outcome:
    """Release each period of the window of a day that is not released, one after the other."""
    charter = reading.load(pilot)
    when, store = reading.day_of(charter, day), Store()
    found = release.named(charter, product)
    window = windows.window_of(charter, when)
    periods = unreleased(charter, found, window, store)
    facts: dict[str, Fact] = {"window": str(window), "n_periods": len(periods)}
    places: list[str] = []
    for one in periods:
        release.release(pilot, str(one), product)
        crossed = release.publish(pilot, str(one), product)
        for name in ("n_entries", "n_withheld"):
            facts[name] = int(facts.get(name, 0)) + int(crossed.facts[name])
        places += crossed.look_at
    status: products.Status = "done" if periods else "unchanged"
    return Outcome(f"release_{product}", charter.pilot, str(when), status, facts, places)
