"""The channels that the machine's operator configured, and how a failure of one is told."""

from __future__ import annotations

import hashlib
import os
import re
import smtplib
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from types import ModuleType

from peil.adapters.airflow.message import Message
from peil.outcome import Refused
from peil.settings import Settings


@dataclass(frozen=True)
class Channel:
    """One way to a person.

    Attributes
    ----------
    name : str
        Stable, and free of secrets: it is written beside the incidents.
    variables : str
        Which settings to look at when it fails.
    send : callable
        Hands a `Message` to the server, or raises.
    """

    name: str
    variables: str
    send: Callable[[Message], None]


def configured(settings: Settings) -> list[Channel]:
    """Return every configured channel; of Apprise one per URL, so that each fails by itself.

    A secret that cannot be read makes a channel that fails with that reason: it hides neither
    the others nor the trouble.
    """
    found = []
    if settings.smtp_host and settings.smtp_to:
        found.append(Channel("mail", "PEIL_SMTP_*", lambda said: _airflow().mail(said, settings)))
    try:
        if url := settings.secret("webhook_url"):
            found.append(
                Channel("webhook", "PEIL_WEBHOOK_URL", lambda said: _airflow().webhook(said, url))
            )
    except Refused as refused:
        found.append(_broken("webhook", "PEIL_WEBHOOK_URL", refused))
    try:
        for one in (settings.secret("apprise_urls") or "").split():
            name = f"apprise {hashlib.sha256(one.encode()).hexdigest()[:6]}"
            found.append(Channel(name, "PEIL_APPRISE_URLS", partial(_apprise, one)))
    except Refused as refused:
        found.append(_broken("apprise", "PEIL_APPRISE_URLS", refused))
    return found


def reason(error: Exception) -> str:
    """Say why a channel failed, in words that hold no address, no secret and no answer.

    >>> reason(ConnectionRefusedError(111, "Connection refused"))
    'ConnectionRefusedError: Connection refused'
    """
    if isinstance(error, Refused):
        return str(error)
    name = type(error).__name__
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{name}: the server answered {error.smtp_code}"
    if status := re.search(r"Status Code: (\d{3})\b", str(error)):
        return f"the server answered {status[1]}"
    if isinstance(error, OSError) and isinstance(error.errno, int):
        return f"{name}: {os.strerror(error.errno)}" if error.errno > 0 else name
    inner = getattr(error, "reason", None)
    return f"{name}: {reason(inner)}" if isinstance(inner, Exception) else name


def _broken(name: str, variables: str, refused: Refused) -> Channel:
    def fail(said: Message) -> None:
        raise refused

    return Channel(name, variables, fail)


def _apprise(url: str, said: Message) -> None:
    _airflow().apprise(said, url)


def _airflow() -> ModuleType:
    """Import Airflow's notifiers, with its settings in place where it is not running yet."""
    from peil.adapters.airflow import home

    if "airflow" not in sys.modules:
        from peil.settings import settings

        os.environ.update(home.environment(settings()))
    from peil.adapters.airflow import notifiers

    return notifiers
