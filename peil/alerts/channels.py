"""The registry of alert channels: which there are, which are configured, how a failure reads.

Belongs in here: a row of `CHANNELS` for each kind of channel, and the words for a failure that
hold no secret. How a message is worded is in `messages`, when it is sent in `outbox`, and how
Airflow's notifiers are set up in `peil.adapters.airflow.notifiers`.
"""

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
from typing import cast

from peil.adapters.airflow.message import Message
from peil.outcome import Refused
from peil.settings import SecretName, Settings


@dataclass(frozen=True)
class ChannelKind:
    """One kind of way to a person: a row of `CHANNELS`.

    Attributes
    ----------
    name : str
        Stable, and free of secrets: it is written beside the incidents.
    address : str
        Field of `Settings` that says where to. It is read as a secret if the settings also have
        `<address>_file`.
    send : callable
        ``send(message, settings, address)`` hands a message to the server, or raises.
    note : str
        What a person who sets it up must know, for the table in docs/operate.md.
    needs : tuple of str
        Further fields of `Settings` without which the channel is not configured.
    look_at : str
        Which settings to look at when it fails; default the variable of the address.
    is_list : bool
        Whether the address is a list, separated by white space, of which each is a channel of
        its own and so fails by itself.

    Notes
    -----
    To add a channel: a row here, its fields in `peil/settings.py`, and the rows of
    docs/operate.md. A sender that is longer than a line is a function of a module of its own,
    or of `peil.adapters.airflow.notifiers` if Airflow has a notifier for it.
    """

    name: str
    address: str
    send: Callable[[Message, Settings, str], None]
    note: str
    needs: tuple[str, ...] = ()
    look_at: str = ""
    is_list: bool = False

    @property
    def variables(self) -> tuple[str, ...]:
        """Environment variables that must be set, a secret by the file that holds it.

        >>> [kind.variables for kind in CHANNELS if kind.name == "mail"]
        [('PEIL_SMTP_HOST', 'PEIL_SMTP_TO')]
        """
        file = "_FILE" if self._has_secret else ""
        return (*(_variable(field) for field in self.needs), _variable(self.address) + file)

    def configured(self, settings: Settings) -> list[Channel]:
        """Return the channels of this kind that the settings name; none where one lacks.

        A secret that cannot be read makes a channel that fails with that reason: it hides
        neither the others nor the trouble.
        """
        look_at = self.look_at or _variable(self.address)
        try:
            address = self._read(settings)
        except Refused as refused:
            return [Channel(self.name, look_at, partial(_fail, refused))]
        if not address or not all(getattr(settings, field) for field in self.needs):
            return []
        if not self.is_list:
            return [Channel(self.name, look_at, partial(self._send_to, settings, address))]
        return [
            Channel(
                f"{self.name} {hashlib.sha256(url.encode()).hexdigest()[:6]}",
                look_at,
                partial(self._send_to, settings, url),
            )
            for url in address.split()
        ]

    @property
    def _has_secret(self) -> bool:
        return f"{self.address}_file" in Settings.model_fields

    def _read(self, settings: Settings) -> str | None:
        if self._has_secret:
            return settings.secret(cast(SecretName, self.address))
        return getattr(settings, self.address) or None

    def _send_to(self, settings: Settings, address: str, message: Message) -> None:
        self.send(message, settings, address)


CHANNELS: tuple[ChannelKind, ...] = (
    ChannelKind(
        name="mail",
        needs=("smtp_host",),
        address="smtp_to",
        look_at="PEIL_SMTP_*",
        send=lambda message, settings, _readers: _airflow().mail(message, settings),
        note="port 465 is TLS from the start, 587 turns TLS on; with a password TLS is always on; "
        "otherwise a relay nearby",
    ),
    ChannelKind(
        name="webhook",
        address="webhook_url",
        send=lambda message, _settings, url: _airflow().webhook(message, url),
        note="must answer 200",
    ),
    ChannelKind(
        name="apprise",
        address="apprise_urls",
        is_list=True,
        send=lambda message, _settings, url: _airflow().apprise(message, url),
        note="one URL a line; each is a channel of its own",
    ),
)


@dataclass(frozen=True)
class Channel:
    """One configured way to a person.

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
    """Return every configured channel, in the order of `CHANNELS`."""
    return [channel for kind in CHANNELS for channel in kind.configured(settings)]


def what_to_set() -> str:
    """Say which variables configure a channel, for a person who has configured none.

    >>> what_to_set().startswith("PEIL_SMTP_HOST and PEIL_SMTP_TO, or PEIL_WEBHOOK_URL_FILE")
    True
    """
    return ", or ".join(" and ".join(kind.variables) for kind in CHANNELS)


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


def _variable(field: str) -> str:
    """Return the environment variable of a field of the settings."""
    return f"PEIL_{field.upper()}"


def _fail(refused: Refused, _message: Message) -> None:
    """Send nothing and give the reason: the sender of a channel whose secret cannot be read."""
    raise refused


def _airflow() -> ModuleType:
    """Import Airflow's notifiers, with its settings in place where it is not running yet."""
    from peil.adapters.airflow import home

    if "airflow" not in sys.modules:
        from peil.settings import settings

        os.environ.update(home.environment(settings()))
    from peil.adapters.airflow import notifiers

    return notifiers
