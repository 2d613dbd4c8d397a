"""What is said when a gate closes: a file beside the day, a line in a list, a mail.

One incident, one line: closing the same gate for the same reason again says nothing new. All
of it is counts and sentences, fit for a mailbox: never a row value, never an identifier.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock

from peil import atomic
from peil.settings import settings
from peil.store import Store

if TYPE_CHECKING:
    from peil.gates.report import GateReport

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Alert:
    """One incident.

    Attributes
    ----------
    incident : str
        16 hex digits made of pilot, day, state and the beliefs that failed: the same trouble
        has the same name.
    since : str
        The period from which figures are missing: a period, not a clock.
    link : str
        The gate report, relative to the store.
    """

    incident: str
    pilot: str
    day: str
    state: str
    what: str
    where: str
    since: str
    what_to_do: str
    link: str


def alert(store: Store, report: GateReport) -> Alert:
    """Make the alert of a closed gate."""
    failed = sorted(found.expectation for found in report.stopped)
    name = "|".join([report.pilot, report.day, report.state, *failed])
    link = report_file(store, report).relative_to(store.root)
    return Alert(
        incident=hashlib.sha256(name.encode()).hexdigest()[:16],
        pilot=report.pilot,
        day=report.day,
        state=report.state,
        what=report.sentence(),
        where=", ".join(sorted({f"{report.state}.{found.table}" for found in report.stopped})),
        since=report.day,
        what_to_do=" ".join(dict.fromkeys(found.do for found in report.stopped)),
        link=str(link),
    )


def report_file(store: Store, report: GateReport) -> Path:
    """Where the gate's report lies."""
    return store.quality(report.pilot, day_of(report)) / f"{report.state}.json"


def day_of(report: GateReport) -> date:
    """Read the period of a report."""
    return date.fromisoformat(report.day)


def set_aside(store: Store, report: GateReport) -> bool:
    """Quarantine the day and append the alert. Returns whether the incident is new."""
    if report.is_open:
        raise ValueError(f"{report.sentence()} There is nothing to set aside.")
    said = alert(store, report)
    atomic.write_json(closed_file(store, report), asdict(said))
    return append(store.quarantine(report.pilot) / "alerts.jsonl", said)


def reopen(store: Store, report: GateReport) -> None:
    """Take back the quarantine of a day, if the gate that is open now had declared it."""
    file = closed_file(store, report)
    if file.is_file() and atomic.read_json(file).get("state") == report.state:
        file.unlink()


def closed_file(store: Store, report: GateReport) -> Path:
    """Where it says that a day is set aside."""
    return store.quarantine(report.pilot) / f"{report.day}.closed.json"


def append(file: Path, said: Alert) -> bool:
    """Append one line, unless the incident is there. A torn last line is dropped first.

    The line is on the disk when this returns. Two writers wait for each other.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(file.with_suffix(".lock")):
        content = file.read_bytes() if file.is_file() else b""
        whole, newline, torn = content.rpartition(b"\n")
        kept = whole + newline
        if torn:
            log.warning("%s ended in half a line, which was dropped.", file.name)
        known = {json.loads(line)["incident"] for line in kept.splitlines()}
        is_new = said.incident not in known
        with file.open("r+b" if content else "wb") as opened:
            opened.truncate(len(kept))
            opened.seek(len(kept))
            if is_new:
                opened.write(atomic.canonical(asdict(said)) + b"\n")
            opened.flush()
            os.fsync(opened.fileno())
    return is_new


def message(report: GateReport) -> tuple[str, str]:
    """Say a gate's outcome in plain words: subject and body of a mail.

    >>> from peil.gates.report import GateReport
    >>> message(GateReport("raw", "demo", "2026-03-02", True, []))[0]
    'Peil demo 2026-03-02: the raw gate is open'
    """
    state = "open" if report.is_open else "closed"
    subject = f"Peil {report.pilot} {report.day}: the {report.state} gate is {state}"
    lines = [report.sentence()]
    for title, results in (("Stopped by", report.stopped), ("Noted", report.noted)):
        if not results:
            continue
        lines += ["", f"{title}:"]
        for found in results:
            numbers = ", ".join(f"{name} {value}" for name, value in found.observed.items())
            lines += [
                f"- {found.expectation} ({found.table})" + (f": {numbers}" if numbers else ""),
                f"  Why: {found.why}",
                f"  What to do: {found.do}",
            ]
    link = report_file(Store(), report)
    lines += ["", f"The full report, at the operator: {link}"]
    return subject, "\n".join(lines) + "\n"


def is_mail_configured() -> bool:
    """Whether the machine's operator named a mail server and a reader."""
    found = settings()
    return bool(found.smtp_host and found.smtp_to)


def send_mail(subject: str, body: str) -> bool:
    """Send a mail on the same path as the DAGs: Airflow's SMTP provider and its connection.

    Returns
    -------
    bool
        Whether it was handed to the server. False when no mail is configured, and when the
        server did not take it, which is logged: a mail that fails must not hide the gate.
    """
    if not is_mail_configured():
        return False
    from peil.airflow import home  # puts Airflow's settings in place before it is imported

    found = settings()
    os.environ.update(home.environment(found))
    from airflow.providers.smtp.notifications.smtp import SmtpNotifier

    escaped = body.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    try:
        SmtpNotifier(
            to=found.smtp_to or "",
            from_email=found.smtp_from or found.smtp_to,
            subject=subject,
            html_content=f"<pre>{escaped}</pre>",
        ).notify({})
    except Exception as error:
        log.warning("The mail could not be sent (%s): look at PEIL_SMTP_*.", type(error).__name__)
        return False
    return True
