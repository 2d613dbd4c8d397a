"""Outlook: what is normal in each zone and hour, what was not, and what the next 24 hours bring."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from peil import methods
from peil.alerts import city
from peil.charter import reading
from peil.charter.schema import Charter
from peil.gates import outlook as gate
from peil.outcome import Fact, Outcome, Refused
from peil.store.atomic import (
    aside_of,
    canonical,
    fresh_folder,
    read_whole,
    replace_folder,
    sha256,
    write_json,
    write_text,
)
from peil.store.faults import stopping
from peil.store.outlook import tables
from peil.store.store import Store
from peil.watch.outlook import bands, doubts, events, history, keeping, models, scores, weather
from peil.watch.outlook import figures as reading_figures
from peil.watch.outlook.figures import HourlyFigures
from peil_models.crowding import CrowdingCalendar, midnight

RECORD = "outlook.json"
HOUR = pd.Timedelta(hours=1)


class NoHistory(Refused):
    """There are too few figures from before a pilot's week to say what is normal (exit 2)."""


def outlook(
    pilot: str, hour: str | None = None, place: Store | None = None, tells: bool = True
) -> Outcome:
    """Compute the outlook of a pilot as at its newest released hour, and place its two tables.

    Parameters
    ----------
    pilot : str
    hour : str, optional
        As at this local hour, as 2026-03-02T20: nothing that was released of later ones is used.
    place : Store, optional
        Where it is placed and the city's messages are written down, when not at the agency's own.
    tells : bool
        Whether the city is told what is new in it.

    Returns
    -------
    Outcome
        Unchanged where the same was computed of the same figures before.

    Raises
    ------
    Refused
        This process is the operator's; there is too little history, a wrong event, no such hour.
    Waiting
        Nothing is released yet.
    GateClosed
        What was computed is not believable: what stood there before stays.
    """
    charter, store = reading.load(pilot), place or Store()
    if store.plane == "operator":
        raise Refused(
            "The outlook is the agency's to compute, and this process is the operator's "
            "(PEIL_PLANE=operator): run `peil outlook` on the agency's side."
        )
    with models.locked(store, charter.pilot):
        return _outlook(charter, store, hour, tells)


def _outlook(charter: Charter, store: Store, hour: str | None, tells: bool) -> Outcome:
    read = reading_figures.read(charter, store, hour)
    newest_at = read.released[-1]
    assert read.first_at is not None  # an hour is released
    days = events.days_around(read.first_at.date(), newest_at.date())
    calendar = events.calendar_of(charter, store, days, read.zones)
    inputs = models.fingerprint(read.hash_until(newest_at + HOUR), calendar)
    choices = methods.section("outlook", charter.pilot)
    outages = sorted((zone, at.isoformat(), share) for (zone, at), share in read.outages.items())
    as_at = [inputs, outages, newest_at.isoformat(), charter.threshold, choices]
    basis = canonical([*as_at, _own_code()])
    inputs = hashlib.sha256(basis).hexdigest()
    folder = store.outlook(charter.pilot)
    record = read_whole(folder / RECORD)
    if record.get("inputs") == inputs and record.get("sha256") == _hashes(folder):
        messages = _tell(charter, store, newest_at) if tells else {}
        return _outcome(charter, newest_at, "unchanged", {**record["facts"], **messages}, folder)
    computed = _computed(charter, store, read, calendar)
    report = gate.check(
        charter.pilot,
        f"{newest_at:%Y-%m-%dT%H}",
        {
            name: pa.Table.from_pandas(table, tables.SCHEMAS[name], preserve_index=False)
            for name, table in computed.by_name().items()
        },
        {
            "threshold": charter.threshold,
            "newest_at": newest_at.tz_convert("UTC"),
            "n_zones": len(computed.models[-1].places),
        },
    )
    write_text(store.own / "quarantine" / charter.pilot / "outlook.gate.json", report.to_json())
    gate.require_open(report)
    stopping.check()
    facts = _facts(computed, newest_at)
    aside = fresh_folder(aside_of(folder))
    for name, table in computed.by_name().items():
        tables.write(aside, name, table)
    write_text(aside / "gate.json", report.to_json())
    content = {
        "inputs": inputs,
        "sha256": _hashes(aside),
        "facts": facts,
        "places": computed.models[-1].places,
        "newest_at": newest_at.isoformat(),
        "n_days_broken": read.n_broken,
        "n_published": read.n_published,
        "weather_stops": weather.stops(calendar.weather, newest_at),
        "scores": computed.scores,
    }
    write_json(aside / RECORD, content)
    replace_folder(aside, folder)
    messages = _tell(charter, store, newest_at) if tells else {}
    return _outcome(charter, newest_at, "done", {**facts, **messages}, folder)


def _tell(charter: Charter, store: Store, newest_at: pd.Timestamp) -> dict[str, Fact]:
    """Tell the city what is new in the outlook that stands; what was sent, where it is anything."""
    folder = store.outlook(charter.pilot)
    surges, places = tables.read(folder, tables.SURGES), read_whole(folder / RECORD)["places"]
    assert surges is not None
    zone = newest_at.tzinfo
    episodes = [
        city.BusyEpisode(
            row["zone_id"],
            places.get(row["zone_id"], row["zone_id"]),
            row["began_at"].tz_convert(zone).to_pydatetime(),
            bool(row["is_over"]),
            int(row["level"]),
            round(row["observed"]),
            round(row["expected"]),
            "" if pd.isna(row["known_event"]) else row["known_event"],
            float(row["silent_share"]),
            bool(row["is_after_gap"]),
        )
        for row in surges.to_dict("records")
    ]
    answer = city.tell(store, charter.pilot, episodes, newest_at.to_pydatetime())
    return {name: value for name, value in answer.items() if value}


@dataclass(frozen=True)
class Computed:
    """The two tables, and the models of the weeks that made them."""

    presence: pd.DataFrame
    surges: pd.DataFrame
    models: list[models.WeekModels]
    scores: dict[str, Any]

    def by_name(self) -> dict[str, pd.DataFrame]:
        """The tables by their names."""
        return {tables.PRESENCE: self.presence, tables.SURGES: self.surges}


def _computed(
    charter: Charter, store: Store, read: HourlyFigures, calendar: CrowdingCalendar
) -> Computed:
    """Compute week after week, each by the models of what was before it."""
    weeks = sorted({models.monday_of(at) for at in read.released})
    newest_at = read.released[-1]
    rows, episodes, used, scored = [], [], [], []
    for week in weeks:
        stopping.check()
        of_week = models.of_week(charter, store, read, calendar, week)
        if of_week is None:
            continue
        used.append(of_week)
        ends_at = min(midnight(week, 7), newest_at + HOUR)
        whole = bands.of_days(of_week, read, calendar, ends_at)
        band = whole[whole["hour_at"] < ends_at]
        recent = read.recent
        is_shown = recent["hour_at"].between(week, ends_at, inclusive="left")
        hours = recent[is_shown & recent["zone_id"].isin(of_week.places)]
        surges = _episodes(of_week, band, hours, read, calendar, ends_at)
        surges = doubts.of_episodes(surges, read, ends_at)
        version = of_week.version
        episodes.append(surges.assign(model_version=version))
        off_by = scores.off_by(of_week, band, hours, read, calendar, ends_at)
        planted = scores.planted_surges(of_week, band, hours, read, calendar)
        n_observed = int(hours["value"].notna().sum())
        scored.append(scores.ScoredWeek(off_by, n_observed, planted))
        if week == weeks[-1]:
            ahead = bands.ahead(of_week, read, calendar, whole, ends_at)
            band = pd.concat([band, ahead], ignore_index=True)
        rows.append(band.assign(model_version=version))
    if not used:
        raise NoHistory(
            f"{charter.pilot} has fewer than {models.fewest_days(charter)} days of figures before "
            "its week, so nothing can be said of what is normal: put hours that the agency counted "
            f"({', '.join(history.COLUMNS)}) at {store.history(charter.pilot)}, see "
            "docs/crowding.md."
        )
    presence = pd.concat(rows, ignore_index=True)
    surges = pd.concat(episodes, ignore_index=True)
    # of a zone under the threshold nothing is said, of its future neither
    presence = presence[presence["q500"] >= charter.threshold].reset_index(drop=True)
    surges = surges[surges["observed"] >= charter.threshold].reset_index(drop=True)
    is_over = surges["ended_at"].notna() | (surges["began_at"] < weeks[-1])
    return Computed(presence, surges.assign(is_over=is_over), used, scores.of_weeks(scored))


def _episodes(
    week: models.WeekModels,
    band: pd.DataFrame,
    hours: pd.DataFrame,
    figures: HourlyFigures,
    calendar: CrowdingCalendar,
    ends_at: pd.Timestamp,
) -> pd.DataFrame:
    """Find the episodes of a week, or take those of a week that is over from where they lie."""

    def file_of(what: str, until: pd.Timestamp) -> Path:
        basis = models.fingerprint(figures.hash_until(until), models.until(calendar, until))
        return week.folder / what / f"{basis[:16]}.parquet"

    def episodes() -> pd.DataFrame:
        file, last = (file_of("after_hours", at) for at in (ends_at, ends_at - HOUR))
        own = keeping.kept(file)
        before = keeping.kept(last) if own is None else own  # only the newest hour is new
        scored = week.detector.scored(hours, band, before)
        if own is None:
            keeping.keep(file, scored.table())
            last.unlink(missing_ok=True)  # the next holds all of it
        return week.detector.episodes_in(scored, calendar)

    if ends_at < midnight(week.starts_at, 7):
        return episodes()
    table = keeping.table(file_of("episodes", ends_at), episodes)
    for column in ("began_at", "ended_at"):
        table[column] = table[column].dt.tz_convert(ends_at.tz)
    return table.astype({"zone_id": object, "known_event": object})


def _facts(computed: Computed, newest_at: pd.Timestamp) -> dict[str, Fact]:
    surges = computed.surges
    return {
        "n_zones": int(computed.presence["zone_id"].nunique()),
        "n_surges": len(surges),
        "n_surges_now": int((~surges["is_over"]).sum()),
        "model": computed.models[-1].version,
        "registered": computed.models[-1].registered,
    }


def _hashes(folder: Path) -> dict[str, str]:
    return {
        name: sha256(folder / f"{name}.parquet")
        for name in tables.SCHEMAS
        if (folder / f"{name}.parquet").is_file()
    }


def _own_code() -> str:
    return "".join(sha256(file) for file in sorted(Path(__file__).parent.glob("*.py")))


def _outcome(
    charter: Charter, newest_at: pd.Timestamp, status: Any, facts: dict[str, Fact], folder: Path
) -> Outcome:
    return Outcome(
        "outlook", charter.pilot, f"{newest_at:%Y-%m-%dT%H}", status, facts, [str(folder)]
    )
