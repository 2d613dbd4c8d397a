"""A closed gate as trouble, and the file that says that its day is set aside."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from peil import atomic
from peil.alerting.incidents import Incident, Look
from peil.alerting.journal import add, alone, read
from peil.store import Store
from peil.trouble import Trouble

if TYPE_CHECKING:
    from peil.gates.report import GateReport

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


def trouble(store: Store, report: GateReport) -> Trouble:
    """Make the trouble of a closed gate: another belief that fails is another trouble."""
    failed = sorted(found.expectation for found in report.stopped)
    return Trouble(
        pilot=report.pilot,
        kind=KIND,
        where=f"{report.state} {report.day}, {', '.join(failed)}",
        day=report.day,
        since=report.day,
        severity="stop",
        owner="operator" if report.state in ("raw", "staged") else "maintainers",
        what=" ".join([report.sentence(), *dict.fromkeys(found.why for found in report.stopped)]),
        what_to_do=" ".join(dict.fromkeys(found.do for found in report.stopped)),
        link=str(report_file(store, report).relative_to(store.root)),
        observed={
            f"{found.expectation} {name}": value
            for found in report.stopped
            for name, value in found.observed.items()
        },
    )


def look(store: Store, report: GateReport) -> Look:
    """What a gate's report says of trouble: nothing where it is open, which ends what it had."""
    troubles = () if report.is_open else (trouble(store, report),)
    return Look(f"gate {report.state} {report.day}", report.day, troubles)


def report_file(store: Store, report: GateReport) -> Path:
    """Where the gate's report lies."""
    return store.quality(report.pilot, date.fromisoformat(report.day)) / f"{report.state}.json"


def closed_file(store: Store, report: GateReport) -> Path:
    """Where it says that a day is set aside, or one product's release of it."""
    _, _, product = report.state.partition("_")
    name = f"{report.day}.{product}" if product else report.day
    return store.quarantine(report.pilot) / f"{name}.closed.json"


def set_aside(store: Store, report: GateReport) -> None:
    """Say beside the quarantine that the day is set aside, and why."""
    atomic.write_json(closed_file(store, report), asdict(alert(trouble(store, report))))


def take_back(store: Store, report: GateReport) -> None:
    """Take back the quarantine of a day, if the gate that is open now had declared it."""
    file = closed_file(store, report)
    if file.is_file() and atomic.read_json(file).get("state") == report.state:
        file.unlink()


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
        lines = {_key(line): line for one in lasting if (line := asdict(alert(one.trouble)))}
        add(file, [line for key, line in lines.items() if key not in there])


def _key(line: dict[str, Any]) -> tuple[str, str]:
    return str(line.get("incident")), str(line.get("since"))
