"""Read what the operator's page shows: each day's states and gates, every row's account, alerts.

From manifests, reports and journals only, so that a verb can make the page in a moment, also
where its gate closed. The pages that need tables are collected by `peil.pages.build`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

from filelock import FileLock

from peil import status
from peil.charter.schema import Charter
from peil.pages import operator_page
from peil.stage import accounting
from peil.store import ledger
from peil.store.atomic import read_whole
from peil.store.store import Store


def build(charter: Charter, store: Store) -> Path:
    """Write the operator's page of a pilot from what is there; one process at a time.

    Returns
    -------
    Path
        The page, under `operator/`: exact counts, which never leave the operator.
    """
    lock = store.lock(charter.pilot, "operator_page")
    lock.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(lock):
        days = status.of_pilot(charter, store)
        return operator_page.build(
            collected(charter, store, days), store.operator_page(charter.pilot)
        )


def collected(
    charter: Charter, store: Store, days: list[status.DayStatus]
) -> operator_page.OperatorData:
    """Collect the content of the operator's page: exact counts, which stay on its side."""
    states, files = [], []
    for standing in days:
        states.append(_day_states(charter, store, standing))
        files.extend(accounting.accounts(charter, store, standing.day))
    return operator_page.OperatorData(
        pilot=charter.pilot,
        title=charter.title,
        period_start=str(charter.period.start),
        period_end=str(charter.period.end),
        days=states,
        files=files,
        alerts=_alerts(store, charter),
        shadows=_shadows(charter, store, days),
        has_quality=store.quality_page(charter.pilot).exists(),
    )


def _day_states(
    charter: Charter, store: Store, standing: status.DayStatus
) -> operator_page.DayStates:
    order: list[str] = list(status.STATES)
    faults = "; ".join(f"{product}: {fault}" for product, fault in standing.broken.items())
    reached = order.index(standing.state) if standing.state in order else -1
    states: dict[Any, operator_page.StateOfDay] = {}
    for number, state in enumerate(order):
        gate = standing.gates[state]
        states[state] = operator_page.StateOfDay(
            status="done" if number <= reached else "waiting",
            gate=gate if gate != "-" else "waiting",
            reason=standing.why if gate == "closed" or number == reached + 1 else "",
        )
    if faults:  # of a release that is not as it was signed, or is missing
        states["released"] = states["released"].model_copy(
            update={"status": "failed", "reason": faults}
        )
    record = store.estimated(charter.pilot, standing.day) / "estimated.json"
    facts = read_whole(record).get("facts", {})
    return operator_page.DayStates(
        day=str(standing.day),
        states=states,
        withheld_share=facts.get("withheld_share"),
        unlocated_share=facts.get("unlocated_share"),
    )


def _shadows(
    charter: Charter, store: Store, days: list[status.DayStatus]
) -> list[operator_page.ShadowRow]:
    """Days on which a challenger ran beside the champion, and how far they were apart."""
    rows = []
    for standing in days:
        record = read_whole(store.estimated(charter.pilot, standing.day) / "estimated.json")
        if facts := record.get("shadow"):
            shown = {
                name: facts[name] for name in operator_page.ShadowRow.model_fields if name in facts
            }
            rows.append(operator_page.ShadowRow(day=str(standing.day), **shown))
    return rows


def _alerts(store: Store, charter: Charter) -> list[operator_page.AlertRow]:
    file = store.quarantine(charter.pilot) / "alerts.jsonl"
    states = get_args(operator_page.State)
    return [
        operator_page.AlertRow(
            day=entry["day"], state=entry["state"], severity="stop", why=entry["what"]
        )
        for entry in ledger.entries(file)
        if entry["state"] in states
    ]
