"""Airflow's notifiers to mail, a Slack-compatible webhook and Apprise, set up from `PEIL_*`.

The same from a task and from the shell: what a hook would look up as a connection is made of
the settings here, so that no secret stands in an environment or in Airflow's database.

Importing this takes Airflow's seconds: `peil.alerts.channels` does it only to send.
"""

from __future__ import annotations

import html
import json
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit
from urllib.request import proxy_bypass

import apprise as apprise_library
from airflow.providers.apprise.hooks.apprise import AppriseHook
from airflow.providers.apprise.notifications.apprise import AppriseNotifier
from airflow.providers.slack.hooks.slack_webhook import SlackWebhookHook
from airflow.providers.slack.notifications.slack_webhook import SlackWebhookNotifier
from airflow.providers.smtp.hooks.smtp import SmtpHook
from airflow.providers.smtp.notifications.smtp import SmtpNotifier
from airflow.sdk import Connection

from peil.adapters.airflow.message import Message
from peil.settings import Settings

TIMEOUT_S = 10
TONES = {
    "stop": apprise_library.NotifyType.FAILURE,
    "note": apprise_library.NotifyType.WARNING,
    "ended": apprise_library.NotifyType.SUCCESS,
    "test": apprise_library.NotifyType.INFO,
}
MARKS = {
    "stop": ":red_circle:",
    "note": ":large_yellow_circle:",
    "ended": ":white_check_mark:",
    "test": ":information_source:",
}


class DeliveryError(Exception):
    """A service did not take a message; which and why stays unsaid, since addresses are secret."""


def mail_server(settings: Settings) -> Connection:
    """Return the mail server of PEIL_SMTP_*; a password is never sent without TLS."""
    password = settings.secret("smtp_password")
    # 465 is TLS from the start, 587 turns it on, others are a relay nearby
    with_tls = settings.smtp_port == 587 or (password is not None and settings.smtp_port != 465)
    extra = {
        "disable_ssl": settings.smtp_port != 465,
        "disable_tls": not with_tls,
        "timeout": TIMEOUT_S,
        "retry_limit": 0,
    }
    return Connection(
        conn_id="peil_smtp",
        conn_type="smtp",
        host=settings.smtp_host,
        port=settings.smtp_port,
        login=settings.smtp_user,
        password=password,
        extra=json.dumps(extra),
    )


def mail(message: Message, settings: Settings) -> None:
    """Send a message to the readers in PEIL_SMTP_TO, or raise what the server made of it.

    The same news has the same Message-ID, so that a mailbox that gets it twice can tell.
    """
    connection = mail_server(settings)
    sender = settings.smtp_from or (settings.smtp_to or "").split(",")[0].strip()
    domain = sender.rpartition("@")[2] or "peil.invalid"

    class Hook(SmtpHook):
        @classmethod
        def get_connection(cls, conn_id: str) -> Connection:
            return connection

    class Notifier(SmtpNotifier):
        @cached_property
        def hook(self) -> SmtpHook:
            return Hook(smtp_conn_id="peil_smtp")

    Notifier(
        to=settings.smtp_to or "",
        from_email=sender,
        subject=message.subject,
        html_content=f"<pre>{html.escape(message.text, quote=False)}</pre>",
        custom_headers={
            "Message-ID": f"<{message.id}@{domain}>",
            "Auto-Submitted": "auto-generated",
        },
    ).notify({})


def webhook(message: Message, url: str) -> None:
    """Post a message to a Slack-compatible webhook, or raise what the server made of it."""
    connection = Connection(conn_id="peil_webhook", conn_type="slackwebhook", password=url)

    class Hook(SlackWebhookHook):
        @classmethod
        def get_connection(cls, conn_id: str) -> Connection:
            return connection

    class Notifier(SlackWebhookNotifier):
        @cached_property
        def hook(self) -> SlackWebhookHook:
            # no retries in here: the outbox tries again
            hook = Hook(slack_webhook_conn_id="peil_webhook", timeout=TIMEOUT_S, retry_handlers=[])
            if proxy_bypass(urlsplit(url).hostname or ""):
                hook.client.proxy = None  # its library reads the proxy but not NO_PROXY
            return hook

    text = _escaped(message.text).replace("```", "'''")
    notifier: Any = Notifier(
        text=f"{MARKS[message.tone]} *{_escaped(message.subject)}*\n```\n{text}```",
        unfurl_links=False,
        unfurl_media=False,
    )
    notifier.notify({})


def apprise(message: Message, url: str) -> None:
    """Hand a message to one Apprise URL, or raise: Airflow's own hook keeps a failure to itself."""

    class Hook(AppriseHook):
        def notify(self, body: str, title: str | None = None, *rest: Any, **more: Any) -> None:
            service = apprise_library.Apprise()
            if not service.add(url):
                raise DeliveryError("not an Apprise URL")
            if not service.notify(
                body=body,
                title=title or "",
                notify_type=more["notify_type"],
                body_format=more["body_format"],
            ):
                raise DeliveryError("not taken")

    class Notifier(AppriseNotifier):
        @cached_property
        def hook(self) -> AppriseHook:
            return Hook(apprise_conn_id="peil_apprise")

    notifier: Any = Notifier(
        body=message.text, title=message.subject, notify_type=TONES[message.tone]
    )
    notifier.notify({})


def _escaped(text: str) -> str:
    """Write text so that Slack takes no mention, link or command from it."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
