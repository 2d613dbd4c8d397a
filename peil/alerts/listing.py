"""The list of alerts of a pilot, one line a trouble that began, for the operator's page."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from peil.alerts.incidents import Incident, standing
from peil.alerts.journal import add, alone, read
from peil.alerts.trouble import Trouble
from peil.store.atomic import canonical, write_bytes
from peil.store.store import Store

KIND = "gate_closed"


@dataclass(frozen=True)
class Alert:
    """One line of `alerts.jsonl`: a trouble's beginning, for the operator's page.

    Attributes
    ----------
    incident : str
        16 hex digits; for a gate made of pilot, day, state and the beliefs that failed: the
        same trouble has the same name.
    state : str
        raw, staged, estimated or released for a closed gate; empty for other troubles.
    since : str
        The period from which figures are missing: a period, not a clock.
    link : str
        Where to read more, relative to the store.
    """

    incident: str
    pilot: str
    day: str
    state: str
    kind: str
    severity: str
    owner: str
    what: str
    where: str
    since: str
    what_to_do: str
    link: str


def alert(trouble: Trouble) -> Alert:
    """Make the line of a trouble."""
    return Alert(
        incident=trouble.incident,
        pilot=trouble.pilot,
        day=trouble.day,
        state=trouble.where.split()[0] if trouble.kind == KIND else "",
        kind=trouble.kind,
        severity=trouble.severity,
        owner=trouble.owner,
        what=trouble.what,
        where=trouble.where,
        since=trouble.since,
        what_to_do=trouble.what_to_do,
        link=trouble.link,
    )


def alerts_file(store: Store, pilot: str) -> Path:
    """Where the alerts of a pilot are listed."""
    return store.quarantine(pilot) / "alerts.jsonl"


def list_alerts(store: Store, pilot: str, lasting: list[Incident]) -> None:
    """Append the lines that incidents lack: one each time that a trouble begins.

    Safe to repeat: a line that a kill kept from being written is written by the next telling.
    """
    if not lasting:
        return
    file = alerts_file(store, pilot)
    with alone(file):
        there = {_key(line) for line in read(file)}
        alerts = [asdict(alert(incident.trouble)) for incident in lasting]
        lines = {_key(line): line for line in alerts}
        add(file, [line for key, line in lines.items() if key not in there])


def forget(store: Store, pilot: str, days: set[str]) -> None:
    """Take the lines of days whose time is over out of the list, but for trouble that lasts."""
    file = alerts_file(store, pilot)
    if not days or not file.is_file():
        return
    lasting = {incident.name for incident in standing(store, pilot)}
    with alone(file):
        lines = read(file)
        stay = [x for x in lines if str(x.get("day")) not in days or x.get("incident") in lasting]
        if len(stay) < len(lines):
            write_bytes(file, b"".join(canonical(line) + b"\n" for line in stay))


def _key(line: dict[str, Any]) -> tuple[str, str]:
    return str(line.get("incident")), str(line.get("since"))
