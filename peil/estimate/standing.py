"""Which version of a model stands: the ledger says so, and MLflow's alias follows.

An alias that somebody moved by hand, without evidence, approval or entry, is not followed.
"""

from __future__ import annotations

from dataclasses import replace

from peil.adapters import versions
from peil.adapters.experiments import QUANTITIES
from peil.adapters.versions import FOOTPRINT, Version
from peil.charter.clock import now
from peil.charter.schema import Charter
from peil.estimate.by_ledger import FORGOTTEN, PROMOTED, entries_on, number_of
from peil.outcome import Refused
from peil.store import ledger
from peil.store.store import Store


def standing(store: Store, pilot: str, quantity: str) -> Version | None:
    """The version that stands, loaded; none before the first.

    Its note says where MLflow's alias is at another.

    Raises
    ------
    Refused
        The ledger's version is not in the registry, or is not loaded.
    """
    held = versions.champion(store, pilot, quantity)
    number = _number(store, pilot, quantity, held.number if held else None)
    if number is None:
        return None
    if held is not None and held.number == number:
        return held
    version = versions.of_number(store, pilot, quantity, number)
    note = disagreement(store, pilot, quantity)
    return replace(version, is_champion=True, note=note)


def disagreement(store: Store, pilot: str, quantity: str) -> str:
    """A sentence where MLflow calls another version champion than the ledger; else nothing."""
    held = versions.champion_number(store, pilot, quantity)
    number = _number(store, pilot, quantity, held)
    if number == held:
        return ""
    what = f"{quantity}@{held}" if held else f"no {quantity}"
    return (
        f"MLflow calls {what} champion and the ledger says {quantity}@{number}, which is followed: "
        "set the alias back; a version takes its place by `peil promote` or `peil rollback`."
    )


def stood(store: Store, pilot: str, quantity: str) -> set[int]:
    """Numbers of the versions that ever stood."""
    facts = [entry["facts"] for entry in entries_on(store, pilot, quantity)]
    numbers = {int(each[key]) for each in facts for key in ("version", "in_place_of")}
    return numbers | set(versions.numbers(store, pilot, quantity)[:1])


def require_agreement(store: Store, pilot: str, quantity: str) -> None:
    """Refuse where an alias was moved by hand.

    Raises
    ------
    Refused
        MLflow and the ledger do not call the same version champion.
    """
    if why := disagreement(store, pilot, quantity):
        raise Refused(f"{pilot}: {why}")


def notes(*standing_ones: Version) -> dict[str, str]:
    """What an outcome says of versions that stand against MLflow's aliases; nothing if none do."""
    sentences = [version.note for version in standing_ones if version.note]
    return {"note": " ".join(sentences)} if sentences else {}


def catch_up(store: Store, pilot: str, quantity: str) -> int | None:
    """Move the alias of a promotion that was cut off after its entry; which version that is."""
    entries = entries_on(store, pilot, quantity)
    if not entries or entries[-1]["kind"] != PROMOTED.format(quantity):
        return None
    number, before = (int(entries[-1]["facts"][key]) for key in ("version", "in_place_of"))
    if versions.champion_number(store, pilot, quantity) != before:
        return None
    versions.promote(store, pilot, number, before, quantity)
    return number


def enter(charter: Charter, store: Store, quantity: str, number: int, in_place_of: int) -> None:
    """Write into the ledger that a version stands, unless it does already."""
    if number_of(store, charter.pilot, quantity) != number:
        facts = {"version": number, "in_place_of": in_place_of}
        kind = PROMOTED.format(quantity)
        ledger.append(store, charter.pilot, kind, now(charter), facts, once=False)


def forget(charter: Charter, store: Store) -> None:
    """Write into the ledger that the registry was emptied, where it said that anything stood."""
    if any(entries_on(store, charter.pilot, quantity) for quantity in QUANTITIES):
        ledger.append(store, charter.pilot, FORGOTTEN, now(charter), {}, once=False)


def _number(store: Store, pilot: str, quantity: str, held: int | None) -> int | None:
    number = number_of(store, pilot, quantity)
    if number is not None or held is None or quantity == FOOTPRINT:
        # a footprint may have been trained before training wrote entries
        return held if number is None else number
    return versions.numbers(store, pilot, quantity)[0]  # what was released before there were any
