"""Say an outlook in sentences: what is unusual now, and what was in the period, largest first."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pandas as pd

from peil.charter import reading
from peil.store.atomic import read_whole
from peil.store.outlook import tables
from peil.store.store import Store

MOST = 5
LEVELS = {1: "busier than usual", 2: "much busier than usual", 3: "far busier than usual"}


def now(pilot: str, place: Store) -> list[str]:
    """Say what is unusual in the newest hour: a line, and one for each zone."""
    first, *rest = lines(pilot, place, only_now=True)
    return [first, *(f"  {line}" for line in rest)]


def lines(pilot: str, place: Store | None = None, only_now: bool = False) -> list[str]:
    """Say what the placed outlook of a pilot shows, a line each; nothing where there is none."""
    store, charter = place or Store(), reading.load(pilot)
    folder = store.outlook(charter.pilot)
    record, surges = read_whole(folder / "outlook.json"), tables.read(folder, tables.SURGES)
    if not record or surges is None:
        return []
    zone = ZoneInfo(charter.time_zone)
    places = record["places"]
    newest_at = pd.Timestamp(record["newest_at"]).tz_convert(zone)
    ordered = largest_first(surges)
    busy = ordered[~ordered["is_over"]]
    when = f"{newest_at:%H:%M} on {newest_at:%Y-%m-%d}"
    if len(busy):
        first = f"At {when} {len(busy)} of {len(places)} zones are unusual."
    elif record.get("n_published", 1):  # one of before does not say
        first = f"Everything as usual at {when}."
    else:
        first = f"Nothing is published of {when}: whether it was as usual is not known."
    if n_broken := record.get("n_days_broken", 0):
        first += (
            f" {n_broken} released {'folder is' if n_broken == 1 else 'folders are'} not as signed "
            "and left out: `peil verify` names what is wrong."
        )
    if stops := record.get("weather_stops"):
        first += (
            f" Weather stops ({', '.join(sorted(stops))}): what was to be expected rests on what "
            "there is."
        )
    chosen = busy if only_now else ordered
    shown = [sentence(surge, places, zone) for _, surge in chosen.head(MOST).iterrows()]
    more = len(chosen) - len(shown)
    return [first, *shown, *([f"and {more} smaller ones: {folder}"] if more else [])]


def largest_first(surges: pd.DataFrame) -> pd.DataFrame:
    """Order episodes by level, then by the persons that are too many.

    >>> frame = pd.DataFrame({"level": [1, 2], "excess": [9.0, 5.0], "zone_id": ["A", "B"],
    ...                       "began_at": [0, 0]})
    >>> list(largest_first(frame)["zone_id"])
    ['B', 'A']
    """
    order = ["level", "excess", "zone_id", "began_at"]
    return surges.sort_values(order, ascending=[False, False, True, True], ignore_index=True)


def sentence(surge: pd.Series, places: dict[str, str], zone: ZoneInfo) -> str:
    """Say one episode: where, since when, how many, how many were expected, how rare that is."""
    began_at = surge["began_at"].tz_convert(zone)
    ends = "" if pd.isna(surge["ended_at"]) else f" to {surge['ended_at'].tz_convert(zone):%H:%M}"
    event = "" if pd.isna(surge["known_event"]) else f" ({surge['known_event']})"
    return (
        f"{places.get(surge['zone_id'], surge['zone_id'])}, {began_at:%Y-%m-%d %H:%M}{ends}: "
        f"{LEVELS[int(surge['level'])]}{event}, {surge['observed']:,.0f} persons where "
        f"{surge['expected']:,.0f} were expected; by chance {rarity(surge['times_a_year'])}"
        f"{doubt(surge['silent_share'], surge['is_after_gap'])}"
    )


def doubt(silent_share: float, is_after_gap: bool) -> str:
    """Say what makes an episode's figures less sure; nothing where nothing does.

    >>> doubt(0.31, False)
    '; antenna sectors that serve 31% of it were silent'
    """
    silent = f"; antenna sectors that serve {silent_share:.0%} of it were silent"
    gap = "; of the hour before it nothing is published"
    return (silent if silent_share else "") + (gap if is_after_gap else "")


def rarity(times_a_year: float) -> str:
    """Say how often something happens by chance.

    >>> rarity(30.0), rarity(1.2), rarity(0.04)
    ('30 times a year', 'once a year', 'once in 25 years')
    """
    if times_a_year >= 1.5:
        return f"{times_a_year:.0f} times a year"
    if times_a_year >= 0.67:
        return "once a year"
    return f"once in {min(round(1 / max(times_a_year, 1e-6)), 1000):,} years"
