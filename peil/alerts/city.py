"""Tell the city that a zone becomes unusual, that it worsens, and that it is over: once each.

These messages are the agency's and go to addresses of their own (`PEIL_CITY_*`), by the channels
that tell of trouble. They speak of released figures of zones, never of one under the threshold.
What was taken by whom is a journal; what a channel did not take is tried again by the next look.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from filelock import FileLock

from peil.adapters.airflow.message import Message
from peil.alerts import journal
from peil.alerts.channels import Channel, configured, reason
from peil.alerts.messages import clean
from peil.settings import Settings
from peil.store.store import Store

log = logging.getLogger(__name__)

CityNews = Literal["began", "worsened", "ended"]
WORDS: dict[CityNews, tuple[str, str]] = {
    "began": ("unusually busy", "ongewoon druk"),
    "worsened": ("busier still", "nog drukker"),
    "ended": ("as usual again", "weer zoals gewoonlijk"),
}
LEVELS = {
    1: ("busier than usual", "drukker dan gewoonlijk"),
    2: ("much busier than usual", "veel drukker dan gewoonlijk"),
    3: ("far busier than usual", "uitzonderlijk druk"),
}


@dataclass(frozen=True)
class BusyEpisode:
    """An episode as the outlook has it now; moments are local, with offset.

    Attributes
    ----------
    place : str
        What people call the zone.
    event : str
        Name of a known event at that place and time, or empty.
    silent_share : float
        How much of the zone silent antenna sectors serve as a rule.
    is_after_gap : bool
        Of the hour before it no figure is there.
    """

    zone_id: str
    place: str
    began_at: datetime
    is_over: bool
    level: int
    observed: int
    expected: int
    event: str = ""
    silent_share: float = 0.0
    is_after_gap: bool = False

    @property
    def name(self) -> str:
        """The same episode has the same name at every look."""
        return f"{self.zone_id}-{self.began_at.isoformat()}"


def file_of(store: Store, pilot: str) -> Path:
    """Where it is written down what the city was told."""
    return store.own / "quarantine" / pilot / "city.jsonl"


def city_settings(settings: Settings) -> Settings:
    """The settings of the channels with the city's addresses in place of the operator's."""
    names = ("webhook_url", "webhook_url_file", "apprise_urls", "apprise_urls_file")
    own = {name: getattr(settings, f"city_{name}") for name in ("smtp_to", *names)}
    return settings.model_copy(update=own)


def tell(
    store: Store, pilot: str, episodes: Sequence[BusyEpisode], newest_at: datetime
) -> dict[str, Any]:
    """Tell each channel what it was not told yet of these episodes.

    Parameters
    ----------
    episodes : sequence of BusyEpisode
        All of the outlook. One that was over before anybody was told of it is not told.
    newest_at : datetime
        The hour as at which the outlook is: a look at an earlier hour tells nothing.

    Returns
    -------
    dict
        n_sent, and not_told_by with the channels that took nothing.

    Notes
    -----
    Written down once taken: after a kill in between it is sent again, with the same id.
    """
    channels = configured(city_settings(store.settings))
    answer: dict[str, Any] = {"n_sent": 0}
    if not channels:
        return answer
    file = file_of(store, pilot)
    file.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(file.with_suffix(".outbox.lock")):
        lines = journal.read(file)
        looks = [line["newest_at"] for line in lines if line["event"] == "looked"]
        if looks and newest_at < datetime.fromisoformat(max(looks, key=datetime.fromisoformat)):
            return answer
        for channel in channels:
            failed = _tell_by(store, pilot, channel, episodes, newest_at, answer)
            if failed:
                answer["not_told_by"] = ", ".join(
                    filter(None, (answer.get("not_told_by"), channel.name))
                )
        if newest_at.isoformat() not in looks:
            _add(file, {"event": "looked", "newest_at": newest_at.isoformat()})
    return answer


def _tell_by(
    store: Store,
    pilot: str,
    channel: Channel,
    episodes: Sequence[BusyEpisode],
    newest_at: datetime,
    answer: dict[str, Any],
) -> bool:
    file = file_of(store, pilot)
    for episode, news in owed(journal.read(file), channel.name, episodes):
        message = compose(store, pilot, episode, news, newest_at)
        try:
            channel.send(message)
        except Exception as error:
            log.warning(
                "The city was not told of %s by %s (%s): look at PEIL_CITY_*. The next look tries "
                "again.",
                pilot,
                channel.name,
                reason(error),
            )
            return True
        entry = {"event": "told", "channel": channel.name, "news": news, "level": episode.level}
        place = {"zone_id": episode.zone_id, "place": episode.place, "episode": episode.name}
        _add(file, {**entry, **place, "began_at": episode.began_at.isoformat()})
        answer["n_sent"] += 1
    return False


def owed(
    lines: list[dict[str, Any]], channel: str, episodes: Sequence[BusyEpisode]
) -> list[tuple[BusyEpisode, CityNews]]:
    """List what a channel is still to be told, in the order in which the episodes began.

    An episode that it was told of and that the outlook does not have any more has ended.
    """
    before_by_episode: dict[str, list[dict[str, Any]]] = {}
    for line in lines:
        if line["event"] == "told" and line["channel"] == channel:
            before_by_episode.setdefault(line["episode"], []).append(line)
    notices: list[tuple[BusyEpisode, CityNews]] = []
    for episode in episodes:
        before = before_by_episode.pop(episode.name, [])
        if not before:
            notices += [] if episode.is_over else [(episode, "began")]
        elif before[-1]["news"] == "ended":
            continue
        elif episode.is_over:
            notices.append((episode, "ended"))
        elif episode.level > max(line["level"] for line in before):
            notices.append((episode, "worsened"))
    for before in before_by_episode.values():
        last = before[-1]
        if last["news"] != "ended":
            began_at = datetime.fromisoformat(last["began_at"])
            place = (last["zone_id"], last["place"], began_at)
            notices.append((BusyEpisode(*place, True, last["level"], 0, 0), "ended"))
    return sorted(notices, key=lambda notice: (notice[0].began_at, notice[0].zone_id))


def compose(
    store: Store, pilot: str, episode: BusyEpisode, news: CityNews, newest_at: datetime
) -> Message:
    """Word one news in English and Dutch, with the link to the page at that hour."""
    at = f"{newest_at:%H:%M}"
    english, dutch = WORDS[news]
    subject = f"Peil {pilot}: {episode.place} {english} / {dutch}, {newest_at:%Y-%m-%d} {at}"
    event = f" ({episode.event})" if episode.event else ""
    if news == "ended":
        texts = [
            f"{episode.place} is as usual again at {at}. It was {LEVELS[episode.level][0]} since "
            f"{episode.began_at:%Y-%m-%d %H:%M}{event}.",
            f"{episode.place} is om {at} weer zoals gewoonlijk. Het was {LEVELS[episode.level][1]} "
            f"sinds {episode.began_at:%d-%m-%Y %H:%M}{event}.",
        ]
    else:
        doubt = doubts_of(episode)
        share = f"{episode.observed / episode.expected - 1:+.0%}" if episode.expected else ""
        texts = [
            f"{episode.place} is {LEVELS[episode.level][0]} since "
            f"{episode.began_at:%Y-%m-%d %H:%M}{event}: {episode.observed:,} persons where "
            f"{episode.expected:,} were expected ({share}). An estimate; why is not known."
            f"{doubt[0]}",
            f"{episode.place} is {LEVELS[episode.level][1]} sinds "
            f"{episode.began_at:%d-%m-%Y %H:%M}{event}: {_dutch(episode.observed)} personen waar "
            f"er {_dutch(episode.expected)} werden verwacht ({share}). Een schatting; waarom is "
            f"niet bekend.{doubt[1]}",
        ]
    link = link_to(store, pilot, episode.zone_id, newest_at)
    step = f"{news}-{episode.level}" if news == "worsened" else news
    return Message(
        id=f"{pilot}-{quote(episode.name, safe='').lower()}-{step}",
        subject=clean(subject),
        text="\n\n".join([*map(clean, texts), link]) + "\n",
        tone="ended" if news == "ended" else "stop" if episode.level == 3 else "note",
    )


def doubts_of(episode: BusyEpisode) -> tuple[str, str]:
    """What makes the figures of an episode less sure, in English and Dutch; mostly nothing."""
    english = dutch = ""
    if episode.silent_share:
        share = f"{episode.silent_share:.0%}"
        english += f" Antenna sectors that serve {share} of it were silent: neighbours stood in."
        dutch += f" Antennesectoren die er {share} van bedienen zwegen: buren namen het over."
    if episode.is_after_gap:
        english += " Of the hour before nothing is published."
        dutch += " Van het uur ervoor is niets gepubliceerd."
    return english, dutch


def _dutch(number: int) -> str:
    """Write a number as Dutch readers do.

    >>> _dutch(7843)
    '7.843'
    """
    return f"{number:,}".replace(",", ".")


def link_to(store: Store, pilot: str, zone_id: str, at: datetime) -> str:
    """The page of a pilot at an hour and a zone."""
    prefix = str(store.settings.link_prefix or store.root).rstrip("/")
    hour = at.isoformat().replace("+", "%2B")
    page = f"{prefix}/{store.portal(pilot).relative_to(store.root).as_posix()}/index.html"
    return f"{page}#tab=map&hour={hour}&zone={quote(zone_id, safe='')}&measure=normal"


def _add(file: Path, entry: dict[str, Any]) -> None:
    with journal.alone(file):
        journal.add(file, [entry])
