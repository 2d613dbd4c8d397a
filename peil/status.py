"""Read where each day of a pilot stands: its states, gates, release, and why it waits.

From manifests, reports and journals only: no table is read here, and no tool loaded.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal

from peil.alerts import inbox, incidents, messages
from peil.alerts.trouble import Trouble
from peil.charter import windows
from peil.charter.period import Period
from peil.charter.products import PRODUCTS
from peil.charter.retention import PARTS
from peil.charter.retention import is_gone as is_gone_part
from peil.charter.schema import Charter
from peil.stage import readiness
from peil.store import checking, ledger
from peil.store.atomic import read_json
from peil.store.faults.damage import Damaged
from peil.store.store import Store

State = Literal["raw", "staged", "estimated", "released"]
STATES: tuple[State, ...] = ("raw", "staged", "estimated", "released")


@dataclass(frozen=True)
class DayStatus:
    """One day: the furthest state, each gate, the release's ledger hash, why nothing moves.

    `trouble` names the incidents that last on that day, in a few words. `products` says where each
    product that follows devices stands: ``released``, ``estimated``, ``ready`` or ``waits``.
    `is_gone` says that its rows were deleted before anything was estimated of them.
    `broken` says of each release that is not as it was signed, by product, what is wrong with it.
    """

    day: date
    state: str
    gates: dict[str, Literal["open", "closed", "-"]]
    ledger: str
    why: str
    trouble: str = ""
    products: dict[str, str] = field(default_factory=dict)
    is_gone: bool = False
    broken: dict[str, str] = field(default_factory=dict)

    @property
    def is_released(self) -> bool:
        return self.state == "released" and "presence" not in self.broken

    @property
    def is_set_aside(self) -> bool:
        """Whether a gate of it is closed: nothing downstream of that gate moves."""
        return "closed" in self.gates.values()

    @property
    def is_done(self) -> bool:
        """Whether nothing can be done for this day now: a product may wait for other days."""
        is_closed = (self.is_released or self.is_gone) and not self.broken
        return is_closed and not {"estimated", "ready"} & set(self.products.values())


def of_day(charter: Charter, day: date, store: Store) -> DayStatus:
    """Read one day's standing from the store; nothing is written.

    A day of which a record is damaged is ``damaged``; why says which, and what to do.
    """
    try:
        return _of_day(charter, day, store)
    except Damaged as damage:
        return DayStatus(day, "damaged", dict.fromkeys(STATES, "-"), "", str(damage))


def _of_day(charter: Charter, day: date, store: Store) -> DayStatus:
    pilot = charter.pilot
    there = {
        "raw": store.raw_manifest(pilot, day).exists(),
        "staged": store.staged_manifest(pilot, day).exists(),
        "estimated": (store.estimated(pilot, day) / "estimated.json").exists(),
    }
    entry = ledger.standing(store, pilot, "presence", str(day))
    is_crossing = entry is not None and checking.is_crossing(store, pilot, "presence", day)
    there["released"] = entry is not None and not is_crossing
    gates: dict[str, Literal["open", "closed", "-"]] = {}
    for state in STATES:
        report = store.quality(pilot, day) / f"{state}.json"
        gates[state] = (
            ("open" if read_json(report)["is_open"] else "closed") if (report.exists()) else "-"
        )
    furthest = next((state for state in reversed(STATES) if there[state]), "nothing")
    flags = [
        f"{trouble.kind.replace('_', ' ')}: {trouble.where}"
        for trouble in inbox.kept(store, pilot, day, "ingest")
    ]
    if Period(charter, day, store).is_left_out:
        why = "; ".join(["its day was bundled without it: it is closed", *flags])
        return DayStatus(day, furthest, gates, "", why, is_gone=True)
    is_gone = not there["estimated"] and any(
        is_gone_part(store, pilot, day, part) for part in PARTS[1 if there["staged"] else 0 : 2]
    )
    waits = "its rows were deleted: it is closed" if is_gone else _why(there, gates)
    waits = "it lies in the outbox: run the pilot again if it stays" if is_crossing else waits
    why = "; ".join(filter(None, [waits, *flags]))
    ledger_hash = entry["hash"][:12] if entry else ""
    products = _products(charter, day, store)
    released = [name for name, standing in products.items() if standing == "released"]
    broken = {
        name: fault
        for name in [*(["presence"] if there["released"] else []), *released]
        if (fault := checking.fault_of(store, pilot, name, _period_of(charter, name, day)))
    }
    return DayStatus(
        day,
        furthest,
        gates,
        ledger_hash,
        why,
        products=products,
        is_gone=is_gone,
        broken=broken,
    )


def _period_of(charter: Charter, product: str, day: date) -> date:
    """The day that a product's release is named after: its own, or the first of its window."""
    is_of_window = PRODUCTS[product].period == "window"
    return windows.window_of(charter, day).first if is_of_window else day


def _products(charter: Charter, day: date, store: Store) -> dict[str, str]:
    """Where each product that follows devices stands; one that is never released ends estimated."""
    window = windows.window_of(charter, day)
    standings: dict[str, str] = {}
    for row in windows.linked_products(charter):
        product = row.name
        period = _period_of(charter, product, day)
        entry = ledger.standing(store, charter.pilot, product, str(period))
        is_crossing = checking.is_crossing(store, charter.pilot, product, period)
        if entry is not None and not is_crossing:
            standings[product] = "released"
        elif store.estimated_record(charter.pilot, period, product).exists():
            standings[product] = "estimated" if row.is_releasable else "estimated, stays here"
        else:
            is_complete = not readiness.missing(charter, window, store)
            standings[product] = "ready" if is_complete else "waits"
    return standings


def _why(there: dict[str, bool], gates: dict[str, Literal["open", "closed", "-"]]) -> str:
    if there["released"]:
        return ""
    for state in STATES:
        if gates[state] == "closed":
            return f"the gate of {state} is closed: see the operator's page"
    verbs = dict(zip(STATES, ("ingest", "stage", "estimate", "release"), strict=True))
    missing = next(state for state in STATES if not there[state])
    if missing == "released" and gates["released"] == "open":
        return "waits for approval: see `peil approve`"
    return "no delivery landed yet" if missing == "raw" else f"{verbs[missing]} has not run"


def of_pilot(charter: Charter, store: Store) -> list[DayStatus]:
    """Read the standing of every day of the period, with the incidents that last."""
    lasting = incidents.standing(store, charter.pilot)
    days = []
    for day in charter.units():
        words = dict.fromkeys(
            _few_words(incident.trouble, day)
            for incident in lasting
            if incident.trouble.since <= str(day) <= incident.last_day
        )
        days.append(replace(of_day(charter, day, store), trouble=", ".join(words)))
    return days


def _few_words(trouble: Trouble, day: date) -> str:
    """Kind and place; the day itself and the beliefs of a gate are left out, they are near."""
    place = " ".join(word for word in trouble.where.split(", ")[0].split() if word != str(day))
    return messages.clean(f"{trouble.kind.replace('_', ' ')} {place}")
