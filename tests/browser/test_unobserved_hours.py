"""Three marks on the page: withheld, not observed, not released; each with words of its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from chromium import Browser
from screen import look
from small_country import country, hours, page_data, released

from peil.pages.portal import PortalData, build

SILENT = (10, 11)


@pytest.fixture(scope="module")
def gap(tmp_path_factory: pytest.TempPathFactory) -> tuple[PortalData, Path]:
    """A day of the demonstration country of which two hours were not observed."""
    zones, times = country(), hours("2026-03-02T00:00:00", 24)
    table = released(zones, times)
    for columns in (table.values, table.lower, table.upper, table.conf_status):
        for row in columns:
            for t in SILENT:
                row[t] = "L" if columns is table.conf_status else None  # type: ignore[index, assignment]
    data = page_data(zones=zones, released=table)
    return data, build(data, tmp_path_factory.mktemp("gap"))


@pytest.mark.parametrize(
    ("language", "words", "why"),
    [
        ("en", "not observed", "neither zero nor withheld"),
        ("nl", "niet waargenomen", "niet nul en niet achtergehouden"),
    ],
)
def test_an_unobserved_hour_says_so_on_map_panel_and_key(
    browser: Browser, gap: tuple[PortalData, Path], language: str, words: str, why: str
) -> None:
    look(browser, gap, "M05", SILENT[0], language=language)
    assert browser.text("#number") == words
    assert why in browser.text("#interval")
    shape = browser.driver.find_element("css selector", "[data-zone='M05']")
    assert shape.get_attribute("fill") == "url(#map-crosses)"
    assert (shape.get_attribute("aria-label") or "").endswith(words)
    assert words in browser.text(".legend-none") and words in browser.text(".panel")
    assert browser.run("return document.querySelectorAll('.panel rect.unobserved').length") == 1
    assert browser.errors() == []
