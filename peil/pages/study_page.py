"""The page of two candidates of a study: three maps with one slider, groups, what differs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import Field, model_validator
from shapely.geometry import mapping

from peil import methods
from peil.area.area import area_of
from peil.charter import reading
from peil.charter.schema import CharterPart, Words
from peil.pages.self_contained import page
from peil.score import paired
from peil.score.studies import results, worlds
from peil.settings import PROJECT
from peil.store.atomic import write_text
from peil.store.store import Store

HOURS = 24
SIMPLE_M = 50.0  # outlines are drawn this coarse
Error = list[list[float | None]]


DUTCH = {
    "no difference shown": "geen verschil aangetoond",
    "not compared": "niet vergeleken",
    "but worse": "maar slechter",
    "perhaps worse": "misschien slechter",
    "better": "beter",
    "worse": "slechter",
    "at night": "’s nachts",
    "days off": "vrije dagen",
    "small zones": "kleine zones",
    "large zones": "grote zones",
    "visited zones": "bezochte zones",
    "dense zones": "dichtbevolkte zones",
    "sparse zones": "dunbevolkte zones",
    "tourist zones": "toeristische zones",
    "outage hours": "uren met uitval",
    "level": "niveau",
}


def verdict_words(verdict: str) -> Words:
    """A verdict in both languages.

    >>> verdict_words("better, but worse: visited zones").nl
    'beter, maar slechter: bezochte zones'
    """
    dutch = verdict
    for words, translated in DUTCH.items():  # longer ones first
        dutch = dutch.replace(words, translated)
    return Words(en=verdict, nl=dutch)


class StudyZone(CharterPart):
    """A zone: its name and outline, metres on the world's plane."""

    name: str
    geometry: dict[str, Any]


class WorldErrors(CharterPart):
    """One world: errors by zone and local hour, shares of those present, mean over days."""

    name: str
    zones: list[StudyZone]
    incumbent: Error
    candidate: Error

    @model_validator(mode="after")
    def _shaped(self) -> WorldErrors:
        for errors in (self.incumbent, self.candidate):
            if len(errors) != len(self.zones) or any(len(row) != HOURS for row in errors):
                raise ValueError(f"{self.name}: errors have not one row a zone, one value an hour")
        return self


class GroupRow(CharterPart):
    """By how much the candidate errs less in a group of zone-hours, with its interval."""

    group: str
    gain: float
    lower: float
    upper: float
    n_zones: int


class StudyData(CharterPart):
    """Everything the page shows."""

    title: str
    incumbent: str
    candidate: str
    verdict: Words
    changed: list[str]
    groups: list[GroupRow]
    worlds: list[WorldErrors] = Field(min_length=1)


def data_of(
    store: Store, name: str, incumbent: str, candidate: str, changed: list[str]
) -> StudyData:
    """Gather what the page shows.

    Raises
    ------
    Refused
        No such candidate, or what the study was made of is gone.
    """
    compared = results.compare(store, name, incumbent, candidate)
    record = results.record_of(store, name)
    loss = methods.section("compare", worlds.PILOT)["group_loss_max"]
    rows = {which: results.rows_of(store, name, which) for which in (incumbent, candidate)}
    return StudyData(
        title=str(record["study"]["title"]),
        incumbent=incumbent,
        candidate=candidate,
        verdict=verdict_words(paired.verdict(compared, candidate, loss)),
        changed=changed,
        groups=[GroupRow(**{key: row[key] for key in GroupRow.model_fields}) for row in compared],
        worlds=[
            _world(store, key, world, rows[incumbent], rows[candidate])
            for world, key in record["stores"].items()
        ],
    )


def _world(
    store: Store, key: str, name: str, first: pd.DataFrame, second: pd.DataFrame
) -> WorldErrors:
    settings = store.settings.model_copy(
        update={"data": store.root / "studies" / "worlds" / key, "deliveries": None}
    )
    charter = reading.load(PROJECT / "pilots" / f"{worlds.PILOT}.yml")
    area = area_of(charter, Store(settings))
    shapes = area.zones.set_index("zone_id").loc[area.bottom()]
    named = shapes["name"] if "name" in shapes else shapes.index.to_series()
    outlines = shapes.geometry.simplify(SIMPLE_M)
    return WorldErrors(
        name=name,
        zones=[
            StudyZone(name=str(named[zone]), geometry=mapping(outlines[zone]))
            for zone in shapes.index
        ],
        incumbent=_errors(first[first["world"] == name], list(shapes.index), charter.time_zone),
        candidate=_errors(second[second["world"] == name], list(shapes.index), charter.time_zone),
    )


def _errors(rows: pd.DataFrame, zones: list[str], time_zone: str) -> Error:
    """Mean relative error by zone and local hour; none where nobody was, or nothing was said."""
    usable = rows[(rows["n_true"] > 0) & rows["value"].notna()]
    error = (usable["value"] / usable["n_true"] - 1.0).abs()
    hour = usable["hour_at"].dt.tz_convert(time_zone).dt.hour
    means = error.groupby([usable["zone_id"], hour]).mean().round(4)
    return [
        [float(means[zone, hour]) if (zone, hour) in means.index else None for hour in range(HOURS)]
        for zone in zones
    ]


def build(data: StudyData, file: Path) -> Path:
    """Write the page; the same data give the same bytes.

    Returns
    -------
    Path
        The file written.
    """
    title = f"{data.title} · Peil"
    content = data.model_dump(mode="json")
    return write_text(file, page("study_page", title, content, ("d3.min.js",), ("study.css",)))
