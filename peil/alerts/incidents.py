"""Incidents of a pilot: when each began, was seen, worsened and ended, and who was told.

Kept in `operator/quarantine/<pilot>/incidents.jsonl`, which is only added to. What holds now
is read off the whole file, so that a kill at any moment loses no incident: what was written
and not yet told is told by whoever tells next.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from peil.alerts import journal
from peil.alerts.trouble import Trouble
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
    told : dict of str to set of str
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
    told: dict[str, set[str]] = field(default_factory=dict)

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
            return channel in self.told.get(news, set())

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
    return [found for found in read(store, pilot) if found.is_open]


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
    found = frozenset(one.incident for look in looks for one in look.troubles)
    if not file.is_file() and not found:
        return []
    with journal.alone(file):
        known = _fold(journal.read(file))
        entries = [entry for look in looks for entry in _found(known, look, at, channels)]
        if may_end:
            entries += [entry for look in looks for entry in _over(known, look, at, found)]
        journal.add(file, entries)
    return [
        (entry["event"], known[entry["incident"], entry["number"]])
        for entry in entries
        if entry["event"] != "seen"
    ]


def mark_told(store: Store, pilot: str, channel: str, said: list[tuple[Incident, News]]) -> None:
    """Write down that a channel took these news."""
    entries = [
        {
            "event": "told",
            "incident": one.name,
            "number": one.number,
            "news": news,
            "channel": channel,
        }
        for one, news in said
    ]
    with journal.alone(file_of(store, pilot)):
        journal.add(file_of(store, pilot), entries)


Known = dict[tuple[str, int], Incident]


def _found(
    known: Known, look: Look, at: datetime, channels: frozenset[str]
) -> Iterator[dict[str, Any]]:
    """Lines for what a look found; `known` is brought up to date with each."""
    for trouble in {one.incident: one for one in look.troubles}.values():
        before = next(
            (one for one in known.values() if one.name == trouble.incident and one.is_open), None
        )
        if before is None:
            number = 1 + sum(1 for name, _ in known if name == trouble.incident)
            yield _line(
                known,
                "opened",
                trouble.incident,
                number,
                at,
                trouble=asdict(trouble),
                source=look.source,
                owed=sorted(channels),
            )
        elif trouble.severity == "stop" and before.trouble.severity == "note":
            yield _line(known, "worsened", before.name, before.number, at, trouble=asdict(trouble))
        elif trouble.day > before.last_day:
            yield _line(known, "seen", before.name, before.number, at, trouble=asdict(trouble))


def _over(
    known: Known, look: Look, at: datetime, found: frozenset[str]
) -> Iterator[dict[str, Any]]:
    """Lines for what its own source does not find any more, nor anybody else just now."""
    for one in list(known.values()):
        is_its_own = one.source == look.source and one.last_day <= look.day
        if one.is_open and is_its_own and one.name not in found:
            yield _line(known, "ended", one.name, one.number, at)


def _line(
    known: Known, event: str, name: str, number: int, at: datetime, **more: Any
) -> dict[str, Any]:
    entry = {"event": event, "incident": name, "number": number, "at": at.isoformat(), **more}
    _apply(known, entry)
    return entry


def _fold(entries: list[dict[str, Any]]) -> Known:
    known: Known = {}
    for entry in entries:
        _apply(known, entry)
    return known


def _apply(known: Known, entry: dict[str, Any]) -> None:
    """Bring the incidents up to date with one line."""
    key = (entry["incident"], entry["number"])
    if entry["event"] == "opened":
        trouble = Trouble(**entry["trouble"])
        known[key] = Incident(
            entry["incident"],
            entry["number"],
            entry["source"],
            trouble,
            entry["at"],
            trouble.day,
            frozenset(entry["owed"]),
        )
        return
    one = known[key]
    if entry["event"] in ("seen", "worsened"):
        since = one.trouble.since  # the first day stays, whatever a later look believes
        one.trouble = Trouble(**{**entry["trouble"], "since": since})
        one.last_day = max(one.last_day, one.trouble.day)
        one.has_worsened = one.has_worsened or entry["event"] == "worsened"
    elif entry["event"] == "ended":
        one.ended_at = entry["at"]
    elif entry["event"] == "told":
        one.told.setdefault(entry["news"], set()).add(entry["channel"])
