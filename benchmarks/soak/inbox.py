"""A mail server on loopback, and what of its mails is news of which incident."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller

from peil.adapters.airflow.standalone import free_port
from peil.alerts import incidents
from peil.store.store import Store

# a message, or each part of one that holds many
NEWS = re.compile(r"^(?:Subject: |== )Peil (\S+) \[([^\]]*)\].*?^Incident: +(\S+),", re.M | re.S)
TO = "engineer@operator.example"
Counts = Counter[tuple[str, str, str]]


@dataclass
class Inbox:
    """What the server took."""

    port: int
    received: list[EmailMessage] = field(default_factory=list)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        """Take a mail."""
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.received.append(mail)
        return "250 taken"

    def environment(self) -> dict[str, str]:
        """Variables by which a store mails here."""
        return {
            "PEIL_SMTP_HOST": "127.0.0.1",
            "PEIL_SMTP_PORT": str(self.port),
            "PEIL_SMTP_FROM": "peil@operator.example",
            "PEIL_SMTP_TO": TO,
        }

    def texts(self) -> list[str]:
        """Every mail with its subject, as plain text."""
        texts = []
        for mail in self.received:
            body = mail.get_body(("html", "plain"))
            content = "" if body is None else body.get_content().replace("\r\n", "\n")
            content = content.removeprefix("<pre>")
            texts.append(f"Subject: {mail['Subject']}\n\n{content}")
        return texts

    def save(self, folder: Path) -> None:
        """Write the mails down, for whoever wants to read them."""
        folder.mkdir(parents=True, exist_ok=True)
        for number, text in enumerate(self.texts()):
            (folder / f"{number:03d}.txt").write_text(text, encoding="utf-8")


@contextmanager
def opened() -> Iterator[Inbox]:
    """Listen on loopback until the block ends."""
    inbox = Inbox(free_port())
    server = Controller(inbox, hostname="127.0.0.1", port=inbox.port)
    server.start()
    try:
        yield inbox
    finally:
        server.stop()


def news(texts: list[str]) -> Counts:
    """How often the beginning and the end of each incident stand in mails.

    Returns
    -------
    Counter
        By pilot, name of the incident, and ``began`` or ``ended``.
    """
    counts: Counts = Counter()
    for text in texts:
        for pilot, tone, name in NEWS.findall(text):
            counts[pilot, name, "ended" if tone == "ended" else "began"] += 1
    return counts


def owed(store: Store, pilots: tuple[str, ...]) -> Counts:
    """How often each should, by the journals of incidents."""
    counts: Counts = Counter()
    for pilot in pilots:
        for incident in incidents.read(store, pilot):
            counts[pilot, incident.name, "began"] += 1 + incident.has_worsened
            if not incident.is_open:
                counts[pilot, incident.name, "ended"] += 1
    return counts


@dataclass
class Seen:
    """What journals of incidents held at any look: retention takes what has ended out of them."""

    by_name: dict[tuple[str, str], incidents.Incident] = field(default_factory=dict)
    owed: Counts = field(default_factory=Counter)

    def look(self, store: Store, pilots: tuple[str, ...]) -> None:
        """Keep what the journals hold now."""
        self.owed |= owed(store, pilots)
        for pilot in pilots:
            for incident in incidents.read(store, pilot):
                self.by_name[pilot, incident.name] = incident
