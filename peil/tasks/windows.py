"""Tasks of a product's linkage window: estimated, approved and released once the window is whole.

Whichever day completes a window makes its products; a day of a window that is not whole yet leaves
them alone and says so. Each period is still a release of its own. How a product is estimated or
released belongs to those verbs, not here.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Literal

from peil.charter.period import Period
from peil.charter.products import Product
from peil.charter.windows import periods
from peil.estimate.linked import estimate as estimation
from peil.outcome import Fact, Outcome, Waiting
from peil.release import release
from peil.stage.readiness import missing

Readiness = Literal["waits", "released", "ready"]


def estimate(pilot: str, product: str, day: str) -> Outcome:
    """Estimate a product of the window of a day, or say that the window is not whole yet.

    Raises
    ------
    Refused
        The charter does not name the product.
    """
    period = Period.open(pilot, day)
    row = period.product(product)
    days = missing(period.charter, period.window, period.store)
    if days:
        facts: dict[str, Fact] = {"why": "the window is not whole", "n_days_missing": len(days)}
        return estimation.outcome(period, row, "unchanged", facts)
    return estimation.estimate(pilot, product, day)


def unreleased(period: Period, product: Product) -> list[date]:
    """Periods of a product in the window of a day that are not released, in order."""
    days = [Period(period.charter, day, period.store) for day in periods(product, period.window)]
    return [part.day for part in days if not part.has_crossed(product.name)]


def unreleased_days(pilot: str, product: str, day: str) -> list[str]:
    """Periods of a product in the window of a day that are not released, as text."""
    period = Period.open(pilot, day)
    return [str(start) for start in unreleased(period, period.product(product, to="release"))]


def readiness(pilot: str, product: str, day: str) -> Readiness:
    """What stands between a product of a window and its candidates.

    Returns
    -------
    str
        ``waits``: the window is not whole. ``released``: nothing is left to do. ``ready``: its
        candidates may be made; who approves them is asked after that.

    Raises
    ------
    Waiting
        The window is whole, but the product is not estimated yet.
    """
    period = Period.open(pilot, day)
    row = period.product(product, to="release")
    if not unreleased(period, row):
        return "released"
    if not estimation.is_estimated(period.charter, row, period.window, period.store):
        if missing(period.charter, period.window, period.store):
            return "waits"
        raise Waiting(
            f"{pilot}: {product} of {period.window} is not estimated yet: "
            f"run `peil estimate {pilot} {day} --product {product}`."
        )
    return "ready"


def release_window(pilot: str, product: str, day: str) -> Outcome:
    """Make a candidate of each period of the window of a day that is not released."""
    return _each(pilot, product, day, "release", release.release)


def publish_window(pilot: str, product: str, day: str) -> Outcome:
    """Let each period of the window of a day cross that has not, one after the other."""
    return _each(pilot, product, day, "publish", release.publish)


def _each(
    pilot: str, product: str, day: str, verb: str, take: Callable[[str, str, str], Outcome]
) -> Outcome:
    period = Period.open(pilot, day)
    row = period.product(product, to="release")
    starts = unreleased(period, row)
    facts: dict[str, Fact] = {"window": str(period.window), "n_periods": len(starts)}
    places: list[str] = []
    for start in starts:
        outcome = take(pilot, str(start), product)
        for name in ("n_entries", "n_withheld"):
            facts[name] = int(facts.get(name, 0)) + int(outcome.facts.get(name, 0))
        places += outcome.look_at
    status: estimation.Status = "done" if starts else "unchanged"
    return Outcome(f"{verb}_{product}", period.pilot, str(period.day), status, facts, places)
