"""Run a verb and ask its gate, from the shell: the same functions that the DAGs' tasks call.

Modules that take seconds are imported when a verb needs them, after the day was checked. What is
printed stands in `terminal`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module

from peil.charter import reading
from peil.outcome import CLOSED, STATE_OF, GateClosed, Outcome, Refused
from peil.store.faults.garbage import not_among_what_stays
from peil.store.store import Store


def check_day(pilot: str, day: str) -> None:
    """Refuse a day outside the charter's period before anything is loaded that takes seconds."""
    reading.day_of(reading.load(pilot), day)


def take_product(verb: str, pilot: str, product: str, day: str) -> Iterator[Outcome]:
    """Run a verb for a product; presence, which every verb knows, as `take` does.

    Raises
    ------
    Refused
        The charter does not name it, or the verb knows no products.
    """
    if product == "presence":
        yield from take(verb, pilot, day)
    elif verb == "estimate":
        from peil.estimate.linked import estimate

        yield estimate.estimate(pilot, product, day)
    elif verb == "release":
        from peil.release import release

        yield release.release(pilot, day, product)
        yield release.publish(pilot, day, product)
    else:
        raise Refused(f"{verb} is the same for every product: leave the product out.")


def take(verb: str, pilot: str, day: str) -> Iterator[Outcome]:
    """Run a verb, then its gate; a release crosses when the gate is open.

    Raises
    ------
    GateClosed
        The gate found the batch not believable; the day is quarantined and an alert written.
    """
    with not_among_what_stays():
        from peil import gates
        from peil.alerts import telling

    outcome = _function(verb)(pilot, day)
    telling.verb_done(Store(), reading.load(pilot), verb, outcome.day)
    yield outcome
    if outcome.facts.get("why") in CLOSED or reading.is_day_of_hours(pilot, day):
        return  # of a bundle of hours each passed the gates by itself
    report = gates.asked(STATE_OF[verb], pilot, day)
    if not report.is_open:
        gates.close(report)
        raise GateClosed(report.refusal())
    if verb == "release":
        from peil.release.release import publish

        yield publish(pilot, day)


def _function(verb: str) -> Callable[[str, str], Outcome]:
    """A verb's one public function; its module is imported only now, since some take seconds."""
    if verb not in STATE_OF:
        raise Refused(f"No verb {verb}: there are {', '.join(STATE_OF)}.")
    with not_among_what_stays():
        module = import_module(f"peil.{verb}.{verb}")
    function: Callable[[str, str], Outcome] = getattr(module, verb)
    return function
