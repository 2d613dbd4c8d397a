"""The page of a pilot as it was at an hour: nothing of later ones is on it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from peil.area.area import area_of
from peil.charter.schema import Charter
from peil.pages import build, portal
from peil.pages.outlook import content
from peil.store.store import Store


def page_of(charter: Charter, reload_s: float) -> Callable[[Store], Path]:
    """Return what writes the page as at the hour of the outlook that stands in a store."""
    data = whole(charter, Store())
    return lambda store: write(data, charter, store, reload_s)


def whole(charter: Charter, store: Store) -> portal.PortalData:
    """Collect the page of the whole period, from which pages of hours are cut."""
    from peil import status

    data = build.collected(charter, store, area_of(charter, store), status.of_pilot(charter, store))
    assert data is not None
    return data


def write(data: portal.PortalData, charter: Charter, store: Store, reload_s: float) -> Path:
    """Write the page as at the hour of the outlook that stands in a store."""
    outlook = content.read(charter, store)
    assert outlook is not None
    outlook = outlook.model_copy(update={"reload_s": max(2, round(reload_s))})
    return portal.build(until(data, outlook), store.portal(charter.pilot))


def until(data: portal.PortalData, outlook: content.OutlookContent) -> portal.PortalData:
    """Cut a page behind the newest hour of an outlook; flows and visitors are left out.

    A day that is not over then counts as waiting.
    """
    newest = datetime.fromisoformat(outlook.newest)
    table = data.released
    n = sum(datetime.fromisoformat(hour) <= newest for hour in table.times)
    names = ("values", "lower", "upper", "conf_status")
    columns = {name: [row[:n] for row in getattr(table, name)] for name in names}
    days = {hour[:10] for hour in table.times[n:]}
    releases = [
        portal.Release(day=release.day, status="waiting") if release.day in days else release
        for release in data.releases
    ]
    return data.model_copy(
        update={
            "released": table.model_copy(update={"times": table.times[:n], **columns}),
            "outlook": outlook,
            "flows": None,
            "visitors": None,
            "quality": [gate for gate in data.quality if gate.day not in days],
            "releases": releases,
        }
    )
