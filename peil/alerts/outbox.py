"""Send each channel the messages that it has not taken yet; what fails is tried again later.

What a message says is in `messages`, which channels there are in `channels`.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

from filelock import FileLock, Timeout

from peil.alerts import incidents
from peil.alerts.channels import Channel, configured, reason, what_to_set
from peil.alerts.messages import compose, test_message
from peil.outcome import Refused
from peil.store.store import Store

log = logging.getLogger(__name__)

# longer than a message to every channel takes, so that two tellers seldom give up on each other
WAIT_S = 120.0


@dataclass
class Sent:
    """What became of the messages: how many were taken, and by whom they were not."""

    n_sent: int = 0
    failed: dict[str, str] = field(default_factory=dict)


def send(store: Store, pilot: str) -> Sent:
    """Send every message that a configured channel still owes.

    Written down once taken, so after a kill in between it is sent again: at least once, and
    recognisable by its id. A channel that fails is left for the next time, with a line in the
    log; the others go on.
    """
    channels = configured(store.settings)
    sent = Sent()
    if not channels or not incidents.file_of(store, pilot).is_file():
        return sent
    try:
        with FileLock(store.quarantine(pilot) / "outbox.lock", timeout=WAIT_S):
            for channel in channels:
                _send_by(store, pilot, channel, sent)
    except Timeout:
        log.warning("Another process is still telling troubles of %s: the next will tell.", pilot)
    return sent


def _send_by(store: Store, pilot: str, channel: Channel, sent: Sent) -> None:
    notices = [
        (incident, news)
        for incident in incidents.read(store, pilot)
        if (news := incident.unsaid(channel.name))
    ]
    messages = compose(notices, store.settings.link_prefix or store.root) if notices else []
    together = len(messages) < len(notices)
    for number, message in enumerate(messages):
        try:
            channel.send(message)
        except Exception as error:
            sent.failed[channel.name] = reason(error)
            log.warning(
                "%d of %s not told by %s (%s): look at %s. The next telling tries again.",
                len(notices) - number,
                pilot,
                channel.name,
                reason(error),
                channel.variables,
            )
            return
        incidents.mark_told(store, pilot, channel.name, notices if together else [notices[number]])
        sent.n_sent += 1


def test(store: Store) -> dict[str, str]:
    """Send a test message by every configured channel; returns channel → '' or why it failed.

    Raises
    ------
    Refused
        No channel is configured.
    """
    outcomes: dict[str, str] = {}
    for channel in configured(store.settings):
        try:
            channel.send(test_message())
        except Exception as error:
            outcomes[channel.name] = f"{reason(error)}: look at {channel.variables}"
        else:
            outcomes[channel.name] = ""
    if not outcomes:
        raise Refused(
            f"No channel is configured: set {what_to_set()}; see Channels in docs/operate.md."
        )
    return outcomes
