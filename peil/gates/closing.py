"""Set the day of a closed gate aside and raise its trouble; take both back when the gate opens.

Whether a gate is open is decided elsewhere (`peil.gates`).
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from peil.alerts.incidents import Look
from peil.alerts.listing import KIND, alert
from peil.alerts.telling import settle
from peil.alerts.trouble import Trouble
from peil.charter import reading
from peil.charter.clock import now
from peil.charter.schema import Charter
from peil.store import atomic
from peil.store.store import Store

if TYPE_CHECKING:
    from peil.gates.report import GateReport


def trouble(store: Store, report: GateReport) -> Trouble:
    """Make the trouble of a closed gate: another belief that fails is another trouble."""
    failed = sorted(finding.expectation for finding in report.stopped)
    return Trouble(
        pilot=report.pilot,
        kind=KIND,
        where=f"{report.state} {report.day}, {', '.join(failed)}",
        day=report.day,
        since=report.day,
        severity="stop",
        owner="operator" if report.state in ("raw", "staged") else "maintainers",
        what=" ".join(
            [report.sentence(), *dict.fromkeys(finding.why for finding in report.stopped)]
        ),
        what_to_do=" ".join(dict.fromkeys(finding.do for finding in report.stopped)),
        link=str(report.file(store).relative_to(store.root)),
        observed={
            f"{finding.expectation} {name}": value
            for finding in report.stopped
            for name, value in finding.observed.items()
        },
    )


def look(store: Store, report: GateReport) -> Look:
    """What a gate's report says of trouble: nothing where it is open, which ends what it had."""
    troubles = () if report.is_open else (trouble(store, report),)
    return Look(f"gate {report.state} {report.day}", report.day, troubles)


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


def close_gate(store: Store, report: GateReport) -> bool:
    """Set the day of a closed gate aside and tell it. Returns whether the incident is new."""
    if report.is_open:
        raise ValueError(f"{report.sentence()} There is nothing to set aside.")
    set_aside(store, report)
    charter = reading.load(report.pilot)
    news = settle(store, charter, [look(store, report)], now(charter))
    return news.count("opened") > 0


def open_gate(store: Store, charter: Charter, report: GateReport) -> None:
    """Take back the quarantine that the gate had declared, and tell that its trouble ended."""
    take_back(store, report)
    settle(store, charter, [look(store, report)], now(charter))
