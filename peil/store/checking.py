"""Ask the verifier about one release of a store, before its figures are shown or built upon."""

from __future__ import annotations

from datetime import date

from peil.outcome import Refused
from peil.store import verifying
from peil.store.store import Store


def fault_of(store: Store, pilot: str, product: str, day: date) -> str:
    """What is wrong with a released bundle or its ledger, in one sentence; empty when it is whole.

    Hashes and the newest signatures only, so that asking costs milliseconds; `peil verify` checks
    every signature, and compares the two forms of the table too.
    """
    try:
        folder = store.released(pilot, product, day)
        verifying.released(folder, verifying.ledger(store.verifiable, pilot, is_quick=True))
    except verifying.Broken as fault:
        return str(fault)
    return ""


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
