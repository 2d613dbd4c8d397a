"""Raise and end incidents: record them, list them, send their messages.

Every other room raises trouble through this module. One incident, one message by each configured
channel when it begins, one when it ends. All of it is counts, sentences and public names, fit for a
mailbox: never a row value, never an identifier. A server that does not answer hides nothing: what
it did not take is written down and tried again by the next telling.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from peil.alerts import incidents, listing, outbox
from peil.alerts.channels import configured
from peil.alerts.incidents import Incident, Look, News
from peil.alerts.trouble import Trouble
from peil.charter.clock import now
from peil.charter.schema import Charter
from peil.outcome import Refused, Waiting
from peil.store.faults.disk import DiskFull
from peil.store.store import Store

VERB_FAILED = "verb_failed"

__all__ = [
    "VERB_FAILED",
    "Look",
    "Told",
    "Trouble",
    "settle",
    "standing",
    "tell",
    "verb_done",
    "verb_failed",
]


@dataclass(frozen=True)
class Told:
    """What was new, and what became of the messages.

    Attributes
    ----------
    news : list of (News, Incident)
        What began, worsened or ended just now.
    n_sent : int
        Messages that channels took, those that had waited from before among them.
    failed : dict of str to str
        Channel → why it took none; the next telling tries again.
    """

    news: list[tuple[News, Incident]] = field(default_factory=list)
    n_sent: int = 0
    failed: dict[str, str] = field(default_factory=dict)

    def count(self, news: News) -> int:
        """How many incidents began (``opened``), ``worsened`` or ``ended``."""
        return sum(1 for kind, _ in self.news if kind == news)


def tell(store: Store, charter: Charter, troubles: Sequence[Trouble], at: datetime) -> Told:
    """Tell troubles that are there; those told before are not told again. Ends nothing.

    Parameters
    ----------
    store : Store
    charter : Charter
        Of the pilot that the troubles are about.
    troubles : sequence of Trouble
    at : datetime
        The pilot's moment (`peil.charter.clock`), passed in.

    Returns
    -------
    Told
        The incidents are on the disk before any message is sent.
    """
    looks = [Look("told", trouble.day, (trouble,)) for trouble in troubles]
    return _settle(store, charter, looks, at, may_end=False)


def settle(store: Store, charter: Charter, looks: Sequence[Look], at: datetime) -> Told:
    """Tell what is new in these looks, and the end of what their sources no longer find.

    Parameters
    ----------
    looks : sequence of Look
        Each with everything that its source finds now.

    See Also
    --------
    tell : for troubles whose end nobody looks for.
    """
    return _settle(store, charter, looks, at, may_end=True)


def _settle(
    store: Store, charter: Charter, looks: Sequence[Look], at: datetime, *, may_end: bool
) -> Told:
    pilot = charter.pilot
    channels = frozenset(channel.name for channel in configured(store.settings))
    news = incidents.record(store, pilot, looks, at, channels, may_end=may_end)
    listing.list_alerts(store, pilot, standing(store, pilot))
    sent = outbox.send(store, pilot)
    return Told(news, sent.n_sent, sent.failed)


def standing(store: Store, pilot: str) -> list[Incident]:
    """Read the incidents that last, in the order in which they began."""
    return incidents.standing(store, pilot)


def verb_failed(store: Store, charter: Charter, verb: str, day: str, error: BaseException) -> Told:
    """Tell that a verb's task failed for good.

    A refusal says its own sentence; of a fault only the kind is told, since its words may
    quote a row. That a delivery is awaited is told by its deadline, where there is one.
    """
    is_awaited = isinstance(error, Waiting) and not isinstance(error, DiskFull)
    if is_awaited and verb == "ingest" and charter.inputs.events.due:
        return Told()
    where, day = _place(charter, verb, day)
    is_refusal = isinstance(error, Refused)
    what = str(error) if is_refusal else f"{verb} stopped by {type(error).__name__}."
    do = (
        f"Do what it says, then run {verb} again."
        if is_refusal
        else "Keep the task's log (it may hold row values) at the operator; tell the maintainers."
    )
    trouble = Trouble(
        pilot=charter.pilot,
        kind=VERB_FAILED,
        where=where,
        day=day,
        since=day,
        severity="stop",
        owner="operator" if is_refusal else "maintainers",
        what=f"{where.replace(verb, f'{verb} of {charter.pilot}', 1)} failed: "
        f"{what.rstrip('.')}. Nothing downstream of it has moved.",
        what_to_do=do,
        link="operator/airflow/logs",
    )
    return settle(store, charter, [Look(f"verb {where}", day, (trouble,))], now(charter))


def verb_done(store: Store, charter: Charter, verb: str, day: str) -> Told:
    """Tell that a verb that had failed on a day is done; nothing where it had not."""
    where, day = _place(charter, verb, day)
    return settle(store, charter, [Look(f"verb {where}", day)], now(charter))


def _place(charter: Charter, verb: str, day: str) -> tuple[str, str]:
    """Where a verb failed, and the day of it; some verbs are of all days."""
    is_of_day = bool(day) and verb not in ("train", "watch", "retain", "outlook")
    return (f"{verb} {day}", day) if is_of_day else (verb, str(charter.period.end))
