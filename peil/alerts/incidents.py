"""Record the incidents of a pilot: when each began, worsened and ended, and which channel took it.

Belongs in here: the journal `operator/quarantine/<pilot>/incidents.jsonl`, which is only added to,
and the state of an incident that is computed from all of its lines, so that a kill at any moment
loses none. Wording (`messages`) and sending (`outbox`) do not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from peil.alerts import journal
from peil.alerts.trouble import Trouble
from peil.store.atomic import canonical, write_bytes
from peil.store.store import Store

News = Literal["opened", "worsened", "ended"]


@dataclass(frozen=True)
class Look:
    """What somebody found who looked for trouble.

    Attributes
    ----------
    source : str
        Who looked, as a stable name: ``drift``, ``deadlines``, ``gate raw 2026-03-02``. An
        incident ends when its own source looks again and does not find it.
    day : str
        The period that was looked at, as 2026-03-02. It ends no incident seen on a later one.
    troubles : tuple of Trouble
        Everything that was found, told before or not.
    """

    source: str
    day: str
    troubles: tuple[Trouble, ...] = ()


@dataclass
class Incident:
    """One trouble from its beginning to its end.

    Attributes
    ----------
    name : str
        `Trouble.incident`.
    number : int
        1 the first time, 2 when it comes back after its end.
    trouble : Trouble
        As it was seen last.
    opened_at, ended_at : str
        Moments of the pilot's clock, UTC; `ended_at` is empty while it lasts.
    owed : frozenset of str
        Channels that were configured when it began.
    taken_by : dict of str to set of str
        News → channels that took it.
    """

    name: str
    number: int
    source: str
    trouble: Trouble
    opened_at: str
    last_day: str
    owed: frozenset[str]
    ended_at: str = ""
    has_worsened: bool = False
    taken_by: dict[str, set[str]] = field(default_factory=dict)

    @property
    def is_open(self) -> bool:
        """Whether the trouble lasts."""
        return not self.ended_at

    def unsaid(self, channel: str) -> News | None:
        """What a channel has still to tell of it: the latest news only, None when nothing.

        The end is told where the beginning was, or should have been: a server that was away
        all the while tells the whole of it once. A channel configured later tells what lasts.
        """

        def has(news: News) -> bool:
            return channel in self.taken_by.get(news, set())

        if not self.is_open:
            knows = has("opened") or has("worsened") or channel in self.owed
            return "ended" if knows and not has("ended") else None
        latest: News = "worsened" if self.has_worsened else "opened"
        return None if has(latest) else latest


def file_of(store: Store, pilot: str) -> Path:
    """Where the incidents of a pilot are kept."""
    return store.quarantine(pilot) / "incidents.jsonl"


def read(store: Store, pilot: str) -> list[Incident]:
    """Read every incident, ended or not, in the order in which they began."""
    return list(_fold(journal.read(file_of(store, pilot))).values())


def standing(store: Store, pilot: str) -> list[Incident]:
    """Read the incidents that last."""
    return [incident for incident in read(store, pilot) if incident.is_open]


def record(
    store: Store,
    pilot: str,
    looks: Sequence[Look],
    at: datetime,
    channels: frozenset[str],
    *,
    may_end: bool = True,
) -> list[tuple[News, Incident]]:
    """Write down what began, worsened or ended by these looks, and return exactly that.

    Parameters
    ----------
    looks : sequence of Look
    at : datetime
        The pilot's moment (`peil.charter.clock`), passed in.
    channels : frozenset of str
        Channels that are configured now, and so owe a message of what begins.
    may_end : bool, default=True
        Whether what a look does not find has ended.

    Notes
    -----
    The same looks again write nothing. Without any trouble, now or before, no file is made.
    """
    file = file_of(store, pilot)
    names = frozenset(trouble.incident for look in looks for trouble in look.troubles)
    if not file.is_file() and not names:
        return []
    with journal.alone(file):
        incidents = _fold(journal.read(file))
        entries = [entry for look in looks for entry in _found(incidents, look, at, channels)]
        if may_end:
            entries += [entry for look in looks for entry in _over(incidents, look, at, names)]
        journal.add(file, entries)
    return [
        (entry["event"], incidents[entry["incident"], entry["number"]])
        for entry in entries
        if entry["event"] != "seen"
    ]


def mark_told(store: Store, pilot: str, channel: str, notices: list[tuple[Incident, News]]) -> None:
    """Write down that a channel took these news."""
    entries = [
        {
            "event": "told",
            "incident": incident.name,
            "number": incident.number,
            "news": news,
            "channel": channel,
        }
        for incident, news in notices
    ]
    with journal.alone(file_of(store, pilot)):
        journal.add(file_of(store, pilot), entries)


def forget(store: Store, pilot: str, days: set[str]) -> None:
    """Take incidents out that have ended and whose last day is one of these."""
    file = file_of(store, pilot)
    if not days or not file.is_file():
        return
    with journal.alone(file):
        entries = journal.read(file)
        over = {
            key
            for key, incident in _fold(entries).items()
            if not incident.is_open and incident.last_day in days
        }
        if over:
            stay = [entry for entry in entries if (entry["incident"], entry["number"]) not in over]
            write_bytes(file, b"".join(canonical(entry) + b"\n" for entry in stay))


Known = dict[tuple[str, int], Incident]


def _found(
    incidents: Known, look: Look, at: datetime, channels: frozenset[str]
) -> Iterator[dict[str, Any]]:
    """Lines for what a look found; `incidents` is brought up to date with each."""
    for name, trouble in {trouble.incident: trouble for trouble in look.troubles}.items():
        is_open = (other for other in incidents.values() if other.name == name and other.is_open)
        before = next(is_open, None)
        if before is None:
            number = 1 + sum(1 for other, _ in incidents if other == name)
            yield _line(
                incidents,
                "opened",
                name,
                number,
                at,
                trouble=asdict(trouble),
                source=look.source,
                owed=sorted(channels),
            )
        elif trouble.severity == "stop" and before.trouble.severity == "note":
            yield _line(incidents, "worsened", name, before.number, at, trouble=asdict(trouble))
        elif trouble.day > before.last_day:
            yield _line(incidents, "seen", name, before.number, at, trouble=asdict(trouble))


def _over(
    incidents: Known, look: Look, at: datetime, names: frozenset[str]
) -> Iterator[dict[str, Any]]:
    """Lines for what its own source does not find any more, nor anybody else just now."""
    for incident in list(incidents.values()):
        is_its_own = incident.source == look.source and incident.last_day <= look.day
        if incident.is_open and is_its_own and incident.name not in names:
            yield _line(incidents, "ended", incident.name, incident.number, at)


def _line(
    incidents: Known, event: str, name: str, number: int, at: datetime, **more: Any
) -> dict[str, Any]:
    entry = {"event": event, "incident": name, "number": number, "at": at.isoformat(), **more}
    _apply(incidents, entry)
    return entry


def _fold(entries: list[dict[str, Any]]) -> Known:
    incidents: Known = {}
    for entry in entries:
        _apply(incidents, entry)
    return incidents


def _apply(incidents: Known, entry: dict[str, Any]) -> None:
    """Bring the incidents up to date with one line."""
    key = (entry["incident"], entry["number"])
    if entry["event"] == "opened":
        trouble = Trouble(**entry["trouble"])
        incidents[key] = Incident(
            entry["incident"],
            entry["number"],
            entry["source"],
            trouble,
            entry["at"],
            trouble.day,
            frozenset(entry["owed"]),
        )
        return
    incident = incidents[key]
    if entry["event"] in ("seen", "worsened"):
        since = incident.trouble.since  # the first day stays, whatever a later look believes
        incident.trouble = Trouble(**{**entry["trouble"], "since": since})
        incident.last_day = max(incident.last_day, incident.trouble.day)
        incident.has_worsened = incident.has_worsened or entry["event"] == "worsened"
    elif entry["event"] == "ended":
        incident.ended_at = entry["at"]
    elif entry["event"] == "told":
        incident.taken_by.setdefault(entry["news"], set()).add(entry["channel"])
