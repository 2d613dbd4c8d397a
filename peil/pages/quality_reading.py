"""Read what the quality page shows: the quality store, the manifests, where the cells stand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pandas as pd

from peil.alerts import telling
from peil.alerts.trouble import Trouble
from peil.area.area import Area
from peil.charter.hour import unit_of
from peil.charter.schema import Charter
from peil.pages import cell_places
from peil.pages.quality_content import SHOWN_DAYS, content
from peil.pages.quality_judgements import week_before
from peil.pages.quality_page import QualityData
from peil.quality import drift
from peil.quality import store as quality
from peil.stage import accounting
from peil.store.store import Store

HEAT_DAYS = 14  # of a country's cells, more would make the page slow to open
COARSE = ["day", "delivery", "hour", "region", "cell"]


def collected(charter: Charter, store: Store, area: Area) -> QualityData | None:
    """Collect what the quality page shows of the last weeks; None without any figure."""
    pilot = charter.pilot
    days = days_with_figures(store, pilot)[-SHOWN_DAYS:]
    if not days:
        return None
    looked_up = [*days, *map(week_before, days)]
    places = cell_places.places(charter, store, area, [unit_of(day) for day in days])
    return content(
        charter,
        pd.concat(
            [
                quality.figures(store, pilot, looked_up, COARSE),
                quality.figures(store, pilot, days[-HEAT_DAYS:], ["cell_hour"]),
            ]
        ),
        pd.concat(
            [
                quality.judged(store, pilot, days, COARSE),
                *_out_of_range(store, pilot, days[-HEAT_DAYS:]),
            ]
        ),
        places,
        cell_places.region_names(places, area),
        cell_places.outlines(area),
        [account for day in days for account in accounting.accounts(charter, store, unit_of(day))],
        troubles=open_troubles(charter, store, unit_of(days[-1])),
        days=days,
    )


def open_troubles(charter: Charter, store: Store, day: date) -> list[Trouble]:
    """Collect the troubles that last and those that the last day's figures show anew."""
    standing = {
        incident.name: incident.trouble for incident in telling.standing(store, charter.pilot)
    }
    troubles = {trouble.incident: trouble for trouble in drift.found(charter, day, store)}
    return list({**standing, **troubles}.values())


def _out_of_range(store: Store, pilot: str, days: list[str]) -> Iterator[pd.DataFrame]:
    """Single cells and hours that are out of range; of a country there are too many to hold all."""
    for day in days:
        judged = quality.judged(store, pilot, [day], ["cell_hour"])
        yield judged[judged["verdict"].isin(["stop", "note"])]


def days_with_figures(store: Store, pilot: str) -> list[str]:
    """List the days of which the quality store has figures, in order."""
    files = quality.folder(store, pilot).glob("*.figures.parquet")
    return sorted(file.name.removesuffix(".figures.parquet") for file in files)
