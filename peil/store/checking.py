"""Ask the verifier about one release of a store, before its figures are shown or built upon."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import date

from filelock import FileLock, Timeout

from peil.outcome import Refused
from peil.store import ledger, verifying
from peil.store.atomic import aside_of
from peil.store.store import Store

WAIT_S = 10.0  # for who adds an entry; a machine at work takes a second


@contextmanager
def at_rest(store: Store, *pilots: str) -> Iterator[None]:
    """Hold the ledgers of pilots, if that can be: nobody is adding to one meanwhile.

    An entry is written to the ledger, then to the agency's copy, then a head is signed over it. Who
    looks in between sees a fault where there is none. Whoever holds one already does not ask.
    """
    with ExitStack() as stack:
        for pilot in pilots:
            with suppress(Timeout, OSError):  # the look goes on: it cannot be told from a fault
                stack.enter_context(FileLock(ledger.lock_of(store, pilot), timeout=WAIT_S))
        yield


def fault_of(store: Store, pilot: str, product: str, day: date) -> str:
    """What is wrong with a released bundle or its ledger, in one sentence; empty when it is whole.

    Hashes and the newest signatures only, so that asking costs milliseconds; `peil verify` checks
    every signature, and compares the two forms of the table too. A fault is looked at again while
    nobody adds to the ledger.
    """
    if _fault_of(store, pilot, product, day):
        with at_rest(store, pilot):
            return _fault_of(store, pilot, product, day)
    return ""


def _fault_of(store: Store, pilot: str, product: str, day: date) -> str:
    try:
        folder = store.released(pilot, product, day)
        log = verifying.ledger(store.verifiable, pilot, is_quick=True)
        if not folder.exists():
            return (
                f"The ledger says that {product} of {day} is released, and its bundle is missing."
            )
        verifying.released(folder, log)
    except verifying.Broken as fault:
        return str(fault)
    return ""


def is_crossing(store: Store, pilot: str, product: str, day: date) -> bool:
    """Whether a bundle that is not in its place lies in the outbox: it crosses, or a kill came."""
    sent = store.outbound(pilot, product, day)
    on_its_way = (sent, aside_of(sent))
    is_there = store.released(pilot, product, day).exists()
    return not is_there and any(folder.exists() for folder in on_its_way)


def require_whole(store: Store, pilot: str, product: str, day: date) -> None:
    """Refuse to go on from a released bundle or a ledger that is not as it was signed.

    Raises
    ------
    Refused
        With what is wrong, and that it is restored from a copy.
    """
    if fault := fault_of(store, pilot, product, day):
        raise Refused(
            f"What is released of {pilot} {product} {day} cannot be vouched for: {fault} Find out "
            f"who changed it, then restore it from a copy; `peil verify {store.verifiable}` checks."
        )


def require_at_hand(store: Store, pilot: str, product: str, day: date) -> None:
    """Refuse to go on with what stands released and is nowhere: not in its place, nor on its way.

    Where its candidate is still there it can be sent again, with these same figures or not at all.

    Raises
    ------
    Refused
        Its bundle is missing.
    """
    is_kept = store.candidate(pilot, product, day).exists()
    stands = ledger.is_released(store, pilot, product, str(day))
    if stands and not is_kept and not is_crossing(store, pilot, product, day):
        require_whole(store, pilot, product, day)
