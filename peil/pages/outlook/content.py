"""An outlook as the page of a pilot holds it: bands of what is normal, and episodes, as columns."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

import pandas as pd
from pydantic import Field, model_validator

from peil.charter.schema import Charter, CharterPart
from peil.store.atomic import read_whole
from peil.store.outlook import tables
from peil.store.store import Store

BANDS = ("q025", "q100", "q500", "q900", "q975")
Column = list[int | None]


class Surge(CharterPart):
    """One episode: hours of a zone that are busier than normal; `ended` is empty while it lasts."""

    zone_id: str
    began: str
    ended: str = ""
    is_over: bool
    level: Literal[1, 2, 3]
    observed: int
    expected: int
    excess_low: int
    excess_high: int
    times_a_year: float
    event: str = ""
    silent_share: float = Field(0.0, ge=0, le=1, description="served by silent antenna sectors")
    is_after_gap: bool = False


class PlantedSurges(CharterPart):
    """Surges planted in released hours, and the shares of which an episode began at once."""

    size: float
    n: int
    in_first_hour: float = 0.0
    within_two_hours: float = 0.0


class BandQuality(CharterPart):
    """How far one way to forecast was off, in persons, and what its bands held."""

    error: float
    coverage_80: float
    coverage_95: float


class OutlookScores(CharterPart):
    """How good the outlook was on released hours, beside both bars."""

    n_hours: int
    methods: dict[str, BandQuality]
    quantiles: list[float]
    calibration: list[float]
    zone_months: float
    planted: list[PlantedSurges]


class OutlookContent(CharterPart):
    """Bands of normal by zone and hour, the next day among them, and the episodes.

    `bands[name][z][t]` of zone z in hour t; `times` are starts of hours in local time, and go a
    day further than `newest`, the newest hour that was released. `surges` are in the order in
    which they are listed, largest first; `n_broken` released days or hours did not verify and are
    missing in it. `weather_stops` names columns of weather that end before the newest hour.
    """

    newest: str
    model: str
    zone_ids: list[str]
    times: list[str]
    bands: dict[str, list[Column]]
    surges: list[Surge] = Field(default_factory=list)
    n_broken: int = Field(0, ge=0)
    weather_stops: list[str] = Field(default_factory=list)
    scores: OutlookScores | None = None
    reload_s: int = Field(60, ge=1, description="how often a page that is served looks again")

    @model_validator(mode="after")
    def _zones_by_hours(self) -> OutlookContent:
        for name in BANDS:
            rows = self.bands[name]
            if len(rows) != len(self.zone_ids) or any(len(r) != len(self.times) for r in rows):
                raise ValueError(f"{name} must be zones by hours")
        if self.times != sorted(set(self.times), key=datetime.fromisoformat):
            raise ValueError("times must ascend")
        return self


def read(charter: Charter, store: Store) -> OutlookContent | None:
    """Read the outlook that stands at the agency, or None."""
    folder = store.outlook(charter.pilot)
    record = read_whole(folder / "outlook.json")
    presence = tables.read(folder, tables.PRESENCE)
    surges = tables.read(folder, tables.SURGES)
    if not record or presence is None or surges is None:
        return None
    zone = ZoneInfo(charter.time_zone)
    zones = sorted(presence["zone_id"].unique())
    hours = sorted(presence["hour_at"].unique())

    def wide(name: str) -> list[Column]:
        pivot = presence.pivot(index="zone_id", columns="hour_at", values=name)
        rows = pivot.reindex(index=zones, columns=hours).to_numpy(float)
        return [[None if pd.isna(value) else round(value) for value in row] for row in rows]

    ordered = surges.sort_values(
        ["level", "excess", "zone_id", "began_at"],
        ascending=[False, False, True, True],
        ignore_index=True,
    )
    return OutlookContent(
        newest=_local(pd.Timestamp(record["newest_at"]), zone),
        model=str(record["facts"]["model"]),
        zone_ids=zones,
        times=[_local(hour, zone) for hour in hours],
        bands={name: wide(name) for name in BANDS},
        scores=OutlookScores(**record["scores"]) if record.get("scores") else None,
        surges=[_surge(row, zone) for row in ordered.to_dict("records")],
        n_broken=record.get("n_days_broken", 0),
        weather_stops=sorted(record.get("weather_stops", {})),
    )


def _local(moment: pd.Timestamp, zone: ZoneInfo) -> str:
    return str(moment.tz_convert(zone).isoformat())


def _surge(row: dict[Any, Any], zone: ZoneInfo) -> Surge:
    return Surge(
        zone_id=row["zone_id"],
        began=_local(row["began_at"], zone),
        ended="" if pd.isna(row["ended_at"]) else _local(row["ended_at"], zone),
        is_over=row["is_over"],
        level=row["level"],
        observed=round(row["observed"]),
        expected=round(row["expected"]),
        excess_low=round(row["excess_low"]),
        excess_high=round(row["excess_high"]),
        times_a_year=float(f"{row['times_a_year']:.2g}"),
        event="" if pd.isna(row["known_event"]) else row["known_event"],
        silent_share=row["silent_share"],
        is_after_gap=row["is_after_gap"],
    )
