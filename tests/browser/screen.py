"""What the page must write for given data, and the address that shows it."""

from __future__ import annotations

from pathlib import Path

from chromium import Browser

from peil.pages.portal import PortalData

POINT = {"en": ",", "nl": "."}
TABS = ("map", "accuracy", "quality", "privacy", "about")


def written(value: int, language: str) -> str:
    """A number as the page must write it."""
    return f"{value:,}".replace(",", POINT[language])


def entry(data: PortalData, zone: str, t: int) -> tuple[int | None, int | None, int | None]:
    table = data.released
    z = table.zone_ids.index(zone)
    return table.values[z][t], table.lower[z][t], table.upper[z][t]


def fragment(data: PortalData, zone: str, t: int, language: str = "en", tab: str = "map") -> str:
    hour = data.released.times[t].replace("+", "%2B")
    return f"#lang={language}&tab={tab}&hour={hour}&zone={zone}"


def names(data: PortalData) -> dict[str, str]:
    """Zones by id, as the page calls them."""
    properties = [feature["properties"] for feature in data.zones["features"]]
    return {zone["zone_id"]: zone["name"] for zone in properties}


def look(
    browser: Browser,
    page: tuple[PortalData, Path],
    zone: str,
    t: int,
    more: str = "",
    language: str = "en",
    **size: int,
) -> None:
    """Open a page at a zone and an hour; `more` are further parts of the address."""
    browser.open(page[1], fragment(page[0], zone, t, language) + more, **size)


def withheld_hour(data: PortalData) -> tuple[str, int]:
    """A zone and hour in which the entry is withheld."""
    return next(
        (zone, t)
        for z, zone in enumerate(data.released.zone_ids)
        for t, status in enumerate(data.released.conf_status[z])
        if status == "C"
    )
